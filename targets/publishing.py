"""Publishing: what a target is given to send where others look, and what it says that it has done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..compiler.digest import Digest
from ..compiler.tree import Tree
from ..schema.diagnostics import Diagnostic, UserError, fail
from ..schema.suggest import suggest
from .catalogs import TARGETS
from .deployment import Deployment

if TYPE_CHECKING:  # it imports what asks a registry
    from .registry.standing import Standing

IMAGES = ("oci", "docker")
"""Kinds that go first: others name the images that these send."""

KEY, PASSWORD = "DEPLOYC_KEY", "DEPLOYC_KEY_PASSWORD"
"""The environment variables that name the file of a key to sign with, and hold its password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One built target whose deployment has passed all its tests."""

    deployment: Deployment
    name: str
    options: object
    folder: Path
    """Where the target was emitted."""
    trees: Mapping[str, Tree]
    """What every node of the build gave; the blobs are in the deployment's store."""
    actions: Mapping[str, Digest]
    """What each node was made from: the digest of its action."""
    lock: Path
    """deploy.lock, as the build left it."""
    environ: Mapping[str, str]
    say: Callable[[str], None]
    """Takes a line of progress."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was published."""

    lines: tuple[str, ...]
    """For the summary."""
    standing: tuple[Standing, ...] = ()
    """The images that were sent, where another publication of the same would only ask whether they still stand."""


def published_by(deployment: Deployment, names: Iterable[str]) -> tuple[str, ...]:
    """The targets to publish, images first: those that are named, else all that can be.

    UserError `not-publishable` names a target that nothing can be sent of, or says that there is none else,
    `unknown-target` one that deploy.yaml has not.
    """
    targets = deployment.config.targets
    wanted = tuple(dict.fromkeys(names))
    if mistakes := tuple(_mistakes(deployment, wanted)):
        raise UserError(*mistakes)
    found = list(wanted) or [name for name in targets if _publishes(deployment, name) and _wants(deployment, name)]
    if not found:
        raise fail("not-publishable", "none of the targets can be published", field=("targets",), help=_help())
    return tuple(sorted(found, key=lambda name: targets[name].kind not in IMAGES))


def publish(publications: Iterable[Publication]) -> Iterator[Published]:
    """Publish one target after the other; the first that fails, by UserError, ends it."""
    for publication in publications:
        kind = publication.deployment.config.targets[publication.name].kind
        done: Published = TARGETS.load(kind).publish(publication)
        yield done


def _mistakes(deployment: Deployment, wanted: Iterable[str]) -> Iterator[Diagnostic]:
    for name in wanted:
        if name not in deployment.config.targets:
            hint = suggest(name, deployment.config.targets)
            yield Diagnostic(code="unknown-target", message=f"no target `{name}`", help=hint)
        elif not _publishes(deployment, name):
            text = f"nothing of the target `{name}` can be published"
            yield Diagnostic(code="not-publishable", message=text, field=("targets", name), help=_help())


def _publishes(deployment: Deployment, name: str) -> bool:
    return hasattr(TARGETS.load(deployment.config.targets[name].kind), "publish")


def _wants(deployment: Deployment, name: str) -> bool:
    """Whether a target that nobody has named is to be published, by what its options say."""
    entry = deployment.config.targets[name]
    wants = getattr(TARGETS.load(entry.kind), "publishes", None)
    return wants is None or bool(wants(entry.options))


def _help() -> str:
    kinds = [kind for kind in TARGETS.names() if hasattr(TARGETS.load(kind), "publish")]
    return f"kinds of targets that can be: {', '.join(kinds) or 'none'}"
