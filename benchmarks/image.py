"""Images by deployc, buildah and docker of the same service, pushed to a registry, cold and after each change.

usage: python benchmarks/image.py BASE [MIB [PYTHON]]     BASE is an OCI layout with Debian's Python; needs root,
Debian's buildah, docker.io, skopeo and docker-registry. The model is one of scikit-learn's that holds MIB mebibytes of
numbers, 200 by default. MLflow's and BentoML's own Dockerfiles take part where PYTHON is an environment's that has both
and scikit-learn: they fetch packages while they build, so they need a network too.

buildah and docker, with BuildKit, build a Dockerfile whose steps are ordered by how often they change, from a folder of
wheels. Packages are in deployc's cache too. All push to the same registry, whose own CPU time counts for none. The
service is not compiled and has no tests, so what is measured is how it gets into its image.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from image_tools import Context, contexts, stand_in

CHUNK = 1 << 20
BASE = "localhost/base:1"
CODE = "src/near/__init__.py"
DOCKER = "/usr/bin/docker"
"""Debian's, which speaks to BuildKit without a plugin."""
OWN = "import resource, sys; from deployc.compiler.cli import main; code = main(); " + (
    "used = resource.getrusage(resource.RUSAGE_SELF); "
    "print('own', used.ru_utime + used.ru_stime, file=sys.stderr); sys.exit(code)"
)
TRAIN = """
import sys, joblib, numpy
from sklearn.neighbors import KNeighborsRegressor
numbers = numpy.random.default_rng(0).random(({rows}, 4))
joblib.dump(KNeighborsRegressor(algorithm="brute").fit(numbers, numbers[:, 0]), "model.joblib")
"""
TRAINED = """
version: 1
name: near
model:
  path: model.joblib
  train: {{run: python train.py, inputs: [train.py], requirements: [scikit-learn, joblib]}}
serve: {{framework: fastapi, optimize: off}}
targets: {{trained: {{}}}}
"""
SERVED = """
version: 1
name: near
model: {{path: given/model.joblib}}
serve: {{framework: fastapi, optimize: off, hooks: {{module: hooks}}}}
targets:
  oci: {{base: ./base, reference: '{registry}/near:1'}}
"""
HOOKS = '"""What the service does when it starts."""\n\n\ndef startup() -> None:\n    """Nothing."""\n'
DOCKERFILE = """
FROM localhost/base:1
COPY requirements.lock /app/
RUN --mount=type=bind,source=wheels,target=/wheels \\
    python3 -m venv /venv && \\
    /venv/bin/pip install --no-index --find-links /wheels --require-hashes -r /app/requirements.lock
COPY model.joblib /app/src/near/artifact/
COPY src /app/src
ENV PYTHONPATH=/app/src PATH=/venv/bin:$PATH
USER 65532
ENTRYPOINT ["python", "-m", "near"]
"""


@dataclass(frozen=True)
class Spent:
    """What a command took, with all that it started."""

    seconds: float
    cpu: float
    own: float = 0.0
    """CPU seconds of deployc's own process."""


@dataclass(frozen=True)
class Rivals:
    """Both services, each in a folder of its own, and what is changed in them."""

    folder: Path
    registry: str
    environ: Mapping[str, str]
    engine: int
    """The process of Docker's engine."""

    def deployc(self) -> Spent:
        found, said = run([sys.executable, "-c", OWN, "publish", "--no-locked"], self.folder / "ours", self.environ)
        return Spent(found.seconds, found.cpu, float(said.rpartition("own ")[2]))

    def buildah(self) -> Spent:
        named = f"{self.registry}/buildah:1"
        built = self._buildah("bud", "--isolation", "chroot", "--layers", "--pull-never", "--tag", named, ".")
        pushed = self._buildah("push", "--tls-verify=false", named)
        return Spent(built.seconds + pushed.seconds, built.cpu + pushed.cpu)

    def docker(self, name: str, context: Context) -> Spent:
        """The engine does the work, so its CPU time counts."""
        named, before = f"{self.registry}/{name}:1", cpu(self.engine)
        built = self._docker(context.folder, "build", "--network", "host", "--file", context.file, "--tag", named, ".")
        pushed = self._docker(context.folder, "push", named)
        return Spent(built.seconds + pushed.seconds, built.cpu + pushed.cpu + cpu(self.engine) - before)

    def stand_in(self, images: set[str]) -> None:
        """An image of the base in the engine, under the names of those that tools build on."""
        tags = [word for image in images for word in ("--tag", image)]
        self._docker(stand_in(self.folder / "stand-in"), "build", "--network", "host", *tags, ".")

    def _docker(self, folder: Path, *arguments: str) -> Spent:
        docker = [DOCKER, "--host", f"unix://{self.folder}/docker.sock"]
        return run([*docker, *arguments], folder, {**self.environ, "DOCKER_BUILDKIT": "1"})[0]

    def prepare(self, base: Path) -> None:
        """The base in the own stores of buildah and of Docker's engine."""
        daemon = f"docker-daemon:{BASE}"
        host = f"unix://{self.folder}/docker.sock"
        run(["skopeo", "copy", "--dest-daemon-host", host, f"oci:{base}", daemon], self.folder, self.environ)
        self._buildah("pull", "--quiet", f"oci:{base}")
        [image] = subprocess.check_output([*self._command, "images", "--quiet"], text=True).split()
        self._buildah("tag", image, BASE)

    def _buildah(self, *arguments: str) -> Spent:
        return run([*self._command, *arguments], self.folder / "theirs", self.environ)[0]

    @property
    def _command(self) -> list[str]:
        places = ("--root", str(self.folder / "root"), "--runroot", str(self.folder / "run"))
        return ["buildah", "--storage-driver", "overlay", *places]


