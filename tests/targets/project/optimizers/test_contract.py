"""What deployc reads of an optimiser's file is what its converters know."""

from __future__ import annotations

import pytest

pytest.importorskip("numpy")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from deployc.targets.project.conversion.classes import META, PREDICTORS, TRANSFORMERS
from deployc.targets.project.conversion.composition import COMPOUNDS
from deployc.targets.project.optimizers import onnx

pytestmark = pytest.mark.slow


def test_the_classes_that_onnx_names_are_those_that_it_converts() -> None:
    assert tuple(sorted({*PREDICTORS, *TRANSFORMERS, *COMPOUNDS, *META})) == onnx.CLASSES
