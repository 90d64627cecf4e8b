"""What asks the model where there is no service, and before it those models whose answers it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial

from ..template.predictor import Predictor, ask
from ..template.schema import Row
from ..template.scoring import Ask
from .fed import FEEDS, completed
from .feeding import Fed
from .unserved import feeding

OTHERS: dict[str, Callable[[], AbstractContextManager[Fed]]] = {"other": feeding}
"""What asks each of them."""


@contextmanager
def asking() -> Iterator[Ask]:
    """Asks all models that are needed, which are shipped beside this package."""
    predictor = Predictor.load()
    with ExitStack() as stack:
        others = {name: stack.enter_context(other()) for name, other in OTHERS.items()}
        yield partial(_asked, predictor, others)


def _asked(predictor: Predictor, others: Mapping[str, Fed], method: str, rows: Sequence[Row]) -> Sequence[object]:
    found = [others[model](asked, rows) for model, asked, _ in FEEDS.values()]
    return ask(predictor, method, completed(rows, found))
