"""The frameworks, flavors and optimisers that there are, and what each file says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...compiler.codegen.facts import read_facts
from ..catalogs import FRAMEWORKS

HERE = Path(__file__).parent
APP = "app"
"""The module of a framework that holds `create_app` and `serve`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A web framework's face as text: the module `app`, and what stands beside it where the template is a user's own.

    A user's template names what it imports of ours by its full name, an own one relatively.
    """

    name: str
    modules: Mapping[str, str]
    own: bool = False
    """Whether it is the user's."""

    @property
    def requirements(self) -> tuple[str, ...]:
        """Requirements as in PEP 508."""
        return self._texts("REQUIREMENTS")

    @property
    def untyped(self) -> tuple[str, ...]:
        """Libraries without types of their own, as mypy's patterns of modules."""
        return self._texts("UNTYPED")

    def _texts(self, name: str) -> tuple[str, ...]:
        found = read_facts(self.modules[APP]).get(name, ())
        assert isinstance(found, tuple)
        return tuple(map(str, found))


def chosen(name: str, template: Mapping[str, str] | None = None) -> Framework:
    """The framework that a config names: one of the catalog, whose file is read and not imported, or the user's own."""
    if template:
        return Framework(name=name, modules=template, own=True)
    return Framework(name=name, modules={APP: FRAMEWORKS.file(name).read_text(encoding="utf-8")})


def known(kind: str) -> tuple[str, ...]:
    """Names of kind "frameworks", "flavors" or "optimizers", sorted."""
    return tuple(sorted(f.stem for f in (HERE / kind).glob("*.py") if f.stem != "__init__"))


def facts(kind: str, name: str) -> Mapping[str, object]:
    """The constants of a file of such a kind, or of the template, such as REQUIREMENTS."""
    return read_facts((HERE / kind / f"{name}.py").read_text(encoding="utf-8"))
