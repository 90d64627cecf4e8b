"""Manifests are applied to a cluster by the real kubectl, an image is promoted, and what does not run is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.cluster import Cluster, serving

from .project import Project

ONE, TWO = (f"registry.example.com/penguins@sha256:{digit * 64}" for digit in "12")
BROKEN = f"registry.example.com/broken@sha256:{'3' * 64}"
TARGETS = f"""\
targets:
  project: {{}}
  kubernetes: {{image: '{ONE}', namespace: testing, context: tests, rollout_seconds: 2}}
"""
PLACE = "/apis/apps/v1/namespaces/{}/deployments/penguins"

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with serving(tmp_path) as started:
        yield started


@pytest.fixture
def deployed(ready: Project, cluster: Cluster) -> Project:
    ready.edit("deploy.yaml", "targets: {project: {}, wheel: {}}\n", TARGETS)
    ready.write("deploy.prod.yaml", "targets: {kubernetes: {namespace: live}}\n")
    return ready.given(KUBECONFIG=str(cluster.kubeconfig))


def test_what_was_tested_is_applied_and_an_image_is_promoted_without_a_build(
    deployed: Project, cluster: Cluster
) -> None:
    done = deployed.run("publish")
    assert done.code == 0, done.err
    assert f"published {ONE} as deployment/penguins --namespace testing" in done.err
    assert PLACE.format("testing") in cluster.objects
    assert PLACE.replace("deployments", "services").replace("apps/v1", "v1").replace("/apis", "/api").format(
        "testing"
    ) in (cluster.objects)
    promoted = deployed.run("publish", "--json", "-e", "prod", TWO)
    assert promoted.code == 0, promoted.err
    assert promoted.ran <= {"kubernetes"}, "what is in the image was built and tested before"
    assert cluster.applied == [ONE, TWO]
    assert PLACE.format("live") in cluster.objects


def test_what_does_not_become_ready_is_taken_back(deployed: Project, cluster: Cluster) -> None:
    first = deployed.run("publish", BROKEN)
    assert (first.code, first.codes) == (1, ["rollout-failed"]), first.err
    assert "it was left as it is" in first.err
    assert deployed.run("publish", ONE).code == 0
    told = deployed.run("publish", BROKEN)
    assert (told.code, told.codes) == (1, ["rollout-failed"]), told.err
    assert "the version before it runs again" in told.err
    assert "--> deploy.yaml:9:" in told.err
    assert "penguins-1: ImagePullBackOff no such image" in told.err
    assert cluster.applied == [BROKEN, ONE, BROKEN, ONE]


def test_pods_that_fail_without_a_new_version_are_not_replaced_by_an_older_one(
    deployed: Project, cluster: Cluster
) -> None:
    for image in (ONE, TWO):
        assert deployed.run("publish", image).code == 0
    cluster.down = True
    told = deployed.run("publish", TWO)
    assert (told.code, told.codes) == (1, ["rollout-failed"]), told.err
    assert "its pods are those that ran before" in told.err
    assert cluster.applied == [ONE, TWO]


def test_the_number_of_pods_stays_what_it_was_until_an_autoscaler_decides(deployed: Project, cluster: Cluster) -> None:
    deployed.edit("deploy.yaml", "rollout_seconds: 2", "rollout_seconds: 2, replicas: {min: 5}")
    assert deployed.run("publish", ONE).code == 0
    deployed.edit("deploy.yaml", "{min: 5}", "{min: 2, max: 9}")
    for image in (ONE, TWO):
        ran = deployed.run("publish", image)
        assert ran.code == 0, ran.err
        assert cluster.objects[PLACE.format("testing")]["spec"]["replicas"] == 5
    deployed.edit("deploy.yaml", "{min: 2, max: 9}", "{min: 3}")
    assert deployed.run("publish", ONE).code == 0
    assert cluster.objects[PLACE.format("testing")]["spec"]["replicas"] == 3


def test_nothing_is_applied_where_the_cluster_does_not_take_all(deployed: Project, cluster: Cluster) -> None:
    deployed.edit("deploy.yaml", "rollout_seconds: 2", "rollout_seconds: 2, monitoring: monitor")
    told = deployed.run("publish", ONE)
    assert (told.code, told.codes) == (1, ["apply-failed"]), told.err
    assert 'no matches for kind "ServiceMonitor"' in told.err
    assert "nothing was changed" in told.err
    assert not cluster.objects


@pytest.fixture
def predicted(deployed: Project) -> Project:
    """The same with KServe."""
    deployed.edit("deploy.yaml", "  kubernetes: {", "  kserve: {")
    deployed.write("deploy.prod.yaml", "targets: {kserve: {namespace: live}}\n")
    return deployed


SERVICE = "/apis/serving.kserve.io/v1beta1/namespaces/{}/inferenceservices/penguins"


def test_kserve_is_given_its_inference_service_and_an_image_is_promoted(predicted: Project, cluster: Cluster) -> None:
    done = predicted.run("publish")
    assert done.code == 0, done.err
    assert f"published {ONE} as inferenceservice/penguins --namespace testing" in done.err
    promoted = predicted.run("publish", "-e", "prod", TWO)
    assert promoted.code == 0, promoted.err
    assert cluster.applied == [ONE, TWO]
    assert {SERVICE.format("testing"), SERVICE.format("live")} <= cluster.objects.keys()
    manifest = (predicted / "build/kserve/inference-service.yaml").read_text(encoding="utf-8")
    assert "deployc/published" not in manifest, "the mark is for publishing alone"


def test_an_image_without_its_model_is_promoted_with_its_modelcar(predicted: Project, cluster: Cluster) -> None:
    one, two = (image.replace("penguins@", "penguins-model@") for image in (ONE, TWO))
    predicted.edit("deploy.yaml", "  kserve: {", f"  kubernetes: {{image: '{ONE}'}}\n  kserve: {{modelcar: '{one}', ")
    alone = predicted.run("publish", TWO, "kserve")
    assert alone.codes == ["unknown-image"]
    assert "say --modelcar IMAGE too" in alone.err
    assert predicted.run("publish", "--modelcar", two).codes == ["unknown-image"]
    done = predicted.run("publish", TWO, "--modelcar", two)
    assert done.code == 0, done.err
    assert cluster.applied == [TWO], "what runs an image with its model does not run this one"
    [container] = cluster.objects[SERVICE.format("testing")]["spec"]["predictor"]["containers"]
    assert {"name": "STORAGE_URI", "value": f"oci://{two}"} in container["env"]


def test_what_kserve_does_not_make_ready_is_put_back(predicted: Project, cluster: Cluster) -> None:
    first = predicted.run("publish", BROKEN)
    assert (first.code, first.codes) == (1, ["rollout-failed"]), first.err
    assert "it was left as it is" in first.err
    assert predicted.run("publish", ONE).code == 0
    before = cluster.objects[SERVICE.format("testing")]
    for image in (BROKEN, BROKEN.replace("broken", "unmade")):
        told = predicted.run("publish", image)
        assert (told.code, told.codes) == (1, ["rollout-failed"]), told.err
        assert "the version before it runs again" in told.err
        assert "kubectl describe inferenceservice/penguins --namespace testing" in told.err
        assert ("penguins-1: ImagePullBackOff" in told.err) is (image == BROKEN)
        after = cluster.objects[SERVICE.format("testing")]
        assert after["spec"] == before["spec"]
        assert after["metadata"]["annotations"] == before["metadata"]["annotations"]
    assert cluster.applied == [BROKEN, ONE, BROKEN, ONE]

    cluster.down = True
    again = predicted.run("publish", ONE)
    assert (again.code, again.codes) == (1, ["rollout-failed"]), again.err
    assert "its pods are those that ran before" in again.err


def test_what_cannot_be_published_is_told(deployed: Project, cluster: Cluster) -> None:
    for words, code in (
        (["x@sha256:12"], "unknown-image"),
        (["nothing", ONE], "unknown-target"),
        (["project", ONE], "unknown-image"),
    ):
        assert deployed.run("publish", *words).codes == [code]
    cluster.kubeconfig.write_text("{}", encoding="utf-8")
    assert deployed.run("publish", ONE).codes == ["apply-failed"]
    without = deployed.given(PATH="/nowhere")
    assert without.run("publish", ONE).codes == ["no-kubectl"]
