"""The user's own commands as stages: training, and what `stages:` names."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..schema.config import Command, Train
from ..schema.diagnostics import Field, fail
from . import sandbox
from .node import Files, Input, Made, Node, Work
from .process import TimedOut, ending
from .tree import Entry, Tree

LOG_TAIL = 25
KILLED = "a system without memory does that: give the build more"
SEARCHED_FILES = 5000
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command comes from: its field of deploy.yaml, the user's folder, and values that enter no key."""

    field: Field
    root: Path
    cache: Path
    environ: Mapping[str, str]


def node(
    name: str,
    command: Command | Train,
    *,
    outputs: tuple[str, ...],
    inputs: Mapping[str, Input],
    environment: str,
    interpreter: str,
    place: Place,
) -> Node:
    """The stage that runs `command` and keeps `outputs`; its key holds nothing of deployc itself."""

    def run(work: Work) -> Tree:
        return _run(work, command, outputs, environment, place)

    return Node(
        name=name,
        inputs=inputs,
        params={
            "run": command.run,
            "outputs": json.dumps(outputs),
            "timeout": command.timeout,
            "network": "yes" if command.network else "no",
            "env": " ".join(command.env),
        },
        implementation=(f"interpreter {interpreter}",),
        environments=(environment,),
        run=run,
    )


def sources(globs: tuple[str, ...], made: Mapping[str, tuple[str, ...]]) -> dict[str, Input]:
    """Inputs of a command: what other stages make (their outputs by name in `made`), and the user's own files."""
    inputs: dict[str, Input] = {}
    files: list[str] = []
    for pattern in globs:
        makers = [name for name, outputs in made.items() if any(_overlap(pattern, o) for o in outputs)]
        inputs |= {name: Made(node=name) for name in makers}
        if not makers:
            files.append(pattern)
    return {"": Files(globs=tuple(files)), **inputs} if files else inputs


def seconds(duration: str) -> float:
    """Seconds of a duration such as 90s or 2h."""
    number = duration.rstrip("mhs")
    return float(number) * _SECONDS[duration[len(number) :]]


def _overlap(pattern: str, output: str) -> bool:
    pattern, output = pattern.rstrip("/"), output.rstrip("/")
    return pattern == output or pattern.startswith(output + "/") or output.startswith(pattern + "/")


def _run(work: Work, command: Command | Train, outputs: tuple[str, ...], environment: str, place: Place) -> Tree:
    folder, home = work.folder / "stage", work.folder / "home"
    folder.mkdir()
    home.mkdir()
    for tree in work.inputs.values():
        work.cas.materialise(tree, folder)
    lines: list[str] = []

    def log(line: str) -> None:
        lines.append(line)
        work.log(line)

    python = work.pythons[environment]
    passed = {name: place.environ[name] for name in command.env if name in place.environ}
    environ = sandbox.clean_environ(python=python, home=home, passed=passed)
    argv = _argv(command, place, python)
    try:
        code = work.processes.run(argv, folder=folder, environ=environ, log=log, timeout=seconds(command.timeout))
    except TimedOut:
        raise fail(
            "command-timeout",
            f"`{command.run}` ran longer than {command.timeout} and was stopped",
            field=(*place.field, "timeout" if command.timeout != "1h" else "run"),
            help="raise `timeout`, or find out what it waits for",
            notes=_tail(lines),
        ) from None
    if code != 0:
        raise _failed(command, code, lines, place, folder)
    return _collect(work, command, outputs, folder, place, lines)


def _argv(command: Command | Train, place: Place, python: Path) -> list[str]:
    argv = ["sh", "-c", command.run]
    if not sandbox.available():
        return argv
    needed = (place.cache, python.resolve(), python)
    hidden = None if any(p.is_relative_to(place.root) for p in needed) else place.root
    return sandbox.confined(argv, network=command.network, hidden=hidden)


def _failed(command: Command | Train, code: int, lines: list[str], place: Place, folder: Path) -> Exception:
    undeclared = _undeclared(lines[-LOG_TAIL:], place.root, folder)
    if undeclared:
        return fail(
            "undeclared-input",
            f"`{command.run}` failed, and speaks of {undeclared}, which is in your folder but is not declared",
            field=(*place.field, "inputs") if command.inputs else place.field,
            help=f"add {undeclared} to `inputs`: a command sees only what it declares",
            notes=_tail(lines),
        )
    network = "" if command.network else "; it has no network: `network: true` would allow it"
    killed = code in (-signal.SIGKILL, 128 + signal.SIGKILL)
    return fail(
        "command-failed",
        f"`{command.run}` {ending(code)}",
        field=(*place.field, "run"),
        help=KILLED if killed else f"it ran in an empty folder that held only its inputs{network}",
        notes=_tail(lines),
    )


def _undeclared(lines: list[str], root: Path, folder: Path) -> str:
    """A file of the user's that the log's end speaks of and that the command was not given."""
    text = "\n".join(lines)
    files = (p for p in root.rglob("*") if not any(part.startswith(".") for part in p.relative_to(root).parts))
    for path in islice(files, SEARCHED_FILES):
        name = path.relative_to(root).as_posix()
        named = (
            f"'{name}'" in text or f'"{name}"' in text or str(path) in text or f"No module named '{path.stem}'" in text
        )
        if named and path.is_file() and not (folder / name).exists():
            return name
    return ""


def _collect(
    work: Work, command: Command | Train, outputs: tuple[str, ...], folder: Path, place: Place, lines: list[str]
) -> Tree:
    entries: list[Entry] = []
    for bytecode in folder.rglob("__pycache__"):
        shutil.rmtree(bytecode)
    for output in outputs:
        path = folder / output
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            raise fail(
                "output-missing",
                f"`{command.run}` succeeded but did not write {output}",
                field=place.field,
                help=f"it wrote: {_listing(folder)}",
                notes=_tail(lines),
            )
        entries += _stored(work, path, output.rstrip("/"), place)
    return Tree.of({e.path: e for e in entries}.values())


def _stored(work: Work, path: Path, name: str, place: Place) -> list[Entry]:
    try:
        if path.is_dir():
            return list(work.cas.put_folder(path).at(name))
        return list(Tree((work.cas.put_file(path),)).renamed(name))
    except ValueError as error:
        raise fail("bad-output", f"output {name}: {error}", field=place.field, help="write files, not links") from None


def _listing(folder: Path) -> str:
    written = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return ", ".join(written[:8]) + (" ..." if len(written) > 8 else "") or "nothing"


def _tail(lines: list[str]) -> tuple[str, ...]:
    return ("\n".join(["its last lines:", *lines[-LOG_TAIL:]]),) if lines else ()
