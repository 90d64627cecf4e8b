"""What holds of the passes for any module: they parse again, do nothing twice, and leave other code as it is."""

from __future__ import annotations

import ast

from deployc.compiler.codegen.bind import bind
from deployc.compiler.codegen.drop import drop
from deployc.compiler.codegen.fields import Field, write_fields
from deployc.compiler.codegen.fill import Filling, fill
from deployc.compiler.codegen.identifiers import identifiers
from deployc.compiler.codegen.prune import prune
from deployc.compiler.codegen.source import parse
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ["predict", "predict_proba", "Row", "helper", "LIMIT", "other"]
names = st.sampled_from(NAMES)
name_sets = st.frozensets(names)

BODIES = st.sampled_from(
    ["return helper(rows)", "return [LIMIT, Row]", 'return "predict"', "x = (predict, other)\n    return x", "pass"]
)
functions = st.builds(
    lambda name, is_async, body, star: f"{'async ' * is_async}def {name}(rows{star}):\n    {body}\n",
    names,
    st.booleans(),
    BODIES,
    st.sampled_from(["", ",", ", *, key: dict[str, int] = {}", ": list[int]"]),
)
classes = st.builds(
    lambda name, method, body: f"class {name}:\n    a: int = 1\n\n    def {method}(self, rows):\n        return rows\n",
    names,
    names,
    BODIES,
)
assignments = st.builds(
    lambda name, value: f"{name} = {value}\n", names, st.sampled_from(["1", "[predict, 'other']", "{'predict': Row}"])
)
import_lines = st.sampled_from(["import os\n", "from x import predict, Row\n", "from . import helper as other\n"])
modules = st.lists(st.one_of(functions, classes, assignments, import_lines), max_size=8).map("".join)


@settings(deadline=None)
@given(modules, name_sets)
def test_drop_parses_and_does_nothing_twice(text: str, dropped: frozenset[str]) -> None:
    once = drop(parse(text), dropped).code
    ast.parse(once)
    assert drop(parse(once), dropped).code == once


@settings(deadline=None)
@given(modules)
def test_drop_of_what_is_not_there_changes_nothing(text: str) -> None:
    assert drop(parse(text), {"absent"}).code == text


@settings(deadline=None)
@given(modules, name_sets)
def test_prune_parses_and_does_nothing_twice(text: str, roots: frozenset[str]) -> None:
    once = prune(parse(text), roots).code
    ast.parse(once)
    assert prune(parse(once), roots).code == once


@settings(deadline=None)
@given(modules, st.integers() | st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.none() | st.booleans()))
def test_bind_gives_any_value_back(text: str, value: object) -> None:
    code = bind(parse("VALUE = 0\n" + text), {"VALUE": value}).code
    first, *others = ast.parse(code).body
    assert isinstance(first, ast.Assign)
    assert ast.literal_eval(first.value) == value
    assert [ast.dump(s) for s in others] == [ast.dump(s) for s in ast.parse(text).body]


@settings(deadline=None)
@given(modules, st.lists(st.text(), unique=True, min_size=1))
def test_fields_are_what_was_written_and_other_code_is_untouched(text: str, columns: list[str]) -> None:
    fields = [
        Field(name=name, annotation="float", default=f"field(name={column!r})")
        for name, column in zip(identifiers(columns), columns, strict=True)
    ]
    code = write_fields(parse("class Target:\n    old: int\n" + text), "Target", fields).code
    target, *others = ast.parse(code).body
    assert isinstance(target, ast.ClassDef)
    assert [s.target.id for s in target.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)] == [
        field.name for field in fields
    ]
    assert [ast.dump(s) for s in others] == [ast.dump(s) for s in ast.parse(text).body]


@settings(deadline=None)
@given(modules)
def test_fill_does_nothing_twice_and_leaves_other_code_alone(text: str) -> None:
    source = parse("import numpy\nSIZE = 2\ndef real(rows): return numpy.array(rows)[:SIZE]\n")
    prototype = "def target(rows):\n    return rows\n"
    filling = Filling(source=source, chosen={"target": "real"})
    once = fill(parse(prototype + text), filling).code
    assert fill(parse(once), filling).code == once
    kept = {ast.dump(s) for s in ast.parse(once).body}
    assert {ast.dump(s) for s in ast.parse(text).body} <= kept


@settings(deadline=None)
@given(st.lists(st.text(), unique=True), st.frozensets(st.sampled_from(["float", "a", "b_2"])))
def test_identifiers_are_distinct_public_and_none_that_is_taken(given_names: list[str], taken: frozenset[str]) -> None:
    chosen = identifiers(given_names, taken)
    assert len(set(chosen)) == len(given_names)
    assert not taken & set(chosen)
    for name, identifier in zip(given_names, chosen, strict=True):
        ast.parse(f"class A:\n    {identifier}: int\n")
        assert identifier.isascii()
        assert not identifier.startswith("_")
        assert identifier == name or identifier not in given_names
