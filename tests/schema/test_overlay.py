"""An overlay: what it says stands, what it does not say stays, null takes away."""

from __future__ import annotations

import json
from collections.abc import Mapping

from deployc.schema.nodes import Node, parse
from deployc.schema.overlay import misplaced, overlaid
from deployc.schema.plain import ANYTHING, plain
from deployc.schema.source import Source
from deployc.schema.spans import Spans
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.recursive(
    st.integers(0, 9) | st.lists(st.integers(0, 9), max_size=2),
    lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    max_leaves=8,
)
FILES = st.dictionaries(NAMES, VALUES, min_size=1, max_size=4)
LAYERS = st.dictionaries(NAMES, VALUES | st.none(), min_size=1, max_size=4)


def laid(base: object, over: object) -> object:
    """The same in plain data, as RFC 7396 (JSON Merge Patch) has it."""
    if not isinstance(over, Mapping):
        return over
    below = base if isinstance(base, Mapping) else {}
    merged = {key: laid(below.get(key), value) for key, value in over.items()}
    return {key: value for key, value in {**below, **merged}.items() if value is not None}


def text(yaml: str, file: str = "it.yaml") -> Node:
    return parse(Source.of(file, yaml))[0]


def read(data: object) -> Node:
    return text(json.dumps(data))


def values(node: Node) -> object:
    return plain(node, ANYTHING, {})


@given(FILES, LAYERS)
def test_files_are_merged_as_a_json_merge_patch_is(base: object, over: object) -> None:
    assert values(overlaid(read(base), read(over))) == laid(base, over)


@given(FILES)
def test_a_file_over_itself_and_an_empty_file_change_nothing(base: object) -> None:
    assert values(overlaid(read(base), read(base))) == base
    assert overlaid(read(base), text("# nothing yet\n")) == read(base)


def test_null_removes_and_a_value_that_is_left_out_does_not() -> None:
    over = overlaid(text("a: {b: 1, c: 2}\nd: 3\n"), text('a: {b: null, e: "null"}\nd:\n'))
    assert values(over) == {"a": {"c": 2, "e": "null"}, "d": None}


def test_each_value_keeps_its_own_place() -> None:
    base, over = text("a: {b: 1}\nc: 2\n", "base.yaml"), text("\na: {d: 3}\n", "over.yaml")
    spans = Spans(root=overlaid(base, over))
    assert [(spans.of(f).file, spans.of(f).line) for f in (("a", "b"), ("a", "d"), ("c",))] == [
        *(("base.yaml", 1), ("over.yaml", 2), ("base.yaml", 2)),
    ]


def test_only_targets_and_tests_may_differ() -> None:
    found = list(misplaced(text("version: 1\ntargets: {}\ntests: {}\nmodel: {path: other/}\n")))
    assert [(d.code, d.at and d.at.line) for d in found] == [("overlay-changes-build", 4)]
