"""Installs a lock into an environment of its own, once for each machine, in place."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..schema.config import Index
from ..schema.diagnostics import Field, fail
from ..schema.lockfile import Pin, pins, requirements_text
from .action_cache import touch
from .digest import Digest, of_text
from .interpreter import Interpreter
from .lock.failures import explain
from .lock.universal import owned
from .lock.uv import Uv, uv_version

MARKER = "deployc-complete"
"""The file that is written last: an environment without it was never finished."""


def manifest(requirements: str, interpreter: Interpreter) -> str:
    """All that an environment is made from, as text; its digest names the environment."""
    made_with = f"python {interpreter.implementation} {interpreter.version}\nplatform {interpreter.platform}\n"
    return f"{made_with}uv {uv_version()}\n{requirements}"


def realise(requirements: str, interpreter: Interpreter, *, root: Path, indexes: Mapping[str, Index], uv: Uv) -> Path:
    """The interpreter of an environment below `root` that holds exactly these pins, installed if it is not there yet.

    Safe under kill -9 and for any number of processes. Raises UserError `hash-mismatch`, `no-wheel`,
    `install-failed`, `index-unreachable`, `index-auth`, `offline-miss`.
    """
    digest = of_text(manifest(requirements, interpreter))
    folder = root / digest
    if not _complete(folder):
        root.mkdir(parents=True, exist_ok=True)
        with _alone(root / f"{digest}.lock"):
            if not _complete(folder):
                _make(folder, digest, requirements, interpreter, indexes, uv)
    touch(folder / MARKER)
    return python_of(folder)


def install(
    requirements: str,
    where: Sequence[str],
    *,
    folder: Path,
    indexes: Mapping[str, Index],
    uv: Uv,
    field: Field | None = None,
) -> None:
    """Install exactly these pins; `where` is what uv is told of the place, and `folder` takes what it reads.

    Raises what `realise` raises, at `field` where a pin has no build for the place.
    """
    for name, group in _by_index(requirements, indexes).items():
        wanted = folder / f"requirements-{name or 'default'}.txt"
        wanted.write_text(requirements_text(group), encoding="utf-8")
        arguments = ["pip", "install", "--require-hashes", "--no-deps", *where, "-r", str(wanted)]
        arguments += ["--default-index", f"{name}={indexes[name].url}"] if name else []
        _run(uv, arguments, indexes, folder, field)


def installed(requirements: str, interpreter: Interpreter, *, root: Path) -> Path | None:
    """The interpreter of the environment that `realise` would give, None where it is not installed yet."""
    folder = root / of_text(manifest(requirements, interpreter))
    return python_of(folder) if _complete(folder) else None


def python_of(folder: Path) -> Path:
    """The interpreter of the environment in a folder."""
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def _complete(folder: Path) -> bool:
    """Whether it was finished, and the Python that it stands on is still there (python_of may be a dead link)."""
    return (folder / MARKER).is_file() and python_of(folder).exists()


def _make(
    folder: Path, digest: Digest, requirements: str, interpreter: Interpreter, indexes: Mapping[str, Index], uv: Uv
) -> None:
    # what is here was left half made by a build that was killed, or its Python has gone; a uv that outlived that build
    # holds this file until it is done, and would else go on writing below us
    with suppress(FileNotFoundError), (folder / ".lock").open("r+b") as file:
        _hold(file.fileno())
    shutil.rmtree(folder, ignore_errors=True)
    _run(
        uv, ["venv", "--python", str(interpreter.path), "--no-project", "--quiet", str(folder)], indexes, folder.parent
    )
    # copies: with hard links a file that is changed in an environment would be changed in uv's cache and in all others;
    # where the file system can, a copy shares its blocks anyway
    install(
        requirements,
        ["--python", str(python_of(folder)), "--link-mode", "copy"],
        folder=folder,
        indexes=indexes,
        uv=uv,
    )
    marker = folder / f".{MARKER}"
    marker.write_text(f"{digest}\n", encoding="utf-8")
    with marker.open("rb") as file:
        os.fsync(file.fileno())
    marker.replace(folder / MARKER)


def _run(uv: Uv, arguments: list[str], indexes: Mapping[str, Index], folder: Path, field: Field | None = None) -> None:
    code, said = uv.run(arguments, folder=folder)
    if code != 0:
        message = "an environment could not be installed from its lock"
        raise explain(said, offline=uv.offline, indexes=indexes, code="install-failed", message=message, field=field)


def _by_index(requirements: str, indexes: Mapping[str, Index]) -> dict[str, list[Pin]]:
    """The pins by the index that they come from, "" for the default one: each is asked for its own packages only."""
    owners = owned(indexes)
    groups: dict[str, list[Pin]] = {}
    try:
        for pin in pins(requirements):
            groups.setdefault(owners.get(pin.name, ""), []).append(pin)
    except ValueError as error:
        raise fail("lock-unreadable", f"these are no pins with hashes: {error}") from None
    return groups


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock file, which the system lets go when the process dies; it stays, since another may wait for it."""
    with path.open("ab") as file:
        _hold(file.fileno())
        yield


if sys.platform == "win32":
    import msvcrt

    def _hold(handle: int) -> None:
        held = False
        while not held:
            # it gives up after ten seconds
            with suppress(OSError):
                msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
                held = True

else:
    import fcntl

    def _hold(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
