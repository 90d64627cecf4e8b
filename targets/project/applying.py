"""Which optimisers may compile a model, and what it is once one of them has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...compiler.model_spec import ModelSpec, Requirement
from ...schema.config import Optimize
from .catalog import facts, known
from .needs import requirements_of

SKIPPED = frozenset({"None", "passthrough"})
"""Steps of a pipeline that do nothing."""


def candidates(options: Optimize, spec: ModelSpec) -> tuple[str, ...]:
    """The optimisers to try, the fastest form first. One that is named is tried whatever the model is."""
    if options.use != "auto":
        return (options.use,) if options.use in known("optimizers") else ()
    says = {name: facts("optimizers", name) for name in known("optimizers")}
    return tuple(sorted((name for name in says if applies(name, spec, says)), key=lambda name: _rank(says[name])))


def applies(name: str, spec: ModelSpec, says: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether an optimiser may convert a model, as far as the classes tell of which it is made.

    A class within a step counts where some optimiser knows it: what none of them knows, none can convert. WITHIN has
    those that an optimiser takes there alone.
    """
    classes = {each: _names(facts["CLASSES"]) for each, facts in says.items()}
    within = frozenset().union(*classes.values()) & {*spec.types}
    parts = {spec.class_name, *(step.class_name for step in spec.steps)} - SKIPPED
    known_within = classes[name] | _names(says[name].get("WITHIN", ()))
    knows = parts <= classes[name] and within <= known_within
    return knows and spec.flavor in _names(says[name]["FLAVORS"])


def compiled_spec(spec: ModelSpec, optimizer: str, versions: Mapping[str, str]) -> ModelSpec:
    """What the model is once it is compiled; `versions` are those of the libraries that it was proved with."""
    needs = tuple(
        Requirement(name=name, specifier=f"=={version}", reason="the compiled model was proved with it")
        for name in requirements_of(optimizer)
        if (version := versions.get(name))
    )
    # Only the compiled file is served, and no report that lies beside the model.
    file = str(facts("optimizers", optimizer)["FILE"])
    return replace(spec, optimizer=optimizer, file=file, requirements=needs, report="")


def must_be_proved(options: Optimize) -> bool:
    """Whether a build fails where there is no proof."""
    named = options.use not in ("auto", "off")
    return options.on_unproved == "fail" or (named and options.on_unproved is None)


def may_do_without(options: Optimize) -> bool:
    """Whether an optimiser is left out where its packages cannot be locked beside the model's."""
    return options.use == "auto" or not must_be_proved(options)


def _rank(says: Mapping[str, object]) -> int:
    rank = says["RANK"]
    assert isinstance(rank, int)
    return rank


def _names(value: object) -> frozenset[str]:
    assert isinstance(value, tuple)
    return frozenset(map(str, value))
