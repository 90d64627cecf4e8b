"""The parts themselves: a base that other tools read, and a registry that takes it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from . import base
from .registry import served


@pytest.mark.slow
def test_the_registry_takes_and_gives_the_base(tmp_path: Path) -> None:
    skopeo = shutil.which("skopeo")
    if skopeo is None:
        pytest.skip("there is no skopeo here: apt-get install skopeo")
    with served(tmp_path) as registry:
        there = f"docker://{registry.address}/base:1"
        copy = [skopeo, "copy", "-q", "--dest-tls-verify=false", f"oci:{base.layout()}", there]
        subprocess.run(copy, check=True)
        told = subprocess.run(
            [skopeo, "inspect", "--raw", "--tls-verify=false", there], capture_output=True, check=True
        )
        assert b"layers" in told.stdout
        assert any("/base/blobs/uploads/" in path for path in registry.requests("PUT"))
