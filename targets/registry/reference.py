"""What names an image in a registry: registry, repository, tag and digest, with Docker's defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...schema.diagnostics import Diagnostic, Field

DOCKER_HUB = "docker.io"
LATEST = "latest"

_COMPONENT = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_REGISTRY = re.compile(rf"({_LABEL}(\.{_LABEL})*|\[[0-9a-fA-F:]+\])(:[0-9]{{1,5}})?")
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?")
_LONGEST = 255
"""Characters of registry and repository together that Docker takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image by name; `tag` and `digest` are empty where none is said."""

    registry: str
    """Host and port, such as ghcr.io or 127.0.0.1:5000."""
    repository: str
    tag: str = ""
    digest: str = ""
    """Such as sha256:..., 64 digits."""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}" + (f"@{self.digest}" if self.digest else "")

    @property
    def name(self) -> str:
        """Registry and repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def wanted(self) -> str:
        """What is asked for of the repository: the digest, else the tag, else the tag `latest`."""
        return self.digest or self.tag or LATEST

    @property
    def host(self) -> str:
        """Where the registry is asked: Docker Hub's answers at another name."""
        return "registry-1.docker.io" if self.registry == DOCKER_HUB else self.registry

    @property
    def loopback(self) -> bool:
        """Whether the registry is on this machine, so that nobody can listen to what is sent."""
        return _LOOPBACK.fullmatch(self.registry) is not None

    def at(self, digest: str) -> Reference:
        """The same image by a digest alone."""
        return replace(self, tag="", digest=digest)


def parsed(text: str) -> Reference:
    """The image that a text names; ValueError says what in it is forbidden.

    Grammar: github.com/distribution/reference, which the OCI's specification of distribution narrows to this.
    """
    name, _, digest = text.partition("@")
    head, slash, rest = name.partition("/")
    registry = head if slash and (head == "localhost" or re.search("[.:]", head)) else ""
    path, colon, tag = (rest if registry else name).rpartition(":")
    repository = path if colon else tag
    _check_registry(registry)
    _check_repository(repository)
    if colon and not _TAG.fullmatch(tag):
        raise ValueError(f"`{tag}` is no tag: at most 128 letters, digits, `_`, `.` and `-`, and no `.` or `-` first")
    if "@" in text and not _DIGEST.fullmatch(digest):
        raise ValueError(f"`{digest}` is no digest: sha256: and 64 hexadecimal digits in lower case")
    registry = DOCKER_HUB if registry in ("", "index.docker.io") else registry
    if registry == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    if len(registry) + 1 + len(repository) > _LONGEST:
        raise ValueError(f"registry and repository have more than {_LONGEST} characters")
    return Reference(registry=registry, repository=repository, tag=tag if colon else "", digest=digest)


def mistakes(text: str, field: Field, *, made: bool = False) -> Iterator[Diagnostic]:
    """What is wrong with the reference at `field` of deploy.yaml; an image that is still to be `made` has no digest."""
    hint = "such as registry.example.com/team/churn:1.0"
    try:
        found = parsed(text)
    except ValueError as error:
        yield Diagnostic(code="invalid-reference", message=f"this names no image: {error}", field=field, help=hint)
    else:
        if made and found.digest:
            why = "an image gets its digest when it is made"
            yield Diagnostic(code="invalid-reference", message=why, field=field, help=hint)


def _check_registry(registry: str) -> None:
    if registry and not _REGISTRY.fullmatch(registry):
        raise ValueError(f"`{registry}` is no host of a registry, with a port or without")


def _check_repository(repository: str) -> None:
    for part in repository.split("/"):
        if part != part.lower():
            raise ValueError(f"a repository has no capital letters: `{part}`")
        if not _COMPONENT.fullmatch(part):
            text = f"`{part}` is no part of a repository's name" if part else "a part of the repository's name is empty"
            raise ValueError(f"{text}: lower-case letters and digits, with one `.`, `_` or `__`, or `-`s in between")
