"""Rows for a model that takes what other models answer: the trained ones say what that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...compiler.node import Input, Made, Work
from ...compiler.rows import typed_rows
from ...schema.composed import feeds_of, in_order
from ...schema.diagnostics import Field
from ..deployment import Deployment
from ..several import inputs_of, members, named, seen
from .booted import Json
from .trained import trained_answers

Row = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Chain:
    """A model, after those whose answers it takes; by name, the deployment that would have each alone."""

    models: Mapping[str, Deployment]

    @property
    def _others(self) -> Mapping[str, Deployment]:
        return dict([*self.models.items()][:-1])

    @property
    def inputs(self) -> Mapping[str, Input]:
        """What a node needs of these others."""
        found: dict[str, Input] = {}
        for name, alone in self._others.items():
            own: dict[str, Input] = {"model": Made(node="model", folder="model"), "spec": Made(node="inspect")}
            found |= inputs_of({**own, **alone.modules}, name)
        return found

    @property
    def environments(self) -> tuple[str, ...]:
        """Where they can be asked."""
        return tuple(named(alone.model_environment, name) for name, alone in self._others.items())

    def rows(self, work: Work, data: bytes, folder: Path, field: Field) -> tuple[list[Row], list[Row]]:
        """The rows of a table as requests have them, and the same with what the trained models answer."""
        given: list[Row] = []
        for name, alone in self.models.items():
            spec = alone.spec(seen(work, name) if name in self._others else work)
            columns = [column for column in spec.inputs if column.name not in feeds_of(alone.config.inputs)]
            typed = typed_rows(data, columns, field=field)
            given = [{**old, **new} for old, new in zip(given or [{}] * len(typed), typed, strict=True)]
        return given, self._completed(work, given, folder, field)

    def _completed(self, work: Work, rows: list[Row], folder: Path, field: Field) -> list[Row]:
        # libcst takes longer to import than a build with nothing to do
        from ..project.answers import label_key

        for name, alone in self.models.items():
            for number, (column, feed) in enumerate(feeds_of(alone.config.inputs).items()):
                place, other = folder / f"{name}-{number}", self.models[feed.model]
                place.mkdir()
                asked = seen(work, feed.model)
                said = trained_answers(asked, other, [*rows], [feed.method], place, field)[feed.method]
                labels = [label_key(label) for label in other.spec(asked).classes]
                found = [answer[labels.index(feed.label)] if isinstance(answer, list) else answer for answer in said]
                rows = [{**row, column: answer} for row, answer in zip(rows, found, strict=True)]
        return rows


def chain(deployment: Deployment, name: str) -> Chain:
    """What leads to one of a deployment's models."""
    each = members(deployment)
    feeds = {model: feeds_of(alone.config.inputs) for model, alone in each.items()}
    order, needed = in_order(feeds), {name}
    for model in reversed(order):
        needed |= {feed.model for feed in feeds[model].values()} if model in needed else set()
    return Chain({model: each[model] for model in order if model in needed})
