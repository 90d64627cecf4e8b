"""The user's own modules behind a model, as this process has imported them, and what they need themselves."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from types import ModuleType

from packaging.version import InvalidVersion, Version

from ..hooks.modules import collect, imported, on_disk

FIELD = ("model", "code")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCode:
    """Sources by their path below a folder on Python's path, and the distributions that they import."""

    files: Mapping[str, str]
    needs: tuple[str, ...]

    @property
    def tops(self) -> tuple[str, ...]:
        """The modules and packages that are directly in that folder."""
        return tuple(sorted({path.partition("/")[0] for path in self.files}))


def own_code(names: Iterable[str], loaded: Mapping[str, ModuleType]) -> OwnCode:
    """The sources of those of the modules `names` that are the user's own, with all of his that they import; `loaded`
    has modules by name.

    A module is his where it is a source file outside the folders that installers and Python itself write to.
    """
    files: dict[str, str] = {}
    needs: set[str] = set()
    waiting = [*names]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if root := _root(name, loaded.get(name)):
            for module in collect(name, on_disk(root), FIELD, code="hook-syntax").values():
                files[module.path] = module.source.text
                needs.update(imported(module))
                waiting += imported(module)
    own = {path.partition("/")[0].removesuffix(".py") for path in files}
    tops = {name.partition(".")[0] for name in needs} - own - sys.stdlib_module_names
    return OwnCode(files=dict(sorted(files.items())), needs=tuple(sorted(set(_distributions(tops)))))


def pinned(names: Iterable[str]) -> tuple[str, ...]:
    """The distributions as they are installed here, a requirement each; none for what is not, or not as released."""
    found = ((name, _version(name)) for name in names)
    return tuple(f"{name}=={version}" for name, version in found if version)


def _root(name: str, module: ModuleType | None) -> Path | None:
    """The folder on Python's path that a module of the user's own is in."""
    file = getattr(module, "__file__", None)
    if not file or not str(file).endswith(".py") or name.partition(".")[0] in {*sys.stdlib_module_names, "deployc"}:
        return None
    path = Path(file).resolve()
    if any(path.is_relative_to(Path(place).resolve()) for place in _installed()):
        return None
    place = path.parent if path.name == "__init__.py" else path
    return place.parents[name.count(".")]


def _installed() -> Iterator[str]:
    paths = sysconfig.get_paths()
    yield from (paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    yield from (path for path in sys.path if path.endswith(("site-packages", "dist-packages")))


def _distributions(tops: Iterable[str]) -> Iterator[str]:
    known = packages_distributions()
    for top in tops:
        yield from known.get(top, ())[:1]


def _version(name: str) -> str:
    """What an index has of an installed distribution: its version without what was added here."""
    try:
        found = Version(version(name))
    except (PackageNotFoundError, InvalidVersion):
        return ""
    return "" if found.is_devrelease else found.public
