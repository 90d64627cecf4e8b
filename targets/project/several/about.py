"""What this service is: the models behind it, and the answers for clients that ask for all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import msgspec

from ..template.info import NAME, Info
from ..template.web import Answer


class About(msgspec.Struct, kw_only=True):
    """What is served. What is here keeps its name and meaning; more may come."""

    name: str
    started_at: datetime
    models: dict[str, Info]


def v2_pages(ready: Callable[[], Answer]) -> dict[str, Callable[[], Answer]]:
    """What the Open Inference Protocol asks of a server; `ready` raises Rejected as long as a model is not loaded."""
    server = {"name": NAME, "version": "1", "extensions": ["binary_tensor_data"]}
    return {
        "/v2": partial(_json, server),
        "/v2/health/live": partial(_json, {"live": True}),
        "/v2/health/ready": partial(_when, ready, {"ready": True}),
    }


def _when(ready: Callable[[], Answer], value: object) -> Answer:
    ready()
    return _json(value)


def _json(value: object) -> Answer:
    return Answer(msgspec.json.encode(value))
