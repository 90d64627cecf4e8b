"""Runs a command as long as the process that started it wants: until it ends, or until standard input says something.

This file is run by its path, with the Python of the command, and so imports nothing of deployc.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main(seconds: float, command: list[str]) -> int:
    """The command's exit code."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_watch, args=(process, seconds), daemon=True).start()
    return process.wait()


def _watch(process: subprocess.Popen[bytes], seconds: float) -> None:
    """End the command once there is something to read: a byte, or the end of what its other end held open."""
    os.read(0, 1)
    process.send_signal(signal.SIGTERM)
    if not _ended(process, seconds):
        os.killpg(0, signal.SIGKILL)  # what the command started, and this process, which leads their group


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
