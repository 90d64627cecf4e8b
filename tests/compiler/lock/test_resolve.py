"""What a section of deploy.lock holds once it is resolved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deployc.compiler.lock import universal
from deployc.compiler.lock.resolve import unknown
from deployc.compiler.lock.wanted import Wanted, Wish
from deployc.schema.config import Index
from deployc.schema.diagnostics import Diagnostic, UserError
from deployc.schema.lockfile import Lockfile, pins
from packaging.markers import Marker

from .locking import PYTHON, Machine, asked, versions
from .package_index import PackageIndex


def failure(here: Machine, wanted: Wanted, *, offline: bool = False) -> Diagnostic:
    with pytest.raises(UserError) as caught:
        here.lock(wanted=wanted, offline=offline)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def test_pins_have_the_hashes_of_the_index_and_all_that_is_required(here: Machine, index: PackageIndex) -> None:
    digest = index.add("alpha", "1.0", ["beta>=2"])
    other = index.add("beta", "2.5")
    section = here.lock("Alpha")
    assert section.requirements == (
        f"alpha==1.0 \\\n    --hash=sha256:{digest}\nbeta==2.5 \\\n    --hash=sha256:{other}\n"
    )


def test_the_same_wish_gives_the_same_bytes(here: Machine, index: PackageIndex) -> None:
    for version in ("1.0", "1.1"):
        index.add("alpha", version, ["beta", "gamma; sys_platform == 'win32'"])
    index.add("beta", "2")
    index.add("gamma", "3")
    assert here.lock("beta", "alpha") == here.lock("alpha", "beta")


def test_one_lock_serves_every_platform_but_one_python(here: Machine, index: PackageIndex) -> None:
    index.add("alpha", "1", ["win; sys_platform == 'win32'", "later; python_full_version >= '3.99'"])
    index.add("win", "1")
    index.add("later", "1")
    win = next(p for p in pins(here.lock("alpha").requirements) if p.name == "win")
    assert Marker(win.marker).evaluate({"sys_platform": "win32"})
    assert not Marker(win.marker).evaluate({"sys_platform": "linux"})
    assert versions(here.lock("alpha")) == {"alpha": "1", "win": "1"}


def test_what_a_later_python_would_need_changes_nothing(here: Machine, index: PackageIndex) -> None:
    """As numpy 1.22 and pandas 1.5 do, which go together on Python 3.10 and not on 3.11."""
    major, minor = PYTHON.split(".")
    index.add("alpha", "1", [f"beta>=2 ; python_version >= '{major}.{int(minor) + 1}'"])
    index.add("alpha", "0")
    index.add("beta", "1")
    index.add("beta", "2")
    assert versions(here.lock("alpha==1", "beta==1")) == {"alpha": "1", "beta": "1"}
    assert versions(here.lock("alpha", "beta==1")) == {"alpha": "1", "beta": "1"}


@pytest.mark.parametrize(
    "marker",
    ["sys_platform == 'linux'", "sys_platform == 'win32' or os_name == 'nt'", "platform_machine == 'x86_64'"],
)
def test_a_wish_for_some_platforms_keeps_its_condition(here: Machine, index: PackageIndex, marker: str) -> None:
    index.add("alpha", "1")
    (pin,) = pins(here.lock(f"alpha ; {marker}").requirements)
    for found in ({"sys_platform": s, "os_name": o} for s in ("linux", "win32") for o in ("posix", "nt")):
        environment = {**found, "platform_machine": "x86_64"}
        assert Marker(pin.marker).evaluate(environment) == Marker(marker).evaluate(environment)
    assert "python" not in pin.marker


def test_pins_stay_until_their_upgrade_is_asked_for(here: Machine, index: PackageIndex) -> None:
    for name in ("alpha", "beta"):
        index.add(name, "1")
    first = here.lock("alpha", "beta")
    for name in ("alpha", "beta", "gamma"):
        index.add(name, "2")
    here.environ["UV_CACHE_DIR"] += "-fresh"
    assert versions(here.lock("alpha", "beta", "gamma", previous=first)) == {"alpha": "1", "beta": "1", "gamma": "2"}
    moved = here.lock("alpha", "beta", previous=first, upgrade=("Alpha",))
    assert versions(moved) == {"alpha": "2", "beta": "1"}
    assert versions(here.lock("alpha", "beta", previous=first, upgrade=("*",))) == {"alpha": "2", "beta": "2"}


def test_an_upgrade_moves_what_it_forces(here: Machine, index: PackageIndex) -> None:
    index.add("alpha", "1", ["beta"])
    index.add("beta", "1")
    index.add("other", "1")
    first = here.lock("alpha", "other")
    index.add("alpha", "2", ["beta>=2"])
    index.add("beta", "2")
    index.add("other", "2")
    here.environ["UV_CACHE_DIR"] += "-fresh"
    moved = here.lock("alpha", "other", previous=first, upgrade=("alpha",))
    assert versions(moved) == {"alpha": "2", "beta": "2", "other": "1"}


def test_serving_prefers_what_training_was_locked_to(here: Machine, index: PackageIndex) -> None:
    index.add("alpha", "1")
    train = here.lock("alpha<2")
    index.add("alpha", "2")
    here.environ["UV_CACHE_DIR"] += "-fresh"
    newer = here.lock("alpha")
    assert versions(newer) == {"alpha": "2"}
    assert versions(here.lock("alpha", previous=newer, prefer=train.requirements)) == {"alpha": "1"}


def test_a_cutoff_hides_later_releases_and_counts_its_own_day(here: Machine, index: PackageIndex) -> None:
    index.add("alpha", "1", uploaded="2026-01-30T10:00:00Z")
    index.add("alpha", "2", uploaded="2026-01-31T23:59:00Z")
    index.add("alpha", "3", uploaded="2026-02-01T00:00:01Z")
    here.environ["TZ"] = "Pacific/Kiritimati"
    assert versions(here.lock(wanted=replace(asked("alpha"), cutoff="2026-01-31"))) == {"alpha": "2"}


def test_what_cannot_be_met_is_told_in_the_resolvers_words_at_its_field(here: Machine, index: PackageIndex) -> None:
    index.add("alpha", "1", ["beta<2"])
    index.add("beta", "2")
    field = ("serve", "requirements", 0)
    wish = Wish(text="alpha", origin="serve.requirements", field=field)
    found = failure(here, Wanted(requirements=(wish,), python=PYTHON))
    assert (found.code, found.field) == ("lock-unresolvable", field)
    assert "beta<2" in found.notes[0]
    assert "python_full_version" not in found.notes[0]
    assert str(here.folder) not in found.notes[0]


def test_a_wish_that_is_none_never_reaches_the_resolver(here: Machine, index: PackageIndex) -> None:
    assert failure(here, asked("alpha >> 2")).code == "bad-requirement"
    assert index.asked == []


def test_offline_locks_from_the_cache_alone(here: Machine, index: PackageIndex) -> None:
    index.add("alpha", "1")
    assert failure(here, asked("alpha"), offline=True).code == "offline-miss"
    online = here.lock("alpha")
    index.asked.clear()
    assert here.lock("alpha", offline=True) == online
    assert index.asked == []


def test_an_index_that_does_not_answer(here: Machine) -> None:
    here.environ["UV_DEFAULT_INDEX"] = "http://ann:hunter2@127.0.0.1:9/simple"
    found = failure(here, asked("alpha"))
    assert found.code == "index-unreachable"
    assert "127.0.0.1:9" in found.message
    assert "hunter2" not in repr(found) + here.texts()


def test_pips_setting_names_the_default_index_too(here: Machine, index: PackageIndex) -> None:
    index.add("alpha", "1")
    here.environ["PIP_INDEX_URL"] = here.environ.pop("UV_DEFAULT_INDEX")
    assert versions(here.lock("alpha")) == {"alpha": "1"}


@pytest.mark.parametrize("name", ["UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_CONSTRAINT", "UV_PRERELEASE", "UV_FIND_LINKS"])
def test_other_settings_of_uv_change_nothing(here: Machine, index: PackageIndex, name: str) -> None:
    index.add("alpha", "1")
    index.add("alpha", "2b1")
    here.environ[name] = "allow" if name == "UV_PRERELEASE" else str(here.folder / "missing")
    assert versions(here.lock("alpha")) == {"alpha": "1"}


@pytest.fixture
def corp(here: Machine) -> PackageIndex:
    folder = here.folder / "private"
    folder.mkdir()
    return PackageIndex(folder)


def test_packages_of_a_named_index_come_from_it_alone_and_others_never(
    here: Machine, index: PackageIndex, corp: PackageIndex
) -> None:
    good = corp.add("acme-model", "1.0", ["acme-tools", "six"])
    tools = corp.add("acme-tools", "0.5", ["acme-model"])
    corp.add("acme-unused", "1")
    corp.add("six", "99", text="stolen = True")
    public = index.add("six", "1.17")
    for name in ("acme-model", "acme-tools", "acme-unused"):
        index.add(name, "99.0", text="stolen = True")
    with corp.served():
        indexes = {"corp": Index(url=corp.url, packages=("acme_model", "acme-tools", "acme-unused"))}
        section = here.lock(wanted=asked("acme-model", indexes=indexes))
        found = {pin.name: (pin.version, pin.hashes) for pin in pins(section.requirements)}
        here.install(section.requirements, indexes=indexes)
    assert found == {"acme-model": ("1.0", (good,)), "acme-tools": ("0.5", (tools,)), "six": ("1.17", (public,))}
    assert set(index.asked) == {"six"}
    assert set(corp.asked) == {"acme-model", "acme-tools"}
    assert corp.url not in section.inputs + section.requirements
    assert "index corp acme-model, acme-tools, acme-unused" in section.inputs


def test_pip_tools_gives_the_pins_and_hashes_that_uv_gives(
    here: Machine, index: PackageIndex, piptools_installed: None
) -> None:
    index.add("alpha", "1.0", ["beta>=2", "gamma ; sys_platform == 'no-such'", "delta[extra]"])
    index.add("beta", "2.5")
    index.add("beta", "3.0", uploaded="2026-05-05T00:00:00Z")
    index.add("gamma", "1")
    index.add("delta", "1", ["setuptools ; extra == 'extra'"])
    index.add("setuptools", "80")
    wanted = replace(asked("alpha", "beta ; os_name != 'no-such'"), cutoff="2026-02-02")
    ours = here.lock(wanted=wanted)
    theirs = here.lock(wanted=replace(wanted, resolver="pip-tools"))
    here_true = [p for p in pins(ours.requirements) if not p.marker or Marker(p.marker).evaluate()]
    assert {(p.name, p.version, p.hashes) for p in pins(theirs.requirements)} == {
        (p.name, p.version, p.hashes) for p in here_true
    }
    assert {p.name for p in here_true} == {"alpha", "beta", "delta", "setuptools"}
    kept = here.lock(wanted=replace(wanted, resolver="pip-tools", cutoff=None), previous=theirs)
    assert versions(kept)["beta"] == "2.5"


def test_what_pip_tools_cannot_meet_is_told_without_a_traceback(
    here: Machine, index: PackageIndex, piptools_installed: None
) -> None:
    index.add("alpha", "1", ["beta<2"])
    index.add("beta", "1")
    index.add("beta", "2")
    found = failure(here, replace(asked("alpha", "beta>=2"), resolver="pip-tools"))
    assert found.code == "lock-unresolvable"
    assert "Cannot install alpha and beta>=2" in found.notes[0]
    assert "Traceback" not in found.notes[0]
    assert str(here.folder) not in found.notes[0]


def test_pip_tools_cannot_keep_packages_to_an_index(here: Machine) -> None:
    indexes = {"corp": Index(url="http://127.0.0.1:9/simple/", packages=("acme",))}
    assert failure(here, replace(asked("acme", indexes=indexes), resolver="pip-tools")).code == "index-needs-uv"


def test_a_name_to_upgrade_that_is_nowhere_is_told(here: Machine, index: PackageIndex) -> None:
    index.add("alpha-beta", "1")
    lockfile = Lockfile(sections={"serve": here.lock("alpha-beta")})
    assert unknown(["Alpha_Beta", "*"], lockfile) == ()
    (found,) = unknown(["alpha-bet"], lockfile)
    assert (found.code, found.help) == ("unknown-package", "did you mean `alpha-beta`?")


@pytest.mark.parametrize(("cutoff", "moment"), [("2026-01-31", "2026-02-01"), ("2025-12-31", "2026-01-01")])
def test_a_cutoff_ends_with_its_day(cutoff: str, moment: str) -> None:
    assert universal.after(cutoff) == f"{moment}T00:00:00Z"
