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


def state_path(file: str, environment: str) -> str:
    """Where the state of a deploy.yaml's last build is kept; each environment has one of its own."""
    folder, name = os.path.split(os.path.abspath(file))
    return os.path.join(folder, ".deployc", state_name(name, environment) + ".state")


def state_name(name: str, environment: str) -> str:
    """What the names of the files begin with that remember something of a deploy.yaml, in an environment or in none."""
    return f"{name}@{environment}" if environment else name


def identified(folder: str, flags: tuple[str, ...]) -> tuple[str, ...]:
    """What tells one command from another: the same words elsewhere, or by another deployc, mean something else."""
    return (folder, __file__, *flags)


def _environment(flags: tuple[str, ...]) -> str:
    """What `-e` or `--env` names, however it is written; the last one counts."""
    found = ""
    for flag, following in zip(flags, (*flags[1:], ""), strict=False):
        if flag in ("-e", "--env"):
            found = following
        elif flag.startswith("--env="):
            found = flag[6:]
        elif flag.startswith("-e") and not flag.startswith("--"):
            found = flag[2:].removeprefix("=")
    return found


def _up_to_date(flags: tuple[str, ...]) -> bool:
    file = next((flag for flag in flags if flag.endswith((".yaml", ".yml"))), "deploy.yaml")
    try:
        here = os.getcwd()
    except OSError:
        return False  # the folder is gone: the command itself tells
    path = state_path(file, _environment(flags))
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
