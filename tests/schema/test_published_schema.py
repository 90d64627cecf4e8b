"""The JSON Schema that deployc publishes, and what editors can do with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import pytest
from deployc.schema.json_schema import json_schema
from jsonschema import Draft202012Validator

Catalogs = Mapping[str, Mapping[str, type | None]]


@pytest.fixture(scope="module")
def schema(small_catalogs: Catalogs) -> dict[str, object]:
    return json_schema(small_catalogs)


def keywords(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from value.items()
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keywords(child)


def test_it_is_a_valid_schema_of_2020_12(schema: dict[str, object]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_it_can_be_written_as_json_and_is_always_the_same(schema: dict[str, object], small_catalogs: Catalogs) -> None:
    backwards = {name: dict(reversed(list(kinds.items()))) for name, kinds in small_catalogs.items()}
    assert json.dumps(schema) == json.dumps(json_schema(backwards))


def test_no_keyword_whose_errors_cannot_be_told_well(schema: dict[str, object]) -> None:
    assert not {"oneOf", "anyOf"} & {key for key, _ in keywords(schema)}


def test_patterns_read_alike_in_python_and_ecmascript(schema: dict[str, object]) -> None:
    patterns = [value for key, value in keywords(schema) if key == "pattern" and isinstance(value, str)]
    assert patterns
    assert all(re.compile(pattern) and not re.search(r"\\[dDsSwWbBAZ]|\(\?[aiLmsux]", pattern) for pattern in patterns)


def test_every_property_of_the_language_has_a_description(schema: dict[str, object]) -> None:
    def undescribed(value: object, path: str) -> Iterator[str]:
        properties = value.get("properties", {}) if isinstance(value, dict) else {}
        for name, inner in properties.items():
            if "description" not in inner:
                yield f"{path}.{name}"
            yield from undescribed(inner, f"{path}.{name}")

    assert not list(undescribed({k: v for k, v in schema.items() if k != "$defs"}, ""))


@pytest.mark.parametrize(
    ("part", "accepted"),
    [
        ({}, True),
        ({"python": "3.11"}, True),
        ({"python": "3.11\n"}, False),
        ({"python": 3.11}, False),
        ({"version": True}, False),
        ({"name": "class"}, False),
        ({"serve": None}, True),
        ({"serve": {"framework": "tornado"}}, False),
        ({"targets": {"wheel": None}}, True),
        ({"targets": {"wheel": {"kind": "wheel"}}}, True),
        ({"targets": {"oci": None}}, False),
        ({"targets": {"wheel": {"kind": "oci", "tag": "a", "labels": {}}}}, True),
        ({"targets": {"wheel": {"kind": "oci"}}}, False),
        ({"targets": {"gpu": {"tag": "a", "labels": {}}}}, False),
        ({"targets": {"gpu": None}}, False),
        ({"targets": {"gpu": {"kind": "oci", "tag": "a", "labels": {"x": "y"}}}}, True),
        ({"targets": {"gpu": {"kind": "oci", "tag": "a", "labels": {"x": 1}}}}, False),
        ({"tests": {"parity": {"rows": "a.csv", "tolerance": 1e-6}}}, True),
        ({"tests": {"parity": {"rows": "a.csv", "tolerance": {"rel": 0}}}}, True),
        ({"tests": {"parity": {"rows": "a.csv", "tolerance": -1}}}, False),
        ({"tests": {"parity": {"rows": "a.csv", "tolerance": "1"}}}, False),
    ],
)
def test_language_as_users_write_it(schema: dict[str, object], part: dict[str, object], accepted: bool) -> None:
    whole = {"version": 1, "name": "churn", "model": {"path": "model/"}, **part}
    assert Draft202012Validator(schema).is_valid(whole) is accepted
