"""One file of a whole image that every engine loads: an OCI layout in an archive, with what Docker reads beside it."""

from __future__ import annotations

import json

from ...compiler.cas import Cas
from ...compiler.tree import Entry
from ..tarball import stored, text
from .image import Image, layout
from .layers import BLOBS, members


def of(cas: Cas, image: Image, path: str, reference: str) -> Entry:
    """The file `path`, in which the image is called `reference`, with its tag."""
    found = layout(cas, [image], reference.rpartition(":")[2])
    docker = {
        "Config": f"{BLOBS}/{image.described(cas).digest}",
        "RepoTags": [reference],
        "Layers": [f"{BLOBS}/{layer.digest}" for layer in image.whole],
    }
    held = [*members(cas, found.tree), text("manifest.json", json.dumps([docker], separators=(",", ":")))]
    digest, size = stored(cas, held)
    return Entry(path=path, digest=digest, size=size)
