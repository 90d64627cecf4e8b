"""Transfers that run together end together."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from deployc.compiler.process import GivenUp
from deployc.targets.registry.client import client
from deployc.targets.registry.manifest import Descriptor
from deployc.targets.registry.pull import fetch
from deployc.targets.registry.reference import Reference
from deployc.targets.registry.transfers import GoOn, each


def test_answers_come_in_the_order_of_the_items() -> None:
    assert each(lambda item, go_on: item * 2, range(40)) == [item * 2 for item in range(40)]


def test_the_first_failure_is_raised_and_what_has_not_begun_never_does() -> None:
    begun: list[int] = []

    def act(item: int, go_on: GoOn) -> None:
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match=r"^0$"):
        each(act, range(1000))
    assert len(begun) < 1000


def test_a_build_that_ends_gives_up_all_of_them_where_they_are() -> None:
    ended = threading.Event()

    def act(item: int, go_on: GoOn) -> None:
        if item == 1:
            ended.set()
        while True:
            go_on()

    with pytest.raises(GivenUp):
        each(act, range(30), ended=ended)


def test_a_blob_that_was_cut_off_after_its_last_byte_is_not_asked_for_again(tmp_path: Path) -> None:
    nowhere = Reference(registry="127.0.0.1:1", repository="a")
    target = tmp_path / "blob"
    target.write_bytes(b"whole")
    what = Descriptor(media_type="application/octet-stream", digest=f"sha256:{'0' * 64}", size=5)
    fetch(client(nowhere, {}), "a", what, target, lambda here: None)
    assert target.read_bytes() == b"whole"