def run(command: list[str], folder: Path, environ: Mapping[str, str]) -> tuple[Spent, str]:
    """Run a command to its end; what it took, and what it said."""
    since = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed:\n{said}")
    return Spent(time.monotonic() - since, used.ru_utime + used.ru_stime), said


def cpu(process: int) -> float:
    """CPU seconds of a process and of all that it started, also of those that have ended."""
    found = 0.0
    for number in [process, *children(process)]:
        try:
            told = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        found += sum(map(int, told[11:15])) / os.sysconf("SC_CLK_TCK")
    return found


def children(process: int) -> Iterator[int]:
    """Those of all threads, and theirs."""
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for child in task.read_text(encoding="utf-8").split():
            yield int(child)
            yield from children(int(child))


def one_pass(path: Path, registry: str) -> Spent:
    """The least that a new model takes: its bytes read, hashed and sent, by this process."""
    before, since = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    connection, digest = http.client.HTTPConnection(registry), hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        with path.open("rb", buffering=0) as source:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                yield chunk

    def asked(verb: str, url: str, headers: Mapping[str, str], body: Iterator[bytes] | None = None) -> str:
        connection.request(verb, url, body, dict(headers))
        with connection.getresponse() as answer:
            answer.read()
            place = urlsplit(answer.headers["Location"])
            return f"{place.path}?{place.query}"

    url = asked("POST", "/v2/least/blobs/uploads/", {"Content-Length": "0"})
    binary = {"Content-Type": "application/octet-stream", "Content-Length": str(path.stat().st_size)}
    url = asked("PATCH", url, binary, pieces())
    asked("PUT", f"{url}&digest=sha256:{digest.hexdigest()}", {"Content-Length": "0"})
    after = resource.getrusage(resource.RUSAGE_SELF)
    return Spent(time.monotonic() - since, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Host and port of a registry of our own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = folder / "registry.yml"
    storage = f"storage: {{filesystem: {{rootdirectory: {folder}/registry}}}}"
    config.write_text(
        f"version: 0.1\nlog: {{level: error}}\n{storage}\nhttp: {{addr: '{address}'}}\n", encoding="utf-8"
    )
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", config], stdout=log, stderr=log)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://{address}/v2/").close()
                break
            except OSError:
                time.sleep(0.05)
        yield address
    finally:
        process.kill()
        process.wait()


