"""One of several models behind a service, as the project is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...compiler.hooks.contract import Hooks
from ...compiler.model_spec import Label, ModelSpec, Output
from ...schema.composed import Feed
from ...schema.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is known of it, as for a project of its own."""

    spec: ModelSpec
    outputs: tuple[Output, ...]
    config: Config
    """What deploy.yaml would say if there were no other model."""
    example: Mapping[str, object] | None = None
    hooks: Hooks | None = None
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    """What it takes of other models, by column."""
    closed: Mapping[str, tuple[Label | None, ...]] | None = None
