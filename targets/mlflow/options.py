"""What deploy.yaml may say below `targets: {mlflow: ...}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from ...schema.config import StoreUri, Text
from ...schema.constraints import Doc, Pattern

Alias = Annotated[str, Pattern(r"[A-Za-z0-9_-]+", "letters, digits, _ and -, such as champion")]
Registered = Annotated[str, Pattern(r"[^/:]+", "a name without / and :")]


def called(deployment: str, model: str) -> str:
    """What is registered unless the options say otherwise: the deployment, or one of its several models."""
    return f"{deployment}-{model}" if model else deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The compiled model as MLflow loads it; `deployc publish` logs and registers it."""

    registered_model: Annotated[
        Registered | None, Doc("The registered model that gets a version; by default it has the deployment's name.")
    ] = None
    alias: Annotated[Alias | None, Doc("An alias that the new version gets, such as champion.")] = None
    experiment: Annotated[
        Text | None,
        Doc("The experiment that gets a run; by default it is the run that logged the model, if there is one."),
    ] = None
    tracking_uri: Annotated[StoreUri | None, Doc("The server or store; by default `model.tracking_uri`.")] = None
    tags: Annotated[Mapping[Text, Text], Doc("Tags that the version has besides deployc's own.")] = field(
        default_factory=dict
    )
