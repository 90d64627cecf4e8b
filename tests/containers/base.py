"""A small Debian with Python, as the base of images: bootstrapped once and kept, as a folder and an OCI layout."""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

PACKAGES = ("python3", "python3-venv", "ca-certificates", "libgomp1")
SUITE = "bookworm"
PYTHON = "3.11"
"""The Python of that Debian."""
MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def rootfs() -> Path:
    """The file system as a folder, whose files belong to root."""
    folder = _kept() / "rootfs"
    with (_kept() / "base.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not (_kept() / "rootfs.done").exists():
            program = shutil.which("debootstrap")
            if program is None:
                pytest.skip("there is no debootstrap here: apt-get install debootstrap")
            shutil.rmtree(folder, ignore_errors=True)
            command = [program, "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, folder]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            shutil.rmtree(folder / "var/cache/apt")
            shutil.rmtree(folder / "var/lib/apt/lists")
            (_kept() / "rootfs.done").touch()
    return folder


def layout() -> Path:
    """The same as an OCI layout with one image of one layer."""
    source = rootfs()
    with (_kept() / "base.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        folder = _kept() / "layout"
        if not (folder / "index.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _write_layout(source, folder)
    return folder


def _kept() -> Path:
    folder = Path(tempfile.gettempdir()) / f"deployc-e2e-{getpass.getuser()}" / f"base-{SUITE}"
    folder.mkdir(mode=0o700, exist_ok=True, parents=True)
    return folder


def _write_layout(source: Path, folder: Path) -> None:
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)
    plain = folder / "layer.tar"
    subprocess.run(["tar", "-C", source, "--exclude=./dev/*", "--numeric-owner", "-cf", plain, "."], check=True)
    diff_id = _digest(plain)
    subprocess.run(["gzip", "-n1", plain], check=True)
    layer = _described(folder / "layer.tar.gz", blobs, _LAYER)
    config = {
        "architecture": MACHINE,
        "os": "linux",
        "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["bash"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}"]},
        "history": [{"created_by": "debootstrap"}],
    }
    described = _written(config, folder, blobs, "application/vnd.oci.image.config.v1+json")
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": described, "layers": [layer]}
    entry = {**_written(manifest, folder, blobs, _MANIFEST), "platform": {"architecture": MACHINE, "os": "linux"}}
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))


def _written(value: object, folder: Path, blobs: Path, media: str) -> dict[str, object]:
    file = folder / "value.json"
    file.write_text(json.dumps(value))
    return _described(file, blobs, media)


def _described(file: Path, blobs: Path, media: str) -> dict[str, object]:
    digest, size = _digest(file), file.stat().st_size
    file.rename(blobs / digest)
    return {"mediaType": media, "digest": f"sha256:{digest}", "size": size}


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
