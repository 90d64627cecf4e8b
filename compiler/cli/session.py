"""What every command on a deploy.yaml starts with: the config, its places, the catalogs, the plan."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...schema.config import Config
from ...schema.decode import read_config
from ...schema.diagnostics import Diagnostic, UserError, fail
from ...schema.lockfile import Lockfile, load
from ...schema.source import check_file
from ...schema.spans import Spans
from ...schema.suggest import suggest
from ...targets.catalogs import catalogs
from ...targets.check import check
from ...targets.deployment import Deployment
from ...targets.graph import graph
from ...targets.overlaying import changes
from .. import interpreter, stat_cache
from ..files import Sources
from ..identity import identity, source_files
from ..plan import Plan
from ..stat_cache import StatCache, stat_of
from ..store import Store, default_root
from . import state_name
from .allow import allowed, place
from .meant import meant

STATE = ".deployc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One deploy.yaml, read and checked."""

    file: Path
    environment: str
    """What `-e` named; empty for deploy.yaml alone."""
    config: Config
    base: Config
    """What deploy.yaml says without the environment's overlay."""
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

    @property
    def out(self) -> Path:
        """Where outputs go unless told otherwise; an environment's, where no target's name can be."""
        return self.root / "build" / f"@{self.environment}" if self.environment else self.root / "build"

    def remembered(self, what: str) -> Path:
        """The file in which builds of this deploy.yaml remember something from one time to the next."""
        return self.state / f"{state_name(self.file.name, self.environment)}.{what}"

    def placed(self, error: UserError) -> UserError:
        """The same mistakes, each at its line of deploy.yaml."""
        return UserError(*(self.spans.placed(d) for d in error.diagnostics))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the commands that read a deploy.yaml."""
    file_argument(parser)
    environment_argument(parser)


def file_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", default="deploy.yaml", metavar="FILE", help="the deploy.yaml to use")


def count(text: str) -> int:
    """The value of an argument that counts something; argparse's ArgumentTypeError where it does not."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 on")
    return int(text)


def named(text: str) -> str:
    """The value of an argument that names something; argparse's ArgumentTypeError where it is empty, which a variable
    of a script may be that is not set.
    """
    if not text:
        raise argparse.ArgumentTypeError("it is empty, and names nothing")
    return text


def out_argument(parser: argparse.ArgumentParser, told: str = "where the outputs are") -> None:
    """Where outputs are, or are to be, of the commands that have to know."""
    parser.add_argument("-o", "--out", type=named, default=None, metavar="DIR", help=told)


def environment_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-e",
        "--env",
        type=named,
        metavar="ENV",
        help="lay deploy.ENV.yaml over it, the file of an environment",
    )


def plan_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the commands that make a plan, or of a part of it."""
    whole_arguments(parser)
    parser.add_argument("--target", action="append", default=[], metavar="T", help="only this target; may be repeated")
    parser.add_argument("--only", type=named, metavar="NODE", help="only this node and what it needs, put out nowhere")


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
    """Read and check the deploy.yaml, and its environment's overlay; UserError holds all mistakes."""
    file = Path(options.file)
    if advice := meant(options):
        raise fail("missing-file", f"there is no file `{file}`", help=advice)
    environment = options.env or ""
    overlay = _overlay(file, environment) if environment else None
    environ = dict(os.environ)
    root = file.absolute().parent
    stats: StatCache = stat_cache.read(root / STATE / f"{state_name(file.name, environment)}.stats")
    sources = Sources(root, stats)
    files = [path.absolute() for path in (file, overlay) if path]
    read = (*files, file.absolute().with_suffix(".lock"), place(environ), *source_files())
    seen = {str(path): stat_of(path) or () for path in read}

    def checked(config: Config) -> Iterator[Diagnostic]:
        yield from check(config, sources)

    known = catalogs()
    # what is to be checked beyond the language is checked of the whole
    base = read_config(file, known) if overlay else None
    loaded = read_config(file, known, check=checked, overlay=overlay)
    return Session(
        file=file.absolute(),
        environment=environment,
        config=loaded.config,
        base=base.config if base else loaded.config,
        spans=loaded.spans,
        sources=sources,
        environ=environ,
        seen=seen,
    )


