"""Logs as JSON, one object a line, each with the id of the request that it belongs to."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
from contextvars import ContextVar
from datetime import datetime, timezone

import msgspec

from .redacting import REDACTED_COLUMNS, traced

PLAIN_ID = re.compile(r"[\w.:-]{1,100}", re.ASCII)

logger = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()
_lines: list[str] = []

request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; what was passed as `extra={"fields": {...}}` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request_id"] = current
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        if REDACTED_COLUMNS and record.exc_info and record.exc_info[1]:
            line["traceback"] = traced(record.exc_info[1])
        return msgspec.json.encode(line, enc_hook=str).decode()


class Requested(msgspec.Struct):
    """The line of a request that has ended."""

    time: datetime
    request_id: str
    method: str
    path: str
    status: int
    milliseconds: float
    level: str = "info"
    logger: str = __name__
    message: str = "request"


def requested(method: str, path: str, status: int, seconds: float) -> None:
    """Write a request's line, past logging's own records, which cost more than a compiled model's answer does."""
    if logger.isEnabledFor(logging.INFO):
        line = Requested(datetime.now(timezone.utc), request_id.get(), method, path, status, round(seconds * 1000, 2))
        written(_encoder.encode(line).decode() + "\n")


def written(line: str) -> None:
    """Write a line: those of one turn of an event loop at its end, since to write costs more than to log."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        sys.stderr.write(line)
        return
    if not _lines:
        loop.call_soon(_flush)
    _lines.append(line)


def _flush() -> None:
    # it is flushed with each call
    sys.stderr.write("".join(_lines))
    _lines.clear()


def configure(level: str) -> None:
    """Send all logs from `level` upwards to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    if REDACTED_COLUMNS:
        # What a library warns of may hold values.
        logging.getLogger("py.warnings").setLevel(logging.CRITICAL)


def new_request_id(given: str) -> str:
    """The id that a client or proxy gave the request if it is a plain one, else a new one."""
    return given if given and PLAIN_ID.fullmatch(given) else os.urandom(16).hex()
