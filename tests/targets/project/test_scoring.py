"""Files are scored in every format alike, in constant memory, and to the same bytes however often it is interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from itertools import count
from pathlib import Path

import pytest
from deployc.targets.project.template.job import Asked, score
from deployc.targets.project.template.reading import InputError
from deployc.targets.project.template.resuming import Busy, Output

COMMAND = [sys.executable, "-m", "deployc.targets.project.template.score"]
KILLED = Path(__file__).with_name("killed.py")
MIXED = """\
id,number,some text,count,when,kind
a,1.5,NA,3,2026-01-01T12:00:00,one
b,-1,,,,
c,x,text,1,,one
d,2,text,1.5,,one
e,3,"two
lines",7,2026-01-01,other
f,3,text
g,NaN,text,8,,one
"""


def asked(source: Path, target: Path, *, rows: int = 3, **others: object) -> Asked:
    formats = {"read_as": source.suffix.removeprefix("."), "write_as": target.suffix.removeprefix(".")}
    plain = {"methods": ["predict"], "kept": [], "errors": f"{target}.errors.jsonl", **formats, **others}
    return Asked(source=str(source), target=str(target), rows=rows, **plain)  # type: ignore[arg-type]  # the test's own


def ticking(seconds: float = 2.0) -> Callable[[], float]:
    """A clock on which enough time passes at every look for all that is done to be kept."""
    return map(float, count(0, seconds)).__next__  # type: ignore[arg-type]  # count takes a float, too


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def scored(source: Path, target: Path, **others: object) -> int:
    return score(asked(source, target, **others), StringIO(), ticking())


def test_rows_that_the_model_takes_have_answers_and_the_others_reasons(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(MIXED, encoding="utf-8")
    assert scored(tmp_path / "in.csv", tmp_path / "out.jsonl", kept=["id"]) == 3
    assert lines(tmp_path / "out.jsonl") == [
        {"row": 1, "id": "a", "prediction": "yes"},
        {"row": 2, "id": "b", "prediction": "no"},
        {"row": 5, "id": "e", "prediction": "yes"},
        {"row": 7, "id": "g", "prediction": "no"},
    ]
    assert lines(tmp_path / "out.jsonl.errors.jsonl") == [
        {"row": 3, "field": "number", "reason": "Expected `float`, got `str`"},
        {"row": 4, "field": "count", "reason": "Expected `int | null`, got `str`"},
        {"row": 6, "field": "", "reason": "the line has 3 values, and there are 6 columns"},
    ]


def test_without_bad_rows_there_is_no_file_of_errors_not_even_an_older_one(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("number\nx\n", encoding="utf-8")
    assert scored(tmp_path / "in.csv", tmp_path / "out.csv") == 1
    (tmp_path / "in.csv").write_text("number\n1\n", encoding="utf-8")
    assert scored(tmp_path / "in.csv", tmp_path / "out.csv") == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.csv", "out.csv"]
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "row,prediction\n1,yes\n"


def test_methods_and_kept_columns_stand_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"number": 1, "id": {"a": [1]}}\n\n{"number": null}\n', encoding="utf-8")
    scored(tmp_path / "in.jsonl", tmp_path / "out.csv", kept=["id", "number"], methods=["predict", "transform"])
    expected = 'row,id,number,prediction,values\n1,"{""a"": [1]}",1,yes,[1.0]\n'
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == expected
    [bad] = lines(tmp_path / "out.csv.errors.jsonl")
    assert bad == {"row": 2, "field": "number", "reason": "Expected `float`, got `null`"}


def test_what_is_no_row_of_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(
        b'{"number": 1\n[1]\n{"number": 1, "nummer": 2}\n{"number": "\xff"}\n{"number": NaN}\n'
    )
    assert scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == 5
    reasons = [(bad["field"], str(bad["reason"])[:30]) for bad in lines(tmp_path / "out.jsonl.errors.jsonl")]
    assert reasons == [
        ("", "the line is no JSON object: In"),
        ("", "the line is no JSON object: Ex"),
        ("nummer", "Object contains unknown field "),
        ("", "the text is not UTF-8: invalid"),
        ("", "the line is no JSON object: JS"),
    ]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("nummer", "the column `number` is missing: is `nummer` it?"),
        ("number,id", "the model has no column `id`"),
        ("number,number", "two columns have the same name"),
        ("", "the column `number` is missing"),
    ],
)
def test_a_file_with_other_columns_is_not_begun(tmp_path: Path, head: str, said: str) -> None:
    (tmp_path / "in.csv").write_text(f"{head}\n1,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=said):
        scored(tmp_path / "in.csv", tmp_path / "out.csv")
    assert [file.name for file in tmp_path.iterdir()] == ["in.csv"]


def rows_of(kind: str, folder: Path, rows: list[dict[str, object]]) -> Path:
    path = folder / f"in.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(row, default=str) + "\n" for row in rows), encoding="utf-8")
    elif kind == "csv":
        text = [",".join(rows[0]), *(",".join("" if v is None else str(v) for v in row.values()) for row in rows)]
        path.write_text("".join(f"{line}\n" for line in text), encoding="utf-8")
    else:
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=7)
    return path


ROWS: list[dict[str, object]] = [
    {"id": n, "number": n - 10.5, "count": n if n % 3 else None, "when": datetime(2026, 1, 1, n)} for n in range(23)
]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_same_rows_have_the_same_answers_in_each_format(tmp_path: Path, kind: str) -> None:
    source = rows_of(kind, tmp_path, ROWS)
    assert scored(source, tmp_path / "out.jsonl", rows=5, kept=["id"], methods=["predict", "decision_function"]) == 0
    expected = [
        {"row": n + 1, "id": n if kind != "csv" else str(n), "prediction": "yes" if n > 10 else "no", "score": n - 10.5}
        for n in range(23)
    ]
    assert lines(tmp_path / "out.jsonl") == expected


def test_parquet_has_the_types_of_the_answers_and_of_what_is_kept(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    scored(rows_of("parquet", tmp_path, ROWS), tmp_path / "out.parquet", kept=["id", "when"])
    table = parquet.read_table(tmp_path / "out.parquet")
    assert [(field.name, str(field.type)) for field in table.schema] == [
        ("row", "int64"),
        ("id", "int64"),
        ("when", "string"),
        ("prediction", "string"),
    ]
    assert table.column("id").to_pylist() == [*range(23)]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_what_was_killed_goes_on_to_the_same_bytes(tmp_path: Path, kind: str) -> None:
    source = rows_of(kind, tmp_path, [{**row, "kind": "what" if row["id"] in (2, 9) else None} for row in ROWS])
    scored(source, tmp_path / f"whole.{kind}", rows=2, kept=["id"])
    done = subprocess.run([sys.executable, str(KILLED), str(source), str(tmp_path / f"out.{kind}")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / f"out.{kind}").exists()
    log = StringIO()
    score(asked(source, tmp_path / f"out.{kind}", rows=2, kept=["id"]), log, ticking())
    assert "going on after 4 rows" in log.getvalue()
    for ending in ("", ".errors.jsonl"):
        whole, made = tmp_path / f"whole.{kind}{ending}", tmp_path / f"out.{kind}{ending}"
        assert whole.read_bytes() == made.read_bytes()
    assert not [file for file in tmp_path.iterdir() if file.suffix in (".part", ".progress", ".new")]


def test_what_another_input_left_is_thrown_away(tmp_path: Path) -> None:
    source = rows_of("csv", tmp_path, ROWS)
    subprocess.run([sys.executable, str(KILLED), str(source), str(tmp_path / "out.csv")], check=False)
    source.write_text("number\n1\n", encoding="utf-8")
    assert scored(source, tmp_path / "out.csv", rows=2) == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "row,prediction\n1,yes\n"


def test_two_cannot_make_the_same_file(tmp_path: Path) -> None:
    first = Output(tmp_path / "out.csv", tmp_path / "errors", "run")
    with pytest.raises(Busy, match="another process"):
        Output(tmp_path / "out.csv", tmp_path / "errors", "run")
    first.close()


def test_a_longer_file_takes_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for length in (2_000, 10_000):
        (tmp_path / "in.csv").write_text("number\n" + "1.5\n" * length, encoding="utf-8")
        tracemalloc.start()
        scored(tmp_path / "in.csv", tmp_path / "out.csv", rows=500)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


def test_the_command_speaks_of_streams_and_says_how_it_went() -> None:
    command = [*COMMAND, "-", "-", "--from", "csv", "--to", "csv", "--method", "transform"]
    done = subprocess.run(command, input=b"number\n1\nx\n", capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (3, b"row,values\n1,[1.0]\n")
    assert b'{"row":2,"field":"number"' in done.stderr
    assert b"2 rows, 1 bad" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["in.txt", "-"], "say with --from which format in.txt has"),
        (["missing.csv", "out.csv"], "No such file"),
        (["rows.csv", "./rows.csv"], "have to be different files"),
        (["in.csv", "out.csv", "--errors", "out.csv"], "have to be different files"),
        (["-", "out.csv", "--from", "csv"], "the column `number` is missing"),
        (["-", "-", "--from", "csv", "--to", "parquet"], "cannot be written to standard output"),
        (["-", "-", "--from", "csv", "--to", "csv", "--rows", "0"], "above 0"),
    ],
)
def test_what_cannot_be_scored_is_told_without_a_traceback(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=b"x\n" if "--to" not in arguments else b"number\n",
        capture_output=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == (1 if "missing" in arguments[0] else 2)
    assert said.encode() in done.stderr
    assert b"Traceback" not in done.stderr
