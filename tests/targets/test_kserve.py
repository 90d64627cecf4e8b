"""The InferenceService: what it holds, and that it fits together."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from deployc.schema.diagnostics import UserError
from deployc.targets import kserve
from deployc.targets.kubernetes import making
from deployc.targets.kubernetes.manifest import Data, at, each
from deployc.targets.kubernetes.options import Options, Running

from .kubernetes.space import CASES, FULL, app
from .project.space import config

GOLDEN = Path(__file__).parents[1] / "golden" / "kserve"


def told(options: Options) -> kserve.Options:
    return kserve.Options(**{field.name: getattr(options, field.name) for field in fields(Running)})


@pytest.mark.parametrize("case", CASES)
def test_the_manifest_is_the_golden_one(case: str, update_golden: bool) -> None:
    made, options = CASES[case]
    texts = making.texts(app(made, kserve.whole(told(options))), kserve.objects, (), "kserve")
    assert list(texts) == ["inference-service.yaml"]
    golden = GOLDEN / f"{case}.yaml.txt"
    if update_golden:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(texts["inference-service.yaml"], encoding="utf-8")
    assert texts["inference-service.yaml"] == golden.read_text(encoding="utf-8")


def test_the_predictor_is_the_container_that_kserve_looks_for_and_as_closed_as_a_plain_pod() -> None:
    [manifest] = kserve.objects(app(config(), kserve.whole(told(FULL))))
    predictor = at(manifest, "spec", "predictor")
    [container] = each(predictor, "containers")
    assert container["name"] == "kserve-container"
    assert at(container, "securityContext", "readOnlyRootFilesystem") is True
    assert at(predictor, "securityContext", "runAsNonRoot") is True
    assert (at(predictor, "minReplicas"), at(predictor, "maxReplicas"), at(predictor, "scaleTarget")) == (3, 12, 60)


def test_what_a_patch_breaks_is_told() -> None:
    patch: Data = {
        "kind": "InferenceService",
        "spec": {"predictor": {"containers": [{"name": "kserve-container", "image": "churn:latest"}]}},
    }
    with pytest.raises(UserError) as raised:
        making.texts(app(*CASES["plain"]), kserve.objects, ((("targets", "kserve", "patches", 0), patch),), "kserve")
    assert "an image without a digest" in raised.value.diagnostics[0].message


def test_a_service_without_the_protocol_is_refused() -> None:
    deaf = config()
    deaf = replace(deaf, serve=replace(deaf.serve, protocols=("mlflow",)))
    found = list(kserve.check(deaf, "kserve", told(FULL)))
    assert [(d.code, d.field) for d in found] == [("conflicting-keys", ("serve", "protocols"))]
