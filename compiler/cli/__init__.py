"""The command line. Its no-op path, a build with nothing to do, imports only this and the state file's reader."""

from __future__ import annotations

import os
import sys

from .. import state


def main() -> int:
    """Entry point of the `deployc` command; returns the exit code."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["build"] and _up_to_date(tuple(arguments[1:])):
        return 0
    from .main import run  # everything heavy is behind this line

    return run(arguments)


def state_path(file: str) -> str:
    """Where the state of a deploy.yaml's last build is kept."""
    folder, name = os.path.split(os.path.abspath(file))
    return os.path.join(folder, ".deployc", name + ".state")


def identified(folder: str, flags: tuple[str, ...]) -> tuple[str, ...]:
    """What tells one command from another: the same words elsewhere, or by another deployc, mean something else."""
    return (folder, __file__, *flags)


def _up_to_date(flags: tuple[str, ...]) -> bool:
    file = next((flag for flag in flags if flag.endswith((".yaml", ".yml"))), "deploy.yaml")
    try:
        here = os.getcwd()
    except OSError:
        return False  # the folder is gone: the command itself tells
    path = state_path(file)
    known = state.load(path)
    if known is None:
        return False
    answer = state.fresh(known, identified(here, flags), dict(os.environ))
    if answer is False:
        return False
    if answer is None:
        try:  # noqa: SIM105  contextlib would have to be loaded
            state.refresh(path, known)
        except OSError:
            pass  # it still holds: the next time reads the same files once more
    stream = sys.stdout if "--json" in flags else sys.stderr
    stream.write(f"{known['summary']}\n")
    return True
