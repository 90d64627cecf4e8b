"""Publishing to a cluster: the manifests are applied with the user's kubectl, and taken back where they do not run."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...compiler.process import Processes
from ...schema.diagnostics import Diagnostic, UserError, fail
from ..publishing import Publication, Published
from .manifest import at
from .options import Options
from .reading import read

MANAGER = "deployc"
"""Who owns the fields that are applied, as Kubernetes' server-side apply has it."""

LINES = 20
"""How much of what kubectl says is shown where it fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubectl:
    """The user's kubectl, which knows his clusters and how to log in to them."""

    command: tuple[str, ...]
    environ: Mapping[str, str]
    said: list[str] = field(default_factory=list)
    """What the last command printed."""

    def runs(self, *arguments: str) -> bool:
        """Whether a command succeeded."""
        self.said.clear()
        folder = Path.cwd()
        code = Processes().run([*self.command, *arguments], folder=folder, environ=self.environ, log=self.said.append)
        return code == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """The Deployment that is applied, as its manifest has it after all patches."""

    place: tuple[str, ...]
    """kubectl's words for it."""
    image: str


def publish(publication: Publication) -> Published:
    """Apply the manifests, and wait until the new pods serve; UserError `apply-failed` or `rollout-failed` where not.

    What ran before runs again then. Objects that an earlier version had and this one has not are left alone.
    """
    options = publication.options
    assert isinstance(options, Options)
    kubectl, rolled = _kubectl(publication, options), _rolled(publication.folder)
    known = kubectl.runs("get", *rolled.place, "--output=name", "--ignore-not-found") and bool(kubectl.said)
    _apply(publication, kubectl, options)
    publication.say(f"waiting for {rolled.place[0]}, {options.rollout_seconds} s at most")
    if not kubectl.runs("rollout", "status", *rolled.place, f"--timeout={options.rollout_seconds}s"):
        raise UserError(_given_up(publication, kubectl, rolled.place, known=known))
    return Published((f"{rolled.image} as {' '.join(rolled.place)}",))


def _kubectl(publication: Publication, options: Options) -> Kubectl:
    program = shutil.which("kubectl", path=publication.environ.get("PATH", ""))
    if program is None:
        hint = "install it, or apply the files yourself"
        raise fail("no-kubectl", "kubectl is not on PATH", field=("targets", publication.name), help=hint)
    context = ("--context", options.context) if options.context else ()
    return Kubectl(command=(program, *context), environ=publication.environ)


def _rolled(folder: Path) -> Rolled:
    manifest = read("deployment.yaml", (folder / "deployment.yaml").read_text(encoding="utf-8"))
    namespace = at(manifest, "metadata", "namespace")
    return Rolled(
        place=(
            f"deployment/{at(manifest, 'metadata', 'name')}",
            *(("--namespace", str(namespace)) if namespace else ()),
        ),
        image=str(at(manifest, "spec", "template", "spec", "containers", 0, "image")),
    )


def _apply(publication: Publication, kubectl: Kubectl, options: Options) -> None:
    """All manifests at once, which the cluster checks; fields that others have changed are ours again."""
    how = "--kustomize" if options.layout == "kustomize" else "--filename"
    done = kubectl.runs(
        "apply", "--server-side", f"--field-manager={MANAGER}", "--force-conflicts", how, str(publication.folder)
    )
    for line in kubectl.said if done else ():
        publication.say(line)
    if not done:
        raise fail(
            "apply-failed",
            f"the cluster does not take the manifests: {_last(kubectl)}",
            field=("targets", publication.name),
            help="what it took before the error, it keeps; publish again when the cause is gone",
            notes=_told(kubectl),
        )


def _given_up(publication: Publication, kubectl: Kubectl, place: tuple[str, ...], *, known: bool) -> Diagnostic:
    """What is said of a rollout that did not end well, which is taken back where something ran before it."""
    told = _told(kubectl)
    undone = known and kubectl.runs("rollout", "undo", *place)
    after = "the version before it runs again" if undone else "it was left as it is"
    if known and not undone:
        after = f"`kubectl rollout undo` failed too: {_last(kubectl)}"
    return Diagnostic(
        code="rollout-failed",
        message=f"the new version does not become ready; {after}",
        field=("targets", publication.name),
        help=f"look at its pods: kubectl describe {' '.join(place)}",
        notes=told,
    )


def _last(kubectl: Kubectl) -> str:
    return next((line for line in reversed(kubectl.said) if line.strip()), "kubectl says nothing")


def _told(kubectl: Kubectl) -> tuple[str, ...]:
    """The end of what kubectl printed, each line once."""
    lines = list(dict.fromkeys(kubectl.said))[-LINES:]
    return ("kubectl says:\n" + "\n".join(lines),) if lines else ()
