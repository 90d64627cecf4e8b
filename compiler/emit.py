"""Writing outputs where the user looks, without harming what is his."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..schema.diagnostics import Diagnostic, UserError
from .cas import LARGE, Cas
from .digest import Digest
from .disk import replacing, writing_to
from .stat_cache import StatCache
from .tree import Entry, Tree

DIFF_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """The folder of outputs, and the file in which we remember what we wrote there."""

    folder: Path
    record: Path
    cas: Cas
    stats: StatCache
    written: list[str] = field(default_factory=list)

    def emit(self, outputs: Tree, *, scope: Collection[str] | None, force: bool) -> None:
        """Make the folder hold `outputs`, and remove what an earlier build wrote and this one does not.

        `scope` names the folders directly below that this build is about; None means all.

        UserError `output-edited` (or `output-in-the-way`, for a file that was never ours) lists every file that would
        be lost, before anything is touched; `force` replaces them.
        """
        recorded = self._recorded()
        ours = {p: digests for p, digests in recorded.items() if scope is None or p.partition("/")[0] in scope}
        others = {p: digests for p, digests in recorded.items() if p not in ours}
        if not force and (lost := tuple(self._lost(outputs, ours))):
            raise UserError(*lost)
        self._remember(others | {p: [*ours.get(p, []), *_digests(outputs, p)] for p in {*ours, *outputs.by_path}})
        for entry in outputs:
            if self._digest(entry.path) != entry.digest or self._executable(entry.path) != entry.executable:
                self._write(entry)
        for entry in outputs:
            if entry.size >= LARGE:
                # each further name of a file changes what stat says of it
                self.stats.remember(self.folder / entry.path, entry.digest)
        for path in ours:
            if path not in outputs:
                self._remove(path)
        self._remember(others | {entry.path: [entry.digest] for entry in outputs})

    def _lost(self, outputs: Tree, ours: Mapping[str, list[str]]) -> Iterator[Diagnostic]:
        for path in sorted({*ours, *outputs.by_path}):
            found = self._digest(path)
            if found is None or found in ours.get(path, ()) or found in _digests(outputs, path):
                continue
            yield self._edited(path, outputs) if path in ours else self._in_the_way(path)

    def _edited(self, path: str, outputs: Tree) -> Diagnostic:
        return Diagnostic(
            code="output-edited",
            message=f"{self._shown(path)} was edited by hand since it was built",
            help="--force replaces it; `deployc eject` makes the project yours to edit",
            notes=self._diff(path, outputs),
        )

    def _in_the_way(self, path: str) -> Diagnostic:
        return Diagnostic(
            code="output-in-the-way",
            message=f"{self._shown(path)} is not ours, but this build would write it",
            help="move it away, choose another folder with --out, or replace it with --force",
        )

    def _diff(self, path: str, outputs: Tree) -> tuple[str, ...]:
        try:
            edited = (self.folder / path).read_text(encoding="utf-8").splitlines()
            built = self.cas.text(outputs, path).splitlines() if path in outputs else []
        except (UnicodeDecodeError, OSError):
            return ()
        lines = list(difflib.unified_diff(built, edited, "built", "edited", lineterm="", n=1))
        return ("\n".join(lines[:DIFF_LINES]),) if lines else ()

    def _write(self, entry: Entry) -> None:
        target = self.folder / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with writing_to(self.folder):
            (self.cas.link if entry.size >= LARGE else self.cas.copy)(entry, target)
        self.stats.remember(target, entry.digest)
        self.written.append(entry.path)

    def _remove(self, path: str) -> None:
        (self.folder / path).unlink(missing_ok=True)
        self.stats.forget(self.folder / path)
        for parent in (self.folder / path).parents:
            if parent == self.folder or not _empty(parent):
                break
            parent.rmdir()

    def _executable(self, path: str) -> bool:
        return bool((self.folder / path).stat().st_mode & 0o100)

    def _digest(self, path: str) -> Digest | None:
        try:
            return self.stats.digest(self.folder / path)
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            return None

    def _recorded(self) -> dict[str, list[str]]:
        try:
            found = json.loads(self.record.read_text(encoding="utf-8"))
            return {str(path): [str(d) for d in digests] for path, digests in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def _remember(self, digests: Mapping[str, list[str]]) -> None:
        self.record.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self.record) as temporary:
            temporary.write_text(json.dumps(dict(sorted(digests.items())), indent=0), encoding="utf-8")

    def _shown(self, path: str) -> str:
        return f"{self.folder.name}/{path}"


def _digests(tree: Tree, path: str) -> list[str]:
    return [tree[path].digest] if path in tree else []


def _empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())
