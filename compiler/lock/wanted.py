"""What a section of deploy.lock is asked to hold, and how that differs from what it was made for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Literal

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ...schema.config import Index
from ...schema.diagnostics import Field, UserError, fail
from ...schema.lockfile import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One requirement as it was written (PEP 508), and who asks for it."""

    text: str
    origin: str
    """For the user to read, such as "the model was made with it" or "serve.requirements"."""
    field: Field | None = None
    optional: str = ""
    """What needs it, where that may be left out as a whole; empty where it may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All that decides what a section is resolved to, apart from the releases that exist."""

    requirements: tuple[Wish, ...]
    python: str
    """The minor version, such as "3.11"."""
    resolver: Literal["uv", "pip-tools"] = "uv"
    cutoff: str | None = None
    """The last day, in UTC, whose releases count: "2026-01-31"."""
    indexes: Mapping[str, Index] = field(default_factory=dict)

    @property
    def options(self) -> tuple[str, ...]:
        """What may be left out, in the order of the requirements."""
        return tuple(dict.fromkeys(wish.optional for wish in self.requirements if wish.optional))

    def only(self, options: Collection[str]) -> Wanted:
        """The same without all other options."""
        kept = tuple(wish for wish in self.requirements if not wish.optional or wish.optional in options)
        return replace(self, requirements=kept)

    @property
    def text(self) -> str:
        """What deploy.lock keeps as the section's inputs: a line each, with no address of any index."""
        lines = [f"python {self.python}", f"resolver {self.resolver}"]
        lines += [f"cutoff {self.cutoff}"] if self.cutoff else []
        lines += [f"index {name} {_packages(index)}" for name, index in sorted(self.indexes.items())]
        lines += sorted({f"requirement {normalised(w.text)}  # {w.origin}" for w in self.requirements})
        return "".join(f"{line}\n" for line in lines)


def parsed(text: str) -> Requirement | None:
    """The requirement that a PEP 508 text is, None where it is none."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def normalised(text: str) -> str:
    """One spelling of a requirement: canonical name, extras and versions sorted; an invalid text stays as it is."""
    requirement = parsed(text)
    return text.strip() if requirement is None else spelled(requirement, requirement.marker)


def spelled(requirement: Requirement, marker: Marker | str | None) -> str:
    """The requirement with another marker."""
    extras = f"[{','.join(sorted(map(canonicalize_name, requirement.extras)))}]" if requirement.extras else ""
    source = f" @ {requirement.url}" if requirement.url else str(requirement.specifier)
    condition = f" ; {marker}" if marker else ""
    return f"{canonicalize_name(requirement.name)}{extras}{source}{condition}"


def staleness(section: Section | None, wanted: Wanted) -> tuple[str, ...]:
    """What has changed since the section was locked, a short line each; empty when it is up to date."""
    if section is None:
        return ("nothing is locked yet",)
    if section.inputs == wanted.text:
        return ()
    before, after = dict(_facts(section.inputs)), dict(_facts(wanted.text))
    keys = sorted({**before, **after}, key=lambda k: (k[0] == "requirement", k))
    changes = tuple(_change(k, before.get(k), after.get(k)) for k in keys if before.get(k) != after.get(k))
    return changes or ("its recorded inputs were edited",)


def stale(what: str, file: str, changes: Sequence[str], field: Field | None = None) -> UserError:
    """What `build --locked` says of a part of the lock that has to be made anew; `file` names the deploy.yaml."""
    lock = PurePath(file).with_suffix(".lock").name
    command = "deployc lock" if lock == "deploy.lock" else f"deployc lock {file}"
    return fail(
        "lock-stale",
        f"{lock}'s {what} is not up to date, and --locked forbids to change it",
        field=field,
        help=f"run `{command}` and commit {lock}",
        notes=["\n".join(changes)],
    )


_Key = tuple[str, str, str]


def _facts(inputs: str) -> Iterator[tuple[_Key, str]]:
    """The recorded lines as (kind, subject, origin) -> value; a repeated subject gathers its values."""
    found: dict[_Key, str] = {}
    for line in inputs.splitlines():
        kind, _, rest = line.partition(" ")
        key, value = (kind, "", ""), rest
        if kind == "requirement":
            text, _, origin = rest.rpartition("  # ")
            requirement = parsed(text)
            name = canonicalize_name(requirement.name) if requirement else text
            key, value = (kind, name, origin), text.removeprefix(name)
        elif kind == "index":
            name, _, value = rest.partition(" ")
            key = (kind, name, "")
        found[key] = f"{found[key]}, {value}" if key in found else value
    yield from found.items()


def _change(key: _Key, before: str | None, after: str | None) -> str:
    subject = " ".join(part for part in key[:2] if part)
    origin = f" ({key[2]})" if key[2] else ""
    if before is None or after is None:
        value = f" {before or after}" if key[0] == "cutoff" else ""
        return f"{subject}{value} {'added' if before is None else 'removed'}{origin}"
    return f"{subject} {before.strip() or 'any'} -> {after.strip() or 'any'}{origin}"


def _packages(index: Index) -> str:
    return ", ".join(sorted({canonicalize_name(p) for p in index.packages}))
