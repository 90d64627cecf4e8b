"""Publishing to KServe: its InferenceService is applied, and put back as it was where its pods do not serve."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from ...compiler.digest import of_text
from ...schema.diagnostics import UserError, fail
from ..kubernetes.kubectl import MANAGER, Kubectl, Pods, applied, given_up, kubectl, last
from ..kubernetes.manifest import at, dump, table
from ..kubernetes.options import Running
from ..kubernetes.reading import read
from ..publishing import Publication, Published

FILE = "inference-service.yaml"
MARK = "deployc/published"
"""An annotation that KServe hands on to the pods that it makes of a manifest: by it they are known."""

LABEL = "serving.kserve.io/inferenceservice"
"""The label by which KServe knows the pods of one."""

PAUSE = 1.0
"""Seconds between two looks at what KServe has made."""

_OF_THE_CLUSTER = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
"""What of an object's metadata is not its owner's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An InferenceService as it is to be, after all patches."""

    name: str
    namespace: tuple[str, ...]
    """kubectl's words for it, if it is said."""
    image: str
    text: str
    """The manifest, with its mark."""
    mark: str

    @property
    def place(self) -> tuple[str, ...]:
        """kubectl's words for it."""
        return (f"inferenceservice/{self.name}", *self.namespace)

    @property
    def pods(self) -> tuple[str, ...]:
        """kubectl's words for the Deployment that KServe makes of it."""
        return (f"deployment/{self.name}-predictor", *self.namespace)


def publish(publication: Publication) -> Published:
    """Apply the InferenceService, and wait until pods of it serve; UserError `apply-failed` or `rollout-failed` where
    not. What was there before is put back then.
    """
    options = publication.options
    assert isinstance(options, Running)
    cluster, service = kubectl(publication, options.context), _service(publication.folder)
    with TemporaryDirectory() as folder:
        manifest = Path(folder) / FILE
        manifest.write_text(service.text, encoding="utf-8")
        how = (f"--field-manager={MANAGER}", "--filename", str(manifest))
        applied(publication, cluster, "--dry-run=server", *how)
        before = _before(publication, cluster, service)
        for line in applied(publication, cluster, *how):
            publication.say(line)
    publication.say(f"waiting for {service.place[0]}, {options.rollout_seconds} s at most")
    if not _serves(cluster, service, options.rollout_seconds):
        pods, advice = (
            Pods(place=service.pods, selector={LABEL: service.name}),
            "look at what KServe says: kubectl describe ",
        )
        undo = partial(_taken_back, cluster, service, before)
        raise UserError(given_up(publication, cluster, pods, advice + " ".join(service.place), undo))
    return Published((f"{service.image} as {' '.join(service.place)}",))


def _service(folder: Path) -> Service:
    text = (folder / FILE).read_text(encoding="utf-8")
    manifest, mark = read(FILE, text), of_text(text)
    metadata = table(manifest, "metadata")
    annotations = {**table(metadata, "annotations"), MARK: mark}
    namespace = metadata.get("namespace")
    return Service(
        name=str(metadata["name"]),
        namespace=("--namespace", str(namespace)) if namespace else (),
        image=str(at(manifest, "spec", "predictor", "containers", 0, "image")),
        text=dump({**table(manifest), "metadata": {**metadata, "annotations": annotations}}),
        mark=mark,
    )


def _before(publication: Publication, cluster: Kubectl, service: Service) -> str:
    """What is there already, as it can be put back; empty where there is nothing. UserError `apply-failed` where the
    cluster does not say it.
    """
    if not cluster.runs("get", *service.place, "--output=json", "--ignore-not-found"):
        text = f"the cluster does not say what runs now: {last(cluster)}"
        raise fail("apply-failed", text, field=("targets", publication.name), help="nothing was changed: publish again")
    if "{" not in cluster.said:
        return ""
    # before it there may be warnings
    there = json.loads("\n".join(cluster.said[cluster.said.index("{") :]))
    metadata = {key: value for key, value in there.pop("metadata").items() if key not in _OF_THE_CLUSTER}
    there.pop("status", None)
    return json.dumps({**there, "metadata": metadata})


def _serves(cluster: Kubectl, service: Service, seconds: int) -> bool:
    """Whether KServe makes pods of the manifest in that time, and these become ready."""
    until = time.monotonic() + seconds
    mark = f"--output=jsonpath={{.spec.template.metadata.annotations['{MARK}']}}"
    while not (cluster.runs("get", *service.pods, "--ignore-not-found", mark) and service.mark in cluster.said):
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE)
    left = max(1, round(until - time.monotonic()))
    return cluster.runs("rollout", "status", *service.pods, f"--timeout={left}s")


def _taken_back(cluster: Kubectl, service: Service, before: str) -> str:
    """Put back what was there, if it was another version; what is to be said of it."""
    if not before:
        return "it was left as it is"
    if service.mark in before:
        return "its pods are those that ran before"
    with TemporaryDirectory() as folder:
        file = Path(folder) / "before.json"
        file.write_text(before, encoding="utf-8")
        undone = cluster.runs("replace", "--filename", str(file))
    return "the version before it runs again" if undone else f"`kubectl replace` failed too: {last(cluster)}"
