"""Patches: merged as Kubernetes merges them, applied last, and told where they fit nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from deployc.schema.diagnostics import UserError
from deployc.targets import kubernetes
from deployc.targets.kubernetes import making
from deployc.targets.kubernetes.manifest import Data, at, dump, each
from deployc.targets.kubernetes.patching import patched

from .space import CASES, app, manifests

FIELD = ("targets", "kubernetes", "patches", 0)
PATCHES: tuple[dict[str, Data], ...] = (
    {"kind": "Deployment", "spec": {"revisionHistoryLimit": 3, "strategy": {"rollingUpdate": None}}},
    {
        "kind": "Deployment",
        "spec": {
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": "service",
                            "env": [
                                {"name": "CHURN_LOG_LEVEL", "value": "error"},
                                {"name": "NEW", "value": "1"},
                                {"name": "ANSWER", "$patch": "delete"},
                            ],
                            "volumeMounts": [{"mountPath": "/cache", "name": "cache"}],
                        },
                        {"name": "sidecar", "image": f"example.com/sidecar@sha256:{'cd' * 32}"},
                    ],
                    "volumes": [{"name": "cache", "emptyDir": {}}],
                    "tolerations": [{"operator": "Exists"}],
                }
            }
        },
    },
    {"kind": "Service", "spec": {"ports": [{"port": 80, "protocol": "TCP", "appProtocol": "http"}]}},
    {"kind": "NetworkPolicy", "spec": {"ingress": [{"from": [{"podSelector": {}}]}]}},
)


@pytest.mark.parametrize("patch", PATCHES)
@pytest.mark.skipif(not shutil.which("kubectl"), reason="there is no kubectl here")
def test_a_patch_makes_what_kustomize_makes_of_it(patch: dict[str, Data], tmp_path: Path) -> None:
    base = manifests("full")[str(patch["kind"])]
    api = {"apiVersion": base["apiVersion"], "metadata": {"name": "churn", "namespace": "models"}}
    (tmp_path / "base.yaml").write_text(dump(base), encoding="utf-8")
    (tmp_path / "patch.yaml").write_text(dump({**api, **patch}), encoding="utf-8")
    listed: dict[str, Data] = {"resources": ["base.yaml"], "patches": [{"path": "patch.yaml"}]}
    (tmp_path / "kustomization.yaml").write_text(dump(listed), encoding="utf-8")
    told = subprocess.run(["kubectl", "kustomize", tmp_path], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    [made] = patched([base], [(FIELD, patch)])
    assert _unordered(yaml.safe_load(dump(made))) == _unordered(yaml.safe_load(told.stdout))


def test_a_patch_may_remove_an_object() -> None:
    made = patched(list(manifests("full").values()), [(FIELD, {"kind": "NetworkPolicy", "$patch": "delete"})])
    assert {str(one["kind"]) for one in made} == {*manifests("full")} - {"NetworkPolicy"}


def test_a_patch_may_replace_a_mapping() -> None:
    patch: Data = {"kind": "Service", "metadata": {"labels": {"$patch": "replace", "only": "this"}}}
    [made] = patched([manifests("full")["Service"]], [(FIELD, patch)])
    assert at(made, "metadata", "labels") == {"only": "this"}


def test_patches_are_applied_in_order() -> None:
    first: Data = {"kind": "Service", "spec": {"type": "NodePort"}}
    second: Data = {"kind": "Service", "metadata": {"name": "churn"}, "spec": {"type": "LoadBalancer"}}
    made = patched(list(manifests("full").values()), [(FIELD, first), (FIELD, second)])
    assert [at(one, "spec", "type") for one in made if one["kind"] == "Service"] == ["LoadBalancer"]


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ({"spec": {}}, "does not say the `kind`"),
        (["kind"], "does not say the `kind`"),
        ({"kind": "StatefulSet"}, "there is no StatefulSet to patch"),
        ({"kind": "Service", "metadata": {"name": "other"}}, "there is no Service `other` to patch"),
    ],
)
def test_a_patch_that_fits_nothing_is_told_at_its_place(patch: Data, said: str) -> None:
    with pytest.raises(UserError) as raised:
        making.texts(app(*CASES["plain"]), kubernetes.objects, ((FIELD, patch),), "kubernetes")
    [told] = raised.value.diagnostics
    assert (told.code, told.field) == ("bad-patch", FIELD)
    assert said in told.message


def test_a_patch_after_which_nothing_fits_is_told() -> None:
    patch: Data = {"kind": "Service", "spec": {"selector": {"app": "other"}, "ports": [{"port": 80, "targetPort": 1}]}}
    with pytest.raises(UserError) as raised:
        making.texts(app(*CASES["plain"]), kubernetes.objects, ((FIELD, patch),), "kubernetes")
    assert [d.code for d in raised.value.diagnostics] == ["bad-manifest"]


def _unordered(value: Data) -> Data:
    """The same, however its lists of named things are ordered: kustomize puts a patch's new items first."""
    match value:
        case dict():
            return {key: _unordered(item) for key, item in value.items()}
        case list() if value and all(isinstance(item, dict) and "name" in item for item in value):
            return [_unordered(item) for item in sorted(each({"": value}, ""), key=lambda item: str(item["name"]))]
        case list():
            return [_unordered(item) for item in value]
    return value
