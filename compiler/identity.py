"""What deployc itself is, as far as the bytes that it makes depend on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

SHAPERS = ("libcst", "jinja2", "ruff")
"""Distributions that shape the bytes of what is generated; all are pinned."""


@dataclass(frozen=True, slots=True)
class Identity:
    """deployc's version, and a digest of its sources: two builds of one version may differ while it is developed."""

    version: str
    sources: str

    def tools(self, *distributions: str) -> tuple[str, ...]:
        """Lines for an implementation made of deployc and these distributions."""
        own = f"deployc {self.version} {self.sources}"
        return (own, *(f"{name} {version(name)}" for name in distributions))


def identity() -> Identity:
    return Identity(version("deployc"), _sources(source_files()))


@cache
def source_files() -> tuple[Path, ...]:
    """Every file of the three packages, sorted; compiled bytecode is not one."""
    root = Path(__file__).parent.parent
    folders = [Path(__file__).parent, root / "schema", root / "targets"]
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return tuple(sorted(path for path in files if path.suffix != ".pyc"))


def _sources(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    root = Path(__file__).parent.parent
    for path in files:
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
