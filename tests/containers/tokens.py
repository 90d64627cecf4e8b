"""A server of tokens, as big registries have one beside them: it gives a known user leave for what he asks for."""

from __future__ import annotations

import base64
import datetime
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

SERVICE = "tests"
SECONDS = 300
"""For which a token counts."""


@dataclass(slots=True, kw_only=True)
class Tokens:
    """A running server, and what was asked of it."""

    realm: str
    certificate: Path
    scopes: list[str] = field(default_factory=list)


@contextmanager
def giving(folder: Path, user: str, password: str) -> Iterator[Tokens]:
    """A server that gives tokens to one user, until the block ends; the certificate of its key is in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key)
    (folder / "tokens.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    known = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            scopes = " ".join(query.get("scope", [])).split()
            tokens.scopes.extend(scopes)
            allowed = self.headers["Authorization"] == known
            body = {"token": _token(key, certificate, scopes)} if allowed else {"details": "who are you?"}
            data = json.dumps(body).encode()
            self.send_response(200 if allowed else 401)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tokens = Tokens(realm=f"http://127.0.0.1:{server.server_address[1]}/token", certificate=folder / "tokens.pem")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield tokens
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _token(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, scopes: list[str]) -> str:
    """A JSON Web Token that the registry believes, for all that was asked for."""
    parts = [[*scope.rsplit(":", 1)[0].split(":", 1), scope.rsplit(":", 1)[1]] for scope in scopes]
    access = [{"type": kind, "name": name, "actions": actions.split(",")} for kind, name, actions in parts]
    now = int(time.time())
    times = {"iat": now, "nbf": now - 10, "exp": now + SECONDS}
    claims = {"iss": SERVICE, "aud": SERVICE, "sub": "ann", "jti": "1", "access": access, **times}
    x5c = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    head = {"typ": "JWT", "alg": "ES256", "x5c": [x5c]}
    text = f"{_url_safe(json.dumps(head).encode())}.{_url_safe(json.dumps(claims).encode())}"
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
    return f"{text}.{_url_safe(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SERVICE)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=now - datetime.timedelta(days=1),
        not_valid_after=now + datetime.timedelta(days=1),
    )
    return made.sign(key, SHA256())


def _url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
