"""Images in a real registry with what is told of them, and what holds of that."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from deployc.compiler.cas import Cas
from deployc.compiler.digest import Digest
from deployc.schema.diagnostics import UserError
from deployc.targets.registry import attesting, signing
from deployc.targets.registry.layout import Layout
from deployc.targets.registry.manifest import Descriptor
from deployc.targets.registry.materials import materials
from deployc.targets.registry.push import Shipment, push
from deployc.targets.registry.reference import Reference
from deployc.targets.registry.referrers import MATERIALS, PROVENANCE, referrer, referring
from deployc.targets.registry.statement import Trained, statement
from deployc.targets.registry.verifying import Verified, verify
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import SSlibKey

from ...containers.registry import Registry
from .images import layout
from .test_push import asking, registry
from .test_statement import MADE, MODEL

__all__ = ["registry"]
KEY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, kw_only=True)
class World:
    """An image in a layout, a cache, and where it goes."""

    image: Descriptor
    layout: Layout
    cas: Cas
    reference: Reference

    @classmethod
    def of(cls, folder: Path, address: str) -> World:
        found, cas = layout(folder / "image", b"layer"), Cas(folder / "cas")
        for path in (folder / "image/blobs/sha256").iterdir():
            cas.put_file(path)
        tree = cas.put_folder(folder / "image")
        reference = Reference(registry=address, repository="team/churn", tag="1")
        return cls(image=found.entries[0], layout=Layout.of_tree(cas, tree), cas=cas, reference=reference)

    def shipment(
        self, key: ec.EllipticCurvePrivateKey | None = None, *, digest: str = "", run: str = "0a1"
    ) -> Shipment:
        model = Trained(digest=MODEL, origin={"run_id": run}, uri="models:/churn/7")
        made = replace(MADE, name=self.reference.name, digest=digest or self.image.hex, models=(model,))
        telling = (
            referrer(self.cas, self.image, MATERIALS, materials(made)),
            referrer(self.cas, self.image, PROVENANCE, statement(made)),
        )
        whole = Shipment(layout=self.layout, image=self.image, reference=self.reference, telling=telling)
        if key is None:
            return whole
        told = {each.manifest.artifact_type: each.manifest.layers[0].digest for each in telling}
        data = signing.payload(self.reference.name, self.image.digest, told)
        tagged = {
            signing.tag_of(self.image.digest): signing.signed(self.cas, data, key),
            attesting.tag_of(self.image.digest): attesting.attested(self.cas, statement(made), key),
        }
        return replace(whole, tagged=tagged)

    def publish(self, what: Shipment) -> bool:
        return push(asking(self.reference.registry), what, lambda line: None)

    def verified(self, key: ec.EllipticCurvePrivateKey | None = None) -> Verified:
        return verify(asking(self.reference.registry), self.reference, key.public_key() if key else None)

    def refused(self, key: ec.EllipticCurvePrivateKey | None = None) -> str:
        with pytest.raises(UserError) as error:
            self.verified(key)
        (found,) = error.value.diagnostics
        assert found.code == "not-verified"
        return found.message


@pytest.fixture
def world(tmp_path: Path, registry: Registry) -> World:
    return World.of(tmp_path, registry.address)


@pytest.mark.slow
def test_what_is_published_with_its_materials_and_provenance_is_verified(world: World) -> None:
    assert world.publish(world.shipment(KEY))
    assert not world.publish(world.shipment(KEY)), "the second time nothing is missing"
    found = world.verified(KEY)
    assert found.signed
    assert found.distributions == 1
    assert f"model        models:/churn/7 sha256:{MODEL} run 0a1" in found.lines
    assert not world.verified().signed


@pytest.mark.slow
def test_each_that_tells_of_an_image_is_listed_once(world: World) -> None:
    world.publish(world.shipment())
    world.publish(world.shipment(run="0b2"))
    world.publish(world.shipment(KEY))
    client = asking(world.reference.registry)
    listed = [each.artifact_type for each in referring(client, world.reference.repository, world.image.digest)]
    assert sorted(listed) == 2 * [MATERIALS] + 2 * [PROVENANCE]


@pytest.mark.slow
def test_the_signature_says_which_provenance_is_meant(world: World) -> None:
    world.publish(world.shipment(KEY))
    world.publish(world.shipment(run="forged"))
    assert "run forged" in "\n".join(world.verified().lines)
    assert "run 0a1" in "\n".join(world.verified(KEY).lines)


@pytest.mark.slow
def test_what_does_not_hold_is_told(world: World) -> None:
    push(asking(world.reference.registry), replace(world.shipment(), telling=()), lambda line: None)
    assert "there is no application/vnd.in-toto+json beside it" in world.refused()
    assert "it has no signature by this key" in world.refused(KEY)
    world.publish(world.shipment(digest="f" * 64))
    assert "is of something else" in world.refused()
    world.publish(world.shipment(OTHER))
    assert "it has no signature by this key" in world.refused(KEY)
    assert world.verified(OTHER).signed


@pytest.mark.slow
def test_what_another_signs_beside_it_stays_and_what_names_no_provenance_does_not_count(world: World) -> None:
    """Such as what `cosign sign` and `cosign attest` add."""
    what, name = world.shipment(KEY), world.image.digest
    bare = signing.payload(world.reference.name, name, {})
    signed = what.tagged[signing.tag_of(name)]
    for key in (OTHER, KEY):
        signed = signing.signed(world.cas, bare, key, signed)
        assert signing.signed(world.cas, bare, key, signed) == signed
    attested = attesting.attested(world.cas, b"{}", OTHER, what.tagged[attesting.tag_of(name)])
    assert attesting.attested(world.cas, b"{}", OTHER, attested) == attested
    assert (len(signed.manifest.layers), len(attested.manifest.layers)) == (3, 2)
    world.publish(replace(what, tagged={signing.tag_of(name): signed, attesting.tag_of(name): attested}))
    assert world.verified(KEY).signed
    assert "no signature by this key that names what is told of it" in world.refused(OTHER)


@pytest.mark.slow
def test_a_provenance_that_the_key_does_not_attest_is_told(world: World) -> None:
    what, tag = world.shipment(KEY), attesting.tag_of(world.image.digest)
    for forged in (
        {},
        {tag: world.shipment(KEY, run="0b2").tagged[tag]},
        {tag: world.shipment(OTHER).tagged[tag]},
    ):
        world.publish(
            replace(
                what,
                tagged={signing.tag_of(world.image.digest): what.tagged[signing.tag_of(world.image.digest)], **forged},
            )
        )
        assert "it has no attestation by this key" in world.refused(KEY)
    world.publish(what)
    assert world.verified(KEY).signed


def test_an_envelope_holds_what_the_key_attests() -> None:
    said = statement(MADE)
    data = attesting.envelope(said, KEY)
    assert attesting.says(data, KEY.public_key()) == said
    assert attesting.says(data, OTHER.public_key()) is None
    whole = json.loads(data)
    for forged in (
        {**whole, "payload": b64encode(said + b" ").decode()},
        {**whole, "payloadType": "text/plain"},
        {**whole, "signatures": [{"sig": "AA=="}, {"sig": "-"}]},
        {**whole, "signatures": [{}]},
        {**whole, "payload": 1},
        [],
    ):
        assert attesting.says(json.dumps(forged).encode(), KEY.public_key()) is None
    assert attesting.says(b"\xff", KEY.public_key()) is None


def foreign(key: ec.EllipticCurvePrivateKey) -> SSlibKey:
    """A public key without a name, as signatures by it have none."""
    found = SSlibKey.from_crypto(key.public_key())
    return SSlibKey("", found.keytype, found.scheme, found.keyval)


def test_another_library_takes_the_envelope() -> None:
    """As any client of DSSE does; cosign 2.6 took it too."""
    said = Envelope.from_dict(json.loads(attesting.envelope(statement(MADE), KEY)))
    (signature,) = said.signatures.values()
    foreign(KEY).verify_signature(signature, said.pae())
    with pytest.raises(UnverifiedSignatureError):
        foreign(OTHER).verify_signature(signature, said.pae())
    assert (said.payload, said.payload_type) == (statement(MADE), "application/vnd.in-toto+json")


@pytest.mark.slow
def test_openssl_takes_the_signature(tmp_path: Path) -> None:
    """As cosign verifies: ECDSA over the payload's bytes, which are the layer's."""
    cas = Cas(tmp_path / "cas")
    data = signing.payload("ghcr.io/team/churn", f"sha256:{MADE.digest}", {})
    (layer,) = signing.signed(cas, data, KEY).manifest.layers
    assert cas.get(Digest(layer.hex)) == data
    (tmp_path / "signature").write_bytes(b64decode(layer.annotations["dev.cosignproject.cosign/signature"]))
    (tmp_path / "payload").write_bytes(data)
    command = ["openssl", "dgst", "-sha256", "-verify", public(KEY, tmp_path / "cosign.pub")]
    subprocess.run([*command, "-signature", tmp_path / "signature", tmp_path / "payload"], check=True)
    assert json.loads(data)["critical"] == {
        "identity": {"docker-reference": "ghcr.io/team/churn"},
        "image": {"docker-manifest-digest": f"sha256:{MADE.digest}"},
        "type": "cosign container image signature",
    }


def public(key: ec.EllipticCurvePrivateKey, path: Path) -> Path:
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def test_keys_are_read_from_pem(tmp_path: Path) -> None:
    path, locked = tmp_path / "key.pem", tmp_path / "locked.pem"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    locked.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"horse")))
    assert signing.private_key(path, "").private_numbers() == KEY.private_numbers()
    assert signing.private_key(locked, "horse").private_numbers() == KEY.private_numbers()
    assert signing.public_key(public(KEY, tmp_path / "pub.pem")).public_numbers() == KEY.public_key().public_numbers()


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_key_that_is_none_is_told(tmp_path: Path, password: str) -> None:
    locked, rsa_key = tmp_path / "locked.pem", tmp_path / "rsa.pem"
    locked.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"horse")))
    plain = rsa.generate_private_key(65537, 2048)
    rsa_key.write_bytes(plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for path in (locked, rsa_key, tmp_path / "missing.pem"):
        with pytest.raises(UserError, match="bad-key-file"):
            signing.private_key(path, password)
    with pytest.raises(UserError, match="bad-key-file"):
        signing.public_key(locked)
