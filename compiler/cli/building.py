"""A build from a session to outputs: execute, keep what was locked, emit, remember for the next time."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from ...schema.diagnostics import fail
from ...schema.lockfile import dump
from ...schema.render import visible
from ...targets.deployment import Deployment
from ...targets.graph import elsewhere, locked, outputs, remarks
from ...targets.publishing import KEY
from .. import stat_cache, state
from ..cas import CorruptBlob
from ..digest import Digest, of_text
from ..disk import replacing, writing_to
from ..emit import Emission
from ..events import Event, Observer
from ..execute import Outcome, Settings, execute
from ..plan import Plan
from ..stat_cache import stat_of
from . import BUILD, PUBLISH, identified, state_path
from .progress import Progress
from .report import report
from .session import Session
from .showing import progress, shown

if TYPE_CHECKING:
    from ...targets.registry.standing import Standing

ATTEMPTS = 3
"""A corrupt blob is made again by its node; a disk that corrupts it more often than this is not worth going on with."""

ENVIRON = (
    "CI",
    "HOME",
    "PATH",
    "DEPLOYC_CACHE",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    KEY,
)


@dataclass(frozen=True, slots=True)
class Tally:
    """Observes a build, for the summary: how each node ended and how long it took."""

    show: Progress
    ended: dict[str, Event] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        if event.kind not in ("started", "log", "note"):
            self.ended[event.node] = event
        self.show(event)


def executed(
    session: Session,
    plan: Plan,
    made: Deployment,
    options: argparse.Namespace,
    observe: Observer,
    then: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Execute a plan and `then` use what it gave, both again where a cached blob proved corrupt; what was locked is
    written before anything else.
    """
    settings = Settings(
        store=made.store,
        sources=session.sources,
        last=last_manifests(session),
        observe=observe,
        jobs=options.jobs,
        keep_going=options.keep_going,
    )
    corrupt: list[Digest] = []
    while not corrupt or corrupt.count(corrupt[-1]) < ATTEMPTS:
        outcome = Outcome()
        try:
            outcome = execute(plan, settings)
            _keep_locked(session, made, outcome)
            then(outcome)
        except CorruptBlob as error:
            corrupt.append(error.digest)
            made.store.cas.sweep(outcome.trees.values())
        else:
            return outcome
    raise fail("cache-corrupt", "the cache keeps corrupting what is put into it", help="check the disk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a build gave: its nodes, how each of them ended, and where the outputs are."""

    outcome: Outcome
    folder: Path
    ended: Mapping[str, Event]
    seconds: float
    remarks: tuple[str, ...]


def built(session: Session, plan: Plan, made: Deployment, options: argparse.Namespace, show: Progress) -> Built:
    """Run a build to its end, with progress in `show`, and put out what it made; failures are in the outcome."""
    tally = Tally(show)
    since = time.monotonic()
    folder = Path(options.out).absolute()
    if not options.only:
        _check_place(folder)
    told: tuple[str, ...] = ()

    def then(outcome: Outcome) -> None:
        nonlocal told
        told = () if outcome.failures else remarks(made, outcome.trees)
        with writing_to(session.state):
            _write_logs(session, outcome)
            remember_manifests(session, outcome)
        if not outcome.failures and not options.only:
            _emit(session, made, outcome, options, folder)

    with shown(show):
        outcome = executed(session, plan, made, options, tally, then)
    if not outcome.failures:
        stat_cache.write(session.remembered("stats"), session.sources.stats)
    told += tuple(f"not proved: {name}: {lack}" for name, lack in outcome.unproved.items())
    seconds = time.monotonic() - since
    return Built(outcome=outcome, folder=folder, ended=tally.ended, seconds=seconds, remarks=told)


def build(
    session: Session,
    plan: Plan,
    made: Deployment,
    options: argparse.Namespace,
    publish: Callable[[Outcome, Path], tuple[Standing, ...]] | None = None,
) -> int:
    """Run a build to its end, show it, and `publish` what it gave from the folder of outputs; returns the exit code."""
    done = built(session, plan, made, options, progress(as_json=options.json))
    if done.outcome.failures:
        report_failures(session, done.outcome, options)
        return 1
    (sys.stdout if options.json else sys.stderr).write(_summary(session, done, options) + "\n")
    standing = publish(done.outcome, done.folder) if publish else ()
    if not options.only and not done.outcome.unproved and (standing or not publish):
        with writing_to(session.state):
            _remember_state(session, made, done.folder, options, standing)
    return 0


def last_manifests(session: Session) -> Mapping[str, str]:
    """Manifests of the last time that each node succeeded here."""
    try:
        found = json.loads(session.remembered("manifests").read_text(encoding="utf-8"))
        return {str(name): str(text) for name, text in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _check_place(folder: Path) -> None:
    """UserError `output-in-the-way` where outputs cannot be put into a folder, as it is none or is in what is none."""
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not there.is_dir():
        hint = "--out names a folder, which need not be there yet"
        raise fail("output-in-the-way", f"{_shown(there)} is no folder, and outputs would go there", help=hint)


def _emit(session: Session, made: Deployment, outcome: Outcome, options: argparse.Namespace, folder: Path) -> None:
    scope = [*options.target, "reports"] if options.target else None
    with made.store.working(made.place, threading.Event()):
        _emission(session, made, folder).emit(outputs(made, outcome.trees), scope=scope, force=options.force)
        for path, tree in elsewhere(made, outcome.trees).items():
            _emission(session, made, session.root / path).emit(tree, scope=None, force=options.force)


def _emission(session: Session, made: Deployment, folder: Path) -> Emission:
    # relative, so that a folder that was moved or copied still knows what it holds
    name = f"outputs-{of_text(os.path.relpath(folder, session.root))[:12]}"
    return Emission(folder=folder, record=session.remembered(name), cas=made.store.cas, stats=session.sources.stats)


def _keep_locked(session: Session, made: Deployment, outcome: Outcome) -> None:
    merged = locked(made, outcome.trees)
    if merged != made.lockfile:
        path = session.lock
        text = dump(merged)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
        session.sources.stats.remember(path, of_text(text))


def report_failures(session: Session, outcome: Outcome, options: argparse.Namespace) -> None:
    """Tell what every node that failed says."""
    for diagnostics in outcome.failures.values():
        report(diagnostics, as_json=options.json, spans=session.spans)


def _write_logs(session: Session, outcome: Outcome) -> None:
    folder = _made(session.state / "logs")
    for name, lines in outcome.logs.items():
        if lines:
            (folder / f"{name.replace('/', '-')}.log").write_text("\n".join(lines) + "\n", encoding="utf-8")


def remember_manifests(session: Session, outcome: Outcome) -> None:
    """Keep the manifests of the nodes that succeeded, for the reasons that the next build gives."""
    done = {n: text for n, text in outcome.manifests.items() if n not in outcome.unfinished}
    text = json.dumps({**last_manifests(session), **done})
    _made(session.state)
    path = session.remembered("manifests")
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _remember_state(
    session: Session,
    made: Deployment,
    folder: Path,
    options: argparse.Namespace,
    standing: tuple[Standing, ...],
) -> None:
    looked_at = [made.interpreter.path]
    used = session.sources.stats.used
    digests: dict[str, str] = {name: digest for name, (_, digest) in used.items()}
    # as they were before they were read: what has changed since then was not seen
    rows: dict[str, tuple[int, ...]] = {str(path): stat_of(path) or () for path in looked_at}
    rows |= {**session.seen, **session.sources.listed(), **{name: stat for name, (stat, _) in used.items()}}
    text = f"deployc: up to date: {_shown(folder)}"
    if options.json:
        text = json.dumps({"event": "up-to-date", "out": str(folder)})
    environ = {name: made.environ.get(name, "") for name in ENVIRON}
    command = PUBLISH if standing else BUILD
    path = state_path(str(session.file), session.environment, command)
    flags = identified(os.getcwd(), command, tuple(sys.argv[2:]))
    state.save(path, flags=flags, environ=environ, rows=rows, digests=digests, summary=text, standing=standing)


def _summary(session: Session, done: Built, options: argparse.Namespace) -> str:
    ran = {name: event for name, event in done.ended.items() if event.kind == "ran"}
    cached = sum(event.kind == "cached" for event in done.ended.values())
    if options.json:
        told = {"event": "built", "ran": {name: round(event.seconds, 3) for name, event in ran.items()}}
        return json.dumps({**told, "cached": cached, "out": str(done.folder), "remarks": done.remarks})
    slowest = sorted(ran.values(), key=lambda e: -e.seconds)[:4]
    where = ", ".join(f"{e.node} {e.seconds:.1f} s" for e in slowest if e.seconds >= 0.1)
    head = f"deployc: built in {done.seconds:.1f} s: {len(ran)} ran, {cached} cached"
    if options.only:
        return head
    lines = [f"{head}{f' (time: {where})' if where else ''}", *(f"  {visible(remark)}" for remark in done.remarks)]
    targets = options.target or session.config.targets
    lines += [f"  {_shown(done.folder / name)}" for name in targets]
    if any(session.config.targets[name].kind == "project" for name in targets):
        out = f" --out {quote(_shown(done.folder))}" if done.folder != session.out else ""
        lines.append(f"  run it: deployc run{_argument(session)}{out}")
    return "\n".join(lines)


def _argument(session: Session) -> str:
    shown = _shown(session.file)
    environment = f" -e {session.environment}" if session.environment else ""
    return ("" if shown == "deploy.yaml" else f" {quote(shown)}") + environment


def _shown(path: Path) -> str:
    """A path as the user would type it here."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
