"""What all tests share: the flag that rewrites golden files, and a small language to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from deployc.schema.constraints import Doc, Minimum, Shorthand
from hypothesis import settings

# how long an example takes is the machine's affair, not the code's
settings.register_profile("deployc", deadline=None)
settings.load_profile("deployc")

Catalogs = Mapping[str, Mapping[str, type | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Nothing to choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A container image."""

    tag: str
    base: Literal["slim", "full"] = "slim"
    labels: Annotated[Mapping[str, str], Doc("Labels of the image.")]
    layers: Annotated[int, Minimum(1)] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far two numbers may be apart."""

    abs: Annotated[float, Minimum(0)] = 0.0
    rel: Annotated[float, Minimum(0)] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """The service says what the model says."""

    rows: Annotated[str, Doc("CSV rows.")]
    tolerance: Annotated[
        Tolerance,
        Shorthand(Annotated[float, Minimum(0)], lambda number: {"abs": number}),
        Doc("A number or {abs, rel}."),
    ] = Tolerance()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what was rendered into the golden files")


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def small_catalogs() -> Catalogs:
    """Frameworks, targets and tests of which the language is made here, whatever the real ones are."""
    return {
        "frameworks": {"fastapi": None, "flask": None, "aiohttp": None, "sanic": None},
        "optimizers": {"auto": None, "off": None, "linear": None},
        "targets": {"project": Nothing, "wheel": Nothing, "oci": Image},
        "tests": {"types": Nothing, "smoke": None, "parity": Parity},
    }
