"""The manifests: what they hold, that every supported version takes them, and that they fit together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from deployc.schema.diagnostics import UserError
from deployc.targets import kubernetes
from deployc.targets.kubernetes import making
from deployc.targets.kubernetes.manifest import Data, Manifest, at, dump, each
from deployc.targets.kubernetes.options import Options, Replicas, Resources
from deployc.targets.kubernetes.semantics import problems
from hypothesis import given
from hypothesis import strategies as st

from ..project.space import config
from .space import CASES, IMAGE, PLAIN, app, manifests

GOLDEN = Path(__file__).parents[2] / "golden" / "kubernetes"
VERSIONS = ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")


@pytest.mark.parametrize("case", CASES)
def test_the_manifests_are_the_golden_ones(case: str, update_golden: bool) -> None:
    made = making.texts(app(*CASES[case]), kubernetes.objects, (), "kubernetes")
    folder = GOLDEN / case
    if update_golden:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    assert {p.name.removesuffix(".txt"): p.read_text(encoding="utf-8") for p in folder.iterdir()} == made


@pytest.mark.parametrize("version", VERSIONS)
def test_every_supported_version_of_kubernetes_takes_them(version: str) -> None:
    for case in CASES:
        for kind, manifest in manifests(case).items():
            if kind != "ServiceMonitor":  # Prometheus' operator's own, of which Kubernetes has no schema
                kubernetes_validate.validate(yaml.safe_load(dump(manifest)), version, strict=True)


@pytest.mark.parametrize("case", CASES)
def test_a_file_says_what_the_manifest_says(case: str) -> None:
    for manifest in manifests(case).values():
        assert yaml.safe_load(dump(manifest)) == manifest


def test_pods_meet_the_restricted_standard_and_run_the_image_by_its_digest() -> None:
    pod = at(manifests("plain")["Deployment"], "spec", "template", "spec")
    assert at(pod, "securityContext") == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert at(pod, "automountServiceAccountToken") is False
    [container] = each(pod, "containers")
    assert container["image"] == IMAGE
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def test_an_autoscaler_alone_decides_how_many_pods_there_are() -> None:
    made = manifests("full")
    assert at(made["Deployment"], "spec", "replicas") is None
    assert at(made["HorizontalPodAutoscaler"], "spec", "minReplicas") == 3


def test_a_single_pod_has_no_disruption_budget() -> None:
    alone = kubernetes.objects(app(config(), replace(PLAIN, replicas=Replicas(min=1))))
    assert "PodDisruptionBudget" not in {one["kind"] for one in alone}


def test_a_pod_is_given_the_time_that_draining_and_the_last_requests_take() -> None:
    def grace(case: str) -> Data:
        return at(manifests(case)["Deployment"], "spec", "template", "spec", "terminationGracePeriodSeconds")

    assert (grace("plain"), grace("full")) == (5 + 30 + 5, 10 + 60 + 5)


def test_metrics_that_need_a_key_are_not_announced_to_who_has_none() -> None:
    closed = kubernetes.objects(app(config(api_key=True), replace(PLAIN, secrets={"CHURN_API_KEY": "a/b"})))
    assert "prometheus.io" not in dump(closed[0])
    assert "prometheus.io/scrape" in dump(kubernetes.objects(app(config(), PLAIN))[0])
    endpoint = next(each(manifests("full")["ServiceMonitor"], "spec", "endpoints"))
    assert at(endpoint, "authorization", "credentials") == {"name": "churn-keys", "key": "api-key"}


def broken(kind: str, *path: str | int, value: Data) -> Manifest:
    """An object of the full case with something else at a path."""

    def put(data: Data, rest: tuple[str | int, ...]) -> Data:
        if not rest:
            return value
        head, *tail = rest
        if isinstance(head, int):
            assert isinstance(data, list)
            return [put(item, tuple(tail)) if number == head else item for number, item in enumerate(data)]
        assert isinstance(data, dict)
        return {**data, head: put(data.get(head), tuple(tail))}

    made = put(manifests("full")[kind], path)
    assert isinstance(made, dict)
    return made


POD = ("spec", "template", "spec", "containers", 0)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (broken("Service", "metadata", "name", value="9churn"), "a name that Kubernetes refuses"),
        (broken("Service", "spec", "selector", value={"app": "other"}), "selects no pods"),
        (broken("Service", "spec", "ports", 0, "targetPort", value=1234), "leads to port `1234`"),
        (broken("Ingress", "metadata", "namespace", value="other"), "several namespaces"),
        (broken("Deployment", "metadata", "labels", value={"a": "b c"}), "a label `a`"),
        (broken("Deployment", "spec", "selector", "matchLabels", value={"a": "b"}), "does not select the pods"),
        (broken("Deployment", *POD, "image", value="registry.example.com/churn:latest"), "without a digest"),
        (broken("Deployment", *POD, "readinessProbe", "httpGet", "port", value="web"), "asks port `web`"),
        (broken("Deployment", *POD, "env", value=[{"name": "A"}, {"name": "A"}]), "the variable `A` 2 times"),
        (broken("Deployment", *POD, "volumeMounts", 0, "name", value="data"), "a volume that is not there: `data`"),
        (broken("Deployment", *POD, "resources", "requests", "memory", value="5Gi"), "more memory than its limit"),
        (broken("HorizontalPodAutoscaler", "spec", "scaleTargetRef", "name", value="other"), "what is not there"),
        (broken("HorizontalPodAutoscaler", "spec", "maxReplicas", value=1), "below the least"),
        (broken("PodDisruptionBudget", "spec", "selector", "matchLabels", value={"a": "b"}), "selects no pods"),
        (broken("NetworkPolicy", "spec", "podSelector", value={}), "selects no pods"),
        (broken("ServiceMonitor", "spec", "selector", "matchLabels", value={"a": "b"}), "selects no service"),
        (broken("ServiceMonitor", "spec", "endpoints", 0, "port", value="web"), "reads port `web`"),
    ],
)
def test_what_does_not_fit_together_is_found(manifest: Manifest, said: str) -> None:
    others = {**manifests("full"), str(manifest["kind"]): manifest}
    assert said in " / ".join(f"{p.object} {p.message}" for p in problems(list(others.values())))


@pytest.mark.parametrize("case", CASES)
def test_what_is_made_fits_together(case: str) -> None:
    assert not list(problems(list(manifests(case).values())))


def test_a_limit_below_the_request_is_told_at_the_target() -> None:
    options = Options(image=IMAGE, resources=Resources(memory="2Gi", memory_limit="1Gi"))
    with pytest.raises(UserError) as raised:
        making.texts(app(config(), options), kubernetes.objects, (), "kubernetes")
    [told] = raised.value.diagnostics
    assert (told.code, told.field) == ("bad-manifest", ("targets", "kubernetes"))
    assert "requests more memory than its limit: 2Gi" in told.message


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20))
def test_every_text_comes_back_from_the_file_as_it_was(text: str) -> None:
    assert yaml.safe_load(dump({"value": text, text: [text]})) == {"value": text, text: [text]}
