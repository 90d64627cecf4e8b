"""What is asked of a fitted object of a model's library, whatever is made of it."""

from __future__ import annotations

from typing import Any

Fitted = Any  # an object of a model's library, which has no types: what it is like is asked, not known


def full_name(fitted: Fitted) -> str:
    """The class of an object, as pickles name it."""
    return f"{type(fitted).__module__}.{type(fitted).__qualname__}"


def opened(model: Fitted) -> Fitted:
    """The library's own object, which a flavor may have put behind a face of its own."""
    inner = getattr(model, "native", None)
    return model if inner is None else inner


def takes_nan(estimator: Fitted) -> bool:
    """Whether scikit-learn lets NaN through to this estimator."""
    if hasattr(estimator, "__sklearn_tags__"):
        return bool(estimator.__sklearn_tags__().input_tags.allow_nan)
    return bool(estimator._get_tags()["allow_nan"])
