"""The notebook of the examples runs from its first cell to its last, and shows what it promises."""

from __future__ import annotations

import ast
import json
import shutil
from typing import Protocol

import pytest

from .project import EXAMPLES, SECONDS, Project


class Cell(Protocol):
    source: str
    cell_type: str
    outputs: list[dict[str, object]]


def shown(cells: list[Cell], source: str) -> str:
    """What the cell that begins so shows, as text."""
    return json.dumps(next(cell.outputs for cell in cells if cell.source.startswith(source)))


def text(cells: list[Cell], source: str) -> str:
    """The value of the cell that begins so, as Python writes it."""
    outputs = next(cell.outputs for cell in cells if cell.source.startswith(source))
    data = outputs[-1]["data"]
    assert isinstance(data, dict)
    return str(data["text/plain"])


@pytest.mark.slow
def test_the_notebook_of_the_examples_runs(project: Project) -> None:
    pytest.importorskip("sklearn")
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    shutil.copytree(EXAMPLES / "notebook", project.folder, dirs_exist_ok=True)
    notebook = nbformat.read(project / "penguins.ipynb", as_version=4)
    place = {"metadata": {"path": str(project.folder)}}
    client = nbclient.NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=place)
    client.execute(env={**project.environ(), "IPYTHONDIR": str(project.home)})
    cells: list[Cell] = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert "deployc: built species" in shown(cells, "from deployc.compiler")
    assert "<table>" in shown(cells, "from deployc.compiler")
    assert "documentation</a>" in shown(cells, "service = built.run()")
    answered, truth = ast.literal_eval(text(cells, "service.predict"))
    assert answered == truth
    mistake = shown(cells, "cook(model")
    assert "error[unknown-framework]" in mistake
    assert "Traceback" not in mistake
    # what it wrote is what the command line builds
    assert project.build("species/deploy.yaml").ran == set()
