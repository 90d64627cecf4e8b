"""Every block of code in README and docs/ does what its page says: it is read, run or compared."""

from __future__ import annotations

import ast
import getpass
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import yaml
from _pytest.mark import ParameterSet
from deployc.schema.decode import read_config
from deployc.targets.catalogs import catalogs

from .pages import ROOT, Block, Page, page, pages
from .product import parsers

QUICKSTART = ROOT / "examples" / "quickstart"
COMMANDS = (
    "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/deployc build examples/quickstart/deploy.yaml\n",
    "python3 -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/python -m pytest\n",
)
"""README's two commands, which do all set-up on a machine that has Python and pip."""

BLOCKS = [block for it in pages() for block in it.blocks]
RUN_IN_ORDER = (
    "sh",
    "sh fails",
    "sh background",
    "sh alone",
    "sh slow",
    "text output",
    "json output",
    "mermaid output",
)
"""Kinds that belong to a page's session."""


def deploy_yaml(block: Block, folder: Path) -> None:
    """A whole deploy.yaml; the files that it names are another matter, so only the language is checked."""
    (folder / "deploy.yaml").write_text(block.text, encoding="utf-8")
    read_config(folder / "deploy.yaml", catalogs())


def fragment(block: Block, folder: Path) -> None:
    """A part of a deploy.yaml, laid over the quickstart's."""
    base = yaml.safe_load((QUICKSTART / "deploy.yaml").read_text(encoding="utf-8"))
    merged = yaml.safe_dump(_over(base, yaml.safe_load(block.text)))
    (folder / "deploy.yaml").write_text(merged, encoding="utf-8")
    read_config(folder / "deploy.yaml", catalogs())


def workflow(block: Block, folder: Path) -> None:
    """YAML of another tool: what it runs of deployc has to parse."""
    runs = re.findall(r"(?m)^\s*-? ?(?:run: )?(?:\.venv/bin/)?deployc (.+)$", block.text)
    assert yaml.safe_load(block.text)
    assert runs
    for line in runs:
        name, *arguments = line.split()
        parsers()[name].parse_args(arguments)


def python(block: Block, folder: Path) -> None:
    """A file that a command of the page uses: the command's success proves the rest."""
    assert block.file, "name the file that it is: ```python file=NAME"
    ast.parse(block.text)


def json_text(block: Block, folder: Path) -> None:
    json.loads(block.text)


def fresh(block: Block, folder: Path) -> None:
    """README's own commands, exercised by the slow test below."""
    assert block.text in COMMANDS


RUNNERS: Mapping[str, Callable[[Block, Path], None]] = {
    "yaml": deploy_yaml,
    "yaml file": deploy_yaml,
    "yaml fragment": fragment,
    "yaml workflow": workflow,
    "python file": python,
    "json": json_text,
    "sh fresh": fresh,
}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_each_block_is_of_a_kind_that_is_checked(block: Block) -> None:
    assert block.kind in {*RUNNERS, *RUN_IN_ORDER}


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.kind in RUNNERS], ids=lambda block: block.place)
def test_block_is_what_it_says(block: Block, tmp_path: Path) -> None:
    RUNNERS[block.kind](block, tmp_path)


@pytest.mark.parametrize("it", pages(), ids=lambda it: it.name)
def test_all_code_is_fenced(it: Page) -> None:
    assert not re.search(r"(?m)^\n {4}\S", it.prose), "an indented block is not checked: fence it"


def test_readme_shows_the_quickstart_as_it_is() -> None:
    shown = next(b.text for b in page("README.md").blocks if b.kind == "yaml")
    assert shown == (QUICKSTART / "deploy.yaml").read_text(encoding="utf-8")


def test_readme_has_the_two_commands() -> None:
    assert tuple(b.text for b in page("README.md").blocks if b.kind == "sh fresh") == COMMANDS


