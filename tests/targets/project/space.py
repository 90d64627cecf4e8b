"""Models as values, and projects made of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deployc.compiler.cas import Cas
from deployc.compiler.model_spec import Column, ModelSpec, Output
from deployc.schema.config import Config, Model, Serve
from deployc.targets import project

CLASSIFIER = ModelSpec(
    flavor="sklearn",
    class_name="sklearn.pipeline.Pipeline",
    methods=("predict", "predict_proba", "decision_function"),
    inputs=(
        Column(name="age", type="double"),
        Column(name="hours per week", type="long"),
        Column(name="class", type="string", optional=True),
        Column(name="since", type="datetime"),
    ),
    classes=("no", "yes, please"),
    file="model.skops",
    serializer="skops",
    types=("numpy.dtype", "sklearn.pipeline.Pipeline"),
)
CLASSIFIER_OUTPUTS = (
    Output(method="predict", type="string"),
    Output(method="predict_proba", type="double", shape=(2,)),
    Output(method="decision_function", type="double"),
)
REGRESSOR = ModelSpec(
    flavor="sklearn",
    class_name="sklearn.linear_model._base.LinearRegression",
    methods=("predict",),
    inputs=(Column(name="x0", type="double"), Column(name="x1", type="double")),
    container="ndarray",
    file="model.joblib",
    serializer="joblib",
)
REGRESSOR_OUTPUTS = (Output(method="predict", type="double"),)

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNgPwEAANkA0NemIjwAAAAASUVORK5CYII="
"""An image of two grey pixels, 7 and 200."""


def config(name: str = "churn", **serve: object) -> Config:
    return Config(version=1, name=name, python="3.11", model=Model(path="model"), serve=Serve(**serve))  # type: ignore[arg-type]  # the test's own keywords


def files(
    folder: Path, spec: ModelSpec, outputs: tuple[Output, ...], deploy: Config | None = None
) -> Mapping[str, str]:
    """The texts of a generated project by path."""
    cas = Cas(folder / "cas")
    tree = project.generate(spec=spec, outputs=outputs, config=deploy or config(), cas=cas)
    return {entry.path: cas.text(tree, entry.path) for entry in tree}
