"""Projects to run `deployc` in, and the caches that they share: all below the temporary folder, kept between runs."""

from __future__ import annotations

import fcntl
import getpass
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uv

from .project import EXAMPLES, Project, copied

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

GIVEN = f"""\
version: 1
name: penguins
python: "{PYTHON}"
model:
  path: model/
  sample: sample.csv
targets: {{project: {{}}, wheel: {{}}}}
"""

STAGED = f"""\
version: 1
name: penguins
python: "{PYTHON}"
model:
  path: model/
  train:
    run: sh train.sh
    inputs: [train.sh, made/]
    env: [HOLD, COUNT]
  sample: sample.csv
targets: {{project: {{}}}}
"""

TRAIN = """\
if [ -n "$COUNT" ]; then echo trained >> "$COUNT"; fi
if [ -n "$HOLD" ]; then echo holding; sleep 60; fi
cp -r made model
"""


@pytest.fixture(scope="session", autouse=True)
def heard() -> None:
    """A shell's background job ignores Ctrl-C, and so would every command that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def kept() -> Path:
    """This user's folder for what is costly to make: the cache of all builds here, and models."""
    folder = Path(tempfile.gettempdir()) / f"deployc-e2e-{getpass.getuser()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock file against the other workers of a parallel run."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def uv_cache() -> Path:
    """The tester's own package cache, so that no package is fetched twice."""
    told = subprocess.run([uv.find_uv_bin(), "cache", "dir"], capture_output=True, text=True, check=True)
    return Path(told.stdout.strip())


@pytest.fixture(scope="session")
def project_at(kept: Path, uv_cache: Path) -> Callable[[Path], Project]:
    """A project in a new, empty folder below the one that is given, with a home of its own beside it."""

    def make(parent: Path) -> Project:
        folder, home = parent / "project", parent / "home"
        folder.mkdir()
        home.mkdir()
        return Project(folder=folder, cache=kept / "cache", home=home, uv_cache=uv_cache)

    return make


@pytest.fixture
def project(project_at: Callable[[Path], Project], tmp_path: Path) -> Project:
    """An empty folder."""
    return project_at(tmp_path)


@pytest.fixture(scope="session")
def built(
    project_at: Callable[[Path], Project], tmp_path_factory: pytest.TempPathFactory, kept: Path
) -> tuple[Project, str]:
    """The quickstart, built and proven once, and what that build told; not to be changed."""
    project = project_at(tmp_path_factory.mktemp("quickstart"))
    shutil.copytree(EXAMPLES / "quickstart", project.folder, dirs_exist_ok=True)
    # two workers that build at once would do all checks twice on the same processors
    with alone(kept / "quickstart.lock"):
        ran = project.run("build")
    assert ran.code == 0, ran.err
    return project, ran.err


@pytest.fixture
def quickstart(built: tuple[Project, str], tmp_path: Path) -> Project:
    """The quickstart as a fresh checkout that has its deploy.lock, without the tests, which take long."""
    project = copied(built[0], tmp_path / "project", ignore=["build", ".deployc"])
    text = (project / "deploy.yaml").read_text(encoding="utf-8")
    project.write("deploy.yaml", text.partition("tests:")[0])
    return replace(project, home=_home(tmp_path))


def _given(project: Project, quickstart: Project) -> Project:
    shutil.copytree(quickstart / "build/trained", project / "model")
    shutil.copy(quickstart / "data/sample.csv", project / "sample.csv")
    project.write("deploy.yaml", GIVEN)
    return project


def _staged(given: Project) -> Project:
    (given / "model").rename(given / "made")
    given.write("deploy.yaml", STAGED)
    given.write("train.sh", TRAIN)
    return given


@pytest.fixture
def given(project: Project, built: tuple[Project, str]) -> Project:
    """A folder with a model that is there already: the quickstart's."""
    return _given(project, built[0])


@pytest.fixture
def staged(given: Project) -> Project:
    """The same, where training is a command that copies the model, so that it takes no time."""
    return _staged(given)


@pytest.fixture(scope="session")
def ready_once(
    built: tuple[Project, str], project_at: Callable[[Path], Project], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    project = _given(project_at(tmp_path_factory.mktemp("ready")), built[0])
    project.build()
    return project


@pytest.fixture(scope="session")
def trained_once(
    built: tuple[Project, str], project_at: Callable[[Path], Project], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    project = _staged(_given(project_at(tmp_path_factory.mktemp("trained")), built[0]))
    project.build()
    return project


@pytest.fixture
def ready(ready_once: Project, tmp_path: Path) -> Project:
    """`given`, built."""
    return replace(copied(ready_once, tmp_path / "project"), home=_home(tmp_path))


@pytest.fixture
def trained(trained_once: Project, tmp_path: Path) -> Project:
    """`staged`, built."""
    return replace(copied(trained_once, tmp_path / "project"), home=_home(tmp_path))


@pytest.fixture
def own_cache(kept: Path, tmp_path: Path) -> Callable[[Project], Project]:
    """Gives a project an empty cache of its own, but for the environments, which are the shared ones."""

    def with_cache(project: Project) -> Project:
        cache = tmp_path / "cache"
        cache.mkdir()
        (kept / "cache/envs").mkdir(parents=True, exist_ok=True)
        (cache / "envs").symlink_to(kept / "cache/envs")
        return replace(project, cache=cache)

    return with_cache


@pytest.fixture
def fresh() -> str:
    """A word that no earlier run has built with, so that what it is written into is in no cache."""
    return f"f{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def namespaces() -> None:
    """Skips where this machine lets nobody mount anything."""
    trial = ["unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if not shutil.which("unshare") or subprocess.run(trial, capture_output=True, check=False).returncode:
        pytest.skip("no mount namespaces here")


def _home(parent: Path) -> Path:
    home = parent / "home"
    home.mkdir()
    return home
