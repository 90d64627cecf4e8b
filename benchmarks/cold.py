"""A cold build of the quickstart with a warm package cache, and the same in a fresh checkout: where the time goes.

usage: python benchmarks/cold.py     deployc must be installed beside this Python
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "examples" / "quickstart"
OWN = "import resource, sys; from deployc.compiler.cli import main; code = main(); " + (
    "used = resource.getrusage(resource.RUSAGE_SELF); "
    "print('own', used.ru_utime + used.ru_stime, file=sys.stderr); sys.exit(code)"
)


def build(project: Path, cache: Path) -> tuple[float, float, dict[str, float]]:
    """Wall seconds, deployc's own CPU seconds, and the nodes that ran with their seconds."""
    environ = {**os.environ, "DEPLOYC_CACHE": str(cache)}
    environ.pop("CI", None)
    since = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", OWN, "build", "--json"],
        cwd=project,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.monotonic() - since
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    own = float(done.stderr.rpartition("own ")[2])
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return wall, own, events[-1]["ran"]


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copytree(EXAMPLE, folder / "first")
        build(folder / "first", folder / "fill the package cache")
        shutil.rmtree(folder / "first")
        shutil.copytree(EXAMPLE, folder / "first")
        wall, own, ran = build(folder / "first", folder / "cache")
        shutil.copytree(EXAMPLE, folder / "checkout")
        shutil.copy(folder / "first" / "deploy.lock", folder / "checkout")
        again, again_own, reran = build(folder / "checkout", folder / "cache")
    slowest = sorted(ran.items(), key=lambda item: -item[1])
    print("where the time went: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in slowest if seconds >= 0.1))
    print(f"cold: {wall:.1f} s (at most 45 s is claimed), of it deployc's own CPU {own:.2f} s (at most 2 s is claimed)")
    print(f"fresh checkout: {again:.2f} s, own CPU {again_own:.2f} s, {len(reran)} nodes ran; ratio {wall / again:.0f}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"CPU of all: {used.ru_utime + used.ru_stime:.1f} s")


if __name__ == "__main__":
    main()
