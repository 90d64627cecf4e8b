"""The service's settings, from environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "SERVICE_"
PORT = 8000
WORKERS = 1
MAX_BATCH = 128
MAX_QUEUE = 1024
BATCH_WAIT_MS = 0
API_KEY = False
TIMEOUT_SECONDS = 60
# The share of the requests that the payload log takes, and the file that it is written to; None is standard error.
PAYLOAD_SAMPLE = 0.01
PAYLOAD_LOG: Path | None = None
LEVELS = ("debug", "info", "warning", "error", "critical")


class SettingsError(Exception):
    """An environment variable holds what the service cannot use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One field for each environment variable, which is the field's name in capitals after PREFIX."""

    host: str = "127.0.0.1"
    port: int = PORT
    workers: int = WORKERS
    log_level: str = "info"
    max_body_bytes: int = 16 * 1024 * 1024
    drain_seconds: int = 1
    """How long the service goes on listening, and is not ready, once it is told to stop."""
    shutdown_seconds: int = 30
    """How long requests that have begun may take after that."""
    read_seconds: int = 30
    """How long a client may take to send a body."""
    timeout_seconds: int = TIMEOUT_SECONDS
    """How long a request may wait for the model's answer."""
    max_batch: int = MAX_BATCH
    """Rows that the model is asked for at once."""
    max_queue: int = MAX_QUEUE
    """Rows that may wait for the model before further requests are turned away."""
    batch_wait_ms: int = BATCH_WAIT_MS
    """How long a batch waits for more than what has queued already."""
    # What a request must have; API_KEY_FILE names a file that holds it.
    api_key: str = field(default="", repr=False)
    payload_sample: float = PAYLOAD_SAMPLE
    payload_log: Path | None = PAYLOAD_LOG
    provenance: Path | None = None
    """A JSON file that says where the model comes from, shown by /info."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """What is set, and the defaults; SettingsError names the variable that cannot be used."""
        provenance = environment.get(f"{PREFIX}PROVENANCE")
        return cls(
            host=environment.get(f"{PREFIX}HOST") or cls().host,
            port=_integer(environment, "PORT", cls().port, range(65536)),
            workers=_integer(environment, "WORKERS", cls().workers, range(1, 1025)),
            log_level=_level(environment),
            max_body_bytes=_integer(environment, "MAX_BODY_BYTES", cls().max_body_bytes, range(1, 2**40)),
            drain_seconds=_integer(environment, "DRAIN_SECONDS", cls().drain_seconds, range(3601)),
            shutdown_seconds=_integer(environment, "SHUTDOWN_SECONDS", cls().shutdown_seconds, range(86401)),
            read_seconds=_integer(environment, "READ_SECONDS", cls().read_seconds, range(1, 86401)),
            timeout_seconds=_integer(environment, "TIMEOUT_SECONDS", cls().timeout_seconds, range(1, 86401)),
            max_batch=_integer(environment, "MAX_BATCH", cls().max_batch, range(1, 100001)),
            max_queue=_integer(environment, "MAX_QUEUE", cls().max_queue, range(1, 10000001)),
            batch_wait_ms=_integer(environment, "BATCH_WAIT_MS", cls().batch_wait_ms, range(1001)),
            api_key=_secret(environment, "API_KEY", required=API_KEY),
            payload_sample=_share_of_requests(environment, "PAYLOAD_SAMPLE", cls().payload_sample),
            payload_log=_log_file(environment, "PAYLOAD_LOG", cls().payload_log),
            provenance=Path(provenance) if provenance else None,
        )


def _integer(environment: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    text = environment.get(f"{PREFIX}{name}")
    if not text:
        return default
    if not (text.isdecimal() and int(text) in allowed):
        raise SettingsError(f"{PREFIX}{name} is {text!r}: it has to be a number from {allowed[0]} to {allowed[-1]}")
    return int(text)


def _secret(environment: Mapping[str, str], name: str, *, required: bool) -> str:
    """A secret that is in the variable, or in the file that another one names; it is never shown."""
    file = environment.get(f"{PREFIX}{name}_FILE")
    try:
        found = Path(file).read_text(encoding="utf-8").strip() if file else environment.get(f"{PREFIX}{name}", "")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{PREFIX}{name}_FILE cannot be read: {error}") from None
    if required and not found:
        raise SettingsError(f"{PREFIX}{name} or {PREFIX}{name}_FILE has to be set: this service asks for a key")
    return found


def _share_of_requests(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(f"{PREFIX}{name}") or repr(default)
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise SettingsError(f"{PREFIX}{name} is {text!r}: it has to be a number from 0 to 1")
    return found


def _log_file(environment: Mapping[str, str], name: str, default: Path | None) -> Path | None:
    """A file; - is standard error."""
    text = environment.get(f"{PREFIX}{name}")
    if not text:
        return default
    return None if text == "-" else Path(text)


def _level(environment: Mapping[str, str]) -> str:
    level = (environment.get(f"{PREFIX}LOG_LEVEL") or Settings().log_level).lower()
    if level not in LEVELS:
        raise SettingsError(f"{PREFIX}LOG_LEVEL is {level!r}: it has to be one of {', '.join(LEVELS)}")
    return level
