"""Signs an image as cosign does: ECDSA P-256 over a "simple signing" payload, under the tag sha256-DIGEST.sig.

Formats: cosign's specs/SIGNATURE_SPEC.md; containers-signature(5).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from ...compiler.cas import Cas
from ...schema.diagnostics import UserError, fail
from .layout import Document
from .manifest import MANIFEST, Descriptor
from .referrers import made

PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
SIGNATURE = "dev.cosignproject.cosign/signature"
"""The annotation of a layer that holds the payload's signature, in base64."""
NAME = "name"
"""The key under which a payload's claim of the image's name is told."""
_CONFIG = "application/vnd.oci.image.config.v1+json"
_TYPE = "cosign container image signature"


def private_key(path: Path, password: str) -> ec.EllipticCurvePrivateKey:
    """The key in a PEM file; UserError `bad-key-file` where it is none, or of another kind."""
    try:
        found = load_pem_private_key(_bytes(path), password.encode() or None)
    except TypeError:
        hint = "the environment variable DEPLOYC_KEY_PASSWORD holds the password of a key that has one"
        raise _bad(path, "its password is missing, or it has none", hint) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _bad(path, "it is no private key in PEM, or the password is another one") from None
    if not isinstance(found, ec.EllipticCurvePrivateKey) or not isinstance(found.curve, ec.SECP256R1):
        raise _bad(path, "it is no key for ECDSA on the curve P-256")
    return found


def public_key(path: Path) -> ec.EllipticCurvePublicKey:
    """The public key in a PEM file, such as cosign.pub; UserError `bad-key-file`."""
    try:
        found = load_pem_public_key(_bytes(path))
    except (ValueError, UnsupportedAlgorithm):
        raise _bad(path, "it is no public key in PEM") from None
    if not isinstance(found, ec.EllipticCurvePublicKey) or not isinstance(found.curve, ec.SECP256R1):
        raise _bad(path, "it is no key for ECDSA on the curve P-256")
    return found


def tag_of(digest: str) -> str:
    """The tag under which an image's signatures are."""
    return f"{digest.replace(':', '-')}.sig"


def payload(name: str, digest: str, told: Mapping[str, str]) -> bytes:
    """What is signed: that the image with this digest is the one of that name, and what else is `told` of it."""
    critical = {
        "identity": {"docker-reference": name},
        "image": {"docker-manifest-digest": digest},
        "type": _TYPE,
    }
    return json.dumps({"critical": critical, "optional": dict(told)}, separators=(",", ":"), sort_keys=True).encode()


def signed(cas: Cas, data: bytes, key: ec.EllipticCurvePrivateKey, before: Document | None = None) -> Document:
    """The manifest of a payload's signature, and of those that were there `before`; new blobs are kept in the cache.

    Where the same payload is signed by the same key already, that is `before` itself.
    """
    digest = f"sha256:{cas.put_bytes(data)}"
    others = before.manifest.layers if before else ()
    ours = [layer for layer in others if layer.digest == digest]
    if before and any(verified(data, layer.annotations.get(SIGNATURE, ""), key.public_key()) for layer in ours):
        return before
    annotations = {SIGNATURE: signature(data, key)}
    return added(cas, Descriptor(media_type=PAYLOAD, digest=digest, size=len(data), annotations=annotations), before)


def signature(data: bytes, key: ec.EllipticCurvePrivateKey) -> str:
    """The signature of `data` in base64, always the same."""
    return base64.b64encode(key.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))).decode()


def added(cas: Cas, layer: Descriptor, before: Document | None) -> Document:
    """The manifest of what is signed, which is its layers: this one, and those that were there `before`."""
    layers = (*(before.manifest.layers if before else ()), layer)
    rootfs = {"type": "layers", "diff_ids": [layer.digest for layer in layers]}
    config = json.dumps({"architecture": "", "os": "", "config": {}, "rootfs": rootfs}, sort_keys=True).encode()
    described = Descriptor(media_type=_CONFIG, digest=f"sha256:{cas.put_bytes(config)}", size=len(config))
    return made(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": described.json,
            "layers": [{**layer.json, "annotations": dict(layer.annotations)} for layer in layers],
        }
    )


def says(data: bytes, signature: str, key: ec.EllipticCurvePublicKey, digest: str) -> Mapping[str, str] | None:
    """What a payload tells of the image with this digest, None where it is not signed by that key or is of another."""
    if not verified(data, signature, key):
        return None
    try:
        found = json.loads(data)
        critical = found["critical"]
        if (critical["type"], critical["image"]["docker-manifest-digest"]) != (_TYPE, digest):
            return None
        told = cast(Mapping[str, object], found.get("optional") or {})
        return {NAME: str(critical["identity"]["docker-reference"]), **{k: str(v) for k, v in told.items()}}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def verified(data: bytes, signature: str, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether a signature in base64 is by that key."""
    try:
        key.verify(base64.b64decode(signature, validate=True), data, ec.ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _bad(path, f"it cannot be read: {error.strerror}") from None


def _bad(path: Path, why: str, help: str = "") -> UserError:

    return fail("bad-key-file", f"{path} is no key to sign or verify with: {why}", help=help)
