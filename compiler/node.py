"""The nodes of a plan, as values: what each one reads, what it is made with, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .cas import Cas
from .process import Processes
from .tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An input that another node makes: its whole output tree, or what lies below a folder of it, or one file."""

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
    processes: Processes
    """Starts commands that end when the build does."""
    log: Callable[[str], None]
    """Takes a line of progress or of a command's output; shown when the node fails."""
    note: Callable[[str], None]
    """Takes a line that the user is to see however the build is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node with one output tree. Its action's key is made of `inputs`' contents, `params`, `implementation` and
    `environments`.

    `run` returns the output tree. A check's is its report (report.json and what else is worth keeping); a check that
    does not hold raises UserError, as any node that fails, and nothing of a failed node is cached.
    """

    name: str
    kind: Literal["stage", "check", "lock"] = "stage"
    inputs: Mapping[str, Input] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    implementation: tuple[str, ...] = ()
    """Lines that identify what the node runs: a command's text, or deployc's version and those of its libraries."""
    environments: tuple[str, ...] = ()
    """Environment nodes whose interpreters `run` needs."""
    run: Callable[[Work], Tree]
    recall: Callable[[Cas, Mapping[str, Tree]], Tree | None] | None = None
    """For a lock: its output where deploy.lock has it, else None. Such a node is kept there and in no cache."""
    after: tuple[str, ...] = ()
    """Nodes that must have succeeded first, though nothing of theirs is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An installed lock on this machine. `realise` installs it where it is not yet and returns its interpreter."""

    name: str
    kind: Literal["environment"] = "environment"
    inputs: Mapping[str, Input] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    implementation: tuple[str, ...] = ()
    realise: Callable[[Work], Path]
    installed: Callable[[Cas, Mapping[str, Tree]], Path | None] = lambda cas, inputs: None
    """Its interpreter where it is installed already."""

    @property
    def after(self) -> tuple[str, ...]:
        return ()

    @property
    def environments(self) -> tuple[str, ...]:
        return ()


AnyNode = Node | Environment


class Unproved(Exception):
    """A check lacks what it needs of this machine, and says what: it has neither held nor failed, and is not kept."""
