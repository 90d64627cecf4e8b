"""Fetches the artifacts of a model, telling how far it is, and whether all has come."""

from __future__ import annotations

import posixpath
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .client_types import FileInfo, Repository
from .refusals import incomplete

_META = "registered_model_meta"
"""What MLflow's client adds to a registered model: it is no file of the model's."""
_EVERY = 0.5
"""Seconds between two lines of progress."""


def listed(repository: Repository, path: str) -> dict[str, int | None]:
    """The files at or below a path by their own paths, with their lengths as far as the store knows them."""
    found = list(_below(repository, path))
    if not found and path:
        beside = repository.list_artifacts(posixpath.dirname(path) or None)
        found = [file for file in beside if file.path == path and not file.is_dir]
    return {file.path: file.file_size for file in found}


def _below(repository: Repository, path: str) -> Iterator[FileInfo]:
    for item in repository.list_artifacts(path or None):
        if item.is_dir:
            yield from _below(repository, item.path)
        else:
            yield item


def download(
    repository: Repository, path: str, files: Mapping[str, int | None], folder: Path, say: Callable[[str], None]
) -> Path:
    """The fetched file or folder, below `folder`; Refused where a file is missing or shorter than it should be."""
    folder.mkdir(parents=True)
    with _told(folder, sum(size or 0 for size in files.values()), say):
        place = Path(repository.download_artifacts(path, str(folder)))
    for name, size in files.items():
        target = folder / name
        arrived = target.stat().st_size if target.is_file() else -1
        if arrived < 0 or (size is not None and arrived != size):
            raise incomplete(f"{name} has {max(arrived, 0)} of {size} bytes")
    if place.is_dir():
        (place / _META).unlink(missing_ok=True)
    return place


@contextmanager
def _told(folder: Path, whole: int, say: Callable[[str], None]) -> Iterator[None]:
    """Tells how much has come, while the block runs."""
    done = threading.Event()

    def watch() -> None:
        last = -1
        while not done.wait(_EVERY):
            here = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            if here != last:
                say(f"{here / 1e6:.1f} of {whole / 1e6:.1f} MB")
            last = here

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
