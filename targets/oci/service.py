"""What of the generated project is in an image, and how the image runs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...compiler.node import Work
from ...compiler.tree import Tree
from ..deployment import Deployment
from ..project.names import Names
from ..tarball import Member, file
from . import layers
from .bytecode import compiled
from .compression import Compression
from .image import Settings
from .layers import Layer
from .options import Options
from .python import VENV

APP = "app"
SOURCES = f"{APP}/src"
USER = "65532:65532"
"""Nobody in particular, as other images without root have it."""
_READY = "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['{prefix}PORT'] + '/readyz')"


def folder(package: str) -> str:
    """Where a package lies in the image."""
    return f"{SOURCES}/{package}"


def artifact(package: str) -> str:
    """Where the files of a package's model lie in the image."""
    return f"{folder(package)}/artifact"


def app(
    work: Work, deployment: Deployment, packages: Sequence[str], how: Compression, links: Iterable[Member] = ()
) -> Layer:
    """The service's code and the user's, with bytecode; without the models in the packages, and what names them.
    `links` lead to what is elsewhere.
    """
    sources = work.inputs["project"].under("src")
    code = Tree.of(e for e in sources if not any(_of_the_model(e.path, package) for package in packages))
    place = work.folder / "src"
    work.cas.materialise(code, place)
    bytecode = compiled(
        work,
        place,
        [e.path for e in code if e.path.endswith(".py")],
        there=f"/{SOURCES}",
        python=deployment.python,
        interpreter=deployment.interpreter.path,
    )
    added = [file(f"{SOURCES}/{path}", source, executable=False) for path, source in bytecode.items()]
    return layers.write(work.cas, [*layers.members(work.cas, code, SOURCES), *added, *links], how, "the service")


def about(work: Work, packages: Sequence[str]) -> Layer:
    """The small files that say which model it is: they change with every model, so they come last."""
    told = Tree.of(e for e in work.inputs["project"].under("src") if any(_tells(e.path, p) for p in packages))
    return layers.write(work.cas, layers.members(work.cas, told, SOURCES), "none", "what the model is")


def settings(deployment: Deployment, options: Options, path: Sequence[str]) -> Settings:
    """How a container runs; `path` is the PATH of its base."""
    names = Names.of(deployment.config.name)
    port = options.port or deployment.config.serve.port
    workers = {f"{names.prefix}WORKERS": str(options.workers)} if options.workers else {}
    return Settings(
        entrypoint=("python", "-m", names.package),
        environ={
            "PATH": ":".join([f"/{VENV}/bin", *path]),
            "PYTHONPATH": f"/{SOURCES}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": "/tmp",
            f"{names.prefix}HOST": "0.0.0.0",
            f"{names.prefix}PORT": str(port),
            **workers,
        },
        folder=f"/{APP}",
        port=port,
        user=USER,
        health=("python", "-c", _READY.format(prefix=names.prefix)),
        labels=_labels(names, options.labels),
    )


def _labels(names: Names, more: Mapping[str, str]) -> Mapping[str, str]:
    return {"org.opencontainers.image.title": names.name, **more}


def _of_the_model(path: str, package: str) -> bool:
    """Whether a file below src/ is the model's or names it."""
    return path.startswith(f"{package}/artifact/") or _tells(path, package)


def _tells(path: str, package: str) -> bool:
    """Whether a file below src/ says which model it is that a package has."""
    folder, _, name = path.rpartition("/")
    return folder == package and name.endswith(".json")
