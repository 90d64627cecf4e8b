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
from deployc.targets.kubernetes.semantics import problems
from deployc.targets.kubernetes.workload import App

from .kubernetes.space import CASES, FULL, app
from .project.space import config
from .test_images import having

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


CAR = f"registry.example.com/models/churn-model@sha256:{'cd' * 32}"


def with_model(case: str) -> App:
    made, options = CASES[case]
    return replace(app(made, kserve.whole(told(options))), modelcar=CAR)


@pytest.mark.parametrize("case", CASES)
def test_kserve_is_told_which_model_to_bring_and_the_service_waits_for_it(case: str) -> None:
    [without] = kserve.objects(replace(with_model(case), modelcar=""))
    [manifest] = kserve.objects(with_model(case))
    [before], [container] = (each(one, "spec", "predictor", "containers") for one in (without, manifest))
    model = {"name": "STORAGE_URI", "value": f"oci://{CAR}"}
    assert container["env"] == [model, *each(before, "env")]
    wait = "until [ -e /mnt/models/. ]; do sleep 1; done; exec python -m churn"
    assert container["command"] == ["sh", "-c", wait]
    assert {**container, "env": None, "command": None} == {**before, "env": None, "command": None}


def test_a_model_without_a_digest_is_told() -> None:
    found = list(problems(kserve.objects(replace(with_model("plain"), modelcar="registry.example.com/model:1"))))
    assert "a model without a digest" in found[0].message


def test_a_modelcar_is_named_beside_an_image_by_its_digest_alone() -> None:
    options = replace(told(FULL), modelcar=CAR)
    assert not list(kserve.check(config(api_key=True), "kserve", options))
    made = having({"oci": "oci"})
    found = list(kserve.check(made, "kserve", replace(options, image="oci")))
    assert [(d.code, d.field) for d in found] == [("conflicting-keys", ("targets", "kserve", "modelcar"))]


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
