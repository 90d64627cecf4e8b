"""Garbage collection: removes what the cache holds, all but what can not be made again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from pathlib import Path

from .cas import PARTS, CorruptBlob
from .digest import Digest
from .environment import MARKER
from .store import Store
from .tree import Tree

COMMAND = 'param "run" '
"""A line of the manifest of every user's command, and of nothing else."""


def collect(store: Store, *, keep_commands: bool, since: float = inf) -> int:
    """Remove environments, results and blobs that no build has used `since` a time, in seconds of the Unix epoch; by
    default all. Returns the bytes that were freed.

    Results of the user's own commands (a trained model) are pinned: they and their blobs stay where `keep_commands`.
    Builds that run meanwhile may go on, but where all is removed.
    """
    kept: set[str] = set()
    before = _size(store.root)
    for path in _files(store.actions.root):
        with suppress(FileNotFoundError):
            head, _, manifest = path.read_text(encoding="utf-8").partition("\n")
            if _used(path, since) or (keep_commands and f"\n{COMMAND}" in manifest):
                kept |= {head, *_blobs(store, Digest(head))}
            else:
                path.unlink()
    for path in _files(store.cas.root):
        if (path.parent.name + path.name).removesuffix(PARTS) not in kept and not _used(path, since):
            path.unlink(missing_ok=True)
    for marker in store.environments.glob(f"*/{MARKER}"):
        if not _used(marker, since):
            marker.unlink(missing_ok=True)  # first, so that nothing takes what is left of it for whole
            shutil.rmtree(marker.parent, ignore_errors=True)
    if since == inf:
        for folder in ("envs", "mypy", "work", "locks"):
            shutil.rmtree(store.root / folder, ignore_errors=True)
    return before - _size(store.root)


def _used(path: Path, since: float) -> bool:
    try:
        return path.stat().st_mtime >= since
    except FileNotFoundError:
        return False


def _blobs(store: Store, digest: Digest) -> set[str]:
    try:
        found = {entry.digest for entry in Tree.parse(store.cas.get(digest).decode())}
    except (CorruptBlob, ValueError):
        return set()
    recipes = filter(None, map(store.cas.recipe, found))
    return found | {held.digest for recipe in recipes for held in recipe.held}


def _files(root: Path) -> Iterator[Path]:
    """What there is but folders; what vanishes meanwhile may be among it."""
    for folder, _, names in os.walk(root):  # which passes over folders that vanish
        yield from (Path(folder, name) for name in names)


def _size(root: Path) -> int:
    size = 0
    for path in _files(root):
        with suppress(FileNotFoundError):
            size += path.lstat().st_size
    return size
