"""The pass that puts implementations into a template's prototypes, with all that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from .add_imports import add_imports
from .source import Definition, class_body, defined_name, definitions, imports, used_names

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """Implementations for prototypes.

    `chosen` maps a prototype ("load", "Model.predict") to its implementation's name in `source`. It may also name what
    only other implementations call: then that name means the chosen one.
    """

    source: cst.Module
    chosen: Mapping[str, str]


def fill(module: cst.Module, filling: Filling) -> cst.Module:
    """The module with its prototypes replaced, and with the definitions and imports that the replacements use.

    A function's name, decorators, and docstring (unless the implementation has one) stay the prototype's; the rest is
    the implementation's. ValueError: an implementation is missing, or takes other parameters, or only one of both is
    async.
    """
    available = definitions(filling.source.body)
    missing = set(filling.chosen.values()) - set(_qualified(available))
    if missing:
        raise ValueError(f"there is no implementation called {', '.join(sorted(missing))}")
    own = definitions(module.body)
    filled = [_filled(statement, filling.chosen, available) for statement in module.body]
    brought = _brought(filling.chosen, available, own)
    body = _inserted(filled, brought, _first_filled(module.body, filling.chosen))
    return _with_imports(module.with_changes(body=body), filling.source)


def _qualified(available: Mapping[str, Definition]) -> list[str]:
    methods = [
        f"{n}.{m}" for n, d in available.items() if isinstance(d, cst.ClassDef) for m in definitions(class_body(d))
    ]
    return [*available, *methods]


def _filled(statement: Statement, chosen: Mapping[str, str], available: Mapping[str, Definition]) -> Statement:
    name = defined_name(statement)
    if name is None:
        return statement
    if name in chosen:
        return _replaced(statement, available[chosen[name]], name)
    if not isinstance(statement, cst.ClassDef):
        return statement
    methods = {m: found for m in definitions(class_body(statement)) if (found := chosen.get(f"{name}.{m}"))}
    if not methods:
        return statement
    body = [_method(s, methods, available) for s in class_body(statement)]
    return statement.with_changes(body=statement.body.with_changes(body=body))


def _method(statement: cst.CSTNode, methods: Mapping[str, str], available: Mapping[str, Definition]) -> cst.CSTNode:
    name = defined_name(statement)
    if name is None or name not in methods or not isinstance(statement, cst.FunctionDef):
        return statement
    holder, _, method = methods[name].rpartition(".")
    within = available.get(holder)
    place = definitions(class_body(within)) if isinstance(within, cst.ClassDef) else available
    return _replaced(statement, place[method], name)


def _replaced(prototype: Statement, implementation: Definition, name: str) -> Statement:
    match prototype, implementation:
        case cst.FunctionDef(), cst.FunctionDef():
            _check(prototype, implementation)
            return implementation.with_changes(
                name=cst.Name(name),
                decorators=prototype.decorators,
                leading_lines=prototype.leading_lines,
                lines_after_decorators=prototype.lines_after_decorators,
                body=_documented(implementation, prototype),
            )
        case cst.ClassDef(), cst.ClassDef():
            return implementation.with_changes(name=cst.Name(name), leading_lines=prototype.leading_lines)
        case cst.SimpleStatementLine(), cst.SimpleStatementLine():
            return implementation
    raise ValueError(f"prototype and implementation of {name} are of different kinds")


def _check(prototype: cst.FunctionDef, implementation: cst.FunctionDef) -> None:
    if (prototype.asynchronous is None) != (implementation.asynchronous is None):
        raise ValueError(f"of {prototype.name.value} and {implementation.name.value} only one is async")
    if _parameters(prototype.params) != _parameters(implementation.params):
        raise ValueError(f"{implementation.name.value} takes other parameters than {prototype.name.value}")


def _parameters(parameters: cst.Parameters) -> tuple[object, ...]:
    """The names and kinds of parameters, without annotations, defaults and formatting."""
    star = parameters.star_arg.name.value if isinstance(parameters.star_arg, cst.Param) else None
    groups = parameters.posonly_params, parameters.params, parameters.kwonly_params
    names = [tuple(p.name.value for p in group) for group in groups]
    return (*names, star, parameters.star_kwarg.name.value if parameters.star_kwarg else None)


def _documented(implementation: cst.FunctionDef, prototype: cst.FunctionDef) -> cst.BaseSuite:
    if implementation.get_docstring() is not None or prototype.get_docstring() is None:
        return implementation.body
    block = _block(implementation.body)
    return block.with_changes(body=[_block(prototype.body).body[0], *block.body])


def _block(suite: cst.BaseSuite) -> cst.IndentedBlock:
    """A suite on lines of its own, as `def f(): return 1` has none."""
    match suite:
        case cst.IndentedBlock():
            return suite
        case cst.SimpleStatementSuite(body=body):
            return cst.IndentedBlock([cst.SimpleStatementLine([small]) for small in body])
    raise TypeError(suite)


def _brought(
    chosen: Mapping[str, str], available: Mapping[str, Definition], own: Mapping[str, Definition]
) -> Mapping[str, Statement]:
    """The source's definitions that implementations use, directly or not, by the name that they will have."""
    waiting = [_part(name, available) for name in chosen.values() if not _is_helper(name, chosen, own)]
    brought: dict[str, Statement] = {}
    while waiting:
        for name in sorted(used_names(waiting.pop())):
            definition = available.get(chosen.get(name, name))
            if definition is None or name in brought or name in own:
                continue
            brought[name] = _renamed(definition, name)
            waiting.append(definition)
    order = {name: i for i, name in enumerate(available)}
    return dict(sorted(brought.items(), key=lambda item: order[chosen.get(item[0], item[0])]))


def _is_helper(implementation: str, chosen: Mapping[str, str], own: Mapping[str, Definition]) -> bool:
    """Whether an implementation stands for no prototype, so that it is needed only where it is called."""
    return not any(i == implementation and p.partition(".")[0] in own for p, i in chosen.items())


def _part(name: str, available: Mapping[str, Definition]) -> Definition:
    holder, _, method = name.rpartition(".")
    within = available.get(holder)
    return definitions(class_body(within))[method] if isinstance(within, cst.ClassDef) else available[name]


def _renamed(definition: Definition, name: str) -> Statement:
    if isinstance(definition, cst.SimpleStatementLine):
        return definition
    return definition.with_changes(name=cst.Name(name))


def _first_filled(body: Sequence[Statement], chosen: Mapping[str, str]) -> int:
    prototypes = {name.partition(".")[0] for name in chosen}
    found = [i for i, statement in enumerate(body) if defined_name(statement) in prototypes]
    return found[0] if found else len(body)


def _inserted(body: Sequence[Statement], brought: Mapping[str, Statement], first: int) -> list[Statement]:
    """Constants come before the first prototype, classes and functions after all else."""
    constants = [s for s in brought.values() if isinstance(s, cst.SimpleStatementLine)]
    others = [s for s in brought.values() if not isinstance(s, cst.SimpleStatementLine)]
    return [*body[:first], *constants, *body[first:], *others]


def _with_imports(module: cst.Module, source: cst.Module) -> cst.Module:
    """The module with the source's imports of names that it uses and has not got."""
    used = used_names(module) - set(definitions(module.body))
    return add_imports(module, [i for i in imports(source) if i.bound in used and i.module != "__future__"])
