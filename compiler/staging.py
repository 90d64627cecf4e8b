"""`@stage`: the mark of a function that is a stage of the build. It changes nothing about the function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, overload

F = TypeVar("F", bound=Callable[..., object])
Paths = Mapping[str, str] | Sequence[str]
"""Paths by parameter; or of files that the function finds by itself."""
Before = Callable[..., object] | str


@overload
def stage(name: F) -> F: ...


@overload
def stage(
    name: str | None = None,
    *,
    depends_on: Before | Sequence[Before] = (),
    inputs: Paths = (),
    outputs: Paths = (),
    requirements: Sequence[str] = (),
    timeout: str = "1h",
    network: bool = False,
    env: Sequence[str] = (),
) -> Callable[[F], F]: ...


def stage(
    name: F | str | None = None,
    *,
    depends_on: Before | Sequence[Before] = (),
    inputs: Paths = (),
    outputs: Paths = (),
    requirements: Sequence[str] = (),
    timeout: str = "1h",
    network: bool = False,
    env: Sequence[str] = (),
) -> F | Callable[[F], F]:
    """Mark a function of the file that deploy.yaml's `pipeline` names.

    The build calls it with a path for each parameter: of `inputs`, of `outputs`, or of the outputs of the stages that
    it depends on. The other arguments are as those of `stages` in deploy.yaml. All are read from the file's text, so
    they have to be written out.
    """
    if name is not None and not isinstance(name, str):
        return name

    def mark(function: F) -> F:
        return function

    return mark
