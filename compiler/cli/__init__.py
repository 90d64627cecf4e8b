"""The command line. Its no-op path, a build with nothing to do, imports only this and the state file's reader.

With nothing to publish either, it imports what asks a registry too.
"""

from __future__ import annotations

import os
import sys

from .. import state

TYPE_CHECKING = False  # as typing's, which would have to be loaded
if TYPE_CHECKING:
    from ...targets.registry.standing import Standing

BUILD, PUBLISH = "build", "publish"


def main() -> int:
    """Entry point of the `deployc` command; returns the exit code."""
    command, flags = "".join(sys.argv[1:2]), tuple(sys.argv[2:])
    if command == BUILD and "--publish" in flags:
        command = PUBLISH
    try:
        known = _known(command, flags) if command in (BUILD, PUBLISH) else None
        if known and (command == BUILD or _stand(known)):
            return _told(known, flags)
        from .main import run  # everything heavy is behind this line

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("deployc: interrupted\n")
        return 130


def state_path(file: str, environment: str, command: str) -> str:
    """Where the state of a deploy.yaml's last build is kept, or of its last publication; each environment's apart."""
    folder, name = os.path.split(os.path.abspath(file))
    suffix = ".published" if command == PUBLISH else ".state"
    return os.path.join(folder, ".deployc", state_name(name, environment) + suffix)


def state_name(name: str, environment: str) -> str:
    """What the names of the files begin with that remember something of a deploy.yaml, in an environment or in none."""
    return f"{name}@{environment}" if environment else name


def identified(folder: str, command: str, flags: tuple[str, ...]) -> tuple[str, ...]:
    """What tells one command from another: the same words elsewhere, or by another deployc, mean something else."""
    return (folder, __file__, command, *flags)


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


def _known(command: str, flags: tuple[str, ...]) -> dict[str, object] | None:
    """The state that the command left here, if nothing has changed since."""
    file = next((flag for flag in flags if flag.endswith((".yaml", ".yml"))), "deploy.yaml")
    try:
        here = os.getcwd()
    except OSError:
        return None  # the folder is gone: the command itself tells
    path = state_path(file, _environment(flags), command)
    known = state.load(path)
    answer = known is not None and state.fresh(known, identified(here, command, flags), dict(os.environ))
    if known is None or answer is False:
        return None
    if answer is None:
        try:  # noqa: SIM105  contextlib would have to be loaded
            state.refresh(path, known)
        except OSError:
            pass  # it still holds: the next time reads the same files once more
    return known


def _stand(known: dict[str, object]) -> bool:
    """Whether all that was published still is."""
    from ...targets.registry.standing import all_stand

    return all_stand(_images(known), os.environ)


def _told(known: dict[str, object], flags: tuple[str, ...]) -> int:
    (sys.stdout if "--json" in flags else sys.stderr).write(f"{known['summary']}\n")
    sys.stderr.write("".join(f"  published {image['line']}\n" for image in _images(known)))
    return 0


def _images(known: dict[str, object]) -> tuple[Standing, ...]:
    images = known["standing"]
    assert isinstance(images, tuple)
    return images
