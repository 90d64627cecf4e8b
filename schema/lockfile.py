"""The types of deploy.lock, and its strict reading and deterministic writing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from .diagnostics import Diagnostic, Span, UserError

VERSION = "1"

# libyaml's parser where PyYAML has it: a lockfile has some hundred lines, and it is read by every build
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_HEAD = "# Written by `deployc lock`; commit it. A conflict in it is mended by taking either side and locking again.\n"
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_SOURCE = ("uri", "version", "files", "facts")
_FILE = re.compile(r"[0-9a-f]{64} (0|[1-9][0-9]*) - (?P<path>(?!\.{0,2}(/|$))([^/\x00]+/(?!\.{0,2}(/|$)))*[^/\x00]+)")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CONFLICT = re.compile(r"(<<<<<<<|\|\|\|\|\|\|\||=======|>>>>>>>)( .*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One locked distribution: its canonical name, exact version, PEP 508 marker or "", and sha256 hashes, sorted."""

    name: str
    version: str
    marker: str = ""
    hashes: tuple[str, ...]

    @property
    def text(self) -> str:
        head = f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")
        return " \\\n    ".join([head, *(f"--hash=sha256:{h}" for h in self.hashes)]) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one environment was locked to."""

    inputs: str
    """What was asked for, a line each: the section is up to date exactly as long as this text is equal."""
    requirements: str
    """A requirements.txt of pins with hashes, for every platform that markers can name."""
    without: Mapping[str, str] = field(default_factory=dict)
    """What of `inputs` could be left out and had to be, and why, in lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a model's uri was locked to."""

    uri: str
    """What was asked for, such as models:/churn@champion."""
    version: str
    """What it named then, as a URI that always names the same: models:/churn/7."""
    files: str
    """The model's files, a line each, sorted by path: sha256, length in bytes, "-", path."""
    facts: str
    """What the store says of the model's origin (run, metrics ...): a JSON object, in as many lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImage:
    """What the `base` of an image target was locked to."""

    reference: str
    """What was asked for, such as python:3.12-slim."""
    digest: str
    """What it named then, in its registry: sha256:..., of an index or of an image manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockfile:
    """A whole deploy.lock: its sections by name, such as "train", "serve" and "stage-features", the model's source
    where it is not a file, those of several models by their names, and the bases of images by the target's name where
    they are in a registry.
    """

    sections: Mapping[str, Section] = field(default_factory=dict)
    source: Source | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    bases: Mapping[str, BaseImage] = field(default_factory=dict)


def pins(requirements: str) -> tuple[Pin, ...]:
    """The pins of a hashed requirements.txt; ValueError says which line is none, as "line 3: ..."."""
    return tuple(_pin(number, line) for number, line in _logical_lines(requirements))


def requirements_text(wanted: Iterable[Pin]) -> str:
    """The one way to write these pins: sorted by name, version and marker."""
    return "".join(pin.text for pin in sorted(wanted, key=lambda p: (p.name, p.version, p.marker)))


def dump(lockfile: Lockfile) -> str:
    """The text of deploy.lock; the same for equal lockfiles."""
    sections = {name: _section_texts(section) for name, section in sorted(lockfile.sections.items())}
    source = {"source": _texts(lockfile.source)} if lockfile.source else {}
    sources = {name: _texts(each) for name, each in sorted(lockfile.sources.items())}
    bases = {name: {"reference": b.reference, "digest": b.digest} for name, b in sorted(lockfile.bases.items())}
    moving = {**source, **({"sources": sources} if sources else {}), **({"bases": bases} if bases else {})}
    data = {"version": int(VERSION), **moving, "sections": sections}
    return _HEAD + yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31)


def _texts(source: Source) -> dict[str, str]:
    return {name: getattr(source, name) for name in _SOURCE}


def _section_texts(section: Section) -> dict[str, object]:
    without = {"without": dict(sorted(section.without.items()))} if section.without else {}
    return {"inputs": section.inputs, **without, "requirements": section.requirements}


