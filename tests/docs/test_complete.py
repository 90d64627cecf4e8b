"""The reference pages leave nothing out and tell of nothing that is not there."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from deployc.targets.check import RESERVED
from deployc.targets.project.template.score import command_line
from deployc.targets.project.template.settings import Settings

from .pages import Page, page, pages
from .product import diagnostic_codes, key_table, option_table, parsers, service_codes

LONGEST_PARAGRAPH = 900


def test_every_error_code_has_a_paragraph_and_every_paragraph_a_code() -> None:
    told = page("docs/diagnostics.md").headings(3)
    assert sorted(told) == sorted(set(told))
    assert set(told) == diagnostic_codes()


@pytest.mark.parametrize("code", sorted(page("docs/diagnostics.md").headings(3)))
def test_a_code_s_paragraph_says_something(code: str) -> None:
    text = page("docs/diagnostics.md").part(code)
    assert 40 < len(text) < LONGEST_PARAGRAPH, text


def test_every_problem_of_the_service_is_told() -> None:
    table = page("docs/guide-service.md").part("Errors")
    assert service_codes() <= set(re.findall(r"(?m)^\| \d+ \| `([a-z-]+)`", table))


def test_every_setting_of_the_service_is_told() -> None:
    told = re.findall(r"(?m)^\| `PENGUINS_([A-Z_]+)`", page("docs/guide-service.md").part("Settings"))
    assert told == [field.name.upper() for field in fields(Settings)]


def test_every_name_that_is_taken_is_told() -> None:
    text = page("docs/guide-deploy-yaml.md").part("How values are read")
    assert [name for name in RESERVED if f"`{name}`" not in text] == []


def test_every_key_of_the_language_is_told(update_golden: bool) -> None:
    _fresh(page("docs/guide-deploy-yaml.md"), "keys", key_table(), update_golden)


@pytest.mark.parametrize("name", sorted(parsers()))
def test_every_command_is_told_with_its_arguments(name: str, update_golden: bool) -> None:
    _fresh(page("docs/guide-commands.md"), name, option_table(parsers()[name]), update_golden)


def test_no_command_is_told_that_is_not_there() -> None:
    told = [head.removeprefix("deployc ") for head in page("docs/guide-commands.md").headings(2)]
    assert [head for head in told if head in parsers()] == sorted(parsers())


@pytest.mark.parametrize("it", pages(), ids=lambda it: it.name)
def test_commands_and_flags_that_the_prose_names_exist(it: Page) -> None:
    known = {flag for parser in parsers().values() for action in parser._actions for flag in action.option_strings}
    known |= {flag for action in command_line()._actions for flag in action.option_strings}
    spans = re.findall(r"`([^`\n]+)`", it.prose)
    commands = {m[1] for span in spans if (m := re.match(r"deployc ([a-z]+)", span))}
    flags = {
        word for span in spans if span.startswith(("--", "deployc ")) for word in re.findall(r"--[a-z][a-z-]*", span)
    }
    assert commands <= {*parsers()}
    assert flags <= known | {"--version", "--strict"}


@pytest.mark.parametrize("it", pages(), ids=lambda it: it.name)
def test_links_lead_somewhere(it: Page) -> None:
    for link in it.links:
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (it.path.parent / file).resolve() if file else it.path
        assert target.exists(), link
        if anchor:
            assert anchor in page(target.relative_to(page("README.md").path.parent).as_posix()).anchors, link


def test_every_page_can_be_reached_from_the_readme() -> None:
    linked = {link.partition("#")[0] for link in page("README.md").links}
    assert {it.name for it in pages() if it.name != "README.md"} <= linked


def _fresh(it: Page, name: str, text: str, update: bool) -> None:
    if update:
        it.regenerate(name, text)
        it = page(it.name)
    assert it.text.count(f"<!-- /{name} -->") == 1
    assert it.generated(name) == text, "run pytest tests/docs --update-golden"
