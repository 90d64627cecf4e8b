"""scikit-learn's side of the model module: a model is loaded and asked as every one that takes tables."""

from __future__ import annotations

REQUIREMENTS = ("scikit-learn", "numpy")
SERIALIZERS = {"skops": ("skops",), "joblib": ("joblib",), "cloudpickle": ("cloudpickle",), "pickle": ()}
CONTAINERS = {"dataframe": ("pandas",), "ndarray": (), "texts": (), "tensor": ()}
