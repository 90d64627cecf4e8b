"""Whether an image that was published still stands where it was: all that is asked where nothing else is to be done.

What it imports is what a publication of nothing new has to wait for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypedDict

from ...schema.diagnostics import UserError
from .client import Client, client
from .pull import digest_of
from .reference import Reference, parsed
from .referrers import MATERIALS, PROVENANCE, referring


class Standing(TypedDict):
    """An image that was published, as a state file keeps it."""

    line: str
    """What is said of it where it still stands."""
    reference: str
    """With its tag."""
    digest: str
    """Of what the tag named then, such as sha256:..."""
    insecure: bool


def stands(asked: Client, reference: Reference) -> bool:
    """Whether the tag names the digest, of which all is told: what was told of it once holds for ever."""
    if digest_of(asked, replace(reference, digest="")) != reference.digest:
        return False
    told = {each.artifact_type for each in referring(asked, reference.repository, reference.digest)}
    return told >= {MATERIALS, PROVENANCE}


def all_stand(images: Iterable[Standing], environ: Mapping[str, str]) -> bool:
    """Whether all still stand; False also where a registry does not say it: whoever publishes is told why."""
    try:
        return all(_stands(image, environ) for image in images)
    except UserError:
        return False


def _stands(image: Standing, environ: Mapping[str, str]) -> bool:
    reference = parsed(image["reference"])
    return stands(client(reference, environ, insecure=image["insecure"]), replace(reference, digest=image["digest"]))
