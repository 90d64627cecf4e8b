"""Columns of any printable name: what the service takes, answers, documents and logs has the name as it is."""

from __future__ import annotations

import ast
import csv
import importlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any  # a generated package is only known when it is there

import pytest
from deployc.compiler.model_spec import Column
from deployc.schema.config import PayloadLog
from deployc.schema.diagnostics import UserError
from deployc.targets.project.spelled import SPELLING
from deployc.targets.project.template import spelling
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .space import REGRESSOR, REGRESSOR_OUTPUTS, config, files

ODD = ['size 15"', "a\\b", '"', "\\", "it's", "`${x}`", "{{ x }}", "été", "a,b", "plain"]
MODEL = """
class Model:
    def __init__(self, path): ...
    def predict(self, rows):
        from msgspec.structs import astuple
        return [float(sum(place * value for place, value in enumerate(astuple(row), 1))) for row in rows]
    """
names = st.lists(
    st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" \"\\'`"), min_size=1, max_size=8).filter(
        lambda name: name.isprintable() and name == name.strip()
    ),
    min_size=10,
    max_size=30,
    unique=True,
)


@contextmanager
def package(folder: Path, columns: Sequence[str], **serve: object) -> Iterator[Any]:
    """The generated package of a model that adds up its columns, each times its place; its modules by name."""
    spec = replace(REGRESSOR, container="dataframe", inputs=tuple(Column(name=name, type="double") for name in columns))
    texts = files(folder / "made", spec, REGRESSOR_OUTPUTS, config(framework="asgi", **serve))
    for path, text in {**texts, "src/churn/model.py": MODEL}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder / "src"))
    importlib.invalidate_caches()
    try:
        yield Package(texts)
    finally:
        sys.path.remove(str(folder / "src"))
        for name in [name for name in sys.modules if name.partition(".")[0] == "churn"]:
            del sys.modules[name]


class Package:
    """What is generated: its texts, its modules, and its service."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self._service = self.module("service").Service(
            self.module("settings").Settings(), self.module("predictor").Predictor.load
        )
        self._service.start()

    def module(self, name: str) -> ModuleType:
        return importlib.import_module(f"churn.{name}")

    def ask(self, path: str, body: object, kind: str = "application/json") -> tuple[int, Any]:
        web, problems = self.module("web"), self.module("problems")
        header = {"content-type": kind}.get
        sent = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        try:
            self._service.admit(path, header)
            answer = self._service.answer_now(web.Request(path, "", header, sent))
        except problems.Rejected as error:
            answer = web.rejected(error)
        return answer.status, json.loads(answer.body)


def check(made: Any, columns: Sequence[str]) -> None:
    """Each protocol takes the columns by their names, and what is wrong is told with them."""
    row: dict[str, object] = {name: float(place) for place, name in enumerate(columns)}
    wanted = float(sum(place * (place + 1) for place in range(len(columns))))
    assert made.ask("/predict", row) == (200, {"prediction": wanted})
    assert made.ask("/predict", [row, row]) == (200, [{"prediction": wanted}] * 2)
    split = {"columns": [*reversed(columns)], "data": [[*reversed(row.values())]]}
    for body in (
        {"dataframe_split": split},
        {"dataframe_records": [row]},
        {"inputs": {n: [v] for n, v in row.items()}},
    ):
        assert made.ask("/invocations", body) == (200, {"predictions": [wanted]}), body
    file = StringIO()
    csv.writer(file).writerows([[*row], [*row.values()]])
    assert made.ask("/invocations", file.getvalue(), "text/csv") == (200, {"predictions": [wanted]})
    tensors = [{"name": n, "shape": [1], "datatype": "FP64", "data": [v]} for n, v in row.items()]
    status, answer = made.ask("/v2/models/churn/infer", {"inputs": tensors})
    assert (status, answer["outputs"][0]["data"]) == (200, [wanted])
    last = columns[-1]
    assert made.ask("/predict", {**row, last: "x"})[1]["error"]["field"] == last[:300]
    assert made.ask("/predict", {n: v for n, v in row.items() if n != last})[1]["error"]["field"] == last
    status, answer = made.ask("/invocations", {"dataframe_records": [{**row, last: "x"}]})
    assert (status, answer["message"].endswith(f"at `[0].{last}`")) == (400, True)
    document = made.module("openapi").document()
    described = document["components"]["schemas"]["Row"]
    assert [*described["properties"]] == [*columns]
    assert described["required"] == [*columns]


def test_a_service_of_columns_with_odd_names(tmp_path: Path) -> None:
    with package(tmp_path, ODD) as made:
        check(made, ODD)
        for path, text in made.texts.items():
            if path.endswith(".py"):
                ast.parse(text)


@pytest.mark.slow
@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    max_examples=5,
    deadline=None,
    phases=[Phase.generate],
)
@given(columns=names)
def test_a_column_may_have_any_printable_name(tmp_path_factory: pytest.TempPathFactory, columns: list[str]) -> None:
    with package(tmp_path_factory.mktemp("names"), columns) as made:
        check(made, columns)


def test_the_payload_log_has_the_names(tmp_path: Path) -> None:
    with package(tmp_path, ODD, payload_log=PayloadLog()) as made:
        text = made.texts["src/churn/payloads.py"]
        assert "unspelled(name)" in text


def test_without_such_names_a_service_has_no_code_for_them(tmp_path: Path) -> None:
    texts = files(tmp_path, REGRESSOR, REGRESSOR_OUTPUTS)
    assert "src/churn/spelling.py" not in texts
    assert "spelled" not in "".join(texts.values())


def test_a_name_with_a_line_break_is_refused(tmp_path: Path) -> None:
    spec = replace(REGRESSOR, inputs=(Column(name="a\nb", type="double"),))
    with pytest.raises(UserError, match="control characters"):
        files(tmp_path, spec, REGRESSOR_OUTPUTS)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_what_is_no_json_is_left_as_it_is(text: str) -> None:
    body = f"{text}\\".encode()
    assert spelling.respelled(body) == body


@given(st.dictionaries(st.text(), st.floats() | st.text() | st.integers() | st.none()))
def test_only_keys_are_spelled(record: dict[str, object]) -> None:
    private = set(map(str, SPELLING.values()))
    found = json.loads(spelling.respelled(json.dumps(record).encode()))
    assert [json.dumps(value) for value in found.values()] == [json.dumps(value) for value in record.values()]
    if not any(private & set(name) for name in record):
        assert [*map(spelling.unspelled, found)] == [*record]


def test_both_sides_spell_alike() -> None:
    assert spelling.SPELLING == SPELLING
