"""The build with nothing to do, against an empty console script of the same environment, in CPU time.

usage: python benchmarks/noop.py [RUNS]     deployc must be installed, from a wheel, beside this Python
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "examples" / "quickstart"
SCRIPT = "#!{python}\nimport sys\nfrom {module} import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
WARM_UP = 3


def cpu(command: list[str], folder: Path) -> float:
    """CPU milliseconds, user and system, of one run of a command."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return (used.ru_utime + used.ru_stime) * 1000


def console_script(folder: Path, name: str, module: str) -> list[str]:
    """A script as pip writes it for an entry point."""
    script = folder / name
    script.write_text(SCRIPT.format(python=sys.executable, module=module))
    script.chmod(0o755)
    return [str(script)]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        project = folder / "quickstart"
        shutil.copytree(EXAMPLE, project)
        (folder / "empty.py").write_text("def main() -> int:\n    return 0\n")
        os.environ["PYTHONPATH"] = str(folder)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        empty = console_script(folder, "empty", "empty")
        build = [*console_script(folder, "deployc", "deployc.compiler.cli"), "build"]
        subprocess.run([*build, "--no-locked"], cwd=project, check=True)
        build.append("--no-locked")
        times: dict[str, list[float]] = {"empty": [], "build": []}
        for run in range(runs + WARM_UP):
            for name, command in (("empty", empty), ("build", build)):
                spent = cpu(command, project)
                if run >= WARM_UP:
                    times[name].append(spent)
    medians = {name: statistics.median(spent) for name, spent in times.items()}
    print(f"empty console script {medians['empty']:.1f} ms, no-op build {medians['build']:.1f} ms of CPU")
    print(f"ratio {medians['build'] / medians['empty']:.2f} (at most 1.3 is claimed)")


if __name__ == "__main__":
    main()
