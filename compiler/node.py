"""The nodes of a plan, as values: what each one reads, what it is made with, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .cas import Cas
from .tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An input that another node makes: its whole output tree, or what lies below `folder` in it."""

    node: str
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """An input from the user's folder: paths, folders and globs relative to deploy.yaml."""

    globs: tuple[str, ...]


Input = Made | Files


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a running node is given."""

    cas: Cas
    inputs: Mapping[str, Tree]
    folder: Path
    """An empty folder of the node's own, removed afterwards."""
    pythons: Mapping[str, Path]
    """Interpreters of the environments that the node named, by environment node."""
    log: Callable[[str], None]
    """Takes a line of progress or of a command's output; shown when the node fails."""


Kind = Literal["stage", "environment", "check", "lock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node. Its action's key is made of `inputs`' contents, `params`, `implementation` and `environments`.

    `run` returns the node's output tree; a check returns its report (report.json, and what else is worth keeping) and
    raises UserError when it does not hold. A failed node is not cached.
    """

    name: str
    kind: Kind = "stage"
    inputs: Mapping[str, Input] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    implementation: tuple[str, ...]
    """Lines that identify what the node runs: a command's text, or deployc's version and those of its libraries."""
    environments: tuple[str, ...] = ()
    """Environment nodes whose interpreters `run` needs."""
    run: Callable[[Work], Tree]
