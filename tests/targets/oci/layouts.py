"""Small OCI layouts as bases: written by hand with Python's own tarfile, as others write theirs."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from deployc.compiler.cas import Cas
from deployc.compiler.tree import Entry, Tree

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LIBC = b"...GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\n..."
PYTHON: Mapping[str, bytes] = {
    "usr/bin/python3.11": b"\x7fELF",
    "usr/lib/python3.11/asyncio/__init__.py": b"",
    "usr/lib/x86_64-linux-gnu/libc.so.6": LIBC,
}
"""A Debian that has all that a service needs."""
Image = tuple[dict[str, object], dict[str, bytes]]
"""A descriptor, and blobs by digest."""


def described(media: str, data: bytes) -> dict[str, object]:
    """A descriptor of a blob."""
    return {"mediaType": media, "digest": f"sha256:{hashlib.sha256(data).hexdigest()}", "size": len(data)}


def archive(files: Mapping[str, bytes]) -> bytes:
    """A tar archive of these files, as another tool writes it."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for path, data in files.items():
            member = tarfile.TarInfo(f"./{path}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return held.getvalue()


def image(
    layers: Sequence[Mapping[str, bytes]] = (PYTHON,),
    architecture: str = "amd64",
    media: str = LAYER,
    **settings: object,
) -> Image:
    """An image's descriptor and its blobs by digest."""
    archives = [archive(files) for files in layers]
    packed = [gzip.compress(data, mtime=0) for data in archives]
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"], "Labels": {"vendor": "us"}, **settings},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in archives]},
        "history": [{"created_by": "debootstrap"}, {"created_by": "CMD", "empty_layer": True}],
    }
    told = json.dumps(config).encode()
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described(CONFIG, told)}
    manifest["layers"] = [described(media, data) for data in packed]
    data = json.dumps(manifest).encode()
    blobs = {hashlib.sha256(blob).hexdigest(): blob for blob in (*packed, told, data)}
    return {**described(MANIFEST, data), "platform": {"architecture": architecture, "os": "linux"}}, blobs


def layout(cas: Cas, *images: Image) -> Tree:
    """A tree that is the layout of these images."""
    return placed(cas, files(*images))


def write(folder: Path, *images: Image) -> None:
    """The same as a folder."""
    for path, data in files(*images).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def files(*images: Image) -> dict[str, bytes]:
    """The files of a layout by path."""
    blobs = {path: blob for _, found in images for path, blob in found.items()}
    index = json.dumps({"schemaVersion": 2, "manifests": [entry for entry, _ in images]}).encode()
    return {"index.json": index, **{f"blobs/sha256/{name}": blob for name, blob in blobs.items()}}


def placed(cas: Cas, files: Mapping[str, bytes]) -> Tree:
    """A tree of these files."""
    return Tree.of(Entry(path=path, digest=cas.put_bytes(data), size=len(data)) for path, data in files.items())
