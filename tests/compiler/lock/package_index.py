"""A package index on loopback that holds wheels made here, and remembers what it was asked for."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def make_wheel(
    folder: Path, name: str, version: str, requires: Iterable[str] = (), tag: str = "py3-none-any", text: str = ""
) -> Path:
    """A wheel with one module, whose VERSION is the version."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: extra\n"
    files = {
        f"{module}.py": f"VERSION = {version!r}\n{text}",
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {r}\n" for r in requires),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{path},sha256={_record_hash(text)},{len(text)}\n" for path, text in files.items())
    path = folder / f"{module}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(member), content)
    return path


@dataclass(slots=True)
class PackageIndex:
    """PEP 691's simple API over one folder of wheels."""

    folder: Path
    url: str = ""
    uploaded: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Names of the packages whose pages or files were asked for."""
    broken: set[str] = field(default_factory=set)
    """Names of packages at whose pages the server fails."""
    gate: threading.Event = field(default_factory=threading.Event)
    """Files are sent only while it is set."""
    file_asked: threading.Event = field(default_factory=threading.Event)

    def add(
        self,
        name: str,
        version: str,
        requires: Iterable[str] = (),
        *,
        uploaded: str = "2020-01-01T00:00:00Z",
        tag: str = "py3-none-any",
        text: str = "",
    ) -> str:
        """Make a wheel and return its sha256."""
        path = make_wheel(self.folder, name, version, requires, tag, text)
        self.uploaded[path.name] = uploaded
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def page(self, name: str) -> bytes | None:
        prefix = name.replace("-", "_") + "-"
        found = [p for p in sorted(self.folder.glob("*.whl")) if p.name.startswith(prefix)]
        files = [
            {
                "filename": p.name,
                "url": f"/files/{p.name}",
                "hashes": {"sha256": hashlib.sha256(p.read_bytes()).hexdigest()},
                "upload-time": self.uploaded[p.name],
                "size": p.stat().st_size,
            }
            for p in found
        ]
        page = {"meta": {"api-version": "1.1"}, "name": name, "files": files}
        return json.dumps(page).encode() if files else None

    @contextmanager
    def served(self) -> Iterator[PackageIndex]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/simple/"
        self.gate.set()
        try:
            yield self
        finally:
            self.gate.set()
            server.shutdown()
            server.server_close()


def _handler(index: PackageIndex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            _, kind, name, *_ = [*self.path.partition("?")[0].split("/"), "", ""]
            index.asked.append(name.partition("-")[0].replace("_", "-") if kind == "files" else name)
            if kind == "files":
                if self.command == "GET":
                    index.file_asked.set()
                    index.gate.wait()
                path = index.folder / name
                self.answer(path.read_bytes() if path.exists() else None, "application/octet-stream")
            elif name in index.broken:
                self.send_error(503)
            else:
                self.answer(index.page(name), "application/vnd.pypi.simple.v1+json")

        def answer(self, body: bytes | None, kind: str) -> None:
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _record_hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
