"""Attests the provenance as cosign does: an in-toto statement in a DSSE envelope, under the tag sha256-DIGEST.att.

Formats: cosign's specs/ATTESTATION_SPEC.md; secure-systems-lab/dsse, protocol.md and envelope.md.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import cast

from cryptography.hazmat.primitives.asymmetric import ec

from ...compiler.cas import Cas
from .layout import Document
from .manifest import Descriptor
from .referrers import PROVENANCE
from .signing import SIGNATURE, added, signature, verified
from .statement import PREDICATE_TYPE

ENVELOPE = "application/vnd.dsse.envelope.v1+json"


def tag_of(digest: str) -> str:
    """The tag under which an image's attestations are."""
    return f"{digest.replace(':', '-')}.att"


def attested(cas: Cas, statement: bytes, key: ec.EllipticCurvePrivateKey, before: Document | None = None) -> Document:
    """The manifest of the envelope of a statement, and of those that were there `before`; blobs are kept in the cache.

    Where the key has attested the same already, that is `before` itself.
    """
    data = envelope(statement, key)
    # cosign asks for an annotation of a signature, which is in the envelope
    annotations = {SIGNATURE: "", "predicateType": PREDICATE_TYPE}
    digest = f"sha256:{cas.put_bytes(data)}"
    layer = Descriptor(media_type=ENVELOPE, digest=digest, size=len(data), annotations=annotations)
    if before and digest in [each.digest for each in before.manifest.layers]:
        return before
    return added(cas, layer, before)


def envelope(statement: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """A statement with its signature, of the same bytes for the same key."""
    whole = {
        "payload": base64.b64encode(statement).decode(),
        "payloadType": PROVENANCE,
        "signatures": [{"keyid": "", "sig": signature(_signed(PROVENANCE, statement), key)}],
    }
    return json.dumps(whole, separators=(",", ":")).encode()


def says(data: bytes, key: ec.EllipticCurvePublicKey) -> bytes | None:
    """The statement in an envelope, None where it is not signed by that key."""
    try:
        found = cast(Mapping[str, object], json.loads(data))
        statement = base64.b64decode(cast(str, found["payload"]), validate=True)
        signatures = [cast(str, each["sig"]) for each in cast(list[Mapping[str, object]], found["signatures"])]
        signed = _signed(cast(str, found["payloadType"]), statement)
        by_key = any(verified(signed, each, key) for each in signatures)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return None
    return statement if by_key and found["payloadType"] == PROVENANCE else None


def _signed(kind: str, payload: bytes) -> bytes:
    """DSSE's "pre-authentication encoding": what the signature is over."""
    named = kind.encode()
    return b" ".join((b"DSSEv1", b"%d" % len(named), named, b"%d" % len(payload), payload))
