"""An image out of an OCI layout into the engine: sent as the archive that every version of Docker takes."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from docker import DockerClient
from docker.errors import ImageNotFound

from ...compiler.digest import CHUNK
from ...schema.diagnostics import Field, fail
from .connecting import told
from .naming import name

BLOCK = 512
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """One platform's image in a layout."""

    layout: Path
    manifest: str
    """Its digest, as sha256:..."""
    config: str
    layers: tuple[str, ...]


def loaded(engine: DockerClient, layout: Path, tag: str, field: Field, say: Callable[[str], None]) -> str:
    """The id of the layout's image for the engine's own platform, which is sent where it is not there yet, and is named
    where `tag` is not empty.

    UserError `engine-failed` where the engine refuses it, `wrong-platform` where there is none for it.
    """
    with told("the image cannot be loaded", field):
        image = _image(layout, str(engine.version()["Arch"]), field)
        found = _there(engine, image) or _sent(engine, image, field, say)
        name(engine, found, tag)
    return found


def _image(layout: Path, architecture: str, field: Field) -> Archived:
    for digest, manifest in _manifests(layout, _read(layout / "index.json")):
        config = _digest(manifest["config"])
        if _read(_blob(layout, config)).get("architecture") == architecture:
            layers = tuple(_digest(layer) for layer in _list(manifest["layers"]))
            return Archived(layout=layout, manifest=digest, config=config, layers=layers)
    text = f"the image is for other platforms than the engine's, which is linux/{architecture}"
    raise fail("wrong-platform", text, field=field, help=f"add it: `platforms: [linux/{architecture}]`")


def _manifests(layout: Path, index: Json) -> Iterator[tuple[str, Json]]:
    """The images that an index names, of an index in it as well, with their digests."""
    for entry in _list(index["manifests"]):
        digest = _digest(entry)
        found = _read(_blob(layout, digest))
        if "manifests" in found:
            yield from _manifests(layout, found)
        elif "layers" in found:
            yield digest, found


def _there(engine: DockerClient, image: Archived) -> str:
    """The id by which an engine has the image already; its store decides which digest that is."""
    for digest in (image.config, image.manifest):
        try:
            return str(engine.images.get(digest).id)
        except ImageNotFound:
            continue
    return ""


def _sent(engine: DockerClient, image: Archived, field: Field, say: Callable[[str], None]) -> str:
    say(f"loading {len(image.layers)} layers")
    # the stubs leave its types out
    load = cast(Callable[[Iterator[bytes]], Iterable[Json]], engine.api.load_image)
    for event in load(_archive(image)):
        if "error" in event:
            raise fail("engine-failed", f"the image cannot be loaded: {event['error']}", field=field)
    if found := _there(engine, image):
        return found
    raise fail("engine-failed", "the engine says that it has loaded the image, and has none", field=field)


def _archive(image: Archived) -> Iterator[bytes]:
    """A docker-archive of the image, blob by blob as they lie in the layout."""
    paths = [f"blobs/{digest.replace(':', '/')}" for digest in (image.config, *image.layers)]
    listed = [{"Config": paths[0], "RepoTags": None, "Layers": paths[1:]}]
    data = json.dumps(listed).encode()
    yield _head("manifest.json", len(data)) + data + _padding(len(data))
    for path in dict.fromkeys(paths):
        size = (image.layout / path).stat().st_size
        yield _head(path, size)
        with (image.layout / path).open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                yield chunk
        yield _padding(size)
    yield bytes(2 * BLOCK)


def _head(path: str, size: int) -> bytes:
    member = tarfile.TarInfo(path)
    member.size = size
    return member.tobuf()


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


def _blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def _read(file: Path) -> Json:
    found: Json = json.loads(file.read_text(encoding="utf-8"))
    return found


def _list(value: object) -> Sequence[Json]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _digest(descriptor: object) -> str:
    return str(descriptor["digest"]) if isinstance(descriptor, Mapping) else ""
