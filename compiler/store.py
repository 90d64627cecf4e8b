"""The layout of the cache folder on this machine, and the locks that make it safe to share."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from .action_cache import ActionCache
from .cas import Cas, Seen
from .digest import Digest
from .disk import writing_to
from .process import hold


@dataclass(frozen=True, slots=True)
class Store:
    """One folder, shared by all deployments and builds of a user."""

    root: Path
    checked: dict[Digest, Seen] = field(default_factory=dict, compare=False, repr=False)
    """As the Cas keeps it: it is one for all of them."""

    @property
    def cas(self) -> Cas:
        return Cas(self.root / "cas", self.checked)

    @property
    def actions(self) -> ActionCache:
        return ActionCache(self.root / "actions", self.cas)

    @property
    def environments(self) -> Path:
        return self.root / "envs"

    @contextmanager
    def working(self, digest: Digest, ended: threading.Event) -> Iterator[None]:
        """Hold the right to run one action; another build that wants the same waits, then finds the result."""
        folder = self.root / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / digest[:3]).open("w") as file:
            # a thousand lock files, not one an action: two actions that share one only wait for each other
            hold(file.fileno(), ended)
            yield

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for one build's work, removed at its end; what killed builds have left is removed first."""
        folder = self.root / "work"
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        with _held(folder) as lock:
            path = lock.with_suffix("")
            path.mkdir()
            try:
                with writing_to(folder):
                    yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)
                lock.unlink()


def default_root(environ: Mapping[str, str]) -> Path:
    """DEPLOYC_CACHE, else deployc below XDG_CACHE_HOME, else below ~/.cache."""
    if named := environ.get("DEPLOYC_CACHE"):
        return Path(named).absolute()
    return Path(environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "deployc"


@contextmanager
def _held(folder: Path) -> Iterator[Path]:
    """A new lock file, held; tried again where another build's sweep was faster than our lock."""
    while True:
        handle, name = tempfile.mkstemp(dir=folder, suffix=".lock")
        with os.fdopen(handle, "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.path.exists(name):
                yield Path(name)
                return


def _sweep(folder: Path) -> None:
    for lock in folder.glob("*.lock"):
        with suppress(OSError), lock.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink()