@pytest.fixture(scope="session")
def environ() -> Mapping[str, str]:
    """The user's environment, but for what says that this is CI; with this deployc, and a cache kept between runs.

    Its environments are those of the other tests; its results are not, since pages show what has no result yet.
    """
    kept = {k: v for k, v in os.environ.items() if k not in ("CI", "GITHUB_ACTIONS")}
    shared, cache = _kept("e2e") / "cache" / "envs", _kept("docs") / "cache"
    shared.mkdir(parents=True, exist_ok=True)
    cache.mkdir(exist_ok=True)
    with suppress(FileExistsError):
        (cache / "envs").symlink_to(shared)
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    return {**kept, "PATH": path, "NO_COLOR": "1", "DEPLOYC_CACHE": str(cache)}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, environ: Mapping[str, str]) -> Path:
    """The quickstart, copied and built once."""
    folder = tmp_path_factory.mktemp("built") / "quickstart"
    # the examples' own results, where someone has built there, are not what a reader starts with
    shutil.copytree(QUICKSTART, folder, ignore=shutil.ignore_patterns("build", ".deployc", "__pycache__"))
    done = subprocess.run(["deployc", "build"], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


EVERYDAY = ("README.md", "docs/guide-quickstart.md")
"""Pages whose commands are tried every day; those of the others take minutes together."""


def _page_of(name: str) -> ParameterSet:
    return pytest.param(name, marks=() if name in EVERYDAY else pytest.mark.slow)


@pytest.mark.parametrize("name", [_page_of(p.name) for p in pages() if any(b.kind in RUN_IN_ORDER for b in p.blocks)])
def test_page_s_commands_work_in_their_order(
    name: str, built: Path, tmp_path: Path, environ: Mapping[str, str]
) -> None:
    _run_page(name, built, tmp_path / "quickstart", environ, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", [p.name for p in pages() if any(b.kind == "sh slow" for b in p.blocks)])
def test_page_s_slow_commands_work_too(name: str, built: Path, tmp_path: Path, environ: Mapping[str, str]) -> None:
    _run_page(name, built, tmp_path / "quickstart", environ, slow=True)


def _run_page(name: str, built: Path, folder: Path, environ: Mapping[str, str], *, slow: bool) -> None:
    shutil.copytree(built, folder)
    with Session(folder, environ, slow=slow) as session:
        for block in page(name).blocks:
            session.take(block)


class Session:
    """One page's blocks, run one after the other in one folder; a service that one starts ends with the page."""

    def __init__(self, folder: Path, environ: Mapping[str, str], *, slow: bool = False) -> None:
        self._folder = folder
        self._environ = environ
        self._slow = slow
        self._port = str(_free_port())
        self._stack = ExitStack()
        self._said = ""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def take(self, block: Block) -> None:
        if block.file:
            target = self._folder / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        match block.kind:
            case "sh":
                self._run(block, 0)
            case "sh fails":
                self._run(block, 1)
            case "sh alone":
                self._run(block, 0, DEPLOYC_CACHE=str(self._folder.parent / "cache"))
            case "sh background":
                self._start(block)
            case "sh slow" if self._slow:
                self._run(block, 0)
            case "text output" | "mermaid output":
                self._compare(block, bool(re.fullmatch(_pattern(block.text), self._said.strip("\n") + "\n")))
            case "json output":
                self._compare(block, _like(json.loads(self._said), json.loads(block.text)))

    def _compare(self, block: Block, same: bool) -> None:
        assert same, f"{block.place} shows\n{block.text}\nbut it is\n{self._said}"

    def _run(self, block: Block, expected: int, **more: str) -> None:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._text(block)],
            cwd=self._folder,
            env={**self._environ, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        self._said = done.stdout.replace(self._port, "8000").replace(str(self._folder), "~/quickstart")
        assert done.returncode == expected, f"{block.place} ended with {done.returncode}:\n{done.stdout}"

    def _start(self, block: Block) -> None:
        log = (self._folder / "service.log").open("w")
        self._stack.callback(log.close)
        command = ["bash", "-c", f"exec {self._text(block)}"]
        process = subprocess.Popen(command, cwd=self._folder, env=self._environ, stdout=log, stderr=log)
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        ready = ["curl", "-sf", "--retry", "200", "--retry-delay", "1", "--retry-connrefused", "--max-time", "60"]
        done = subprocess.run([*ready, f"http://127.0.0.1:{self._port}/readyz"], capture_output=True, check=False)
        assert done.returncode == 0, f"{block.place} is not ready:\n{(self._folder / 'service.log').read_text()}"

    def _text(self, block: Block) -> str:
        """The block, at a port that is free here: another service may have the one that the page names."""
        text = re.sub(r"(?m)\bdeployc run$", f"deployc run --port {self._port}", block.text)
        return text.replace("8000", self._port)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_readme_s_commands_work_in_a_fresh_clone(command: str, tmp_path: Path, environ: Mapping[str, str]) -> None:
    clone = tmp_path / "clone"
    unclean = ("build", ".deployc", "__pycache__", "*.egg-info", ".git", ".venv", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(*unclean))
    # the tests are only collected: they would run themselves again
    text = command.replace("-m pytest", "-m pytest --collect-only -q")
    done = subprocess.run(["bash", "-c", text], cwd=clone, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _kept(name: str) -> Path:
    """This user's folder for what is costly to make."""
    folder = Path(tempfile.gettempdir()) / f"deployc-{name}-{getpass.getuser()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _over(base: object, part: object) -> object:
    if not isinstance(base, dict) or not isinstance(part, dict):
        return part
    return {**base, **{key: _over(base.get(key), value) for key, value in part.items()}}


def _pattern(expected: str) -> str:
    """A regular expression of a shown output: durations differ, `...` stands for anything, alone for any lines."""
    return "".join(_lines(expected))


def _lines(expected: str) -> Iterator[str]:
    for line in expected.splitlines():
        if line == "...":
            yield r"(?:.*\n)*?"
            continue
        parts = (re.sub(r"[0-9]+\\\.[0-9]\\ s\b", r"[0-9.]+ s", re.escape(part)) for part in line.split("..."))
        yield ".*".join(parts) + "\n"


def _like(found: object, shown: object) -> bool:
    """Whether JSON is as shown, where "..." stands for any value and any end of a list."""
    if shown == "...":
        return True
    if isinstance(shown, dict) and isinstance(found, dict):
        return found.keys() == shown.keys() and all(_like(found[key], value) for key, value in shown.items())
    if isinstance(shown, list) and isinstance(found, list):
        if shown and shown[-1] == "...":
            found, shown = found[: len(shown) - 1], shown[:-1]
        return len(found) == len(shown) and all(map(_like, found, shown))
    return found == shown


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
