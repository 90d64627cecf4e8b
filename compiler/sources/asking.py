"""Runs MLflow's client as a process of its own, and reads what it found."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from ...schema.diagnostics import fail
from ..formats.inspection import stored
from ..node import Work
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


def ask(uri: str, place: Place, work: Work) -> Fetched:
    """Find a model in MLflow and fetch its files; UserError tells what it lacks or why it cannot be asked."""
    request, answer, folder = work.folder / "request.json", work.folder / "answer.json", work.folder / "fetched"
    asked = {"uri": uri, "folder": str(folder), "patience": place.patience}
    request.write_text(json.dumps(asked), encoding="utf-8")
    lines: list[str] = []

    def log(line: str) -> None:
        lines.append(place.cleaned(line))
        work.log(lines[-1])

    command = [sys.executable, "-m", f"{__package__}.client", str(request), str(answer)]
    code = work.processes.run(command, folder=work.folder, environ=place.client_environ(), log=log)
    if code != 0 or not answer.exists():
        notes = ["\n".join(lines[-25:])]
        raise fail("mlflow-failed", f"MLflow's client ended with exit code {code}", field=URI_FIELD, notes=notes)
    told = json.loads(answer.read_text(encoding="utf-8"))
    if why := told.get("refused"):
        raise _refused(Refusal(**why), place)
    tree = stored(work.cas, Path(told["model"]))
    facts = json.dumps(told["facts"], indent=1, ensure_ascii=False) + "\n"
    return Fetched(version=told["version"], files=_plain(tree), facts=facts)


def _refused(why: Refusal, place: Place) -> Exception:
    notes = [place.cleaned(why.note)] if why.note else []
    field = place.field if why.code in _FACING else URI_FIELD
    return fail(why.code, place.cleaned(why.message), field=field, help=why.help, notes=notes)


def _plain(tree: Tree) -> Tree:
    """None is executable: a store that is a folder keeps what its user's umask said, another keeps nothing."""
    return Tree.of(Entry(path=e.path, digest=e.digest, size=e.size) for e in tree)
