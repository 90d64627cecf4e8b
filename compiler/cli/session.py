"""What every command on a deploy.yaml starts with: the config, its places, the catalogs, the plan."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...schema.config import Config
from ...schema.decode import read_config
from ...schema.diagnostics import UserError, fail
from ...schema.lockfile import Lockfile, load
from ...schema.spans import Spans
from ...targets.catalogs import catalogs
from ...targets.check import check
from ...targets.deployment import Deployment
from ...targets.graph import graph
from .. import interpreter, stat_cache
from ..files import Sources
from ..identity import identity, source_files
from ..plan import Plan
from ..stat_cache import StatCache, stat_of
from ..store import Store, default_root
from .allow import allowed, place

STATE = ".deployc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One deploy.yaml, read and checked."""

    file: Path
    config: Config
    spans: Spans
    sources: Sources
    environ: Mapping[str, str]
    seen: Mapping[str, tuple[int, ...]]
    """What stat said of deploy.yaml and of deployc's own files before they were read."""

    @property
    def root(self) -> Path:
        return self.file.parent

    @property
    def state(self) -> Path:
        return self.root / STATE

    @property
    def lock(self) -> Path:
        """deploy.lock beside deploy.yaml; another file's lock has that file's name."""
        return self.file.with_suffix(".lock")

    def remembered(self, what: str) -> Path:
        """The file in which builds of this deploy.yaml remember something from one time to the next."""
        return self.state / f"{self.file.name}.{what}"

    def placed(self, error: UserError) -> UserError:
        """The same mistakes, each at its line of deploy.yaml."""
        return UserError(*(self.spans.placed(d) for d in error.diagnostics))


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", default="deploy.yaml", metavar="FILE", help="the deploy.yaml to use")


def plan_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the commands that make a plan, or of a part of it."""
    whole_arguments(parser)
    parser.add_argument("--target", action="append", default=[], metavar="T", help="only this target; may be repeated")
    parser.add_argument("--only", metavar="NODE", help="only this node and what it needs; nothing is put out")


def whole_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the commands that make the plan of all targets."""
    arguments(parser)
    parser.add_argument(
        "--locked", action="store_true", default=None, help="fail if deploy.lock is stale (default in CI)"
    )
    parser.add_argument(
        "--no-locked", dest="locked", action="store_false", help="resolve a stale deploy.lock, also in CI"
    )
    machine_arguments(parser)


def machine_arguments(parser: argparse.ArgumentParser) -> None:
    """What this machine, or whoever runs deployc on it, allows."""
    parser.add_argument("--offline", action="store_true", help="use nothing from the network, only what is cached")
    parser.add_argument(
        "--allow", action="append", default=[], metavar="NAME", help="a type that a model file may name"
    )


def opened(options: argparse.Namespace) -> Session:
    """Read and check the deploy.yaml; UserError holds all mistakes of it."""
    file = Path(options.file)
    environ = dict(os.environ)
    root = file.absolute().parent
    stats: StatCache = stat_cache.read(root / STATE / f"{file.name}.stats")
    sources = Sources(root, stats)
    read = (file.absolute(), file.absolute().with_suffix(".lock"), place(environ), *source_files())
    seen = {str(path): stat_of(path) or () for path in read}
    loaded = read_config(file, catalogs(), check=lambda config: check(config, sources))
    return Session(
        file=file.absolute(), config=loaded.config, spans=loaded.spans, sources=sources, environ=environ, seen=seen
    )


def deployment(
    session: Session,
    options: argparse.Namespace,
    *,
    upgrade: frozenset[str] = frozenset(),
    moves_model: bool = False,
) -> Deployment:
    """The values that the plan is made from."""
    config, environ = session.config, session.environ
    locked = bool(environ.get("CI")) if options.locked is None else bool(options.locked)
    try:
        found = interpreter.find(config.python, environ)
    except UserError as error:
        raise session.placed(error) from None
    return Deployment(
        config=config,
        root=session.root,
        store=Store(default_root(environ)),
        identity=identity(),
        interpreter=found,
        lockfile=lockfile(session),
        locked=locked,
        offline=options.offline,
        upgrade=upgrade,
        moves_model=moves_model,
        environ=environ,
        allowed=allowed(environ, options.allow),
    )


def built_project(made: Deployment, folder: Path) -> Path:
    """The folder of the project that was built below `folder`; UserError `not-built` where there is none."""
    for name, entry in made.config.targets.items():
        if entry.kind == "project" and (folder / name / "src").is_dir():
            return folder / name
    raise fail("not-built", f"there is no built project in {folder}", help="run `deployc build` first")


def lockfile(session: Session) -> Lockfile:
    """deploy.lock, or an empty one where there is none yet."""
    path = session.lock
    return load(path.read_bytes(), file=str(path)) if path.exists() else Lockfile()


def plan(session: Session, made: Deployment, options: argparse.Namespace) -> Plan:
    """The plan of what the options ask for; UserError where they name what does not exist."""
    whole = Plan.of(graph(made))
    if options.only:
        if options.only not in whole.nodes:
            raise fail("unknown-node", f"no node `{options.only}`", help=f"known: {', '.join(whole.nodes)}")
        return whole.only([options.only])
    for name in options.target:
        if name not in session.config.targets:
            raise fail("unknown-target", f"no target `{name}`", help=f"known: {', '.join(session.config.targets)}")
    return whole.only([*(options.target or session.config.targets), *session.config.tests])
