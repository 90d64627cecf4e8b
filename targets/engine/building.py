"""Building a context in the engine, with progress; what was built of the same files before is taken again."""

from __future__ import annotations

import tarfile
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from docker import DockerClient

from ...compiler.digest import Digest, of_file, of_text
from ...schema.diagnostics import Field, UserError, fail
from .connecting import told
from .naming import name

LABEL = "deployc.context"
"""The label that names the files that an image was built of."""

LAST_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A folder with a Dockerfile, and how the engine is to build it."""

    context: Path
    tag: str
    """The image's name; empty for none."""
    network: str | None
    """Network of the commands in the Dockerfile; the engine's own where it is None."""
    arguments: Mapping[str, str]
    field: Field


def built(engine: DockerClient, build: Build, say: Callable[[str], None]) -> str:
    """The id of the image; UserError `engine-failed` shows where the build failed."""
    digest = context_digest(build.context)
    with told("the image cannot be built", build.field):
        image = _found(engine, digest) or _built(engine, build, digest, say)
        name(engine, image, build.tag)
    return image


def _found(engine: DockerClient, digest: Digest) -> str:
    """The image that was built of these files for the engine's own processor; empty where there is none.

    What was built on top of it has its label too, and is younger.
    """
    processor = engine.version()["Arch"]
    labelled = engine.images.list(filters={"label": f"{LABEL}={digest}"})
    own = [image.attrs for image in labelled if image.attrs["Architecture"] == processor]
    return str(min(own, key=lambda attrs: str(attrs["Created"]))["Id"]) if own else ""


def context_digest(folder: Path) -> Digest:
    """Names the files of a folder: their paths and contents."""
    return of_text("".join(f"{path}\0{of_file(folder / path)}\n" for path in _files(folder)))


def _built(engine: DockerClient, build: Build, digest: Digest, say: Callable[[str], None]) -> str:
    with tempfile.TemporaryFile() as file:
        _pack(build.context, file)
        file.seek(0)
        events = engine.api.build(
            fileobj=file,
            custom_context=True,
            decode=True,
            rm=True,
            forcerm=True,
            labels={LABEL: digest},
            network_mode=build.network,
            buildargs=dict(build.arguments),
        )
        return _followed(events, build, say)


def _followed(events: Iterable[Mapping[str, object]], build: Build, say: Callable[[str], None]) -> str:
    """The id of the image that a build ends with, telling of each step; UserError where one fails."""
    lines, image = deque[str](maxlen=LAST_LINES), ""
    for event in events:
        if "error" in event:
            raise _failed(str(event["error"]), build, lines)
        match event:
            case {"aux": {"ID": str(name)}}:
                image = name
        for line in str(event.get("stream", "")).splitlines():
            if line.strip():
                lines.append(line.rstrip())
            if line.startswith("Step "):
                say(line)
    return image


def _failed(text: str, build: Build, lines: Iterable[str]) -> UserError:
    hint = "if its commands reach no network: `network: host`; if the base cannot be pulled: `base`"
    return fail("engine-failed", f"the image cannot be built: {text}", field=build.field, help=hint, notes=_tail(lines))


def _tail(lines: Iterable[str]) -> tuple[str, ...]:
    text = "\n".join(lines)
    return (f"its last lines:\n{text}",) if text else ()


def _pack(folder: Path, file: IO[bytes]) -> None:
    """Write a folder as a tar whose files anybody may read, as the service's user has to."""
    with tarfile.open(fileobj=file, mode="w") as archive:
        for path in _files(folder):
            entry = archive.gettarinfo(folder / path, arcname=path)
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = 0
            entry.mode = 0o755 if entry.mode & 0o100 else 0o644
            with (folder / path).open("rb") as source:
                archive.addfile(entry, source)


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
