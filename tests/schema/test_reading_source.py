"""A file is read as UTF-8 text, or it is said why not and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployc.schema.diagnostics import Diagnostic, UserError
from deployc.schema.source import LIMIT, Source, masked, read_source


def refused(path: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(UserError) as raised:
        read_source(path)
    return raised.value.diagnostics


def test_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "deploy.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: churn\n")
    assert read_source(path).text == "name: churn\n"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_byte_that_is_not_utf8_is_shown_in_its_line(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "deploy.yaml"
    path.write_bytes(f"{mark}a: é\nnäme: ".encode() + "ü".encode("latin-1") + b"x\n")
    (said,) = refused(path)
    assert said.code == "not-utf-8"
    assert said.at
    assert (said.at.line, said.at.column, said.at.text) == (2, 7, "näme: \ufffdx")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf16_is_named(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "deploy.yaml"
    path.write_bytes("\ufeffname: churn\n".encode(encoding))
    assert refused(path)[0].code == "not-utf-8"
    assert "UTF-16" in refused(path)[0].message


def test_every_character_that_cannot_be_in_text_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "deploy.yaml"
    path.write_bytes(b"a: \x00\r\nb: x\x1b\rc: \x07")
    places = [(said.at.line, said.at.column) for said in refused(path) if said.at]
    assert places == [(1, 4), (2, 5), (3, 4)]


def test_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    with path.open("wb") as file:
        file.truncate(LIMIT * 1000)
    assert refused(path)[0].code == "too-large"


def test_missing_folder_has_nothing_beside_it(tmp_path: Path) -> None:
    (said,) = refused(tmp_path / "none" / "deploy.yaml")
    assert (said.code, said.help) == ("missing-file", "")


@pytest.mark.parametrize("name", ["a\x00b", "x" * 5000])
def test_impossible_name_is_no_traceback(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / name)[0].code == "unreadable-file"


def test_file_in_place_of_a_folder_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refused(tmp_path / "file" / "deploy.yaml")[0].code == "unreadable-file"


def test_span_beyond_the_text_is_its_last_line() -> None:
    span = Source.of("f", "a\nb").span(7, 3)
    assert (span.line, span.text) == (2, "b")


def test_lines_end_where_yaml_ends_them() -> None:
    assert Source.of("f", "a\r\nb\rc\u2028d\x85e\u2029f\x0bg").lines == ("a", "b", "c", "d", "e", "f\x0bg")


def test_password_in_an_address_is_never_shown() -> None:
    text = "a: https://user:se:cret@host/x b: postgres://u@h c: http://host/a@b d: user@host"
    assert masked(text) == "a: https://************@host/x b: postgres://*@h c: http://host/a@b d: user@host"
    assert len(Source.of("f", text).lines[0]) == len(text)
