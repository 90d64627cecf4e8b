"""What `cook` writes is the call's, until the user edits it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from deployc.compiler.api.recipe import Edited, Recipe, keep, settled
from deployc.schema.decode import read_config
from deployc.schema.diagnostics import UserError
from deployc.targets.catalogs import catalogs

Call = Callable[..., str]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """One call that writes a text; what the file says after it."""
    file, record = tmp_path / "deploy.yaml", tmp_path / ".deployc/cooked.yaml"

    def made(text: str, edited: Edited = "ask") -> str:
        final = settled(file, record, text, edited)
        keep(file, final)
        keep(record, text)
        return file.read_text()

    return made


def edit(folder: Path, text: str) -> None:
    (folder / "deploy.yaml").write_text(text)


def refused(call: Call, text: str) -> list[str]:
    with pytest.raises(UserError) as raised:
        call(text)
    return [d.code for d in raised.value.diagnostics]


def test_another_call_rewrites_what_nobody_edited(call: Call) -> None:
    assert call("one\n") == "one\n"
    assert call("two\n") == "two\n"


def test_the_same_call_leaves_edits(call: Call, tmp_path: Path) -> None:
    call("one\n")
    edit(tmp_path, "mine\n")
    assert call("one\n") == "mine\n"


def test_another_call_does_not_choose_between_itself_and_edits(call: Call, tmp_path: Path) -> None:
    call("one\n")
    edit(tmp_path, "mine\n")
    assert refused(call, "two\n") == ["recipe-edited"]
    assert (tmp_path / "deploy.yaml").read_text() == "mine\n"
    assert call("two\n", "keep") == "mine\n"
    # what was kept once is known from then on
    assert call("two\n") == "mine\n"
    assert call("two\n", "replace") == "two\n"


def test_an_edit_that_says_what_the_call_says_is_no_edit(call: Call, tmp_path: Path) -> None:
    call("one\n")
    edit(tmp_path, "two\n")
    assert call("two\n") == "two\n"
    assert call("three\n") == "three\n"


def test_a_file_that_was_never_ours_is_left(call: Call, tmp_path: Path) -> None:
    edit(tmp_path, "mine\n")
    assert refused(call, "one\n") == ["output-in-the-way"]
    assert call("one\n", "replace") == "one\n"


def test_a_recipe_is_a_deploy_yaml(tmp_path: Path) -> None:
    recipe = Recipe(
        name="churn",
        python="3.11",
        code=["code/features.py"],
        sample="sample.csv",
        serve={"framework": "flask", "optimize": "off", "requirements": ["numpy==2.4.6"]},
        inputs={"Postleitzahl §": {"dtype": "string"}},
        targets={"project": {}, "small": {"kind": "wheel"}},
        tests={"parity": {"rows": "sample.csv", "tolerance": 1e-6}},
    )
    (tmp_path / "deploy.yaml").write_text(recipe.text, encoding="utf-8")
    config = read_config(tmp_path / "deploy.yaml", catalogs()).config
    assert config.name == "churn"
    assert config.serve.optimize.use == "off"
    assert config.inputs["Postleitzahl §"].dtype == "string"
    assert [entry.kind for entry in config.targets.values()] == ["project", "wheel"]
