"""What commands import before they do anything, since everybody waits for it."""

from __future__ import annotations

import subprocess
import sys

from .project import EXAMPLES

HEAVY = ("asyncio", "cryptography", "cyclonedx", "docker", "isal", "jinja2", "libcst", "mlflow", "oras", "requests")

PROGRAM = f"""\
import sys
from deployc.compiler.cli.main import run
code = run(["graph", sys.argv[1]])
print(code, sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)
"""


def test_a_plan_is_made_without_the_libraries_that_its_nodes_need() -> None:
    """`graph` reads and checks deploy.yaml, loads every kind of target and test, and makes the plan."""
    command = [sys.executable, "-c", PROGRAM, str(EXAMPLES / "quickstart/deploy.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "0 []"
