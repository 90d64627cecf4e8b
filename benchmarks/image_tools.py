"""The Dockerfiles that MLflow and BentoML write, as rivals of image.py: they need a network while they build.

What MLflow's asks of a network: the image python:VERSION-slim, Debian's packages, and pip's index twice, for MLflow
before the model is copied and for the model's requirements after it. What BentoML's asks: python:VERSION-slim, Debian's
packages, pip's index for uv, and uv's for all else. For the image that they name stands one with Debian's Python.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DOCKERFILE = "Dockerfile"
STANDS_IN = """
FROM localhost/base:1
RUN apt-get update && apt-get install -y --no-install-recommends python3-pip ca-certificates && \\
    rm /usr/lib/python3*/EXTERNALLY-MANAGED && ln -s /usr/bin/python3 /usr/local/bin/python
COPY certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
"""
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
SAVE = """
import joblib, mlflow.sklearn, sklearn
needed = [f"scikit-learn=={sklearn.__version__}", "cloudpickle"]
model = joblib.load("model.joblib")
mlflow.sklearn.save_model(model, "saved", pip_requirements=needed, serialization_format="cloudpickle")
"""
SERVICE = """
import bentoml
import joblib
import numpy as np


@bentoml.service
class Near:
    def __init__(self) -> None:
        self.model = joblib.load("model.joblib")

    @bentoml.api
    def predict(self, rows: np.ndarray) -> np.ndarray:
        return self.model.predict(rows)
"""
BENTO = """
service: "service:Near"
include: [service.py, model.joblib]
python: {packages: [scikit-learn, joblib]}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A folder that `docker build` gets."""

    folder: Path
    file: str
    """Its Dockerfile."""
    model: Path
    code: Path | None
    """What its user writes; MLflow takes none."""

    @property
    def base(self) -> str:
        """The image that it is built on."""
        found = re.search(r"(?m)^FROM (\S+)", (self.folder / self.file).read_text(encoding="utf-8"))
        assert found
        return found[1]


def contexts(python: str, folder: Path, train: str, environ: Mapping[str, str]) -> Mapping[str, Context]:
    """What the tools of an environment's `python` write for a model that the script `train` saves as model.joblib."""
    folder.mkdir()
    own = {**environ, "BENTOML_HOME": str(folder / "home"), "BENTOML_DO_NOT_TRACK": "True"}

    def run(*arguments: str) -> None:
        subprocess.run([python, *arguments], cwd=folder, env=own, check=True, stdout=subprocess.DEVNULL)

    run("-c", train)
    run("-c", SAVE)
    run("-m", "mlflow", "models", "generate-dockerfile", "-m", "saved", "-d", "mlflow")
    (folder / "service.py").write_text(SERVICE, encoding="utf-8")
    (folder / "bentofile.yaml").write_text(BENTO, encoding="utf-8")
    run("-m", "bentoml", "build", "--version", "1")
    [bento] = (path.parent for path in (folder / "home/bentos").glob("*/*/bento.yaml"))
    [saved] = (folder / "mlflow/model_dir").glob("*/model.pkl")
    return {
        "mlflow": Context(folder=folder / "mlflow", file=DOCKERFILE, model=saved, code=None),
        "bentoml": Context(
            folder=bento,
            file="env/docker/Dockerfile",
            model=bento / "src/model.joblib",
            code=bento / "src/service.py",
        ),
    }


def stand_in(folder: Path) -> Path:
    """The folder of an image that stands for python:VERSION-slim, and knows the certificates that this machine does."""
    folder.mkdir()
    (folder / DOCKERFILE).write_text(STANDS_IN, encoding="utf-8")
    shutil.copyfile(CERTIFICATES, folder / "certificates.crt")
    return folder
