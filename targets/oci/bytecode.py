"""Bytecode that is the same wherever it is compiled, so that a service starts fast on a file system it cannot write."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path

from ...compiler.node import Work
from ...schema.diagnostics import fail

# Without a time in it, and never compared with its source: nothing in an image changes.
_HOW = ("--invalidation-mode", "unchecked-hash")
_ENVIRON = {"PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}
"""The order in a set of constants depends on the seed."""
_SOME_ARE_NONE = 1
"""compileall's exit code where some of the files are no sources of this Python."""
_TESTS = {"test", "tests"}
"""Folders of tests, which are nearly half of what scientific libraries ship and which no service imports."""


def compiled(
    work: Work, folder: Path, sources: Iterable[str], *, there: str, python: str, interpreter: Path
) -> dict[str, Path]:
    """The bytecode of `sources`, which are paths below `folder`, by its path; `there` is the folder's path in the
    image, as tracebacks show it. What is no source of this Python, such as a template, has none. UserError
    `install-failed` where the compiler was ended.

    What a file is compiled to may depend on those before it, so one call compiles all of a layer and nothing else.
    """
    paths = sorted(path for path in sources if not _TESTS.intersection(path.split("/")))
    listed = folder.with_name(f"{folder.name}.compiled")
    listed.write_text("".join(f"{folder / path}\n" for path in paths), encoding="utf-8")
    command = [str(interpreter), "-m", "compileall", "-q", "-f", *_HOW]
    command += ["-s", str(folder), "-p", there, "-i", str(listed)]
    code = work.processes.run(command, folder=folder.parent, environ=_ENVIRON, log=lambda line: None)
    if code not in (0, _SOME_ARE_NONE):
        hint = "was there enough memory? build again"
        raise fail(
            "install-failed", f"the libraries' bytecode could not be made: the compiler ended with {code}", help=hint
        )
    wanted = [_place(path, python) for path in paths]
    return {path: folder / path for path in wanted if (folder / path).is_file()}


def _place(source: str, python: str) -> str:
    """Where a minor version of Python looks for the bytecode of a source."""
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "__pycache__", f"{name.removesuffix('.py')}.cpython-{python.replace('.', '')}.pyc")
