"""The user's own logins to registries: where Docker's configuration and its credential helpers keep them."""

from __future__ import annotations

import base64
import binascii
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from ...schema.diagnostics import UserError, fail
from .reference import DOCKER_HUB

_HUB = "https://index.docker.io/v1/"
"""The name that `docker login` gives to Docker Hub."""
_NOT_FOUND = "credentials not found"
"""What every helper says of a registry that it does not know."""
SECONDS = 60
"""A helper may ask a person, or a server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who asks; the secret is shown nowhere."""

    user: str
    secret: str = field(repr=False)


def login(registry: str, environ: Mapping[str, str]) -> Login | None:
    """Who the user is to a registry, None where nothing says it; UserError `registry-credentials` where what says it is
    broken.
    """
    settings = _settings(environ)
    key = _HUB if registry == DOCKER_HUB else registry
    helper = _mapping(settings, "credHelpers").get(registry) or settings.get("credsStore")
    if isinstance(helper, str):
        return _helped(helper, key, environ)
    logins = _mapping(settings, "auths")
    found = next((logins[name] for name in (key, f"https://{registry}", registry) if name in logins), None)
    return _written(found, registry) if isinstance(found, dict) else None


def _settings(environ: Mapping[str, str]) -> dict[str, object]:
    folder = environ.get("DOCKER_CONFIG") or f"{environ.get('HOME', '')}/.docker"
    try:
        found = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    except OSError:
        return {}
    except ValueError:
        raise _broken("Docker's config.json is not JSON") from None
    return found if isinstance(found, dict) else {}


def _mapping(settings: Mapping[str, object], key: str) -> dict[str, object]:
    found = settings.get(key)
    return cast(dict[str, object], found) if isinstance(found, dict) else {}


def _written(entry: dict[str, object], registry: str) -> Login | None:
    """The login that an entry of `auths` holds in base64; an empty entry is what a helper leaves there."""
    if not entry.get("auth"):
        return None
    try:
        user, _, secret = base64.b64decode(str(entry["auth"]), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise _broken(f"what Docker's config.json says of {registry} is no login") from None
    return Login(user=user, secret=secret.rstrip("\0"))


def _helped(helper: str, key: str, environ: Mapping[str, str]) -> Login | None:
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            [program, "get"], input=key, capture_output=True, text=True, env=dict(environ), timeout=SECONDS
        )
    except FileNotFoundError:
        raise _broken(f"Docker's config.json names the helper {program}, which is not here") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _broken(f"the helper {program} does not work: {type(error).__name__}") from None
    if done.returncode != 0:
        if _NOT_FOUND in done.stdout + done.stderr:
            return None
        # what a helper prints may hold a secret
        raise _broken(f"the helper {program} ended with exit code {done.returncode}")
    try:
        told = json.loads(done.stdout)
        return Login(user=told["Username"], secret=told["Secret"])
    except (ValueError, KeyError, TypeError):
        raise _broken(f"the helper {program} gives no login") from None


def _broken(text: str) -> UserError:
    return fail("registry-credentials", text, help="`docker login` writes it anew; DOCKER_CONFIG names its folder")
