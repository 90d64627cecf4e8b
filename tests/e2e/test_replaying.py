"""From the service's payload log back to the model: `deployc replay`."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from .project import Project
from .test_serving import ROW, ask, served


def test_what_is_no_log_is_told(project: Project, tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"level": "info"}\n', encoding="utf-8")
    assert project.run("replay", str(tmp_path / "log")).codes == ["replay-unreadable"]
    assert project.run("replay", "r1", "--log", str(tmp_path / "log")).codes == ["replay-unreadable"]
    assert project.run("replay", str(tmp_path / "none")).codes == ["missing-file"]


@pytest.mark.parametrize("number", ["-1", "nan", "much"])
def test_a_difference_that_is_none_is_told(project: Project, number: str) -> None:
    ran = project.run("replay", "r1", "--abs", number)
    assert ran.code == 2
    assert f"{number} is not a number from 0 on" in ran.err


@pytest.mark.slow
def test_a_logged_request_is_asked_again(given: Project, tmp_path: Path) -> None:
    log = tmp_path / "payloads.jsonl"
    text = (given / "deploy.yaml").read_text(encoding="utf-8")
    given.write("deploy.yaml", f"{text}serve: {{payload_log: {{sample: 1, path: {log}}}}}\n")
    given.build()
    with served(given) as (service, url):
        ask(f"{url}/predict_proba", ROW)
        ask(f"{url}/predict", [ROW, ROW])
        service.end(signal.SIGTERM)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [(line["method"], len(line["rows"])) for line in lines] == [("predict_proba", 1), ("predict", 2)]

    every = given.run("replay", str(log), "--json")
    assert every.code == 0, every.err
    report = json.loads(every.out)
    assert [row["equal"] for request in report for row in request["rows"]] == [True] * 3
    one = given.run("replay", lines[1]["request_id"], "--log", str(log))
    assert one.code == 0
    assert "trained and built say the same" in one.out
    assert "Adelie" in one.out

    # What the service is told to refuse, the trained model goes on answering.
    given.write("deploy.yaml", f"{text}inputs: {{bill_length_mm: {{max: 1}}}}\n")
    other = given.run("replay", str(log))
    assert other.code == 1, other.err
    assert "trained and built say NOT the same" in other.out
    assert "422 invalid-row" in other.out

    log.write_text(json.dumps({**lines[0], "rows": [{"bill": 1.0}]}), encoding="utf-8")
    assert given.run("replay", str(log)).codes == ["replay-mismatch"]