def load(data: bytes, *, file: str) -> Lockfile:
    """The lockfile that these bytes are; UserError `lock-unreadable` tells where they are not one.

    `file` is the path to show.
    """
    text = _decoded(data, file)
    reading = _Reading(file=file, lines=tuple(text.splitlines()))
    return reading.lockfile(text)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as literal blocks, so that a merge sees lines."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text_node(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    # YAML folds these other line breaks unless they are escaped
    style = '"' if re.search("[\r\x85\u2028\u2029]", value) else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text_node)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines joined where they end in a backslash, with the number of their first; comments and blanks left out."""
    start, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        start = start if parts else number
        parts.append(line.strip().removesuffix("\\").strip())
        if not line.endswith("\\"):
            joined = " ".join(parts)
            parts = []
            if joined and not joined.startswith("#"):
                yield start, joined
    if parts:
        raise ValueError(f"line {start}: the pin is cut off")


def _pin(number: int, line: str) -> Pin:
    words, *hashes = re.split(r"\s+(?=--)", line)
    try:
        requirement = Requirement(words)
    except InvalidRequirement:
        raise ValueError(f"line {number}: this is no requirement") from None
    exact = [s for s in requirement.specifier if s.operator == "==" and not s.version.endswith(".*")]
    if requirement.url or len(exact) != 1 or len(requirement.specifier) != 1:
        raise ValueError(f"line {number}: `{requirement.name}` is not pinned by == to one version")
    found = [_HASH.fullmatch(h) for h in hashes]
    if not found or not all(found):
        raise ValueError(f"line {number}: `{requirement.name}` needs --hash=sha256: and nothing else")
    return Pin(
        name=canonicalize_name(requirement.name),
        version=exact[0].version,
        marker=str(requirement.marker or ""),
        hashes=tuple(sorted({match[1] for match in found if match})),
    )


def _check_files(text: str) -> None:
    """ValueError where a text is no list of files."""
    found = [_FILE.fullmatch(line) for line in text.split("\n")[:-1]]
    paths = [match["path"] for match in found if match]
    if not text.endswith("\n") or len(paths) < len(found) or paths != sorted(set(paths)):
        raise ValueError("these are no files with their digests")


def _check_facts(text: str) -> None:
    """ValueError where a text is no JSON object."""
    if not isinstance(json.loads(text), dict):
        raise ValueError("this is no JSON object")


def _decoded(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        at = Span(file=file, line=line, column=1, end=2, text="")
        raise UserError(_unreadable("it is not UTF-8 text", at)) from None


def _unreadable(why: str, at: Span | None) -> Diagnostic:
    advice = "take either version of the file, or delete it, and run `deployc lock`"
    return Diagnostic(code="lock-unreadable", message=f"the lockfile cannot be read: {why}", at=at, help=advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Turns YAML nodes into the lockfile's types and mistakes into diagnostics with their place."""

    file: str
    lines: tuple[str, ...]

    def lockfile(self, text: str) -> Lockfile:
        self._refuse_conflicts()
        try:
            root = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self._wrong(error.problem or "it is not YAML", mark.line if mark else 0) from None
        except (yaml.YAMLError, RecursionError):
            raise self._wrong("it is not YAML", 0) from None
        top = self._mapping(root, ("version", "sections"), ("source", "sources", "bases"))
        if self._text(top["version"]) != VERSION:
            raise self._wrong(f"this deployc reads version {VERSION}", top["version"].start_mark.line)
        sections = self._mapping(top["sections"], None)
        source = self._source(top["source"]) if "source" in top else None
        sources = self._mapping(top["sources"], None) if "sources" in top else {}
        bases = self._mapping(top["bases"], None) if "bases" in top else {}
        return Lockfile(
            sections={name: self._section(node) for name, node in sections.items()},
            source=source,
            sources={name: self._source(node) for name, node in sources.items()},
            bases={name: self._base(node) for name, node in bases.items()},
        )

    def _base(self, node: yaml.Node) -> BaseImage:
        parts = self._mapping(node, ("reference", "digest"))
        base = BaseImage(reference=self._text(parts["reference"]), digest=self._text(parts["digest"]))
        if not _DIGEST.fullmatch(base.digest):
            raise self._wrong("this is no sha256 digest", parts["digest"].start_mark.line)
        return base

    def _source(self, node: yaml.Node) -> Source:
        parts = self._mapping(node, _SOURCE)
        source = Source(**{name: self._text(part) for name, part in parts.items()})
        for name, test in (("files", _check_files), ("facts", _check_facts)):
            try:
                test(getattr(source, name))
            except ValueError as error:
                raise self._wrong(str(error), parts[name].start_mark.line) from None
        return source

    def _section(self, node: yaml.Node) -> Section:
        parts = self._mapping(node, ("inputs", "requirements"), ("without",))
        without = self._mapping(parts["without"], None) if "without" in parts else {}
        section = Section(
            inputs=self._text(parts["inputs"]),
            requirements=self._text(parts["requirements"]),
            without={name: self._text(why) for name, why in without.items()},
        )
        try:
            pins(section.requirements)
        except ValueError as error:
            line, why = str(error).removeprefix("line ").split(": ", 1)
            raise self._wrong(why, parts["requirements"].start_mark.line + int(line)) from None
        return section

    def _mapping(
        self, node: yaml.Node | None, keys: tuple[str, ...] | None, more: tuple[str, ...] = ()
    ) -> dict[str, yaml.Node]:
        """A mapping's nodes by key; with `keys`, exactly these and what it has of `more`."""
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong("a mapping belongs here", node.start_mark.line if node else 0)
        found: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = self._text(key_node)
            if key in found or (keys is not None and key not in (*keys, *more)):
                why = f"`{key}` is there twice" if key in found else f"unknown key `{key}`"
                raise self._wrong(why, key_node.start_mark.line)
            found[key] = value
        if missing := [k for k in keys or () if k not in found]:
            raise self._wrong(f"`{missing[0]}` is missing", node.start_mark.line)
        return found

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._wrong("a text belongs here", node.start_mark.line)
        return str(node.value)

    def _refuse_conflicts(self) -> None:
        for number, line in enumerate(self.lines):
            if _CONFLICT.fullmatch(line):
                raise self._wrong("it has the marks of a merge conflict", number)

    def _wrong(self, why: str, line: int) -> UserError:
        """`line` counts from 0, as YAML's marks do."""
        text = self.lines[line] if line < len(self.lines) else ""
        stripped = text.strip()
        column = text.find(stripped) + 1
        end = column + max(len(stripped), 1)
        return UserError(_unreadable(why, Span(file=self.file, line=line + 1, column=column, end=end, text=text)))
