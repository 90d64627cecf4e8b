"""Platforms as OCI names them, and what the wheels for each are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Platform = Literal["linux/amd64", "linux/arm64"]

ARCHITECTURES: Mapping[str, Platform] = {
    "x86_64": "linux/amd64",
    "amd64": "linux/amd64",
    "aarch64": "linux/arm64",
    "arm64": "linux/arm64",
}
_MACHINES: Mapping[Platform, str] = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
_GLIBC = (17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40)
"""Minor versions of glibc 2 that the installer knows wheels for."""


def architecture(platform: Platform) -> str:
    """The part after the slash."""
    return platform.partition("/")[2]


def own(machine: str) -> Platform | None:
    """The platform of images for the machine of an interpreter, such as "linux-x86_64"; None where it has none."""
    return ARCHITECTURES.get(machine.removesuffix("-musl").rpartition("-")[2])


def wheels(platform: Platform, glibc: str) -> str | None:
    """The installer's name of the wheels that run there with this glibc ("2.36", or "" for musl instead); None where
    it is too old for any.
    """
    machine = _MACHINES[platform]
    if not glibc:
        return f"{machine}-unknown-linux-musl"
    major, minor = (int(part) for part in glibc.split(".")[:2])
    fitting = [known for known in _GLIBC if (2, known) <= (major, minor)]
    return f"{machine}-manylinux_2_{fitting[-1]}" if fitting else None
