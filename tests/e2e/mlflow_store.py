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
NAME = "penguins"
CHAMPION = f"models:/{NAME}@champion"


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
    variables: Mapping[str, str] = field(default_factory=dict)
    """What its client needs in its environment."""

    def add(self, *folders: Path, accuracy: float = 0.9, champion: str = "") -> list[Added]:
        """Log folders as models and register each as the next version; then, if told, let one be the champion."""
        commands = [["add", NAME, str(folder), str(accuracy)] for folder in folders]
        return self._run(*commands, *([["alias", NAME, "champion", champion]] if champion else []))

    def promote(self, version: str) -> None:
        """Let a version be the champion."""
        self._run(["alias", NAME, "champion", version])

    def _run(self, *commands: list[str]) -> list[Added]:
        command = [sys.executable, SCRIPT, self.uri, str(self.root or ""), *map(json.dumps, commands)]
        environ = {**os.environ, **self.variables}
        done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True)
        return [Added(**json.loads(line)) for line in done.stdout.splitlines() if line.startswith("{")]


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
