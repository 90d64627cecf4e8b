"""The models behind the service, by the name that leads to each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from ..template.info import Info
from ..template.metrics import Metrics
from ..template.settings import Settings
from ..template.web import Answer, Header, Operation, Request
from .part import Part


class Model(Protocol):
    """What each of them does; its paths are those that it would have alone."""

    operations: dict[str, Operation]
    pages: dict[str, Callable[[], Answer]]

    @property
    def about(self) -> Info: ...
    @property
    def told(self) -> Info: ...
    def start(self) -> None: ...
    def leave(self) -> None: ...
    def stop(self) -> None: ...
    def admit(self, path: str, header: Header) -> None: ...
    def show(self, path: str, header: Header) -> Answer: ...
    async def answer(self, request: Request) -> Answer: ...
    def answer_now(self, request: Request) -> Answer: ...
    async def feed(self, method: str, rows: Sequence[msgspec.Struct]) -> list[object]: ...
    def feed_now(self, method: str, rows: Sequence[msgspec.Struct]) -> list[object]: ...


class Make(Protocol):
    """What makes one of them, not loaded yet."""

    def __call__(self, settings: Settings, metrics: Metrics, feeders: Mapping[str, Model]) -> Model: ...


Parts = Mapping[str, Make]

PARTS: Parts = {"model": Part}


class Predictor:
    """All that the service predicts with."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    @classmethod
    def load(cls) -> Predictor:
        """The models that are shipped in this package."""
        return cls(PARTS)
