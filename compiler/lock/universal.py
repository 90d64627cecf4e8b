"""Resolution by uv: one set of pins for every platform, for one minor version of Python."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from ...schema.config import Index
from ...schema.diagnostics import UserError, fail
from ...schema.lockfile import Pin, pins
from .failures import NoSolution, excluded, explain, explanation
from .uv import Uv
from .wanted import Wanted, parsed, spelled

ROOT = "deploy-yaml"
"""The name that the resolver's words give to what asks for everything."""
APART = f"{ROOT}-python"
"""An empty package that is another one on later versions of Python."""


def resolve(wanted: Wanted, preferred: str, *, uv: Uv, python: Path, scratch: Path) -> tuple[Pin, ...]:
    """The pins that uv finds, `preferred` versions (a requirements.txt) kept where they can be.

    uv takes a package from a named index only where the package is required directly. So packages that such an index
    owns are first stood for by empty local ones, wherever they turn up they become direct, and this is repeated:
    no other index is ever asked for them, and none is locked that nothing needs.
    """
    owners = owned(wanted.indexes)
    asked = {str(canonicalize_name(r.name)) for w in wanted.requirements if (r := parsed(w.text))}
    direct = asked & set(owners)
    while True:
        _write_project(wanted, direct, scratch)
        standing_in = _stand_ins(sorted(set(owners) - direct), scratch)
        found = _compile(wanted, preferred, standing_in, uv=uv, python=python, scratch=scratch)
        reached = {name for name in owners if re.search(rf"(?m)^{re.escape(name)} @ ", found)}
        if not reached:
            return tuple(_without_python(pin, beyond(wanted.python)) for pin in hashed(found))
        direct |= reached


def hashed(found: str) -> tuple[Pin, ...]:
    """The pins that a resolver wrote; UserError where it found what has no version or hash, such as an address."""
    try:
        return pins(found)
    except ValueError as error:
        raise fail("lock-unresolvable", f"the resolver found what cannot be pinned with a hash: {error}") from None


def owned(indexes: Mapping[str, Index]) -> dict[str, str]:
    """Package -> the named index that it comes from."""
    return {canonicalize_name(p): name for name, index in indexes.items() for p in index.packages}


def beyond(python: str) -> str:
    """The marker that keeps a resolution from looking at later versions of Python."""
    major, minor = python.split(".")
    return f"python_full_version < '{major}.{int(minor) + 1}'"


def _compile(wanted: Wanted, preferred: str, standing_in: Sequence[str], *, uv: Uv, python: Path, scratch: Path) -> str:
    output = scratch / "requirements.txt"
    output.write_text(preferred, encoding="utf-8")
    arguments = ["pip", "compile", "pyproject.toml", "--output-file", output.name, "--universal", "--generate-hashes"]
    arguments += ["--python-version", wanted.python, "--python", str(python)]
    arguments += ["--no-header", "--no-annotate", "--quiet", *standing_in]
    arguments += ["--exclude-newer", after(wanted.cutoff)] if wanted.cutoff else []
    code, said = uv.run(arguments, folder=scratch)
    if code != 0:
        raise unresolvable(wanted, said, offline=uv.offline)
    return re.sub(rf"(?m)^{APART} @ .*\n", "", output.read_text(encoding="utf-8"))


def unresolvable(wanted: Wanted, said: str, *, offline: bool) -> UserError:
    """What a resolver's failure means; it points at the first requirement that its words name."""
    words = explanation(said)
    named = (w.field for w in wanted.requirements if w.field and (r := parsed(w.text)) and _names(words, r.name))
    error = explain(
        said,
        offline=offline,
        indexes=wanted.indexes,
        code="lock-unresolvable",
        message="no set of versions meets all requirements",
        field=next(named, None),
    )
    codes = {diagnostic.code for diagnostic in error.diagnostics}
    certain = codes == {"build-failed"} or (codes <= {"lock-unresolvable", "no-wheel"} and excluded(said))
    return NoSolution(*error.diagnostics) if certain else error


def _names(words: str, name: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){re.escape(canonicalize_name(name))}(?![\w-])", words))


def after(cutoff: str) -> str:
    """The first moment that no longer counts, in UTC: uv would read a bare date in the machine's time zone."""
    day = datetime.date.fromisoformat(cutoff) + datetime.timedelta(days=1)
    return f"{day.isoformat()}T00:00:00Z"


def _write_project(wanted: Wanted, direct: Iterable[str], scratch: Path) -> None:
    marker = beyond(wanted.python)
    texts = [_bounded(w.text, marker) for w in wanted.requirements] + [f"{name} ; {marker}" for name in sorted(direct)]
    texts += _apart(wanted.python, scratch)
    lines = ["[project]", f'name = "{ROOT}"', 'version = "0"', "dependencies = ["]
    lines += [f"    {_quoted(text)}," for text in texts]
    lines += ["]", "[tool.uv.sources]"]
    lines += [f"{name} = {{ index = {_quoted(index)} }}" for name, index in sorted(owned(wanted.indexes).items())]
    for name, index in sorted(wanted.indexes.items()):
        lines += ["[[tool.uv.index]]", f"name = {_quoted(name)}", f"url = {_quoted(index.url)}", "explicit = true"]
    (scratch / "pyproject.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _bounded(text: str, bound: str) -> str:
    requirement = Pep508(text)
    marker = f"({requirement.marker}) and {bound}" if requirement.marker else bound
    return spelled(requirement, marker)


def _apart(python: str, scratch: Path) -> list[str]:
    """Requirements that let uv part later versions of Python from the wanted one before it looks at any other.

    Else it parts them where a package asks for something else there, and fails or takes another version for the sake
    of a Python that nothing is required on.
    """
    this, later = beyond(python), beyond(python).replace("<", ">=")
    return [
        f"{APART} @ {_empty(APART, scratch / 'apart' / place)} ; {marker}"
        for place, marker in (("this", this), ("later", later))
    ]


def _stand_ins(names: Sequence[str], scratch: Path) -> list[str]:
    """Options that put an empty local package in the place of each of these, wherever it is required."""
    if not names:
        return []
    lines = [f"{name} @ {_empty(name, scratch / 'stand-ins' / name)}\n" for name in names]
    (scratch / "overrides.txt").write_text("".join(lines), encoding="utf-8")
    return ["--overrides", "overrides.txt"]


def _empty(name: str, folder: Path) -> str:
    """The address of a package of this name with nothing in it, made in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "0"\n', encoding="utf-8")
    return folder.as_uri()


def _without_python(pin: Pin, bound: str) -> Pin:
    """The pin without the bound that every requirement was given, which holds wherever the lock is used."""
    marker = pin.marker.replace('"', "'")
    shorter = "" if marker == bound else marker.replace(f"{bound} and ", "").replace(f" and {bound}", "")
    try:
        text = str(Pep508(f"{pin.name} ; {shorter}").marker) if shorter else ""
    except InvalidRequirement:
        return pin
    return Pin(name=pin.name, version=pin.version, marker=text, hashes=pin.hashes)


def _quoted(text: str) -> str:
    """A TOML basic string: PEP 508 texts and addresses have no control characters."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
