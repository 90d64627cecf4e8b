"""Which library a model seems to be of, where no flavor reads it yet: only to say so."""

from __future__ import annotations

from ..tree import Tree

LIBRARIES = {
    "catboost": "CatBoost",
    "diffusers": "Diffusers",
    "fastai": "fastai",
    "h2o": "H2O",
    "keras": "Keras",
    "lightautoml": "LightAutoML",
    "lightgbm": "LightGBM",
    "mxnet": "MXNet",
    "onnx": "ONNX",
    "paddle": "PaddlePaddle",
    "pmdarima": "pmdarima",
    "prophet": "Prophet",
    "pyspark": "Spark",
    "pytorch": "PyTorch",
    "sentence_transformers": "Sentence Transformers",
    "spacy": "spaCy",
    "spark": "Spark",
    "statsmodels": "statsmodels",
    "tensorflow": "TensorFlow",
    "torch": "PyTorch",
    "transformers": "Transformers",
    "xgboost": "XGBoost",
}
"""By top-level module and by MLflow's flavor."""

_SUFFIXES = {
    ".h5": "keras",
    ".keras": "keras",
    ".onnx": "onnx",
    ".pt": "torch",
    ".pt2": "torch",
    ".pth": "torch",
    ".safetensors": "transformers",
}
_HEADS = ((b"\x89HDF", "keras"),)


def seems(path: str, head: bytes) -> str:
    """The library's name by the file's first bytes or its suffix; empty when nothing tells."""
    library = next((name for mark, name in _HEADS if head.startswith(mark)), "")
    suffix = "." + path.rpartition(".")[2].lower()
    return LIBRARIES.get(library or _SUFFIXES.get(suffix, ""), "")


def seems_folder(tree: Tree) -> str:
    """The library that writes such a folder; empty when nothing tells."""
    names = {entry.path for entry in tree}
    if "saved_model.pb" in names:
        return LIBRARIES["tensorflow"]
    if "config.json" in names and any(name.endswith((".safetensors", "pytorch_model.bin")) for name in names):
        return LIBRARIES["transformers"]
    return ""
