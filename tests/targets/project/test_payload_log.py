"""The payload log: which requests it takes, what a line says, and that no request waits for it."""

from __future__ import annotations

import asyncio
import json
import runpy
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import pytest
from deployc.schema.config import PayloadLog as Options
from deployc.schema.diagnostics import UserError
from deployc.targets.project.template import info, logs, payloads, typed
from deployc.targets.project.template.metrics import Metrics
from deployc.targets.project.template.model import Model
from deployc.targets.project.template.payloads import PayloadLog, RotatingFile, place
from deployc.targets.project.template.predictor import Predictor
from deployc.targets.project.template.problems import Rejected
from deployc.targets.project.template.recording import RecordingService
from deployc.targets.project.template.schema import Label, Row
from deployc.targets.project.template.settings import Settings, SettingsError
from deployc.targets.project.template.web import Request

from .space import CLASSIFIER, CLASSIFIER_OUTPUTS, REGRESSOR, REGRESSOR_OUTPUTS, config, files


class Refusing(Model):
    """A model that takes no negative number."""

    def predict(self, rows: Sequence[Row]) -> list[Label]:
        if any(row.number < 0 for row in rows):
            raise ValueError("negative")
        return super().predict(rows)


@pytest.fixture(autouse=True)
def _request_id() -> Iterator[None]:
    token = logs.request_id.set("a-request")
    yield
    logs.request_id.reset(token)


def answered(
    log: Path, *bodies: str, path: str = "/predict", waiting: bool = False, sample: float = 1.0
) -> list[dict[str, object]]:
    """The lines that are logged of requests, which are answered in a loop or (`waiting`) in threads."""
    chosen = Settings(payload_log=log, payload_sample=sample)
    service = RecordingService(chosen, lambda: Predictor(Refusing(Path("stub"))))
    service.start()
    for body in bodies:
        request = Request(path, "", {}.get, body.encode())
        with suppress(Rejected):
            service.answer_now(request) if waiting else asyncio.run(service.answer(request))
    service.stop()
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


@pytest.mark.parametrize("waiting", [False, True])
def test_a_line_says_what_was_asked_and_answered(tmp_path: Path, waiting: bool) -> None:
    (line,) = answered(tmp_path / "log", '[{"number": 1, "when": "2026-01-01T00:00:00Z"}]', waiting=waiting)
    row = {"number": 1.0, "some text": None, "count": None, "big": None, "small": None, "kind": None}
    assert line["rows"] == [{**row, "when": "2026-01-01T00:00:00Z"}]
    assert line["answers"] == [{"prediction": "yes"}]
    fixed = {"schema": "payload/1", "method": "predict", "status": 200, "request_id": "a-request", "redacted": []}
    assert {name: line[name] for name in fixed} == fixed
    assert line["dropped"] == 0
    assert float(str(line["milliseconds"])) > 0


def test_what_the_model_refused_is_logged_with_its_status_and_what_cannot_be_read_is_not(tmp_path: Path) -> None:
    (line,) = answered(tmp_path / "log", '{"number": -1}', '{"number": "secret"}', "{")
    assert (line["status"], line["answers"]) == (422, [])


def test_another_protocol_is_logged_alike(tmp_path: Path) -> None:
    (line,) = answered(tmp_path / "log", '{"dataframe_records": [{"number": 1}]}', path="/invocations")
    assert (line["method"], line["answers"]) == ("predict", [{"prediction": "yes"}])


def test_only_the_sample_is_logged(tmp_path: Path) -> None:
    assert answered(tmp_path / "none", *['{"number": 1}'] * 20, sample=0.0) == []
    taken = len(answered(tmp_path / "some", *['{"number": 1}'] * 400, sample=0.5))
    assert 100 < taken < 300


