"""What a model is, as data: read from its files without executing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..schema.config import Image

ColumnType = Literal["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]
"""MLflow's column types: integer is 32 bits, long 64, float 32, double 64, datetime counts nanoseconds."""

Label = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a request may hold in a column, as deploy.yaml says: the model itself knows nothing of it."""

    minimum: float | None = None
    maximum: float | None = None
    values: tuple[Label, ...] = ()
    """The only values; any, where there are none."""
    default: Label | None = None
    """What stands for the column where a request leaves it out."""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One input column; an optional column may be null or absent in a request."""

    name: str
    type: ColumnType
    optional: bool = False
    categories: tuple[Label, ...] | None = None
    """What a column of categories may hold, as the model numbers it; empty where the model numbers none."""
    closed: bool = False
    """Whether only its categories may be given: the model would mistake another value for one of them."""
    limits: Limits = Limits()
    shape: tuple[int, ...] = ()
    """Of a tensor, what it has for one row; other columns hold one value."""
    image: Image | None = None
    """How an image becomes its array, where requests may hold one, as deploy.yaml says."""
    redacted: bool = False
    """Whether what requests hold in it is shown nowhere, as deploy.yaml says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """What MLflow lets a request say beside its rows."""

    name: str
    type: ColumnType
    many: bool = False
    """Whether it is a list of such values."""
    default: tuple[Label, ...] = ()
    """One value unless it is a list; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a scikit-learn Pipeline."""

    name: str
    class_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A distribution that the model needs in order to be loaded and asked, and how we know."""

    name: str
    specifier: str
    """As in PEP 440, such as "==1.9.1"; empty when any version may do."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """Identity and signature of one model."""

    flavor: str
    """The model's library, as MLflow names it: "sklearn"."""
    class_name: str
    """Full name of the model's class: "sklearn.pipeline.Pipeline"."""
    steps: tuple[Step, ...] = ()
    methods: tuple[str, ...] = ()
    """Prediction methods that the model has, "predict" first: predict, predict_proba, decision_function ..."""
    inputs: tuple[Column, ...] = ()
    """Columns in the order in which the model takes them."""
    container: Literal["dataframe", "ndarray", "texts", "tensor"] = "dataframe"
    """What the model was fitted on, so what its columns are put in: named columns, a 2-D array, an array of more
    dimensions, whose rows are its one column, or, of a pipeline that begins with a vectorizer, the texts of its one
    column.
    """
    params: tuple[Param, ...] = ()
    """What its signature lets a request say beside its rows."""
    classes: tuple[Label, ...] = ()
    """Of a classifier, in the order of predict_proba's columns; empty where they cannot be read."""
    file: str
    """Path of the serialised model below the canonical model's root."""
    serializer: str
    """How the file is loaded: "pickle", "joblib", "cloudpickle", "skops", or a form of the flavor's own."""
    types: tuple[str, ...] = ()
    """Full names of all types that the trained model's file names, sorted."""
    requirements: tuple[Requirement, ...] = ()
    python: str = ""
    """The Python that saved the model, such as "3.11.7", where it is known."""
    report: str = ""
    """Path, below the canonical model's root, of an HTML report on the training; empty where there is none."""
    notes: tuple[str, ...] = ()
    """What the user should know about how this was found out, a sentence each."""
    optimizer: str = ""
    """What compiled the model, where `file` is no longer what its library wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What one method was seen to return for n rows.

    `shape` is what one row gives: () for a scalar, (k,) for k numbers. `type` is the element's type.
    """

    method: str
    type: ColumnType
    shape: tuple[int, ...] = ()
