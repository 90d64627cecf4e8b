"""YAML text as a tree of nodes with spans, and without tags, aliases, merge keys or second documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from .diagnostics import Diagnostic, Span, UserError
from .source import Source
from .syntax import DEPTH, BoundedLoader, syntax_error, too_deep


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """Text that is not yet a value: what it means depends on where it stands."""

    text: str
    quoted: bool
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    items: tuple[Node, ...]
    span: Span
    """From where it begins to its end, or to the end of its first line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    key: str
    at: Span
    """The key's span."""
    value: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Its keys are distinct and not empty."""

    pairs: tuple[Pair, ...]
    span: Span
    """From where it begins to its end, or to the end of its first line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A value that this language does not have; that has been reported, so nothing more is said of it."""

    span: Span


Node = Scalar | Sequence | Mapping | Hole


def parse(source: Source, *, pure: bool = False) -> tuple[Node, tuple[Diagnostic, ...]]:
    """The source's one document, and what is wrong with it as YAML; an empty document is an empty scalar.

    The tree holds what could be kept in spite of the mistakes, so that more of them can be found in it.
    LibYAML is used where PyYAML was built with it, unless `pure` is asked for; the result is the same.
    UserError: yaml-syntax, together with all that was found before it, when there is no tree.
    """
    composer = _Composer(source, BoundedLoader if pure else getattr(yaml, "CSafeLoader", BoundedLoader))
    try:
        root = composer.document()
    except yaml.MarkedYAMLError as error:
        raise UserError(*composer.found, syntax_error(source, error)) from None
    return root, tuple(composer.found)


class _Composer:
    """Turns the parser's events into nodes, collecting diagnostics as it goes."""

    def __init__(self, source: Source, loader: type[yaml.SafeLoader]) -> None:
        self.source = source
        self.found: list[Diagnostic] = []
        self.events: Iterator[yaml.Event] = yaml.parse(source.text, Loader=loader)

    def document(self) -> Node:
        root: Node = Scalar(text="", quoted=False, span=self.source.span(0, 0))
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.report("many-documents", "a second document begins here", self.span(event), _ONE_DOCUMENT)
                    break
            elif isinstance(event, yaml.NodeEvent):
                root = self.node(event, 0)
        return root

    def node(self, event: yaml.Event, depth: int) -> Node:
        """The node that begins with `event`; all its events are consumed."""
        span = self.span(event)
        if depth > DEPTH:
            deep = Diagnostic(code="yaml-syntax", message=too_deep(), at=span)
            raise UserError(*self.found, deep)
        tagged = self.report_properties(event, span)
        match event:
            case yaml.MappingStartEvent():
                pairs, end = self.pairs(depth + 1)
                return Mapping(pairs=pairs, span=self.span(event, end))
            case yaml.SequenceStartEvent():
                items, end = self.items(depth + 1)
                return Sequence(items=items, span=self.span(event, end))
            case yaml.ScalarEvent() if not tagged:
                return Scalar(text=event.value, quoted=event.style not in (None, ""), span=span)
        return Hole(span=span)

    def items(self, depth: int) -> tuple[tuple[Node, ...], yaml.Event]:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth))
        return tuple(items), event

    def pairs(self, depth: int) -> tuple[tuple[Pair, ...], yaml.Event]:
        pairs: dict[str, Pair] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key, value = self.node(event, depth), self.node(next(self.events), depth)
            if name := self.name(key):
                if name in pairs:
                    self.report_duplicate(name, key.span, pairs[name].at)
                else:
                    pairs[name] = Pair(key=name, at=key.span, value=value)
        return tuple(pairs.values()), event

    def name(self, key: Node) -> str:
        """A key's text, which is never anything else than text; empty when it is no key, which is reported."""
        match key:
            case Scalar(text="<<", quoted=False):
                self.report("yaml-merge", "`<<` merges mappings, which this language does not", key.span, _NO_ALIAS)
            case Scalar(text=""):
                self.report("bad-key", "this key is empty", key.span, "write a name before the `:`")
            case Scalar():
                return key.text
            case Sequence() | Mapping():
                self.report("bad-key", "a list or a mapping cannot be a key", key.span, _TEMPLATE)
            case Hole():
                pass
        return ""

    def report_properties(self, event: yaml.Event, span: Span) -> bool:
        """Report a tag, an anchor or an alias; whether there was a tag or an alias."""
        if isinstance(event, yaml.AliasEvent):
            self.report("yaml-alias", f"`*{event.anchor}` is an alias, which this language does not have", span, _STAR)
            return True
        if anchor := getattr(event, "anchor", None):
            message = f"`&{anchor}` is an anchor, which this language does not have"
            self.report("yaml-alias", message, self.source.span(span.line - 1, span.column - 1), _NO_ALIAS)
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.report("yaml-tag", f"`{_short(tag)}` is a tag, which this language does not have", span, _NO_TAG)
        return tag is not None

    def report_duplicate(self, name: str, at: Span, first: Span) -> None:
        note = f"it was given first at line {first.line}"
        self.report("duplicate-key", f"the key `{name}` is given twice", at, "keep one of them", note)

    def report(self, code: str, message: str, at: Span, help: str, *notes: str) -> None:
        self.found.append(Diagnostic(code=code, message=message, at=at, help=help, notes=notes))

    def span(self, event: yaml.Event, end: yaml.Event | None = None) -> Span:
        """The span of an event, or of a whole collection; at most to the end of its first line."""
        start, stop = event.start_mark, (end or event).end_mark
        assert start is not None  # the parsers set marks; only events that are made by hand have none
        assert stop is not None
        collection = isinstance(event, yaml.CollectionStartEvent) and end is None
        same_line = start.line == stop.line and not collection
        return self.source.span(start.line, start.column, stop.column if same_line else None)


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


_ONE_DOCUMENT = "keep one document, without a line of `---` between"
_NO_ALIAS = "write the value out where it is used"
_STAR = "write the value out; text that begins with `*` needs quotes"
_NO_TAG = 'remove it; quotes make a value text, such as "3.11"'
_TEMPLATE = 'text that begins with `{` or `[` needs quotes, such as "{{ name }}"'
