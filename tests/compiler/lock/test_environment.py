"""An environment holds exactly what was locked, is made once, and is never found half made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler import interpreter
from deployc.compiler.environment import MARKER, manifest
from deployc.schema.diagnostics import UserError
from deployc.schema.lockfile import Pin, pins, requirements_text

from .locking import Machine
from .package_index import PackageIndex

LOCKS = Path("/proc/locks")


@pytest.fixture
def locked(here: Machine, index: PackageIndex) -> str:
    index.add("alpha", "1.0", ["beta"])
    index.add("beta", "2.0")
    return here.lock("alpha").requirements


def said(python: Path, code: str) -> str:
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def site(python: Path) -> Path:
    return Path(said(python, "import alpha; print(alpha.__file__)")).parent


def test_it_holds_the_pins_and_nothing_else(here: Machine, locked: str) -> None:
    python = here.install(locked)
    found = Path(said(python, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    assert sorted(p.name for p in found.glob("*.dist-info")) == ["alpha-1.0.dist-info", "beta-2.0.dist-info"]
    assert said(python, "import alpha, beta; print(alpha.VERSION, beta.VERSION)") == "1.0 2.0"


def test_it_is_made_once(here: Machine, locked: str, index: PackageIndex) -> None:
    first = here.install(locked)
    here.lines.clear()
    index.asked.clear()
    assert here.install(locked) == first
    assert (here.lines, index.asked) == ([], [])


def test_one_that_was_never_finished_is_made_anew(here: Machine, locked: str) -> None:
    python = here.install(locked)
    stray = site(python) / "stray.py"
    stray.write_text("")
    (python.parent.parent / MARKER).unlink()
    assert here.install(locked) == python
    assert not stray.exists()
    assert said(python, "import alpha; print(alpha.VERSION)") == "1.0"


def test_one_whose_python_has_gone_is_made_anew(here: Machine, locked: str) -> None:
    python = here.install(locked)
    python.unlink()
    python.symlink_to(here.folder / "no-such-python")
    assert said(here.install(locked), "import alpha; print(alpha.VERSION)") == "1.0"


def test_two_builds_at_once_make_it_once(here: Machine, locked: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = {future.result() for future in [pool.submit(here.install, locked) for _ in range(4)]}
    assert len(found) == 1
    assert sum(line.startswith("Installed") for line in here.lines) == 1


KILLED = """
import os, sys
from pathlib import Path
from deployc.compiler import environment, interpreter
from deployc.compiler.lock.uv import Uv
from deployc.compiler.process import Processes
uv = Uv(environ=os.environ, processes=Processes(), log=print)
environment.realise(sys.stdin.read(), interpreter.running(), root=Path(sys.argv[1]), indexes={}, uv=uv)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_build_that_is_killed_leaves_nothing_wrong(here: Machine, locked: str, index: PackageIndex) -> None:
    here.environ["UV_CACHE_DIR"] += "-fresh"
    index.gate.clear()
    index.file_asked.clear()
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, here.root],
        env={**os.environ, **here.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as process:
        assert process.stdin
        process.stdin.write(locked.encode())
        process.stdin.close()
        assert index.file_asked.wait(60), "it never came to install"
        process.send_signal(signal.SIGKILL)
    assert not list(here.root.glob(f"*/{MARKER}"))
    with ThreadPoolExecutor(1) as pool:
        # the killed build's uv lives on and waits for its file, as we do for it
        again = pool.submit(here.install, locked)
        index.gate.set()
        python = again.result()
    assert said(python, "import alpha, beta; print(alpha.VERSION, beta.VERSION)") == "1.0 2.0"


def test_what_is_changed_in_it_is_changed_nowhere_else(here: Machine, locked: str) -> None:
    python = here.install(locked)
    module = site(python) / "alpha.py"
    module.write_text("VERSION = 'changed'\n")
    (python.parent.parent / MARKER).unlink()
    assert said(here.install(locked, offline=True), "import alpha; print(alpha.VERSION)") == "1.0"


def changed(locked: str, **other: object) -> str:
    """The lock with another hash, version ... for alpha."""
    made = [replace(pin, **other) if pin.name == "alpha" else pin for pin in pins(locked)]  # type: ignore[arg-type] # a test's own keywords
    return requirements_text(made)


def failure(here: Machine, requirements: str, *, offline: bool = False) -> str:
    with pytest.raises(UserError) as caught:
        here.install(requirements, offline=offline)
    assert not list(here.root.glob(f"*/{MARKER}"))
    return caught.value.diagnostics[0].code


def test_another_file_than_the_locked_one_is_refused(here: Machine, locked: str, index: PackageIndex) -> None:
    index.add("alpha", "1.0", ["beta"], text="stolen = True\n")
    here.environ["UV_CACHE_DIR"] += "-fresh"
    assert failure(here, locked) == "hash-mismatch"


def test_a_hash_is_checked_also_for_what_is_in_the_cache(here: Machine, locked: str) -> None:
    here.install(locked)
    bad = changed(locked, hashes=("0" * 64,))
    with pytest.raises(UserError) as caught:
        here.install(bad)
    assert caught.value.diagnostics[0].code == "hash-mismatch"


def test_a_package_without_a_build_for_this_platform(here: Machine, index: PackageIndex) -> None:
    digest = index.add("alpha", "1.0", tag="cp311-cp311-win_arm64")
    with pytest.raises(UserError) as caught:
        here.install(Pin(name="alpha", version="1.0", hashes=(digest,)).text)
    [told] = caught.value.diagnostics
    assert told.code == "no-wheel"
    assert "`deployc lock --upgrade alpha`" in told.help


def test_a_release_that_is_no_longer_there(here: Machine, locked: str) -> None:
    assert failure(here, changed(locked, version="7.0")) == "install-failed"


def test_offline_installs_from_the_cache_alone(here: Machine, locked: str, index: PackageIndex) -> None:
    assert failure(here, locked, offline=True) == "offline-miss"
    python = here.install(locked)
    (python.parent.parent / MARKER).unlink()
    index.asked.clear()
    assert here.install(locked, offline=True) == python
    assert index.asked == []


def test_an_index_that_does_not_answer(here: Machine, locked: str) -> None:
    here.environ |= {
        "UV_CACHE_DIR": here.environ["UV_CACHE_DIR"] + "-fresh",
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/x",
    }
    assert failure(here, locked) == "index-unreachable"


def test_pins_for_other_platforms_are_left_out(here: Machine, locked: str) -> None:
    other = Pin(name="gamma", version="1", marker='sys_platform == "no-such"', hashes=("0" * 64,)).text
    assert said(here.install(locked + other), "import alpha; print(alpha.VERSION)") == "1.0"


def test_no_pins_at_all_is_an_empty_environment(here: Machine) -> None:
    assert said(here.install(""), "import sys; print(sys.prefix != sys.base_prefix)") == "True"


def test_lines_that_are_no_pins_are_refused(here: Machine) -> None:
    assert failure(here, "alpha>=1\n") == "lock-unreadable"


def test_its_name_is_made_of_all_that_it_is_made_from(locked: str) -> None:
    own = interpreter.running()
    others = [replace(own, version="3.0.0"), replace(own, platform="plan9-mips"), replace(own, implementation="pypy")]
    texts = {manifest(locked, own), manifest("", own), *(manifest(locked, other) for other in others)}
    assert len(texts) == 5
    assert manifest(locked, own) == manifest(locked, replace(own, path=Path("/elsewhere/python")))


@pytest.mark.skipif(not LOCKS.exists(), reason="only Linux tells who waits for a file")
def test_a_build_waits_for_the_uv_of_one_that_was_killed(here: Machine, locked: str) -> None:
    fcntl = pytest.importorskip("fcntl")
    python = here.install(locked)
    (python.parent.parent / MARKER).unlink()
    with (python.parent.parent / ".lock").open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        thread = threading.Thread(target=here.install, args=(locked,))
        thread.start()
        while thread.is_alive() and not somebody_waits_for(held.fileno()):
            pass
        assert thread.is_alive()
        assert python.exists()
    thread.join()
    assert (python.parent.parent / MARKER).exists()


def somebody_waits_for(handle: int) -> bool:
    inode = os.fstat(handle).st_ino
    return any("->" in line and f":{inode} " in line for line in LOCKS.read_text().splitlines())
