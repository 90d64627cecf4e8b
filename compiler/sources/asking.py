"""Runs MLflow's client as a process of its own, and reads what it found."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...schema.diagnostics import fail
from ..formats.inspection import stored
from ..node import Work
from ..process import Processes
from ..tree import Entry, Tree
from .place import URI_FIELD, Place
from .refusals import Refusal

_FACING = frozenset({"mlflow-auth", "mlflow-unreachable", "mlflow-lacks-package"})
"""Codes of what is wrong with the store, not with what is looked up in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A model that was fetched into the cache."""

    version: str
    """A URI that always names this one."""
    files: Tree
    facts: str
    """A JSON object, in lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the client's program writes."""

    version: str
    model: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where and how the client runs."""

    folder: Path
    """An empty folder."""
    processes: Processes
    log: Callable[[str], None]


def ask(uri: str, place: Place, work: Work) -> Fetched:
    """Find a model in MLflow and fetch its files; UserError tells what it lacks or why it cannot be asked."""
    told = answer(uri, place, Bench(folder=work.folder, processes=work.processes, log=work.log))
    facts = json.dumps(told.facts, indent=1, ensure_ascii=False) + "\n"
    return Fetched(version=told.version, files=_plain(stored(work.cas, Path(told.model))), facts=facts)


def answer(uri: str, place: Place, bench: Bench) -> Answer:
    """What MLflow's client found; the files are below the bench's folder. UserError as `ask`."""
    request, file = bench.folder / "request.json", bench.folder / "answer.json"
    asked = {"uri": uri, "folder": str(bench.folder / "fetched"), "patience": place.patience}
    request.write_text(json.dumps(asked), encoding="utf-8")
    lines: list[str] = []

    def log(line: str) -> None:
        lines.append(place.cleaned(line))
        bench.log(lines[-1])

    command = [sys.executable, "-m", f"{__package__}.client", str(request), str(file)]
    code = bench.processes.run(command, folder=bench.folder, environ=place.client_environ(), log=log)
    if code != 0 or not file.exists():
        notes = ["\n".join(lines[-25:])]
        raise fail("mlflow-failed", f"MLflow's client ended with exit code {code}", field=URI_FIELD, notes=notes)
    told = json.loads(file.read_text(encoding="utf-8"))
    if why := told.get("refused"):
        raise _refused(Refusal(**why), place)
    return Answer(**told)


def _refused(why: Refusal, place: Place) -> Exception:
    notes = [place.cleaned(why.note)] if why.note else []
    field = place.field if why.code in _FACING else URI_FIELD
    return fail(why.code, place.cleaned(why.message), field=field, help=why.help, notes=notes)


def _plain(tree: Tree) -> Tree:
    """None is executable: a store that is a folder keeps what its user's umask said, another keeps nothing."""
    return Tree.of(Entry(path=e.path, digest=e.digest, size=e.size) for e in tree)
