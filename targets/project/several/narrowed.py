"""What is asked of the model with rows that the service, which has several models, knows nothing of but their base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from ..template import categories, predictor
from ..template.problems import Rejected
from ..template.schema import Row

Rows = Sequence[Row]


def ask(asked: predictor.Predictor, method: str, rows: Sequence[msgspec.Struct]) -> Sequence[msgspec.Struct]:
    """One answer for each row; ValueError when the model does not accept the rows."""
    return predictor.ask(asked, method, _own(rows))


def unknown_category(rows: Sequence[msgspec.Struct]) -> Rejected | None:
    """What to say of rows that the model refused, where one of their values tells why."""
    return categories.unknown_category(_own(rows))


def _own(rows: Sequence[msgspec.Struct]) -> Rows:
    # They were made by this model's own operations.
    return cast("Rows", rows)
