"""What the overlay of an environment would change of what is built, which is the same in all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..compiler.node import AnyNode
from ..schema.config import Config, Entry
from ..schema.diagnostics import Diagnostic, Field
from .catalogs import TARGETS
from .deployment import Deployment
from .graph import graph

_ADVICE = "what all environments share is built once: say it in deploy.yaml"


def changes(environment: str, base: Config, made: Deployment) -> Iterator[Diagnostic]:
    """A diagnostic for each option that changes an artifact's bytes, or else one for the nodes that differ.

    An overlay says nothing of Python, so all else than the config is the same with the base and with it.
    """
    found = tuple(_reshaped(environment, base.targets, made.config.targets))
    yield from found
    if not found and (nodes := _differing(replace(made, config=base), made)):
        before = base.targets
        target = next((name for name, entry in made.config.targets.items() if entry != before.get(name)), None)
        field: Field = ("targets", target) if target else ("targets",)
        yield _refused(field, f"environment `{environment}` would change what is built: {', '.join(nodes)}")


def _reshaped(environment: str, base: Mapping[str, Entry], over: Mapping[str, Entry]) -> Iterator[Diagnostic]:
    """Options of targets that both have, where these make an artifact that is promoted."""
    for name, entry in over.items():
        before, field = base.get(name), ("targets", name)
        if before is None or before == entry:
            continue
        if before.kind != entry.kind:
            yield _refused((*field, "kind"), f"environment `{environment}` would make a {entry.kind} of `{name}`")
        elif shaping := getattr(TARGETS.load(entry.kind), "shaping", None):
            old, new = shaping(before.options), shaping(entry.options)
            for option in (option for option in new if old[option] != new[option]):
                text = f"`{option}` changes what `{name}` is, which is then another one in environment `{environment}`"
                yield _refused((*field, option, *_changed(old[option], new[option])), text)


def _changed(old: object, new: object) -> tuple[str, ...]:
    """The first key whose value is another one, of an option that is a mapping."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return next(((str(key),) for key in new if key not in old or old[key] != new[key]), ())
    return ()


def _refused(field: Field, message: str) -> Diagnostic:
    return Diagnostic(code="overlay-changes-build", message=message, field=field, help=_ADVICE)


def _differing(one: Deployment, other: Deployment) -> tuple[str, ...]:
    """Nodes that both have and that are neither a target nor a test, but would be made in another way."""
    before, own = {node.name: node for node in graph(one)}, {*other.config.targets, *other.config.tests}
    return tuple(
        node.name
        for node in graph(other)
        if node.name in before and node.name not in own and _made_of(node) != _made_of(before[node.name])
    )


def _made_of(node: AnyNode) -> tuple[object, ...]:
    return node.inputs, node.params, node.implementation, node.environments
