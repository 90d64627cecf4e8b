"""The `wheel` target: the project's packages as one wheel, whose bytes depend on nothing but its contents."""

from __future__ import annotations

import base64
import binascii
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import Requirement

from ..compiler.cas import Cas
from ..compiler.node import AnyNode, Node, Work
from ..compiler.tree import Entry, Tree
from ..schema.config import Config
from .deployment import PROJECT, Deployment
from .project.names import VERSION, Names, package_of

DATE = (1980, 1, 1, 0, 0, 0)
"""The first day that a zip file can name."""


SEVERAL = True
"""It can be made of several models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What deploy.yaml may say below `targets: {wheel: ...}`: nothing yet."""


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """The assembled project's packages, as one wheel."""

    def run(work: Work) -> Tree:
        return build(cas=work.cas, project=work.inputs["project"], config=config, folder=work.folder)

    config = replace(deployment.config, python=deployment.python)
    return [
        Node(
            name=name,
            inputs={"project": PROJECT},
            params={"name": config.name, "python": config.python},
            implementation=deployment.identity.tools(),
            run=run,
        )
    ]


def provenance(deployment: Deployment) -> str:
    """The folder of the target in which the model's provenance.json belongs."""
    return ""


def build(*, cas: Cas, project: Tree, config: Config, folder: Path) -> Tree:
    """A tree of one wheel, written in the empty `folder` on the way; it needs exactly what the project's lock pins.

    CorruptBlob when a blob of the project is not whole.
    """
    names = Names.of(config.name)
    stem = f"{names.package}-{VERSION}"
    files = [*project.under("src"), *_described(cas, project, config, names, f"{stem}.dist-info")]
    record = cas.put_texts({f"{stem}.dist-info/RECORD": _record(files, f"{stem}.dist-info/RECORD")})
    path = folder / f"{stem}-py3-none-any.whl"
    # Stored, not deflated: what a compressor makes of the same bytes changes from version to version.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for entry in [*sorted(files), *record]:
            _write(archive, cas, entry)
    return Tree.of([cas.put_file(path)])


def pins(lock_text: str) -> list[str]:
    """The lock's requirements without their hashes, such as `uvloop==0.23.0 ; sys_platform != "win32"`, sorted."""
    lines = lock_text.replace("\\\n", " ").splitlines()
    bare = (line.partition(" --hash")[0].partition(" #")[0].strip() for line in lines)
    return sorted(str(Requirement(line)) for line in bare if line and not line.startswith(("#", "-")))


def _described(cas: Cas, project: Tree, config: Config, names: Names, folder: str) -> Tree:
    """The wheel's metadata, but for RECORD."""
    python = [f"Requires-Python: =={config.python}.*"] if config.python else []
    requires = [f"Requires-Dist: {pin}" for pin in pins(cas.text(project, "requirements.lock"))]
    head = ["Metadata-Version: 2.1", f"Name: {names.name}", f"Version: {VERSION}", *python, *requires]
    head += ["Description-Content-Type: text/markdown", "", cas.text(project, "README.md")]
    texts = {
        "METADATA": "\n".join(head),
        "WHEEL": "Wheel-Version: 1.0\nGenerator: deployc\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": _commands(names, config.models, project),
        "top_level.txt": "".join(f"{name}\n" for name in _top_level(project.under("src"))),
    }
    return cas.put_texts({f"{folder}/{name}": text for name, text in texts.items()})


def _commands(names: Names, models: Iterable[str], project: Tree) -> str:
    scored = {names.score_of(model): f"{names.package}/{package_of(model)}" for model in models}
    scored = scored or {names.score: names.package}
    commands = {names.command: f"{names.package}.__main__:main"}
    commands |= {
        name: f"{package.replace('/', '.')}.score:main"
        for name, package in scored.items()
        if f"src/{package}/score.py" in project
    }
    return "[console_scripts]\n" + "".join(f"{name} = {function}\n" for name, function in sorted(commands.items()))


def _top_level(files: Tree) -> list[str]:
    return sorted({entry.path.partition("/")[0].removesuffix(".py") for entry in files})


def _record(files: list[Entry], itself: str) -> str:
    lines = [f"{_quoted(e.path)},sha256={_url_safe(e.digest)},{e.size}\n" for e in sorted(files)]
    return "".join([*lines, f"{itself},,\n"])


def _quoted(path: str) -> str:
    """A path as a field of CSV."""
    return '"' + path.replace('"', '""') + '"' if any(c in path for c in ',"\r\n') else path


def _url_safe(digest: str) -> str:
    return base64.urlsafe_b64encode(binascii.unhexlify(digest)).decode().rstrip("=")


def _write(archive: zipfile.ZipFile, cas: Cas, entry: Entry) -> None:
    info = zipfile.ZipInfo(entry.path, DATE)
    info.create_system = 3
    info.external_attr = (0o100755 if entry.executable else 0o100644) << 16
    info.file_size = entry.size
    with archive.open(info, "w") as target:
        for chunk in cas.chunks(entry.digest):
            target.write(chunk)
