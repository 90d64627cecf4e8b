"""Transfers that run together end together."""

from __future__ import annotations

import threading

import pytest
from deployc.compiler.process import GivenUp
from deployc.targets.registry.client import AT_ONCE
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
    assert len(begun) <= AT_ONCE


def test_a_build_that_ends_gives_up_all_of_them_where_they_are() -> None:
    ended = threading.Event()

    def act(item: int, go_on: GoOn) -> None:
        if item == 1:
            ended.set()
        while True:
            go_on()

    with pytest.raises(GivenUp):
        each(act, range(30), ended=ended)
