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
from deployc.targets import images

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
