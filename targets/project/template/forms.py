"""Forms with files, as a browser or `curl -F` sends them.

See https://www.rfc-editor.org/rfc/rfc7578.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .problems import Rejected

FORM_DATA = "multipart/form-data"
DISPOSITION = re.compile(rb"^content-disposition:[ \t]*form-data([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
PARAMETER = re.compile(rb';[ \t]*([^=;\s]+)=(?:"([^"]*)"|([^;\s"]*))')


def parts(body: bytes, content_type: str) -> Iterator[tuple[str, bytes]]:
    """The name and the content of each part; Rejected where the body is no such form."""
    boundary = _parameter(content_type.encode("latin-1", "replace"), b"boundary")
    if not boundary:
        raise _broken("its Content-Type names no boundary")
    _, *found = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if not found or not found[-1].startswith(b"--"):
        raise _broken("it does not end with its boundary" if found else "its boundary is not in it")
    for part in found[:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        said = DISPOSITION.search(head)
        name = _parameter(said[1], b"name") if said else b""
        if not name:
            raise _broken("a part of it has no name")
        yield name.decode(errors="replace"), content


def _parameter(header: bytes, name: bytes) -> bytes:
    """A parameter's value; empty where there is none."""
    return next((quoted or word for key, quoted, word in PARAMETER.findall(header) if key.lower() == name), b"")


def _broken(why: str) -> Rejected:
    return Rejected(400, "invalid-body", f"the body is no form: {why}")
