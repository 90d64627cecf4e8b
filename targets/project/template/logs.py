"""Logs as JSON, one object a line, each with the id of the request that it belongs to."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from contextvars import ContextVar
from datetime import datetime, timezone
from functools import lru_cache

import msgspec

from .redacting import REDACTED_COLUMNS, traced

PLAIN_ID = re.compile(r"[\w.:-]{1,100}", re.ASCII)

logger = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()

request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; what was passed as `extra={"fields": {...}}` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _moment(record.created),
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

    time: str
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
        line = Requested(_moment(time.time()), request_id.get(), method, path, status, round(seconds * 1000, 2))
        # it is flushed with each line
        sys.stderr.write(_encoder.encode(line).decode() + "\n")


def _moment(seconds: float) -> str:
    whole, milliseconds = divmod(int(seconds * 1000), 1000)
    return f"{_second(whole)}.{milliseconds:03}+00:00"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    # Thousands of requests end within the same one.
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


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
