"""What MLflow refused, as a code, a message and help: told by its client's program to who started it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNKNOWN_USER = re.compile(r"error code 401\b|\b401 Client Error|UNAUTHENTICATED")
_FORBIDDEN = re.compile(r"error code 403\b|\b403 Client Error|PERMISSION_DENIED")
_BROKEN = re.compile("IncompleteRead|Connection broken|InvalidChunkLength")
_UNREACHABLE = re.compile(
    r"Max retries exceeded|NewConnectionError|NameResolutionError|[Tt]imed? ?out|Connection (aborted|refused|reset)"
    r"|RemoteDisconnected|error code 5\d\d\b|\b5\d\d Server Error|SSLError",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why MLflow does not give what it was asked for; `code` is a diagnostic's."""

    code: str
    message: str
    help: str = ""
    note: str = ""
    """What MLflow's client said itself."""


class Refused(Exception):
    """MLflow does not give what it was asked for."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.message)
        self.why = why


def refused(code: str, message: str, help: str = "", note: str = "") -> Refused:
    """A refusal, to be raised."""
    return Refused(Refusal(code=code, message=message, help=help, note=note))


def absent(error: Exception) -> bool:
    """Whether MLflow says by this that there is no such thing; of an alias it says that it is invalid."""
    return getattr(error, "error_code", "") in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND")


def explained(error: Exception) -> Refused:
    """What an exception of MLflow's client, or of what it uses, means to the user."""
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, ModuleNotFoundError):
        return lacking((error.name or "?").partition(".")[0])
    if _UNKNOWN_USER.search(said):
        advice = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
        return refused("mlflow-auth", "MLflow wants a user and password, or refuses those it got", advice, said)
    if _FORBIDDEN.search(said):
        advice = "ask for the permission to read it, or give the credentials of who has it"
        return refused("mlflow-auth", "MLflow does not let this user read the model", advice, said)
    if _BROKEN.search(said):
        return incomplete(said)
    if _UNREACHABLE.search(said):
        advice = "check that the server runs and its address; MLFLOW_HTTP_REQUEST_TIMEOUT gives it more seconds"
        return refused("mlflow-unreachable", "MLflow cannot be reached, or does not answer in time", advice, said)
    return refused("mlflow-failed", "MLflow could not give the model", note=said)


def incomplete(note: str) -> Refused:
    """A download that ended too early."""
    return refused("download-incomplete", "the model's files did not arrive whole", "build again", note)


def lacking(package: str) -> Refused:
    """A package that this kind of store needs and that deployc can do without."""
    known = {"sqlalchemy": "deployc[mlflow-database]", "alembic": "deployc[mlflow-database]"}
    return refused(
        "mlflow-lacks-package",
        f"this MLflow store needs the package `{package}`, which is not installed beside deployc",
        f"install it there: pip install '{known.get(package, package)}'",
    )
