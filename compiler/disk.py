"""Writing so that a file is there whole or not at all, and so that what the system refuses says where that was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """An OSError that names no file, as that of a full disk, names the folder; the inner one of several around it."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(folder)
        raise


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place at the end, or is gone where that did not come."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with writing_to(path.parent):
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
