"""When a section is stale, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deployc.compiler.lock.wanted import Wanted, Wish, stale, staleness
from deployc.schema.config import Index
from deployc.schema.lockfile import Section

WANTED = Wanted(
    requirements=(
        Wish(text="Scikit_Learn == 1.9.1", origin="the model was made with it"),
        Wish(text="pandas>=2,<3", origin="serve.requirements"),
    ),
    python="3.11",
    indexes={"corp": Index(url="https://example.org/simple", packages=("Acme_Tools", "acme"))},
)


def locked(wanted: Wanted) -> Section:
    return Section(inputs=wanted.text, requirements="")


def test_the_recorded_text() -> None:
    assert WANTED.text == (
        "python 3.11\n"
        "resolver uv\n"
        "index corp acme, acme-tools\n"
        "requirement pandas<3,>=2  # serve.requirements\n"
        "requirement scikit-learn==1.9.1  # the model was made with it\n"
    )


@pytest.mark.parametrize(
    "same",
    [
        replace(WANTED, requirements=WANTED.requirements[::-1]),
        replace(WANTED, requirements=WANTED.requirements * 2),
        replace(
            WANTED,
            requirements=(Wish(text="pandas <3, >=2", origin="serve.requirements"), WANTED.requirements[0]),
        ),
        replace(WANTED, indexes={"corp": Index(url="https://moved.example.org", packages=("acme", "acme.tools"))}),
    ],
)
def test_what_does_not_make_it_stale(same: Wanted) -> None:
    assert staleness(locked(WANTED), same) == ()


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        (replace(WANTED, python="3.12"), ("python 3.11 -> 3.12",)),
        (replace(WANTED, resolver="pip-tools"), ("resolver uv -> pip-tools",)),
        (replace(WANTED, cutoff="2026-01-31"), ("cutoff 2026-01-31 added",)),
        (replace(WANTED, indexes={}), ("index corp removed",)),
        (
            replace(WANTED, requirements=(*WANTED.requirements, Wish(text="tqdm", origin="serve.requirements"))),
            ("requirement tqdm added (serve.requirements)",),
        ),
        (
            replace(WANTED, requirements=WANTED.requirements[:1]),
            ("requirement pandas removed (serve.requirements)",),
        ),
        (
            replace(WANTED, requirements=(WANTED.requirements[0], Wish(text="pandas", origin="serve.requirements"))),
            ("requirement pandas <3,>=2 -> any (serve.requirements)",),
        ),
    ],
)
def test_what_changed_is_told(changed: Wanted, lines: tuple[str, ...]) -> None:
    assert staleness(locked(WANTED), changed) == lines


@pytest.mark.parametrize(
    ("file", "lock", "command"),
    [("deploy.yaml", "deploy.lock", "`deployc lock`"), ("mine.yaml", "mine.lock", "`deployc lock mine.yaml`")],
)
def test_the_lock_of_a_file_is_told_by_its_own_name(file: str, lock: str, command: str) -> None:
    (found,) = stale("section `serve`", file, ["python changed"]).diagnostics
    assert found.message == f"{lock}'s section `serve` is not up to date, and --locked forbids to change it"
    assert (found.help, found.notes) == (f"run {command} and commit {lock}", ("python changed",))


def test_a_section_that_is_not_there_is_stale() -> None:
    assert staleness(None, WANTED) == ("nothing is locked yet",)


def test_an_edited_record_is_stale() -> None:
    assert staleness(Section(inputs=WANTED.text + "\n", requirements=""), WANTED)
