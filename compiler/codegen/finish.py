"""The last pass: ruff formats the code and mends what the passes left, and what comes out has to parse."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

RULES = "F401,F811,F821,I"
"""What passes may leave behind: imports that nothing uses or out of order (mended); names twice or never defined."""


def finish(texts: Mapping[str, str], *, line_length: int, python: str, beside: Sequence[str] = ()) -> Mapping[str, str]:
    """Python files by path, formatted for `python`, such as "3.11"; ValueError with what is wrong with one.

    `beside` names packages and modules that will stand beside these, so that they are no libraries.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        common = ["--isolated", "--no-cache", "--quiet", "--target-version", f"py{python.replace('.', '')}"]
        common += ["--line-length", str(line_length)]
        known = [f"--config=lint.isort.known-first-party = {json.dumps(sorted(beside))}"] if beside else []
        _ruff(folder, "check", "--fix", "--select", RULES, *common, *known)
        _ruff(folder, "format", *common)
        finished = {path: (folder / path).read_text(encoding="utf-8") for path in texts}
    for path, text in finished.items():
        _check(path, text)
    return finished


def _ruff(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-I", "-m", "ruff", *arguments, "."]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RUFF_")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"ruff {arguments[0]}: {done.stdout}{done.stderr}")


def _check(path: str, text: str) -> None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise ValueError(f"{path}:{error.lineno}: generated code does not parse: {error.msg}") from None
