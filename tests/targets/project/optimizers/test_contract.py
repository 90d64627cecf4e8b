"""What deployc reads of an optimiser's file is what its converters know."""

from __future__ import annotations

import pytest

pytest.importorskip("numpy")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from deployc.targets.project.conversion import onnx_model
from deployc.targets.project.optimizers import onnx

pytestmark = pytest.mark.slow


def test_the_classes_that_onnx_names_are_those_that_it_converts() -> None:
    assert tuple(sorted(onnx_model.PREDICTORS)) == onnx.CLASSES
