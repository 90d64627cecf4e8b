"""Brings an image from a registry into the cache, as an OCI layout; what is there already is not fetched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from ...compiler.digest import Digest
from ...compiler.node import Work
from ...compiler.tree import Entry, Tree
from ...schema.diagnostics import fail
from . import refusals
from .client import Client
from .layout import BLOBS, Document
from .manifest import INDEX, MANIFESTS, Descriptor, read
from .progress import Progress
from .pull import document, fetch
from .reference import Reference
from .transfers import GoOn, each

_LAYOUT = '{"imageLayoutVersion": "1.0.0"}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """One repository that images are fetched from, for one node."""

    client: Client
    repository: str
    work: Work
    refuse: Callable[[], None]
    """Called before the registry is asked; raises where that is forbidden."""

    def layout(self, digest: str, platforms: Iterable[str]) -> Tree:
        """The layout of the image, or of an index's images for these platforms, with all their blobs.

        UserError: `bad-base` where there is none for a platform, and what `document` and `fetch` raise.
        """
        top = self._document(digest, "")
        found = tuple(self._images(top, platforms))
        blobs = {part.digest: part for image in found for part in image.manifest.blobs}
        self._bring(blobs.values())
        entries = [_entry(part) for part in (*blobs.values(), *(image.what for image in found))]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [_described(image.what) for image in found]}
        texts = {"index.json": json.dumps(index, indent=1) + "\n", "oci-layout": _LAYOUT}
        return Tree.of(set(entries)) | self.work.cas.put_texts(texts)

    def _images(self, top: Document, platforms: Iterable[str]) -> Iterable[Document]:
        if top.manifest.media_type in MANIFESTS:
            yield top
            return
        known = {entry.platform: entry for entry in top.manifest.manifests if entry.media_type in MANIFESTS}
        for platform in sorted(platforms):
            fitting = [entry for name, entry in known.items() if name == platform or name.startswith(f"{platform}/")]
            if not fitting:
                names = ", ".join(sorted(name for name in known if name and "unknown" not in name))
                text = f"this is no base for the image: it has no image for {platform}"
                raise fail("bad-base", text, field=self.client.at, help=f"it has: {names}")
            yield replace(self._document(fitting[0].digest, fitting[0].media_type), what=fitting[0])

    def _document(self, digest: str, media_type: str) -> Document:
        """A manifest, from the cache or from the registry."""
        blob = Digest(digest.removeprefix("sha256:"))
        if self.work.cas.has(blob):
            data = self.work.cas.get(blob)
            try:
                found = read(data, media_type)
            except ValueError as error:
                text = f"this is no base for the image: {error}"
                raise fail("bad-base", text, field=self.client.at) from None
            what = Descriptor(media_type=found.media_type, digest=digest, size=len(data))
            return Document(what=what, data=data, manifest=found)
        self.refuse()
        name = Reference(registry=self.client.registry, repository=self.repository, digest=digest)
        made = document(self.client, name)
        self.work.cas.put_bytes(made.data)
        return made

    def _bring(self, parts: Iterable[Descriptor]) -> None:
        missing = [part for part in parts if not self.work.cas.has(Digest(part.hex), part.size)]
        if not missing:
            return
        self.refuse()
        progress = Progress(total=sum(part.size for part in missing), say=self.work.log)
        longest_first = sorted(missing, key=lambda p: -p.size)
        each(partial(self._one, progress), longest_first, ended=self.work.processes.ended)

    def _one(self, progress: Progress, part: Descriptor, go_on: GoOn) -> None:
        def told(here: int) -> None:
            go_on()
            progress.told(part.digest, here)

        target = self.work.folder / part.hex
        fetch(self.client, self.repository, part, target, told)
        stored = self.work.cas.put_file(target)
        target.unlink()
        if (stored.digest, stored.size) != (part.hex, part.size):
            raise refusals.lies(self.client.registry, part.digest, self.client.at)


def _entry(part: Descriptor) -> Entry:
    return Entry(path=f"{BLOBS}/{part.hex}", digest=Digest(part.hex), size=part.size)


def _described(what: Descriptor) -> dict[str, object]:
    system, _, rest = what.platform.partition("/")
    processor, _, variant = rest.partition("/")
    platform = {"architecture": processor, "os": system, **({"variant": variant} if variant else {})}
    return {**what.json, "platform": platform} if what.platform else what.json
