"""An MLflow store that tests fill, and deploy.yaml files that name models in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .project import Project

SCRIPT = Path(__file__).with_name("write_store.py")
CHAMPION = "models:/penguins@champion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """One model: the run that logged it, its own id, and its version in the registry."""

    run: str
    model: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A store by its address; `root` is where it is told to keep artifacts, if at all."""

    uri: str
    root: Path | None = None
    python: Path = Path(sys.executable)
    variables: Mapping[str, str] = field(default_factory=dict)

    def add(self, folder: Path, *, name: str = "penguins", accuracy: float = 0.9) -> Added:
        """Log a folder as a model and register it as the next version."""
        return Added(**json.loads(self._run("add", name, str(folder), str(accuracy))))

    def alias(self, alias: str, version: str, *, name: str = "penguins") -> None:
        self._run("alias", name, alias, version)

    def _run(self, *arguments: str) -> str:
        command = [self.python, SCRIPT, self.uri, str(self.root or ""), *arguments]
        environ = {**os.environ, **self.variables}
        return subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True).stdout


def local_store(folder: Path) -> Store:
    """A store without a server, below a folder."""
    folder.mkdir(exist_ok=True)
    return Store(uri=f"sqlite:///{folder / 'mlflow.db'}", root=folder / "artifacts")


def model_folder(folder: Path, text: str) -> Path:
    """A folder of files that only look like a model's."""
    (folder / "data").mkdir(parents=True)
    (folder / "MLmodel").write_text(f"flavors: {{sklearn: {{pickled_model: data/model.pkl}}}}\n# {text}\n")
    (folder / "data/model.pkl").write_bytes(text.encode() * 1000)
    return folder


def names(project: Project, uri: str, more: str = "") -> Project:
    """The project, with a deploy.yaml that names a model by URI."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    head = f'version: 1\nname: penguins\npython: "{python}"\n'
    project.write("deploy.yaml", f"{head}model:\n  uri: {uri}\n{more}targets: {{project: {{}}}}\n")
    return project
