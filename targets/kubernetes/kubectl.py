"""The user's kubectl, and what it is asked of a Deployment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...compiler.process import Processes
from ...schema.diagnostics import Diagnostic, fail
from ..publishing import Publication

MANAGER = "deployc"
"""Who owns the fields that are applied, as Kubernetes' server-side apply has it."""

LINES = 20
"""How much of what kubectl says is shown where it fails."""

_MARK = "deployc: "
"""What the answers begin with: what logs in to a cluster may print too."""
_REVISION = r"{.metadata.annotations.deployment\.kubernetes\.io/revision}"
_OWNED = f'{{.metadata.managedFields[?(@.manager=="{MANAGER}")].fieldsV1}}'
_FAILURE = '{.status.conditions[?(@.type=="ReplicaFailure")].message}'
_WAITING = ".status.containerStatuses[*].state.waiting"
_SCHEDULED, _READY = (f'{{.status.conditions[?(@.type=="{kind}")].message}}' for kind in ("PodScheduled", "Ready"))
_POD = f"{{.metadata.name}}: {{{_WAITING}.reason}} {{{_WAITING}.message}} {_SCHEDULED} {_READY}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What runs before something else is applied."""

    revision: str
    """Kubernetes' number of it; empty where the cluster has not begun it."""
    fixed: str
    """How many pods there are, where deployc said so; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """Those of a Deployment."""

    place: tuple[str, ...]
    """kubectl's words for the Deployment."""
    selector: Mapping[str, str]
    """Their labels."""


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

    def running(self, place: tuple[str, ...]) -> Running | None:
        """What runs there; None where nothing does."""
        path = f"{_REVISION},{{.spec.replicas}},{_OWNED}"
        words = (*place, "--ignore-not-found")
        # before 1.21 kubectl knows no such flag, and shows them anyway
        found = self._values(*words, "--show-managed-fields", path=path) or self._values(*words, path=path)
        if not found:
            return None
        revision, number, owned = found[0].split(",", 2)
        return Running(revision=revision, fixed=number if '"f:replicas"' in owned else "")

    def reasons(self, pods: Pods) -> list[str]:
        """Why pods are not there or not ready, a line each, as far as the cluster says it."""
        found = self._values(*pods.place, path=_FAILURE)
        labels = ",".join(f"{name}={value}" for name, value in pods.selector.items())
        each = self._values("pods", *pods.place[1:], f"--selector={labels}", path=_POD, each=True)
        return [line for line in (*found, *(one.strip() for one in each)) if line and not line.endswith(":")]

    def _values(self, *arguments: str, path: str, each: bool = False) -> list[str]:
        line = f'{{"\\n{_MARK}"}}{path}'
        shown = f"{{range .items[*]}}{line}{{end}}" if each else line
        self.runs("get", *arguments, f"--output=jsonpath={shown}")
        return [line.removeprefix(_MARK) for line in self.said if line.startswith(_MARK)]


def kubectl(publication: Publication, context: str | None) -> Kubectl:
    """The one on PATH, for the cluster that a context names, or the current one; UserError `no-kubectl`."""
    program = shutil.which("kubectl", path=publication.environ.get("PATH", ""))
    if program is None:
        hint = "install it, or apply the files yourself"
        raise fail("no-kubectl", "kubectl is not on PATH", field=("targets", publication.name), help=hint)
    return Kubectl(command=(program, *(("--context", context) if context else ())), environ=publication.environ)


def applied(publication: Publication, cluster: Kubectl, *arguments: str) -> Sequence[str]:
    """Apply manifests, and give what kubectl says; fields that others have changed are ours again. UserError
    `apply-failed`.
    """
    if not cluster.runs("apply", "--server-side", "--force-conflicts", *arguments):
        tried = "--dry-run=server" in arguments
        raise fail(
            "apply-failed",
            f"the cluster does not take the manifests: {last(cluster)}",
            field=("targets", publication.name),
            help="nothing was changed" if tried else "what it took before the error, it keeps; publish again",
            notes=told(cluster.said),
        )
    return cluster.said


def given_up(
    publication: Publication, cluster: Kubectl, pods: Pods, advice: str, take_back: Callable[[], str]
) -> Diagnostic:
    """What is said of a rollout that did not end well; `take_back` undoes it where it can, and says so."""
    said, reasons = told(cluster.said), cluster.reasons(pods)
    return Diagnostic(
        code="rollout-failed",
        message=f"the new version does not become ready; {take_back()}",
        field=("targets", publication.name),
        help=advice,
        notes=(*said, *told(reasons, "its pods")),
    )


def last(cluster: Kubectl) -> str:
    """The last line of what kubectl printed."""
    return next((line for line in reversed(cluster.said) if line.strip()), "kubectl says nothing")


def told(said: Sequence[str], who: str = "kubectl says") -> tuple[str, ...]:
    """The end of what was said, each line once, as notes."""
    lines = list(dict.fromkeys(said))[-LINES:]
    return (f"{who}:\n" + "\n".join(lines),) if lines else ()
