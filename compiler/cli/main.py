"""The command line behind the no-op path: finds the command, runs it, and turns what goes wrong into an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

from ...schema.diagnostics import Diagnostic, UserError
from ...schema.suggest import nearest
from . import commands
from .report import report

_PLACES = "deploy.lock is beside deploy.yaml, outputs go where --out says, the cache where DEPLOYC_CACHE says"
BUILT, FAULT, USAGE, BUG, INTERRUPTED = 0, 1, 2, 70, 130


class Command(Protocol):
    """A module below commands/: its first line is its help, the rest of its docstring the examples."""

    __doc__: str

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, options: argparse.Namespace) -> int: ...


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("--help", ())
    if name == "--version":
        name = "version"
    if name not in _names():
        return _no_command(name)
    command = _load(name)
    try:
        options = _parser(name, command).parse_args(rest)
    except SystemExit as stop:
        return int(stop.code or 0)
    return _guarded(command, options)


def _guarded(command: Command, options: argparse.Namespace) -> int:
    as_json = bool(getattr(options, "json", False))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminated)
    try:
        return command.run(options)
    except UserError as error:
        report(error.diagnostics, as_json=as_json)
        return FAULT
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            return FAULT
        report([_of_system(error)], as_json=as_json)
        return FAULT
    except KeyboardInterrupt:
        sys.stderr.write("deployc: interrupted; what was finished is kept\n")
        return INTERRUPTED
    except Exception:
        _bug()
        return BUG


def _terminated(number: int, frame: object) -> None:
    """End as on Ctrl-C, so that the commands of the build end too."""
    # not by sys.stderr, which may be in the middle of writing something else
    os.write(2, b"deployc: terminated; what was finished is kept\n")
    raise SystemExit(128 + number)


def _of_system(error: OSError) -> Diagnostic:
    place = f" ({error.filename})" if error.filename else ""
    helps = {
        28: "make room on the disk, then build again: what was finished is kept",
        13: f"make it writable: {_PLACES}",
        30: f"the file system is read-only: {_PLACES}",
        2: f"the folder may have been removed meanwhile: {_PLACES}",
        20: f"a file stands where a folder is needed: {_PLACES}",
        21: f"a folder stands where a file is needed: {_PLACES}",
    }
    message = f"{(error.strerror or str(error)).lower()}{place}"
    return Diagnostic(code="disk", message=message, help=helps.get(error.errno or 0, ""))


def _bug() -> None:
    with tempfile.NamedTemporaryFile("w", prefix="deployc-bug-", suffix=".txt", delete=False) as file:
        file.write(f"command: {sys.argv}\npython: {sys.version}\n\n{traceback.format_exc()}")
    last = traceback.format_exc().strip().splitlines()[-1]
    sys.stderr.write(f"deployc: this is a bug in deployc: {last}\n  please send {file.name} with your report\n")
    if os.environ.get("DEPLOYC_DEBUG"):
        traceback.print_exc()


def _names() -> tuple[str, ...]:
    return tuple(module.name for module in pkgutil.iter_modules([str(Path(str(commands.__file__)).parent)]))


def _load(name: str) -> Command:
    return cast(Command, importlib.import_module(f".commands.{name}", __package__))


def _parser(name: str, command: Command) -> argparse.ArgumentParser:
    head, _, examples = (command.__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog=f"deployc {name}",
        description=head,
        epilog=examples.strip("\n"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.arguments(parser)
    return parser


def _no_command(name: str) -> int:
    if name in ("--help", "-h", "help"):
        sys.stdout.write(_help())
        return BUILT
    near = nearest(name, _names())
    sys.stderr.write(f"deployc: no command `{name}`{f': did you mean `{near}`?' if near else ''}\n\n{_help()}")
    return USAGE


def _help() -> str:
    rows = [f"  {name:<9} {(_load(name).__doc__ or '').partition(chr(10))[0]}" for name in _names()]
    return "\n".join(
        [
            "usage: deployc COMMAND [options]      deployc COMMAND --help tells more, with examples",
            "",
            "deployc turns a deploy.yaml into a running, tested service of a machine-learning model.",
            "",
            *rows,
            "",
        ]
    )
