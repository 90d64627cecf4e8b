"""A requirements file says what it says to pip, or is refused at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployc.compiler.api.requirement_files import lines_of
from deployc.schema.diagnostics import UserError
from deployc.schema.render import terminal

FILE = """\
# what the notebook needs
requests>=2 ; python_version > "3"   # of any kind
tomli==2.0.1 \\
    --hash=sha256:939de3e7a6161af0c887ef91b7d41a53e7c5a1ca976325f429cb46ea9bc30ecc \\
    --hash=sha256:de526c12914f0c550d15924c62d72abc48d6fe7364aa87328337a31007fe8a4f

--requirement more/extras.txt
typing-extensions \\
  >=4
"""


def test_comments_continued_lines_hashes_and_further_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "all.txt").write_text(FILE)
    # each names the other
    (tmp_path / "more/extras.txt").write_text("-r ../all.txt\ntorch==2.9.0#cpu\nuvicorn[standard]")
    assert [*lines_of(tmp_path / "all.txt")] == [
        'requests>=2 ; python_version > "3"',
        "tomli==2.0.1",
        "torch==2.9.0#cpu",
        "uvicorn[standard]",
        "typing-extensions    >=4",
    ]


def test_an_option_of_pip_is_told_at_its_line_without_its_password(tmp_path: Path) -> None:
    file = tmp_path / "all.txt"
    file.write_text("tomli\n--index-url=https://me:secret@example.org/simple\n")
    with pytest.raises(UserError) as raised:
        [*lines_of(file)]
    told = terminal(raised.value.diagnostics[0])
    assert "error[bad-requirement]: `--index-url` is an option" in told
    assert "all.txt:2:1" in told
    assert "lock.indexes" in told
    assert "secret" not in told


@pytest.mark.parametrize(("name", "code"), [("none.txt", "missing-file"), (".", "not-a-file")])
def test_what_is_no_file_is_told(tmp_path: Path, name: str, code: str) -> None:
    with pytest.raises(UserError, match=code):
        [*lines_of(tmp_path / name)]
