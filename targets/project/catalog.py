"""The frameworks and flavors that there are, and what each file says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...compiler.codegen.facts import read_facts

HERE = Path(__file__).parent


def known(kind: str) -> tuple[str, ...]:
    """Names of kind "frameworks" or "flavors", sorted."""
    return tuple(sorted(f.stem for f in (HERE / kind).glob("*.py") if f.stem != "__init__"))


def facts(kind: str, name: str) -> Mapping[str, object]:
    """A file's constants, such as REQUIREMENTS."""
    return read_facts((HERE / kind / f"{name}.py").read_text(encoding="utf-8"))
