"""What the tests of locks and environments share: one user's machine, with an index of its own and no other."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployc.compiler import environment, interpreter
from deployc.compiler.lock.resolve import resolve
from deployc.compiler.lock.uv import Uv
from deployc.compiler.lock.wanted import Wanted, Wish
from deployc.compiler.process import Processes
from deployc.schema.config import Index
from deployc.schema.lockfile import Section, pins

from .package_index import PackageIndex

PYTHON = ".".join(interpreter.running().version.split(".")[:2])


@dataclass(slots=True)
class Machine:
    """A home folder, an empty package cache, and the default index."""

    folder: Path
    index: PackageIndex
    environ: dict[str, str]
    tools: Path
    """Where environments of tools from PyPI are, shared by all tests."""
    lines: list[str] = field(default_factory=list)
    """What was logged."""

    @property
    def root(self) -> Path:
        return self.folder / "envs"

    def uv(self, *, offline: bool = False) -> Uv:
        return Uv(environ=self.environ, offline=offline, processes=Processes(), log=self.lines.append)

    def lock(
        self,
        *requirements: str,
        previous: Section | None = None,
        prefer: str = "",
        upgrade: tuple[str, ...] = (),
        offline: bool = False,
        wanted: Wanted | None = None,
    ) -> Section:
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            return resolve(
                wanted or asked(*requirements),
                previous=previous,
                prefer=prefer,
                upgrade=frozenset(upgrade),
                uv=self.uv(offline=offline),
                scratch=Path(scratch),
                cache=self.tools,
            )

    def install(self, requirements: str, *, indexes: Mapping[str, Index] | None = None, offline: bool = False) -> Path:
        found = interpreter.running()
        uv = self.uv(offline=offline)
        return environment.realise(requirements, found, root=self.root, indexes=indexes or {}, uv=uv)

    def texts(self) -> str:
        """All text that is in files of this machine but for uv's own cache, and all that was logged."""
        files = [p for p in self.folder.rglob("*") if p.is_file() and "home" not in p.parts and "uv" not in p.parts]
        return "\n".join([*self.lines, *(p.read_text("utf-8", "replace") for p in files)])


def machine(folder: Path, index: PackageIndex, tools: Path) -> Machine:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "UV_CACHE_DIR": str(folder / "uv"),
        "UV_DEFAULT_INDEX": index.url,
        "UV_HTTP_RETRIES": "0",
        # both would spoil what is made, and are set on some machines
        "PYTHONDONTWRITEBYTECODE": "1",
        "UV_LINK_MODE": "symlink",
    }
    return Machine(folder=folder, index=index, environ=environ, tools=tools)


def asked(*requirements: str, indexes: Mapping[str, Index] | None = None) -> Wanted:
    wishes = tuple(Wish(text=text, origin="serve.requirements") for text in requirements)
    return Wanted(requirements=wishes, python=PYTHON, indexes=indexes or {})


def versions(section: Section) -> dict[str, str]:
    return {pin.name: pin.version for pin in pins(section.requirements)}
