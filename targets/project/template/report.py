"""A report on the model's training, such as LightAutoML's, that lies beside the model: HTML that runs no scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .info import REPORT
from .web import Answer

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".svg": "image/svg+xml",
}
HEADERS = (
    # It was made by whoever trained the model: it may show itself, and neither ask this service nor anybody else.
    ("content-security-policy", "sandbox; default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
)


def report_pages(artifact: Path) -> dict[str, Callable[[], Answer]]:
    """The report and what it may show, by path; `artifact` is the folder of the model's files."""
    root = (artifact / REPORT.removeprefix("report/")).parent
    files = (file for file in sorted(root.rglob("*")) if file.suffix in TYPES and file.is_file())
    named = {f"/report/{file.relative_to(artifact).as_posix()}": file for file in files}
    return {path: partial(_sent, file) for path, file in named.items() if re.fullmatch(r"[\w./-]+", path, re.ASCII)}


def _sent(file: Path) -> Answer:
    return Answer(file.read_bytes(), content_type=TYPES[file.suffix], headers=HEADERS)
