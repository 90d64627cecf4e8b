"""This model as one of those behind the service, which answers below the model's name."""

from __future__ import annotations

from ..template.info import Info, with_libraries
from ..template.metrics import Metrics
from ..template.predictor import Predictor
from ..template.service import Service
from ..template.settings import Settings


class Part(Service):
    """What this model is asked, from start to stop."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        super().__init__(settings, Predictor.load, metrics=metrics)

    @property
    def told(self) -> Info:
        """What is served, with the versions of its libraries."""
        return with_libraries(self.about)
