"""What stands in for the predictor's functions of the same first word, by the shape of the model's answers."""

from __future__ import annotations

from .predictor import finite
from .schema import ClassProbabilities, ClassScores, Decision, Prediction, Probabilities


def prediction_number(value: float) -> Prediction:
    return Prediction(finite(value))


def prediction_numbers(value: list[float]) -> Prediction:
    return Prediction([*map(finite, value)])


def probabilities_by_class(values: list[float]) -> Probabilities:
    return Probabilities(ClassProbabilities(*map(finite, values)))


def probabilities_list(values: list[float]) -> Probabilities:
    return Probabilities([*map(finite, values)])


def decision_by_class(value: list[float]) -> Decision:
    return Decision(ClassScores(*map(finite, value)))


def decision_list(value: list[float]) -> Decision:
    return Decision([*map(finite, value)])


def decision_number(value: float) -> Decision:
    return Decision(finite(value))
