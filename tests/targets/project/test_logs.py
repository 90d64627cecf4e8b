"""Each request has its line on standard error, and those of one turn of an event loop cost one call of the system."""

from __future__ import annotations

import asyncio
import io
import json
import sys

import pytest
from deployc.targets.project.template import logs

pytestmark = pytest.mark.usefixtures("own_logging")


class Written(io.StringIO):
    """What is written, and in how many calls."""

    calls = 0

    def write(self, text: str) -> int:
        self.calls += 1
        return super().write(text)

    @property
    def paths(self) -> list[str]:
        return [json.loads(line)["path"] for line in self.getvalue().splitlines()]


def taken(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Standard error from now on."""
    logs.configure("info")
    monkeypatch.setattr(sys, "stderr", found := Written())
    return found


def test_lines_of_one_turn_are_written_at_its_end_and_the_last_ones_when_the_loop_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = taken(monkeypatch)

    async def serve() -> None:
        for number in range(3):
            logs.requested("POST", f"/{number}", 200, 0.001)
        await asyncio.sleep(0)
        assert (written.paths, written.calls) == (["/0", "/1", "/2"], 1)
        logs.requested("POST", "/3", 200, 0.001)

    asyncio.run(serve())
    asyncio.run(serve_one())
    assert (written.paths, written.calls) == (["/0", "/1", "/2", "/3", "/4"], 3)


async def serve_one() -> None:
    logs.requested("POST", "/4", 200, 0.001)


def test_a_line_without_a_loop_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written = taken(monkeypatch)
    logs.requested("GET", "/healthz", 200, 0.001)
    assert written.paths == ["/healthz"]
