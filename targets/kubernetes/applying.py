"""Publishing to a cluster: the manifests are applied with the user's kubectl, and taken back where they do not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from ...schema.diagnostics import UserError
from ..publishing import Publication, Published
from .kubectl import MANAGER, Kubectl, Pods, Running, applied, given_up, kubectl, last
from .manifest import Data, Manifest, at, dump, lean
from .options import Options
from .reading import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """The Deployment that is applied, as its manifest has it after all patches."""

    manifest: Data
    name: str
    namespace: str
    """Empty where the manifest leaves it to kubectl."""
    image: str

    @property
    def place(self) -> tuple[str, ...]:
        """kubectl's words for it."""
        return (f"deployment/{self.name}", *(("--namespace", self.namespace) if self.namespace else ()))

    @property
    def selector(self) -> Mapping[str, str]:
        """The labels of its pods."""
        found = at(self.manifest, "spec", "selector", "matchLabels")
        return {name: str(value) for name, value in found.items()} if isinstance(found, Mapping) else {}


def publish(publication: Publication) -> Published:
    """Apply the manifests, and wait until the new pods serve; UserError `apply-failed` or `rollout-failed` where not.

    What ran before runs again then. Objects that an earlier version had and this one has not are left alone.
    """
    options = publication.options
    assert isinstance(options, Options)
    cluster, rolled = kubectl(publication, options.context), _rolled(publication.folder)
    _apply(publication, cluster, options, "--dry-run=server")
    before = cluster.running(rolled.place)
    if before and before.fixed and at(rolled.manifest, "spec", "replicas") is None:
        _leave_number(publication, cluster, rolled, int(before.fixed))
    for line in _apply(publication, cluster, options):
        publication.say(line)
    publication.say(f"waiting for {rolled.place[0]}, {options.rollout_seconds} s at most")
    if not cluster.runs("rollout", "status", *rolled.place, f"--timeout={options.rollout_seconds}s"):
        pods = Pods(place=rolled.place, selector=rolled.selector)
        advice = f"look at its pods: kubectl describe {' '.join(rolled.place)}"
        undo = partial(_taken_back, cluster, rolled.place, before)
        raise UserError(given_up(publication, cluster, pods, advice, undo))
    return Published((f"{rolled.image} as {' '.join(rolled.place)}",))


def _rolled(folder: Path) -> Rolled:
    manifest = read("deployment.yaml", (folder / "deployment.yaml").read_text(encoding="utf-8"))
    return Rolled(
        manifest=manifest,
        name=str(at(manifest, "metadata", "name")),
        namespace=str(at(manifest, "metadata", "namespace") or ""),
        image=str(at(manifest, "spec", "template", "spec", "containers", 0, "image")),
    )


def _leave_number(publication: Publication, cluster: Kubectl, rolled: Rolled, number: int) -> None:
    """Have the number of pods stay what it is until the autoscaler decides: what nobody says any more becomes 1."""
    metadata: dict[str, Data] = lean(name=rolled.name, namespace=rolled.namespace)
    spec: Manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": number}}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "deployment.yaml"
        file.write_text(dump(spec), encoding="utf-8")
        applied(publication, cluster, f"--field-manager={MANAGER}-autoscaler", "--filename", str(file))


def _apply(publication: Publication, cluster: Kubectl, options: Options, *how: str) -> Sequence[str]:
    """All manifests at once, which the cluster checks; fields that others have changed are ours again."""
    files = "--kustomize" if options.layout == "kustomize" else "--filename"
    return applied(publication, cluster, *how, f"--field-manager={MANAGER}", files, str(publication.folder))


def _taken_back(cluster: Kubectl, place: tuple[str, ...], before: Running | None) -> str:
    if before is None or not before.revision:
        return "it was left as it is"
    if not cluster.runs("rollout", "undo", *place, f"--to-revision={before.revision}"):
        return f"`kubectl rollout undo` failed too: {last(cluster)}"
    if any("skipped rollback" in line for line in cluster.said):
        return "its pods are those that ran before"
    return "the version before it runs again"
