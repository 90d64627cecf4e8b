"""The action cache: what each action gave, by its digest, beside the manifest that the digest is of."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .action import Action
from .cas import Cas, CorruptBlob
from .digest import Digest
from .disk import writing_to
from .tree import Tree


@dataclass(frozen=True, slots=True)
class ActionCache:
    """Results below one folder; a result whose blobs are not all there is a miss."""

    root: Path
    cas: Cas

    def get(self, action: Action) -> Tree | None:
        """The action's output tree, or None. Blobs are looked for, not read; when it was used is the file's time."""
        path = self._path(action.digest)
        try:
            head, _, manifest = path.read_text(encoding="utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        if manifest != action.manifest:
            return None
        try:
            tree = Tree.parse(self.cas.get(Digest(head)).decode())
        except (CorruptBlob, ValueError):
            return None
        if not all(self.cas.has(e.digest, e.size) for e in tree):
            return None
        touch(path)
        return tree

    def put(self, action: Action, tree: Tree) -> None:
        path = self._path(action.digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = self.cas.put_text(tree.text)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with writing_to(self.root), os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(f"{digest}\n{action.manifest}")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def _path(self, digest: Digest) -> Path:
        return self.root / digest[:2] / digest[2:]


def touch(path: Path) -> None:
    """Say by a file's time that it was used now, where the cache may be written."""
    with suppress(OSError):
        os.utime(path)
