"""What a model file may name: the operator's list, never the model's own."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ...schema.diagnostics import UserError, fail
from .flavor import flavors
from .safe_names import SAFE_NAMES
from .symbols import Mention, Name

_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Names that may be loaded: single ones, such as "numpy.ndarray", and whole modules with those below them.

    Of a module only what it holds under a plain name is allowed: pickle follows dots, and `features.os.system` is not
    the module's own.
    """

    names: frozenset[str] = SAFE_NAMES
    modules: tuple[str, ...] = ()

    def permits(self, name: Name) -> bool:
        if str(name) in self.names and "." not in name.name:
            return True
        inside = any(name.module == m or name.module.startswith(m + ".") for m in self.modules)
        return inside and "." not in name.name

    def plus(self, *, names: Iterable[str] = (), modules: Iterable[str] = ()) -> Allowed:
        """The same and these."""
        return replace(self, names=self.names | frozenset(names), modules=(*self.modules, *modules))

    def plus_code(self, sources: Mapping[str, str]) -> Allowed:
        """The same and what the user's own modules define, by import name; not what they import from elsewhere.

        A module named like one of Python's is not his when it is loaded.
        """
        own = {m: text for m, text in sources.items() if m.split(".")[0] not in sys.stdlib_module_names}
        return self.plus(names=(f"{module}.{name}" for module, text in own.items() for name in _defined(text)))


def _defined(source: str) -> Iterator[str]:
    """Names of the classes and functions at the top of a module; none where it does not parse."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return
    yield from (n.name for n in body if isinstance(n, ast.ClassDef | ast.FunctionDef))


def default_allowed() -> Allowed:
    """What may be named where the operator says nothing: data of Python and numpy, and of each flavor."""
    return Allowed().plus(names=(name for flavor in flavors() for name in flavor.names()))


def check_allowed(mentions: Iterable[Mention], allowed: Allowed, file: str) -> None:
    """Raise UserError `forbidden-pickle` that lists whatever is mentioned and not allowed, with where it stands."""
    first: dict[Name, Mention] = {}
    for mention in mentions:
        if not mention.settled and not allowed.permits(mention.name):
            first.setdefault(mention.name, mention)
    if first:
        raise _forbidden(tuple(first.values()), file)


def _forbidden(found: tuple[Mention, ...], file: str) -> UserError:
    names = ", ".join(f"`{m.name}`" for m in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return fail(
        "forbidden-pickle",
        f"loading {file} would use {names}{more}, which is not on the list of what models may use",
        field=("model", "path"),
        help=_advice(found),
        notes=[f"`{m.name}`: {file}{', ' + m.member if m.member else ''}, byte {m.at}" for m in found[:_SHOWN]],
    )


def _advice(found: tuple[Mention, ...]) -> str:
    modules = {m.name.module for m in found}
    if "__main__" in modules:
        return (
            "a class of the training script itself cannot be found again: move it into a module of its own, train "
            "again and list that module in model.code"
        )
    if any(m.split(".")[0] == "cloudpickle" for m in modules):
        return "the file holds code: move its functions and classes into a module, train again, list it in model.code"
    if any(m.split(".")[0] in sys.stdlib_module_names for m in modules):
        return "do not load this file unless you know who wrote it and why it does this"
    return "if the module is your own, list its file in model.code; else ask whoever runs deployc to allow the name"
