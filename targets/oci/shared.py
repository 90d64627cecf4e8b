"""Shared libraries that wheels leave to the system: the base has to have them, since nothing is installed there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from ...schema.diagnostics import Diagnostic, Field, UserError
from .elf import needed

_SHARED = re.compile(r".*\.so(\.[0-9]+)*")
_OF_A_DRIVER = re.compile(r"lib(cuda|nvidia|nvcuvid|amdgpu|hsa)[-.a-z0-9]*\.so.*")
"""What an engine lays over the image where there is such hardware."""
_PACKAGES = {"libgomp.so.1": "libgomp1", "libstdc++.so.6": "libstdc++6", "libGL.so.1": "libgl1"}
"""Debian's names of what is missed most."""


class Owner(Protocol):
    """Who a file belongs to."""

    @property
    def name(self) -> str: ...

    @property
    def files(self) -> Sequence[str]: ...


def check(owners: Collection[Owner], folder: Path, has: Collection[str], field: Field) -> None:
    """UserError `unfit-base` names what distributions in `folder` need that is neither in them nor in `has`."""
    paths = {owner.name: [path for path in owner.files if _SHARED.fullmatch(path)] for owner in owners}
    there = {posixpath.basename(path) for found in paths.values() for path in found} | {*has}
    mistakes = tuple(_mistakes(paths, folder, there, field))
    if mistakes:
        raise UserError(*mistakes)


def _mistakes(paths: dict[str, list[str]], folder: Path, there: Collection[str], field: Field) -> Iterator[Diagnostic]:
    for owner, files in paths.items():
        wanted = {name for path in files for name in needed(folder / path)}
        missing = sorted(name for name in wanted if name not in there and not _OF_A_DRIVER.fullmatch(name))
        if missing:
            packages = [_PACKAGES[name] for name in missing if name in _PACKAGES]
            what = " ".join(packages) if packages else "what has it"
            yield Diagnostic(
                code="unfit-base",
                message=f"{owner} needs {', '.join(missing)}, which the base lacks",
                field=field,
                help=f"install {what} in the base; or name it in `without`, where the service never loads it",
            )