def test_redacted_columns_are_nowhere_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "REDACTED", ("some text",))
    (line,) = answered(tmp_path / "log", '{"number": 1, "some text": "secret"}')
    assert "secret" not in (tmp_path / "log").read_text(encoding="utf-8")
    assert line["redacted"] == ["some text"]


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    answered(tmp_path / "log", '{"number": 1}')
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_a_request_never_waits_for_the_log_and_what_is_dropped_is_counted(tmp_path: Path) -> None:
    release = threading.Event()

    class Slow(PayloadLog):
        def _write(self, target: object) -> None:
            release.wait()
            super()._write(target)  # type: ignore[arg-type]  # whatever is written to

    metrics = Metrics()
    log = Slow(tmp_path / "log", 1.0, metrics)
    log.start()
    about = info.read(None, datetime.now(timezone.utc))
    decode = log.watched(typed.operations()["/predict"].decode)
    for _ in range(payloads.WAITING + 7):
        with log.watching(about):
            decode(Request("/predict", "", {}.get, b'{"number": 1}'))
    release.set()
    log.stop()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == payloads.WAITING
    assert {line["dropped"] for line in lines} == {7}
    assert b"payload_log_dropped_total 7.0" in metrics.shown().body


def test_a_file_that_has_grown_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "MAX_BYTES", 10)
    monkeypatch.setattr(payloads, "KEPT", 2)
    file = RotatingFile(tmp_path / "log")
    for number in range(5):
        file.write(b"line %d\n" % number)
    file.flush()
    kept = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert kept == {"log": "line 4\n", "log.1": "line 3\n", "log.2": "line 2\n"}


def test_several_processes_write_files_of_their_own() -> None:
    assert place(Settings(payload_log=Path("a/log.jsonl"))) == Path("a/log.jsonl")
    several = place(Settings(payload_log=Path("a/log.jsonl"), workers=2))
    assert several
    assert several.name.startswith("log-")


def test_the_environment_turns_it_up_and_off_and_elsewhere() -> None:
    read = Settings.from_environment({"SERVICE_PAYLOAD_SAMPLE": "0.5", "SERVICE_PAYLOAD_LOG": "x.jsonl"})
    assert (read.payload_sample, read.payload_log) == (0.5, Path("x.jsonl"))
    assert Settings.from_environment({"SERVICE_PAYLOAD_LOG": "-"}).payload_log is None
    for wrong in ("2", "-1", "nan", "all"):
        with pytest.raises(SettingsError, match="SERVICE_PAYLOAD_SAMPLE"):
            Settings.from_environment({"SERVICE_PAYLOAD_SAMPLE": wrong})


def test_a_project_that_logs_has_what_deploy_yaml_says(tmp_path: Path) -> None:
    options = Options(sample=0.25, redact=("age",), path="/var/log/churn.jsonl")
    made = files(tmp_path, CLASSIFIER, CLASSIFIER_OUTPUTS, config(payload_log=options))
    assert "from .recording import RecordingService as Service" in made["src/churn/app.py"]
    assert "PAYLOAD_SAMPLE = 0.25" in made["src/churn/settings.py"]
    assert 'Path("/var/log/churn.jsonl")' in made["src/churn/settings.py"]
    assert 'REDACTED: tuple[str, ...] = ("age",)' in made["src/churn/payloads.py"]
    assert "CHURN_PAYLOAD_SAMPLE" in made["README.md"]


def test_a_project_that_does_not_log_has_no_trace_of_it(tmp_path: Path) -> None:
    for path, text in files(tmp_path, REGRESSOR, REGRESSOR_OUTPUTS).items():
        assert "payload" not in text.lower(), path


def test_a_project_that_logs_and_counts_nothing_has_no_counters(tmp_path: Path) -> None:
    made = files(tmp_path, REGRESSOR, REGRESSOR_OUTPUTS, config(payload_log=Options(), metrics=False))
    assert "src/churn/metrics.py" not in made
    assert not [path for path, text in made.items() if "metrics" in text and path.endswith(".py")]
    (tmp_path / "settings.py").write_text(made["src/churn/settings.py"], encoding="utf-8")
    settings = runpy.run_path(str(tmp_path / "settings.py"))["Settings"]
    assert settings.from_environment({"CHURN_PAYLOAD_SAMPLE": "0.5"}).payload_sample == 0.5


def test_a_column_to_redact_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        files(tmp_path, REGRESSOR, REGRESSOR_OUTPUTS, config(payload_log=Options(redact=("x0", "x3"))))
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.field) == ("unknown-column", ("serve", "payload_log", "redact", 1))
    assert "x1" in diagnostic.help
