"""Models written by the real libraries, in an environment of their own, once for all runs."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import uv

_HERE = Path(__file__).parent
_SOURCES = ("write_models.py", "features.py", "sklearn_table.py")
_REQUIREMENTS = (
    "scikit-learn==1.9.1",
    "numpy==2.4.6",
    "pandas==3.1.1",
    "joblib==1.6.0",
    "skops==0.16.0",
    "cloudpickle==3.1.2",
    "mlflow-skinny==3.17.2",
)


def _digest() -> str:
    texts = [(_HERE / name).read_bytes() for name in _SOURCES]
    return hashlib.sha256(b"\0".join([*texts, "\n".join(_REQUIREMENTS).encode()])).hexdigest()[:16]


def _write(folder: Path) -> None:
    """Make the environment, write the models below `folder`, and leave only them."""
    python = sys.executable if sys.version_info >= (3, 11) else ">=3.11"
    environment, models = folder / "environment", folder / "models"
    models.mkdir()
    subprocess.run([uv.find_uv_bin(), "venv", "-q", "--python", python, environment], check=True)
    interpreter = environment / "bin" / "python"
    subprocess.run([uv.find_uv_bin(), "pip", "install", "-q", "--python", interpreter, *_REQUIREMENTS], check=True)
    quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"}
    subprocess.run([interpreter, _HERE / "write_models.py", models], check=True, cwd=folder, env=quiet)
    shutil.rmtree(environment)


@pytest.fixture(scope="session")
def models() -> Path:
    """The folder that write_models.py writes; kept in the temporary folder, by the digest of what makes it."""
    kept = Path(tempfile.gettempdir()) / "deployc-tests" / f"models-{_digest()}"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=kept.parent))
        _write(folder)
        try:
            os.rename(folder / "models", kept)
        except OSError:
            # another run was faster
            assert kept.exists()
        shutil.rmtree(folder)
    return kept
