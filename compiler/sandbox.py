"""What a user's command may see: a clean environment and, where Linux allows it, no network and no undeclared file."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_INSIDE = """
ip link set lo up 2>/dev/null
if [ -n "$1" ]; then mount -t tmpfs -o size=4k tmpfs "$1" || exit 70; fi
shift
exec "$@"
"""


def available() -> bool:
    """Whether this machine lets us make namespaces."""
    tool = shutil.which("unshare")
    if tool is None:
        return False
    trial = [tool, "--user", "--map-root-user", "--net", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


def confined(command: list[str], *, network: bool, hidden: Path | None) -> list[str]:
    """The command, run where `hidden` looks empty and, unless `network`, nothing outside the machine answers."""
    spaces = ["--user", "--map-root-user", "--mount", *([] if network else ["--net"])]
    return ["unshare", *spaces, "sh", "-c", _INSIDE, "sh", str(hidden or ""), *command]


def clean_environ(*, python: Path | None, home: Path, passed: Mapping[str, str]) -> dict[str, str]:
    """The variables of a command: nothing of the user's but what is `passed`; no locale, time zone or hash seed."""
    path = ["/usr/local/bin", "/usr/bin", "/bin"]
    return {
        "PATH": ":".join([str(python.parent), *path] if python else path),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        **passed,
    }
