"""What may be left out of a lock is left out where the requirements are at fault, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deployc.compiler.lock.wanted import Wanted, Wish
from deployc.schema.diagnostics import UserError

from .locking import PYTHON, Machine, versions
from .package_index import PackageIndex


def asked(*requirements: str, **options: str) -> Wanted:
    """The requirements, and the one of each option."""
    wishes = [Wish(text=text, origin="serve.requirements") for text in requirements]
    wishes += [Wish(text=text, origin=f"may {name}", optional=name) for name, text in options.items()]
    return Wanted(requirements=tuple(wishes), python=PYTHON)


@pytest.fixture
def stocked(index: PackageIndex) -> PackageIndex:
    """A package that asks for a later base than an old one, and one that takes any."""
    for version in ("1", "2"):
        index.add("base", version)
    index.add("fast", "1", ["base>=2"])
    index.add("slow", "1", ["base"])
    return index


def code(here: Machine, wanted: Wanted, *, offline: bool = False) -> str:
    with pytest.raises(UserError) as caught:
        here.lock(wanted=wanted, offline=offline)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic.code


def test_all_is_locked_where_it_goes_together(here: Machine, stocked: PackageIndex) -> None:
    section = here.lock(wanted=asked("base", quick="fast", tidy="slow"))
    assert versions(section) == {"base": "2", "fast": "1", "slow": "1"}
    assert section.without == {}


@pytest.mark.parametrize("resolver", ["uv", "pip-tools"])
def test_an_option_that_does_not_fit_is_left_out_and_the_resolver_says_why(
    here: Machine, stocked: PackageIndex, resolver: str, piptools_installed: None
) -> None:
    wanted = replace(asked("base<2", quick="fast", tidy="slow"), resolver=resolver)
    section = here.lock(wanted=wanted)
    assert versions(section) == {"base": "1", "slow": "1"}
    assert section.inputs == wanted.text
    assert [*section.without] == ["quick"]
    assert "base" in section.without["quick"].partition("\n")[2]
    assert "://" not in section.without["quick"]


def test_a_version_that_excludes_that_of_the_rest_leaves_its_option_out(here: Machine, stocked: PackageIndex) -> None:
    section = here.lock(wanted=asked("base==1", quick="base>=2"))
    assert versions(section) == {"base": "1"}
    told = "`base>=2` (may quick) excludes `base==1` (serve.requirements)\n"
    assert section.without == {"quick": told}


def test_of_two_that_exclude_each_other_the_first_stays(here: Machine, stocked: PackageIndex) -> None:
    section = here.lock(wanted=asked("slow", quick="fast", old="base<2"))
    assert versions(section) == {"base": "2", "fast": "1", "slow": "1"}
    assert [*section.without] == ["old"]


def test_what_no_index_has_is_left_out(here: Machine, stocked: PackageIndex) -> None:
    section = here.lock(wanted=asked("slow", quick="missing"))
    assert "missing" in section.without["quick"]


@pytest.mark.parametrize("resolver", ["uv", "pip-tools"])
def test_what_has_no_build_for_this_machine_is_left_out(
    here: Machine, stocked: PackageIndex, resolver: str, piptools_installed: None
) -> None:
    stocked.add("foreign", "1", tag="py3-none-win_arm64")
    section = here.lock(wanted=replace(asked("base", quick="foreign", tidy="slow"), resolver=resolver))
    assert versions(section) == {"base": "2", "slow": "1"}
    assert "foreign" in section.without["quick"]
    assert "://" not in section.without["quick"]
    here.install(section.requirements)


def test_what_is_not_left_out_is_locked_for_all_machines(here: Machine, stocked: PackageIndex) -> None:
    stocked.add("foreign", "1", tag="py3-none-win_arm64")
    assert versions(here.lock(wanted=asked("base", "foreign"))) == {"base": "2", "foreign": "1"}


def test_the_rest_is_told_of_without_the_options(here: Machine, stocked: PackageIndex) -> None:
    with pytest.raises(UserError) as caught:
        here.lock(wanted=asked("base<2", "fast", quick="missing"))
    (found,) = caught.value.diagnostics
    assert found.code == "lock-unresolvable"
    assert "missing" not in found.notes[0]


def test_an_index_that_fails_leaves_nothing_out(here: Machine, stocked: PackageIndex) -> None:
    stocked.add("other", "1")
    stocked.broken.add("other")
    assert code(here, asked("slow", quick="other")) == "index-unreachable"


def test_a_package_that_is_not_cached_leaves_nothing_out(here: Machine, stocked: PackageIndex) -> None:
    here.lock(wanted=asked("slow"))
    assert code(here, asked("slow", quick="fast"), offline=True) == "offline-miss"
