"""A container of an image in an OCI layout, run as strictly as a cluster does: unpacked by umoci, started by crun."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

SECONDS = 60

# where cgroups are neither of version 1 nor 2 alone, crun refuses to start; it is told to use none of them
_START = 'if [ -d /sys/fs/cgroup/unified ]; then mount -t tmpfs tmpfs /sys/fs/cgroup; fi; exec "$@"'


@dataclass(slots=True, kw_only=True)
class Container:
    """A service in a container on the machine's own network."""

    address: str
    """Where it listens: http://127.0.0.1:PORT."""
    crun: tuple[str, ...]
    process: subprocess.Popen[str]
    name: str
    said: list[str] = field(default_factory=list)

    def stop(self) -> int:
        """Tell it to stop, as an engine does; its exit code. What it has said is in `said`."""
        subprocess.run([*self.crun, "kill", self.name, "TERM"], check=True)
        out, _ = self.process.communicate(timeout=SECONDS)
        self.said += out.splitlines()
        return self.process.returncode

    def python(self, code: str) -> str:
        """What the container's Python prints, run in the container; CalledProcessError where it fails."""
        command = [*self.crun, "exec", self.name, "python", "-c", code]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def unpacked(layout: Path, tag: str, folder: Path) -> Path:
    """A bundle of an image in a layout, whose files belong to root; skipped without umoci and crun."""
    for program in ("umoci", "crun", "unshare"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here: apt-get install {program}")
    subprocess.run(["umoci", "unpack", "--image", f"{layout}:{tag}", folder], check=True, capture_output=True)
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """What the containers of one pod have in common."""

    folders: Mapping[str, Path] = field(default_factory=dict)
    """Folders that are mounted into each of them, by where."""
    processes: str = ""
    """The file of the namespace in which they see each other's processes; empty for the first of them."""


ALONE = Pod()


@contextmanager
def running(
    bundle: Path, prefix: str, variables: Mapping[str, str], command: Sequence[str] = (), pod: Pod = ALONE
) -> Iterator[Container]:
    """The service of a bundle, ready: its root is read-only, and it has no rights. `prefix` is that of its
    variables; `command` is in the place of the image's own.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _configure(bundle, {f"{prefix}PORT": str(port), **variables}, command, pod)
    with _started(bundle, f"http://127.0.0.1:{port}") as container:
        _wait(container)
        yield container


@contextmanager
def apart(bundle: Path, arguments: Sequence[str]) -> Iterator[Container]:
    """The service of a bundle in a network of its own, where only `python` can ask it; started with arguments besides
    the image's own command, and perhaps not ready yet.
    """
    own = json.loads((bundle / "config.json").read_text(encoding="utf-8"))["process"]["args"]
    _configure(bundle, {}, [*own, *arguments], ALONE, shared=frozenset())
    with _started(bundle, "") as container:
        _pid(container)
        yield container


@contextmanager
def beside(bundle: Path, command: Sequence[str], pod: Pod) -> Iterator[Pod]:
    """A container of a bundle that runs a command and is no service; the pod in which another sees its processes."""
    _configure(bundle, {}, command, pod)
    with _started(bundle, "") as container:
        yield replace(pod, processes=f"/proc/{_pid(container)}/ns/pid")


@contextmanager
def _started(bundle: Path, address: str) -> Iterator[Container]:
    crun = ("crun", "--root", str(bundle / "state"), "--cgroup-manager=disabled")
    name = f"deployc-{uuid.uuid4().hex}"
    command = ["unshare", "-m", "sh", "-c", _START, "sh", *crun, "run", name]
    process = subprocess.Popen(command, cwd=bundle, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield Container(address=address, crun=crun, process=process, name=name)
    finally:
        if process.poll() is None:
            subprocess.run([*crun, "kill", name, "KILL"], check=False)
            process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)


def _configure(
    bundle: Path,
    variables: Mapping[str, str],
    command: Sequence[str],
    pod: Pod,
    shared: Set[str] = frozenset({"network"}),
) -> None:
    """`shared` names the namespaces that are the machine's own."""
    path = bundle / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["root"]["readonly"] = True
    process = config["process"]
    process["terminal"] = False
    process["capabilities"] = {}
    process["env"] = [*process["env"], *(f"{name}={value}" for name, value in variables.items())]
    process["args"] = [*(command or process["args"])]
    config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] not in shared]
    for namespace in config["linux"]["namespaces"]:
        if namespace["type"] == "pid" and pod.processes:
            namespace["path"] = pod.processes
    config["mounts"] += [_mount(where, folder) for where, folder in pod.folders.items()]
    config["linux"].pop("resources", None)
    path.write_text(json.dumps(config), encoding="utf-8")


def _pid(container: Container) -> int:
    """The first process of a container, once it runs."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and container.process.poll() is None:
        asked = subprocess.run([*container.crun, "state", container.name], capture_output=True, check=False)
        state = json.loads(asked.stdout) if asked.returncode == 0 else {}
        if state.get("status") == "running":
            return int(state["pid"])
        time.sleep(0.05)
    raise AssertionError("the container did not start")


def _mount(where: str, folder: Path) -> dict[str, object]:
    return {"destination": where, "type": "bind", "source": str(folder), "options": ["bind", "rw"]}


def _wait(container: Container) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and container.process.poll() is None:
        try:
            urllib.request.urlopen(f"{container.address}/readyz", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    container.process.kill()
    said = container.process.communicate()[0]
    raise AssertionError(f"the container did not become ready: {said}")