@contextmanager
def engine(folder: Path) -> Iterator[int]:
    """A Docker engine of our own: its process."""
    command = ["dockerd", "--host", f"unix://{folder}/docker.sock", "--pidfile", f"{folder}/docker.pid"]
    command += ["--data-root", f"{folder}/docker", "--exec-root", f"{folder}/docker-run", "--bridge", "none"]
    command += ["--iptables=false", "--ip6tables=false", "--insecure-registry", "127.0.0.0/8"]
    with (folder / "docker.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        for _ in range(600):
            with socket.socket(socket.AF_UNIX) as client:
                if not client.connect_ex(f"{folder}/docker.sock"):
                    break
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def prepare(rivals: Rivals, base: Path, mebibytes: int) -> None:
    """A trained model in both folders; in ours what deployc builds from, in theirs what it had made of it."""
    train, ours, theirs = (rivals.folder / name for name in ("train", "ours", "theirs"))
    train.mkdir()
    (train / "train.py").write_text(TRAIN.format(rows=rows(mebibytes)), encoding="utf-8")
    (train / "deploy.yaml").write_text(TRAINED.format(), encoding="utf-8")
    environ = {**rivals.environ, "DEPLOYC_CACHE": str(rivals.folder / "filled")}
    run([sys.executable, "-c", OWN, "build", "--no-locked"], train, environ)
    (ours / "given").mkdir(parents=True)
    shutil.copyfile(train / "build/trained/model.joblib", ours / "given/model.joblib")
    shutil.copytree(base, ours / "base")
    (ours / "hooks.py").write_text(HOOKS, encoding="utf-8")
    text = SERVED.format(registry=rivals.registry)
    (ours / "deploy.yaml").write_text(f"{text}  project: {{}}\n", encoding="utf-8")
    run([sys.executable, "-c", OWN, "build", "--no-locked"], ours, environ)
    project = ours / "build/project"
    shutil.copytree(project / "src", theirs / "src", ignore=shutil.ignore_patterns("artifact"))
    shutil.copyfile(project / "requirements.lock", theirs / "requirements.lock")
    shutil.copyfile(ours / "given/model.joblib", theirs / "model.joblib")
    (theirs / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    python = ["/usr/bin/python3", "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--dest", "wheels"]
    run([*python, "--require-hashes", "-r", "requirements.lock"], theirs, rivals.environ)
    for made in ("build", ".deployc"):
        shutil.rmtree(ours / made)
    (ours / "deploy.yaml").write_text(text, encoding="utf-8")
    shutil.rmtree(rivals.folder / "filled")


def rows(mebibytes: int) -> int:
    """How many the model has to keep to be that large: five numbers each."""
    return mebibytes * CHUNK // 40


def new_model(path: Path) -> None:
    """The same model with one number that is another: what follows cannot know how few bytes differ."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(1))


def new_code(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"# {time.time_ns()}\n")


def measured(
    folder: Path, base: Path, mebibytes: int, registry: str, engine: int, tools: str
) -> Iterator[tuple[str, Mapping[str, Spent]]]:
    """What each change takes: deployc's first, then each rival's."""
    environ = {**os.environ, "DEPLOYC_CACHE": str(folder / "cache"), "TMPDIR": str(folder)}
    environ.pop("CI", None)
    rivals = Rivals(folder, registry, environ, engine)
    prepare(rivals, base, mebibytes)
    rivals.prepare(base)
    ours, theirs = folder / "ours", folder / "theirs"
    by_hand = Context(folder=theirs, file="Dockerfile", model=theirs / "model.joblib", code=theirs / CODE)
    by_docker = {"docker": by_hand}
    if tools:
        by_docker |= contexts(tools, folder / "tools", TRAIN.format(rows=rows(mebibytes)), environ)
        rivals.stand_in({context.base for name, context in by_docker.items() if name != "docker"})
    models = [ours / "given/model.joblib", *(context.model for context in by_docker.values())]
    codes = [ours / "hooks.py", *(context.code for context in by_docker.values() if context.code)]
    changes: Mapping[str, Callable[[], object]] = {
        "cold": lambda: None,
        "nothing": lambda: None,
        "code": lambda: [new_code(path) for path in codes],
        "model": lambda: [new_model(path) for path in models],
        "model again": lambda: [new_model(path) for path in models],
    }
    for name, change in changes.items():
        time.sleep(1)
        change()
        found = {"deployc": rivals.deployc(), "buildah": rivals.buildah()}
        yield name, found | {tool: rivals.docker(tool, context) for tool, context in by_docker.items()}


def main() -> None:
    base, mebibytes = Path(sys.argv[1]).absolute(), int(sys.argv[2]) if len(sys.argv) > 2 else 200
    tools = str(Path(sys.argv[3]).absolute()) if len(sys.argv) > 3 else ""
    found: dict[str, Spent] = {}
    with tempfile.TemporaryDirectory() as scratch, served(Path(scratch)) as registry, engine(Path(scratch)) as docker:
        folder = Path(scratch)
        for name, spent in measured(folder, base, mebibytes, registry, docker, tools):
            ours = found[name] = spent["deployc"]
            print(f"{name}: deployc {ours.cpu:.1f} s of CPU, of it its own {ours.own:.2f}, in {ours.seconds:.1f} s")
            for rival, its in spent.items():
                if its is ours:
                    continue
                print(
                    f"    {rival} {its.cpu:.1f} s of CPU in {its.seconds:.1f} s: {its.cpu / ours.cpu:.1f} times ours, "
                    f"{its.cpu / ours.own:.1f} times our own, {its.seconds / ours.seconds:.1f} times as long",
                    flush=True,
                )
        least = min((one_pass(folder / "theirs/model.joblib", registry) for _ in range(3)), key=lambda spent: spent.cpu)
    own, idle = found["model again"].own, found["nothing"].own
    whole, rest = own / least.cpu, (own - idle) / least.cpu
    print(f"reading, hashing and sending the model once: {least.cpu:.2f} s of CPU, {least.seconds:.2f} s in all")
    print(f"a new model: {whole:.1f} times that; {rest:.1f} times, less the {idle:.2f} s that nothing new takes")


if __name__ == "__main__":
    main()
