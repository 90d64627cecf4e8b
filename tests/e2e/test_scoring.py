"""Files, Spark's frames and Dask's are scored by what was built, and each gives what the package itself predicts."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import uv

from .project import Project

SCRIPT = Path(__file__).with_name("ask_frames.py")


@pytest.mark.slow
def test_a_table_is_scored_alike_by_the_command_by_spark_and_by_dask(
    quickstart: Project, tmp_path: Path, uv_cache: Path
) -> None:
    quickstart.edit("deploy.yaml", "targets: {", "targets: {batch: {parquet: true, spark: true, dask: true}, ")
    quickstart.build()
    python = tmp_path / "own/bin/python"
    environ = {**os.environ, "UV_CACHE_DIR": str(uv_cache), "VIRTUAL_ENV": str(tmp_path / "own")}
    [wheel] = (quickstart / "build/batch").glob("*.whl")
    subprocess.run([uv.find_uv_bin(), "venv", "-q", tmp_path / "own"], env=environ, check=True)
    needs = [str(wheel), "dask[dataframe]", "pyspark<4.2"]
    subprocess.run([uv.find_uv_bin(), "pip", "install", "-q", *needs], env=environ, check=True)
    rows = quickstart / "data/holdout.csv"
    command = [python.with_name("penguins-score"), rows, tmp_path / "out.parquet", "--method", "predict_proba"]
    header = rows.read_text(encoding="utf-8").partition("\n")[0].split(",")
    kept = [word for name in header if not name.endswith(("_mm", "_g")) for word in ("--keep", name)]
    subprocess.run([*command, *kept], check=True)
    asked = [python, SCRIPT, rows, tmp_path / "out.parquet"]
    there = {**os.environ, "PYSPARK_PYTHON": str(python)}
    done = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True, cwd=tmp_path, env=there)
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found["predicted"]) == 68
    assert found["spark"] == found["dask"] == found["file"] == found["predicted"]
