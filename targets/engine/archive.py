"""An image out of an OCI layout into the engine: sent as the archive that every version of Docker takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import cast

from docker import DockerClient
from docker.errors import ImageNotFound

from ...schema.diagnostics import Field, fail
from ..registry.layout import BLOBS, Document, Layout
from ..registry.manifest import Descriptor
from ..tarball import Member, archive, text
from .connecting import told
from .naming import name


def loaded(engine: DockerClient, layout: Layout, tag: str, field: Field, say: Callable[[str], None]) -> str:
    """The id of the layout's image for the engine's own platform, which is sent where it is not there yet, and is named
    where `tag` is not empty.

    UserError `engine-failed` where the engine refuses it, `wrong-platform` where there is none for it. ValueError where
    the layout's manifests are not what they should be.
    """
    with told("the image cannot be loaded", field):
        image = _image(layout, str(engine.version()["Arch"]), field)
        found = _there(engine, image) or _sent(engine, layout, image, field, say)
        name(engine, found, tag)
    return found


def _image(layout: Layout, architecture: str, field: Field) -> Document:
    for entry in layout.entries:
        for found in layout.documents(entry):
            config = found.manifest.config
            if config and json.loads(layout.whole(config.digest)).get("architecture") == architecture:
                return found
    text = f"the image is for other platforms than the engine's, which is linux/{architecture}"
    raise fail("wrong-platform", text, field=field, help=f"add it: `platforms: [linux/{architecture}]`")


def _there(engine: DockerClient, image: Document) -> str:
    """The id by which an engine has the image already; its store decides which digest that is."""
    for part in (image.manifest.config, image.what):
        try:
            return str(engine.images.get(part.digest).id) if part else ""
        except ImageNotFound:
            continue
    return ""


def _sent(engine: DockerClient, layout: Layout, image: Document, field: Field, say: Callable[[str], None]) -> str:
    say(f"loading {len(image.manifest.layers)} layers")
    # the stubs leave its types out
    load = cast(Callable[[Iterator[bytes]], Iterable[Mapping[str, object]]], engine.api.load_image)
    for event in load(_archive(layout, image.manifest.blobs)):
        if "error" in event:
            raise fail("engine-failed", f"the image cannot be loaded: {event['error']}", field=field)
    if found := _there(engine, image):
        return found
    raise fail("engine-failed", "the engine says that it has loaded the image, and has none", field=field)


def _archive(layout: Layout, parts: Sequence[Descriptor]) -> Iterator[bytes]:
    """A docker-archive of the config and the layers, blob by blob as they lie in the layout."""
    blobs = {
        part.hex: Member(path=f"{BLOBS}/{part.hex}", size=part.size, read=partial(layout.read, part.digest, 0))
        for part in parts
    }
    config, *layers = (f"{BLOBS}/{part.hex}" for part in parts)
    listed = [{"Config": config, "RepoTags": None, "Layers": layers}]
    return archive([text("manifest.json", json.dumps(listed)), *blobs.values()])
