"""A user's folder and what the `deployc` command does in it, run as a process in an environment of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml
from _pytest.mark import ParameterSet

DEPLOYC = Path(sys.executable).with_name("deployc")
EXAMPLES = Path(__file__).parents[2] / "examples"
SECONDS = 600
"""No command here takes that long: what does hangs."""

# what reaches the package index and finds interpreters; nothing else of the tester's own environment is passed on
_PASSED = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "PYENV_ROOT")
_PASSED_SUFFIXES = ("_proxy", "_PROXY", "_INDEX_URL", "_DEFAULT_INDEX", "_CERT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended and what it said; ran and cached are nodes by the events of --json."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, object]]:
        """Every line of standard output as JSON; ValueError where one is not."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def ran(self) -> set[str]:
        """The nodes that ran, but for environments, which may be there already."""
        names = {str(e["node"]) for e in self.events if e.get("event") == "ran"}
        return {name for name in names if not name.startswith("env-")}

    @property
    def cached(self) -> set[str]:
        names = {str(e["node"]) for e in self.events if e.get("event") == "cached"}
        return {name for name in names if not name.startswith("env-")}

    def reasons(self, node: str) -> list[str]:
        """Why a node ran, was to run, or would."""
        for event in self.events:
            if event.get("node") == node and (found := event.get("reasons")):
                assert isinstance(found, list)
                return found
        return []

    @property
    def codes(self) -> list[str]:
        """The codes of the errors on standard error, in order."""
        lines = [line for line in self.err.splitlines() if line.startswith("error[")]
        return [line.removeprefix("error[").partition("]")[0] for line in lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One folder with a deploy.yaml, the cache that its builds use, and the variables that they see."""

    folder: Path
    cache: Path
    home: Path
    uv_cache: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    inside: Sequence[str] = ()
    """A command that deployc is run by, such as one that makes namespaces."""

    def __truediv__(self, path: str) -> Path:
        return self.folder / path

    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in _PASSED or k.endswith(_PASSED_SUFFIXES)}
        own = {"HOME": str(self.home), "TMPDIR": str(self.home), "LANG": "C.UTF-8", "UV_CACHE_DIR": str(self.uv_cache)}
        return {**kept, **own, "DEPLOYC_CACHE": str(self.cache), **self.variables}

    def given(self, **variables: str) -> Project:
        """The same with further environment variables."""
        return replace(self, variables={**self.variables, **variables})

    def write(self, path: str, text: str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text that is there; an assertion fails where it is not."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))

    def run(self, *arguments: str, own_traceback: bool = False) -> Ran:
        """Run `deployc`; never does it show a stack trace of its own or call what happened a bug.

        `own_traceback` says that the user's own code is made to raise, so that its trace may be shown.
        """
        done = subprocess.run(
            [*self.inside, DEPLOYC, *arguments],
            cwd=self.folder,
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode != 70, said
        assert own_traceback or "Traceback" not in said, said
        assert not list(self.home.glob("deployc-bug-*")), said
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    def build(self, *arguments: str) -> Ran:
        """A build that works, with its events."""
        ran = self.run("build", "--json", *arguments)
        assert ran.code == 0, ran.out + ran.err
        return ran

    def fails(self, code: str, *arguments: str, own_traceback: bool = False) -> str:
        """A build that fails with this error and with no other; what it told on standard error."""
        ran = self.run("build", *arguments, own_traceback=own_traceback)
        assert (ran.code, ran.codes) == (1, [code]), ran.out + ran.err
        return ran.err[ran.err.index("error[") :]

    def as_trained(self) -> None:
        """Have the model served by its own library: a compiled one may differ in the last bits of a number."""
        config = yaml.safe_load((self.folder / "deploy.yaml").read_text(encoding="utf-8"))
        serve = {**config.get("serve", {}), "optimize": "off"}
        self.write("deploy.yaml", yaml.safe_dump({**config, "serve": serve}, sort_keys=False))

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Running]:
        """`deployc` in the background; killed at the end of the block if it still runs."""
        process = subprocess.Popen(
            [*self.inside, DEPLOYC, *arguments],
            cwd=self.folder,
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield Running(process)
            finally:
                process.kill()


@dataclass(frozen=True, slots=True)
class Running:
    """A `deployc` that runs."""

    process: subprocess.Popen[str]

    def wait_for(self, text: str) -> None:
        """Read standard output up to a line with `text`."""
        assert self.process.stdout
        overdue = threading.Timer(SECONDS, self.process.kill)
        overdue.start()
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if text in line:
                break
        overdue.cancel()
        assert seen, (self.process.wait(), self.process.stderr and self.process.stderr.read())
        assert text in seen[-1], seen

    def end(self, number: signal.Signals | None = None) -> Ran:
        """Send a signal, if any, and wait for the end."""
        if number is not None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=SECONDS)
        return Ran(code=self.process.returncode, out=out, err=err)


def cases(everyday: Sequence[object], slow: Sequence[object]) -> list[ParameterSet]:
    """Values of a parameter, of which the later ones are for the slow lane only."""
    return [
        *(pytest.param(value) for value in everyday),
        *(pytest.param(value, marks=pytest.mark.slow) for value in slow),
    ]


def contents(folder: Path) -> dict[str, str]:
    """The digest of every file below a folder, by path; what is executable has a mark."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            mark = "x" if path.stat().st_mode & 0o100 else "-"
            found[path.relative_to(folder).as_posix()] = mark + hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def stored(cache: Path) -> dict[str, str]:
    """The results in a cache: blobs and actions, without what builds are just writing."""
    found = {f"{part}/{p}": d for part in ("cas", "actions") for p, d in contents(cache / part).items()}
    return {path: digest for path, digest in found.items() if "incoming/" not in path and "/tmp" not in path}


def copied(project: Project, folder: Path, *, ignore: Sequence[str] = ()) -> Project:
    """The same project in a new folder, with what it has built."""
    shutil.copytree(project.folder, folder, symlinks=True, ignore=shutil.ignore_patterns(*ignore))
    return replace(project, folder=folder)
