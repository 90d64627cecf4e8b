"""Which of several models take in their columns what others answer."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .config import Config, Input, Member
from .diagnostics import Diagnostic, Field
from .suggest import suggest


@dataclass(frozen=True, slots=True)
class Feed:
    """What a column is filled with: what a model answers to one of its methods."""

    model: str
    method: str
    label: str = ""
    """The class whose number it is, where the answer has one for each."""


def feeds_of(inputs: Mapping[str, Input]) -> Mapping[str, Feed]:
    """By column, what a model takes of others."""
    return {name: Feed(*said.from_.split(".", 2)) for name, said in inputs.items() if said.from_}


def in_order(feeds: Mapping[str, Mapping[str, Feed]]) -> tuple[str, ...]:
    """The models, each after those that it takes answers of; graphlib.CycleError where they need each other."""
    needs = {name: {feed.model for feed in own.values()} for name, own in feeds.items()}
    return tuple(graphlib.TopologicalSorter(needs).static_order())


def mistakes(config: Config) -> Iterator[Diagnostic]:
    """What is wrong with them as far as no model has to be known for it."""
    for column, said in config.inputs.items():
        if said.from_:
            text = "there is one model only, and no other whose answer a column could be"
            yield Diagnostic(code="which-model", message=text, field=("inputs", column, "from"), help="take it out")
    unknown = [d for name, member in config.models.items() for d in _unknown(config, name, member)]
    yield from unknown
    if unknown:
        return
    try:
        in_order({name: feeds_of(member.inputs) for name, member in config.models.items()})
    except graphlib.CycleError as error:
        circle = error.args[1][::-1]
        text = f"models need each other's answers in a circle: {' -> '.join(circle)}"
        yield Diagnostic(code="model-cycle", message=text, field=("models", circle[0], "inputs"))


def _unknown(config: Config, name: str, member: Member) -> Iterator[Diagnostic]:
    for column, feed in feeds_of(member.inputs).items():
        field: Field = ("models", name, "inputs", column, "from")
        if feed.model not in config.models:
            text = f"there is no model `{feed.model}` in `models`"
            yield Diagnostic(code="which-model", message=text, field=field, help=suggest(feed.model, config.models))
            continue
        for hooked in (each for each in (name, feed.model) if config.models[each].hooks):
            text = f"`{hooked}` has hooks, which know nothing of other models"
            yield Diagnostic(code="conflicting-keys", message=text, field=field, help="take one of them out")
