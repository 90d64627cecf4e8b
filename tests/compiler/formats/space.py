"""Short ways to look at models on disk."""

from __future__ import annotations

import pickle
from pathlib import Path

from deployc.compiler.cas import Cas
from deployc.compiler.formats.inspection import inspect, stored
from deployc.compiler.model_spec import ModelSpec
from deployc.compiler.tree import Tree
from deployc.schema.diagnostics import Diagnostic, UserError

SOURCES = {
    "features": Path(__file__).with_name("features.py").read_text(encoding="utf-8"),
    "os": "def system(command): ...\n",
    "posix": "def system(command): ...\n",
}
"""What a user might name in model.code, with sources that define what is asked for."""


class Space:
    """A store in a temporary folder and what the tests do with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cas = Cas(root / "cas")

    def tree(self, path: Path) -> Tree:
        return stored(self.cas, path)

    def look(self, path: Path, sample: str | None = None, code: tuple[str, ...] = ()) -> ModelSpec:
        data = None if sample is None else sample.encode()
        return inspect(self.cas, self.tree(path), sample=data, code={name: SOURCES.get(name, "") for name in code})

    def refused(self, path: Path, sample: str | None = None, code: tuple[str, ...] = ()) -> Diagnostic:
        """The diagnostic that looking at the model ends with."""
        try:
            found = self.look(path, sample, code)
        except UserError as error:
            return error.diagnostics[0]
        raise AssertionError(f"it was not refused: {found}")

    def file(self, data: bytes, name: str = "model.pkl") -> Path:
        path = self.root / name
        path.write_bytes(data)
        return path


class Attack:
    """What runs a command when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, (f"touch {self.marker}",)


def attack(marker: Path, protocol: int = 4) -> bytes:
    return pickle.dumps(Attack(marker), protocol)
