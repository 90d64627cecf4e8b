"""Whatever the published schema accepts decodes, and whatever decodes the schema accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from deployc.schema.codec import Mismatch, decode, encode
from deployc.schema.config import Config
from deployc.schema.decode import read_config
from deployc.schema.diagnostics import Diagnostic, Field, UserError
from deployc.schema.json_schema import json_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

Catalogs = Mapping[str, Mapping[str, type | None]]
Schema = dict[str, Any]  # Any: a schema's keywords hold whatever each of them holds

WORDS = st.text(st.characters(categories=["L", "N", "P", "Zs"], max_codepoint=0x3000), max_size=8)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 70_000)
    | st.floats(-5, 5)
    | WORDS
    | st.sampled_from(
        ["churn", "uv", "full", "3.11", "fastapi", "oci", "parity", "class", "a\n", "..", "/a", 1.0, 1, 80.0]
    )
)


def valid(schema: Schema, root: Schema) -> st.SearchStrategy[object]:
    """Values that a schema of ours accepts, made from nothing but the schema."""
    if "$ref" in schema and "then" in schema:
        own = valid(target(schema["then"], root), root)
        # A name's own kind can also be written out or be another one.
        return own | other_kind(target(schema, root), root) | (st.none() if "null" in schema["type"] else st.nothing())
    if schema.get("required") == ["kind"]:
        return other_kind(target(schema, root), root)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    types = schema["type"] if isinstance(schema.get("type"), list) else [schema.get("type", "object")]
    return st.one_of([of_type(type_, schema, root) for type_ in types])


def target(schema: Schema, root: Schema) -> Schema:
    found: Schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return found


def other_kind(table: Schema, root: Schema) -> st.SearchStrategy[object]:
    def of_kind(rule: Schema) -> st.SearchStrategy[object]:
        kind = rule["if"]["properties"]["kind"]["const"]
        options = valid(target(rule["then"], root), root)
        return options.map(lambda made: {**made, "kind": kind} if isinstance(made, dict) else made)

    return st.one_of([of_kind(rule) for rule in table["allOf"]])


def of_type(type_: str, schema: Schema, root: Schema) -> st.SearchStrategy[object]:
    match type_:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum", -9), schema.get("maximum", 99_999))
        case "number":
            least, most = schema.get("minimum", -9), schema.get("maximum", 9)
            return st.floats(least, most) | st.integers(int(least), int(most))
        case "string" if "then" in schema:
            return valid(schema["then"], root)
        case "string":
            return text(schema)
        case "array":
            return st.lists(valid(schema["items"], root), max_size=3)
    return mapping(schema, root)


def text(schema: Schema) -> st.SearchStrategy[str]:
    rules = [schema, *schema.get("allOf", ())]
    validator = Draft202012Validator({"allOf": [{k: v for k, v in rule.items() if k != "allOf"} for rule in rules]})
    patterns = [rule["pattern"].removesuffix("(?!\\n)") for rule in rules if "pattern" in rule]
    made = st.from_regex(patterns[0]).map(lambda found: found.removesuffix("\n")) if patterns else WORDS
    return made.filter(validator.is_valid)


def mapping(schema: Schema, root: Schema) -> st.SearchStrategy[object]:
    properties = {name: s for name, s in schema.get("properties", {}).items() if s is not True}
    made = {name: valid(inner, root) for name, inner in properties.items()}
    required = {name: made.pop(name) for name in schema.get("required", ())}
    known = st.fixed_dictionaries(required, optional=made)
    if not schema.get("additionalProperties"):
        return known
    key = text(schema["propertyNames"]) if "propertyNames" in schema else WORDS
    more = st.dictionaries(
        key.filter(lambda k: k not in properties), valid(schema["additionalProperties"], root), max_size=2
    )
    return st.tuples(more, known).map(lambda both: {**both[0], **both[1]})


@st.composite
def mutated(draw: st.DrawFn, value: object) -> object:
    """A value with one thing changed somewhere in it: a key dropped, renamed or added, or another value."""
    if isinstance(value, dict) and value and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: draw(mutated(value[key]))}
    if isinstance(value, list) and value and draw(st.booleans()):
        index = draw(st.integers(0, len(value) - 1))
        return [*value[:index], draw(mutated(value[index])), *value[index + 1 :]]
    if isinstance(value, dict):
        key = draw(st.sampled_from(sorted(value))) if value else "x"
        rest = {k: v for k, v in value.items() if k != key}
        new = draw(st.sampled_from(["kind", "tag", "near", "Near", key + "s"]) | WORDS)
        changed: list[object] = [rest, {**rest, new: value.get(key)}, {**value, new: draw(SCALARS)}]
        return draw(st.sampled_from(changed) | SCALARS)
    return draw(SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(WORDS, SCALARS, max_size=2))


def decodes(data: object, catalogs: Catalogs) -> bool:
    try:
        decode(Config, data, catalogs)
    except Mismatch:
        return False
    return True


@pytest.fixture(scope="module")
def schema(small_catalogs: Catalogs) -> Schema:
    return json_schema(small_catalogs)


@pytest.fixture(scope="module")
def values(schema: Schema) -> st.SearchStrategy[object]:
    """Made once, since making it takes longer than drawing from it."""
    return valid(schema, schema)


@pytest.fixture(scope="module")
def validator(schema: Schema) -> Draft202012Validator:
    return Draft202012Validator(schema)


Values = st.SearchStrategy[object]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_what_the_schema_accepts_decodes(
    data: st.DataObject, values: Values, validator: Draft202012Validator, small_catalogs: Catalogs
) -> None:
    value = data.draw(values)
    assert not list(validator.iter_errors(value))
    decode(Config, value, small_catalogs)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=300)
@given(data=st.data())
def test_schema_and_decoding_agree_on_mistakes(
    data: st.DataObject, values: Values, validator: Draft202012Validator, small_catalogs: Catalogs
) -> None:
    value = data.draw(mutated(data.draw(values)))
    assert validator.is_valid(value) == decodes(value, small_catalogs)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_config_is_what_its_encoding_decodes_to(
    data: st.DataObject, values: Values, validator: Draft202012Validator, small_catalogs: Catalogs
) -> None:
    config = decode(Config, data.draw(values), small_catalogs)
    encoded = json.loads(json.dumps(encode(config)))
    assert decode(Config, encoded, small_catalogs) == config
    assert validator.is_valid(encoded)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), mistaken=st.booleans())
def test_file_is_read_as_its_data_decodes(
    data: st.DataObject, mistaken: bool, values: Values, small_catalogs: Catalogs, tmp_path: Path
) -> None:
    value = data.draw(mutated(data.draw(values))) if mistaken else data.draw(values)
    path = tmp_path / "deploy.yaml"
    path.write_text(yaml_of(value), encoding="utf-8")
    read = outcome(path, small_catalogs)
    if isinstance(read, Config):
        # Unquoted, false is text where a field takes text; as data it is not.
        assert not decodes(value, small_catalogs) or read == decode(Config, value, small_catalogs)
    else:
        beyond_the_schema = {"named-twice", "reserved-name", "bad-requirement", "bad-key", "conflicting-keys"}
        no_model = any(said.code == "missing-key" and _of_model(said.field) for said in read)
        no_methods = any(said.code == "bad-value" and (said.field or ("",))[-1] == "methods" for said in read)
        beyond = no_model or no_methods or {said.code for said in read} & beyond_the_schema
        assert beyond or not decodes(value, small_catalogs)
        assert all(said.at for said in read)


def _of_model(field: Field | None) -> bool:
    """Whether what is missing may be what says where a model comes from."""
    return field in ((), ("model",)) or (field is not None and len(field) == 2 and field[0] == "models")


def outcome(path: Path, catalogs: Catalogs) -> Config | tuple[Diagnostic, ...]:
    try:
        return read_config(path, catalogs).config
    except UserError as error:
        return error.diagnostics


def yaml_of(value: object) -> str:
    """JSON is YAML, once the characters that YAML has only as escapes are written as such."""
    return re.sub(r"[^\n -~]", lambda found: f"\\U{ord(found[0]):08x}", json.dumps(value, ensure_ascii=False))
