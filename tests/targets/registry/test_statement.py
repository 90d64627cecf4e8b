"""What is told of an image: valid in its formats, and always of the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from deployc.schema.lockfile import Pin
from deployc.targets.registry.materials import materials
from deployc.targets.registry.statement import Made, Trained, statement

DIGEST, MODEL, LOCK, BASE = (letter * 64 for letter in "abcd")
PINS = (
    Pin(name="numpy", version="2.3.0", hashes=(DIGEST,)),
    Pin(name="colorama", version="0.4.6", marker='sys_platform == "win32"', hashes=(DIGEST,)),
    Pin(name="uvloop", version="0.23.0", marker='platform_machine == "aarch64"', hashes=(DIGEST,)),
)
MADE = Made(
    name="ghcr.io/team/churn",
    digest=DIGEST,
    service="churn",
    target="oci",
    python="3.11",
    platforms=("linux/amd64",),
    pins=PINS,
    models=(Trained(digest=MODEL, origin={"run_id": "0a1", "metrics": {"auc": 0.9}}, uri="models:/churn/7"),),
    lock=LOCK,
    base=f"docker.io/library/python@sha256:{BASE}",
    deployc="0.1.0 0123",
    actions={"oci": DIGEST},
)


def test_the_materials_are_valid_and_those_of_the_platform() -> None:
    found = materials(MADE)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(found.decode()) is None
    whole = json.loads(found)
    parts = {(part["type"], part["name"], part.get("version")) for part in whole["components"]}
    assert parts == {
        ("library", "numpy", "2.3.0"),
        ("machine-learning-model", "churn", "models:/churn/7"),
        ("container", "docker.io/library/python", f"sha256:{BASE}"),
    }
    assert whole["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": DIGEST}]
    both = json.loads(materials(replace(MADE, platforms=("linux/amd64", "linux/arm64"))))
    assert "uvloop" in {part["name"] for part in both["components"]}


def test_the_same_image_has_the_same_materials_whenever_they_are_listed() -> None:
    assert materials(MADE) == materials(replace(MADE, pins=tuple(reversed(PINS))))
    UUID(json.loads(materials(MADE))["serialNumber"])
    assert "timestamp" not in json.loads(materials(MADE))["metadata"]


def test_the_provenance_tells_model_run_lock_base_and_actions() -> None:
    whole = json.loads(statement(MADE))
    assert whole["subject"] == [{"name": "ghcr.io/team/churn", "digest": {"sha256": DIGEST}}]
    definition = whole["predicate"]["buildDefinition"]
    model, lock, base = definition["resolvedDependencies"]
    assert (model["uri"], model["digest"]) == ("models:/churn/7", {"sha256": MODEL})
    assert model["annotations"]["origin"]["run_id"] == "0a1"
    assert (lock["digest"], base["digest"]) == ({"sha256": LOCK}, {"sha256": BASE})
    assert definition["internalParameters"]["actions"] == {"oci": DIGEST}


def test_several_models_are_told_apart_though_they_are_the_same() -> None:
    both = replace(MADE, models=(Trained(name="churn", digest=MODEL), Trained(name="value", digest=MODEL)))
    found = materials(both)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(found.decode()) is None
    models = {part["name"] for part in json.loads(found)["components"] if part["type"] == "machine-learning-model"}
    assert models == {"churn", "value"}
    dependencies = json.loads(statement(both))["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert [each["name"] for each in dependencies] == ["models.churn", "models.value", "deploy.lock", "base"]


def test_what_lay_in_a_folder_has_no_address() -> None:
    here = replace(MADE, base=f"@sha256:{BASE}", models=(Trained(digest=MODEL),))
    dependencies = json.loads(statement(here))["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert [set(each) - {"annotations"} for each in dependencies] == [{"name", "digest"}] * 3
    found = materials(here)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(found.decode()) is None
    assert "base" in {part["name"] for part in json.loads(found)["components"]}
