"""Locks as much of what may be left out as can be locked beside the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...schema.lockfile import Pin
from .failures import NoSolution
from .wanted import Wanted

Pins = tuple[Pin, ...]


def fitting(wanted: Wanted, lock: Callable[[Wanted], Pins]) -> tuple[Pins, Mapping[str, str]]:
    """What `lock` gives for all that is wanted; else for the rest with each option, in their order, that fits what is
    there already, and why the others do not.

    Raises what `lock` raises for the rest alone, and any UserError but NoSolution.
    """
    options = wanted.options
    try:
        return lock(wanted), {}
    except NoSolution as error:
        if not options:
            raise
        whole = error
    # what excludes itself is told without a word of what it did not ask for
    found, kept, without = lock(wanted.only(())), list[str](), dict[str, str]()
    for option in options:
        trial = [*kept, option]
        if trial == [*options]:
            without[option] = _why(whole)
            continue
        try:
            found, kept = lock(wanted.only(trial)), trial
        except NoSolution as error:
            without[option] = _why(error)
    return found, without


def _why(error: NoSolution) -> str:
    """What deploy.lock may hold of an error: no address, and no advice for whoever runs uv himself."""
    first = error.diagnostics[0]
    lines = [line for text in (first.message, *first.notes) for line in text.partition("\n\n")[0].splitlines()]
    return "".join(f"{line}\n" for line in lines if "://" not in line)
