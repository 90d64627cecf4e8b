"""The pass that takes out what nothing uses any more, seen over all modules of a package."""

from __future__ import annotations

from collections.abc import Mapping, Set

import libcst as cst

from .source import defined_name, definitions, dotted, exported, imports_of, used_names, walk
from .unused import drop_unused_imports


def prune(module: cst.Module, roots: Set[str]) -> cst.Module:
    """The module without definitions that neither a root nor a statement at its top level leads to.

    Dunder names and what __all__ lists are roots. Imports that become unused go too.
    """
    found = definitions(module.body)
    waiting = {name for name in found if name in roots or _is_dunder(name)} | exported(module)
    waiting |= {n for s in module.body if defined_name(s) is None for n in used_names(s)}
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        reached.add(name)
        if name in found:
            waiting |= used_names(found[name]) - reached
    gone = [(n := defined_name(s)) is not None and n not in reached for s in module.body]
    # What describes a definition goes with it.
    kept = [s for i, s in enumerate(module.body) if not (gone[i] or (i and gone[i - 1] and _is_text(s)))]
    return drop_unused_imports(module.with_changes(body=kept))


def prune_all(modules: Mapping[str, cst.Module], roots: Mapping[str, Set[str]]) -> Mapping[str, cst.Module]:
    """Modules of one package by name, pruned until each definition is a root of its module or used somewhere."""
    while True:
        used = frozenset().union(*(_used_elsewhere(module) for module in modules.values()))
        pruned = {
            name: prune(module, roots.get(name, frozenset()) | {n for target, n in used if target == name})
            for name, module in modules.items()
        }
        if all(len(pruned[name].body) == len(module.body) for name, module in modules.items()):
            return pruned
        modules = pruned


def _is_text(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]):
            return True
    return False


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _used_elsewhere(module: cst.Module) -> frozenset[tuple[str, str]]:
    """What a module uses of others: the other's name, and the name in it."""
    nodes = [*walk(module)]
    used = used_names(module) | exported(module)
    found = [i for node in nodes if isinstance(node, cst.ImportFrom) for i in imports_of(node) if i.bound in used]
    holders = {i.bound: i.name for i in found if not i.module.strip(".")}
    attributes = (
        (holders[holder], name)
        for node in nodes
        if isinstance(node, cst.Attribute)
        for holder, _, name in [dotted(node).rpartition(".")]
        if holder in holders
    )
    # What lies in a package is no module beside this one.
    return frozenset((i.module.lstrip("."), i.name) for i in found) | frozenset(attributes)
