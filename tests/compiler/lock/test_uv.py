"""uv is found by several threads at once, as the locks of a build that begins are."""

from __future__ import annotations

import subprocess
import sys

AT_ONCE = """
import sys, threading
from deployc.compiler.lock.uv import program

sys.setswitchinterval(1e-6)
found, together = [], threading.Barrier(8)

def find():
    together.wait()
    found.append(program())

threads = [threading.Thread(target=find) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(found) == 8
"""


def test_it_is_found_by_threads_that_begin_together() -> None:
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