def _overlay(file: Path, environment: str) -> Path:
    """The file of an environment, which is there."""
    name = f"{file.stem}.{environment}{file.suffix}"
    if environment in (known := _environments(file)):
        return file.with_name(name)
    hint = suggest(environment, known) or f"write {name}, with what is different there"
    raise fail("unknown-environment", f"there is no {name} beside {file.name}", help=hint)


def _environments(file: Path) -> list[str]:
    """The environments that a deploy.yaml has overlays for."""
    head, tail = f"{file.stem}.", file.suffix
    names = (path.name for path in file.absolute().parent.glob(f"*{tail}") if path.name.startswith(head))
    return sorted(name.removeprefix(head).removesuffix(tail) for name in names if name != file.name)


def deployment(
    session: Session,
    options: argparse.Namespace,
    *,
    upgrade: frozenset[str] = frozenset(),
    moves_models: frozenset[str] = frozenset(),
    moves_bases: bool = False,
) -> Deployment:
    """The values that the plan is made from.

    UserError `overlay-changes-build` where what is shared by all environments would be another one in this one.
    """
    config, environ = session.config, session.environ
    locked = bool(environ.get("CI")) if options.locked is None else bool(options.locked)
    try:
        found = interpreter.find(config.python, environ)
    except UserError as error:
        raise session.placed(error) from None
    made = Deployment(
        config=config,
        root=session.root,
        file_name=session.file.name,
        store=Store(default_root(environ)),
        identity=identity(),
        interpreter=found,
        lockfile=lockfile(session),
        locked=locked,
        offline=options.offline,
        upgrade=upgrade,
        moves_models=moves_models,
        moves_bases=moves_bases,
        environ=environ,
        allowed=allowed(environ, options.allow),
    )
    if session.environment and (changed := tuple(changes(session.environment, session.base, made))):
        raise session.placed(UserError(*changed))
    return made


def chosen(session: Session, model: str | None, command: str) -> None:
    """UserError `several-models` or `which-model` where it is not known which model a command asks."""
    models = session.config.models
    known = suggest(model or "", models) or "there is one model only: leave --model out"
    if models and model is None:
        text = f"`deployc {command}` asks one model, and {session.file.name} has several"
        hint = f"say which one by --model; {known}"
        raise session.placed(fail("several-models", text, field=("models",), help=hint))
    if model is not None and model not in models:
        raise fail("which-model", f"there is no model `{model}` in `models`", help=known)


def built_project(made: Deployment, folder: Path) -> Path:
    """The folder of the project that was built below `folder`; UserError `not-built` where there is none."""
    for name, entry in made.config.targets.items():
        if entry.kind == "project" and (folder / name / "src").is_dir():
            return folder / name
    known = any(entry.kind == "project" for entry in made.config.targets.values())
    advice = "run `deployc build` first" if known else "add `project: {}` to `targets`, and run `deployc build`"
    raise fail("not-built", f"there is no built project in {folder}", help=advice)


def lockfile(session: Session) -> Lockfile:
    """deploy.lock, or an empty one where there is none yet."""
    path = session.lock
    check_file(path, path.name)
    return load(path.read_bytes(), file=str(path)) if path.exists() else Lockfile()


def plan(session: Session, made: Deployment, options: argparse.Namespace) -> Plan:
    """The plan of what the options ask for; UserError where they name what does not exist."""
    whole = Plan.of(graph(made))
    if options.only:
        if options.only not in whole.nodes:
            raise fail("unknown-node", f"no node `{options.only}`", help=suggest(options.only, whole.nodes))
        return whole.only([options.only])
    for name in options.target:
        if name not in session.config.targets:
            raise fail("unknown-target", f"no target `{name}`", help=suggest(name, session.config.targets))
    return whole.only([*(options.target or session.config.targets), *session.config.tests])
