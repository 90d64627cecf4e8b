"""Publishing at the end of a build: which targets, with progress on standard error."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ...schema.diagnostics import Diagnostic, UserError
from ...schema.render import visible
from ...targets.deployment import Deployment
from ...targets.images import running
from ...targets.publishing import KEY, Publication, publish, published_by
from ..digest import of_text
from ..execute import Outcome
from .session import Session

if TYPE_CHECKING:
    from ...targets.registry.standing import Standing


def promoting(session: Session, image: str, names: Iterable[str], modelcar: str) -> Session:
    """The session in which targets run an image that was built before, with its `modelcar` if that is not empty;
    nothing else is in it.
    """
    try:
        config = running(session.config, image, names, modelcar)
    except UserError as error:
        raise session.placed(error) from None
    return replace(session, config=config, base=config)


def sent(
    session: Session, made: Deployment, options: argparse.Namespace
) -> Callable[[Outcome, Path], tuple[Standing, ...]]:
    """What publishes a build's targets, given its outcome and the folder of its outputs, and gives the images that it
    sent, if that was all.

    UserError tells before anything is built which targets cannot be published.
    """
    try:
        names = published_by(made, options.names)
    except UserError as error:
        raise session.placed(error) from None

    def send(outcome: Outcome, folder: Path) -> tuple[Standing, ...]:
        if outcome.unproved:
            raise session.placed(_unproved(outcome))
        found = (_publication(made, name, outcome, folder, session.lock, options.key) for name in names)
        done = []
        try:
            for published in publish(found):
                sys.stderr.write("".join(f"  published {visible(line)}\n" for line in published.lines))
                done.append(published.standing)
        except UserError as error:
            raise session.placed(error) from None
        return tuple(chain.from_iterable(done)) if all(done) else ()

    return send


def _unproved(outcome: Outcome) -> UserError:
    lacks = {name: f"nothing is published: `{name}` is not proved: {lack}" for name, lack in outcome.unproved.items()}
    return UserError(
        *(Diagnostic(code="unproved-test", message=text, field=("tests", name)) for name, text in lacks.items())
    )


def _publication(made: Deployment, name: str, outcome: Outcome, folder: Path, lock: Path, key: str) -> Publication:
    def say(line: str) -> None:
        sys.stderr.write(f"  publish   {name:<16} {visible(line)}\n")

    return Publication(
        deployment=made,
        name=name,
        options=made.config.targets[name].options,
        folder=folder / name,
        trees=outcome.trees,
        actions={node: of_text(text) for node, text in outcome.manifests.items()},
        lock=lock,
        environ={**made.environ, **({KEY: key} if key else {})},
        say=say,
    )
