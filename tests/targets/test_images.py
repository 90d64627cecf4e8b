"""Which image a target runs: the one that an image target has made, or one that deploy.yaml names by its digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler.cas import Cas
from deployc.compiler.node import Made
from deployc.schema.config import Config, Entry
from deployc.schema.diagnostics import UserError
from deployc.targets import bundle, compose, images, kserve, kubernetes, oci
from deployc.targets.catalogs import TARGETS

from .project.space import config

FIELD = ("targets", "kubernetes", "image")
DIGEST = f"sha256:{'ab' * 32}"
GIVEN = f"registry.example.com/churn@{DIGEST}"


def having(kinds: Mapping[str, str]) -> Config:
    """A config with targets of these kinds, by name."""
    return replace(config(), targets={n: Entry(name=n, kind=kind, options=None) for n, kind in kinds.items()})


@pytest.mark.parametrize(
    ("kinds", "image", "said"),
    [
        ({}, GIVEN, ()),
        ({"oci": "oci"}, None, ()),
        ({"oci": "oci", "gpu": "oci"}, "gpu", ()),
        ({}, None, ("which image is run? there are 0 image targets",)),
        ({"oci": "oci", "gpu": "oci"}, None, ("which image is run? there are 2 image targets",)),
        ({"oci": "oci"}, "gpu", ("no target `gpu` makes an image",)),
        ({"docker": "docker"}, "docker", ("the digest of `docker` is not known before a daemon has built it",)),
    ],
)
def test_which_image_is_run_has_to_be_known(kinds: Mapping[str, str], image: str | None, said: tuple[str, ...]) -> None:
    found = tuple(images.check(having(kinds), image, FIELD))
    assert tuple(d.message for d in found) == said
    assert {d.code for d in found} <= {"unknown-image"}


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("registry.example.com/churn:1.0", "registry.example.com/churn"),
        ("localhost:5000/models/churn:latest", "localhost:5000/models/churn"),
        ("localhost:5000/churn", "localhost:5000/churn"),
    ],
)
def test_a_made_image_is_named_by_its_digest_and_not_by_its_tag(
    reference: str, repository: str, tmp_path: Path
) -> None:
    cas = Cas(tmp_path)
    described = {"reference": reference, "digest": DIGEST, "platforms": ["linux/amd64"], "port": 8000, "user": "1:1"}
    tree = cas.put_texts({images.FILE: json.dumps(described)})
    assert images.pinned(cas, tree, "oci", FIELD) == f"{repository}@{DIGEST}"


def test_an_image_without_a_name_is_told_by_its_digest(tmp_path: Path) -> None:
    cas = Cas(tmp_path)
    assert images.told(cas, cas.put_texts({images.FILE: json.dumps({"reference": "", "digest": DIGEST})})) == DIGEST


def test_the_image_of_the_model_is_told_beside_the_service_s(tmp_path: Path) -> None:
    cas = Cas(tmp_path)
    described = {"reference": "localhost:5000/churn:1", "digest": DIGEST}
    beside = {"reference": "localhost:5000/model:1", "digest": DIGEST}
    plain, both = (cas.put_texts({images.FILE: json.dumps(d)}) for d in (described, {**described, "modelcar": beside}))
    assert (images.modelcar(cas, plain), images.modelcar(cas, both)) == ("", f"localhost:5000/model@{DIGEST}")


APART = oci.Options(reference="registry.example.com/churn:1", modelcar="registry.example.com/churn-model:1")


def without_model(**others: Entry) -> Config:
    """A config with an image target whose image has no model."""
    return replace(config(), targets={"oci": Entry(name="oci", kind="oci", options=APART), **others})


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("kubernetes", kubernetes.Options(image="oci")),
        ("compose", compose.Options()),
        ("bundle", bundle.Options(image="oci")),
    ],
)
def test_what_runs_an_image_is_told_where_that_has_no_model(kind: str, options: object) -> None:
    found = [*TARGETS.load(kind).check(without_model(), kind, options)]
    assert [(d.code, d.field) for d in found] == [("conflicting-keys", ("targets", kind, "image"))]
    assert "the image of `oci` has no model" in found[0].message


@pytest.mark.parametrize("options", [kserve.Options(), kserve.Options(image=GIVEN, modelcar=GIVEN)])
def test_no_other_image_is_run_in_the_place_of_one_without_a_model(options: kserve.Options) -> None:
    apart = without_model(kserve=Entry(name="kserve", kind="kserve", options=options))
    with pytest.raises(UserError, match="no target runs an image"):
        images.running(apart, GIVEN, ())
    beside = GIVEN.replace("churn", "churn-model")
    entry = replace(apart.targets["kserve"], options=replace(options, image=GIVEN, modelcar=beside))
    assert images.running(apart, GIVEN, (), beside).targets == {"kserve": entry}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (APART, None),
        (replace(APART, modelcar=APART.reference), "conflicting-keys"),
        (replace(APART, modelcar="Churn:1"), "invalid-reference"),
        (replace(APART, modelcar=GIVEN), "invalid-reference"),
    ],
)
def test_the_model_s_image_has_a_name_of_its_own(options: oci.Options, code: str | None) -> None:
    found = list(oci.check(config(), "oci", options))
    assert [(d.code, d.field) for d in found] == [(code, ("targets", "oci", "modelcar"))] * bool(code)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "target `oci` makes no image with a digest"),
        ({images.FILE: json.dumps({"reference": "", "digest": DIGEST})}, "the image of target `oci` has no name"),
    ],
)
def test_an_image_that_nothing_could_pull_is_told(files: Mapping[str, str], said: str, tmp_path: Path) -> None:
    cas = Cas(tmp_path)
    with pytest.raises(UserError, match="unknown-image") as raised:
        images.pinned(cas, cas.put_texts(files), "oci", FIELD)
    assert said in raised.value.diagnostics[0].message


def test_of_an_image_no_more_is_taken_than_what_it_is_called() -> None:
    assert images.inputs(having({"oci": "oci"}), None) == {"image": Made(node="oci", folder=images.FILE)}
