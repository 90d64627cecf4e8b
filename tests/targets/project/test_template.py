"""The template is a program of its own: here it runs with its stub model, as any generated service will."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from deployc.targets.project.frameworks.fastapi import create_app
from deployc.targets.project.template.logs import JsonFormatter
from deployc.targets.project.template.model import Model
from deployc.targets.project.template.openapi import document
from deployc.targets.project.template.pages import FILES
from deployc.targets.project.template.predictor import Predictor
from deployc.targets.project.template.problems import Rejected
from deployc.targets.project.template.report import report_pages
from deployc.targets.project.template.schema import Label, Row
from deployc.targets.project.template.service import Service
from deployc.targets.project.template.settings import Settings, SettingsError
from deployc.targets.project.template.web import Request
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

pytestmark = pytest.mark.usefixtures("own_logging")
Answer = tuple[int, dict[str, str], object]
ROW = b'{"number": 1}'


class Failing(Model):
    """A model with a mistake in it."""

    def predict(self, rows: Sequence[Row]) -> list[Label]:
        if rows[0].number == 2:
            raise ValueError("could not convert secret to float")
        raise KeyError("secret")


def ask(
    path: str,
    body: bytes | None = None,
    *,
    kind: str = "application/json",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    model: type[Model] = Model,
    started: bool = True,
    settings: Settings | None = None,
) -> Answer:
    """One request to the service in this process."""
    app = create_app(settings or Settings(), lambda: Predictor(model(Path("stub"))))
    scope = {
        "type": "http",
        "method": "GET" if body is None else "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"content-type", kind.encode()), *headers],
    }
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body or b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def run() -> None:
        if not started:
            await app(scope, receive, send)  # type: ignore[arg-type]  # starlette's messages are mutable mappings
            return
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)  # type: ignore[arg-type]  # as above

    asyncio.run(run())
    start, *rest = sent
    head = {k.decode(): v.decode() for k, v in start["headers"]}  # type: ignore[attr-defined]  # pairs of bytes
    content = b"".join(m["body"] for m in rest)  # type: ignore[misc]  # bytes
    return int(str(start["status"])), head, json.loads(content)


def test_one_row_has_one_answer_and_an_array_has_an_array() -> None:
    assert ask("/predict", ROW)[::2] == (200, {"prediction": "yes"})
    assert ask("/predict", b'[{"number": 1}, {"number": -1}]')[::2] == (
        200,
        [{"prediction": "yes"}, {"prediction": "no"}],
    )
    assert ask("/predict", b"[]")[::2] == (200, [])
    assert ask("/predict_proba", ROW)[::2] == (200, {"probabilities": {"no": 0.25, "yes": 0.75}})


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (b'{"number": "1"}', 422, "invalid-row", "number"),
        (b'[{"number": 1}, {"number": null}]', 422, "invalid-row", "[1].number"),
        (b'[{"number": 1}, {}]', 422, "invalid-row", "[1].number"),
        (b'{"number": 1, "numbr": 1}', 422, "invalid-row", "numbr"),
        (b'{"number": 1, "some text": 1}', 422, "invalid-row", "some text"),
        (b'{"number": 1, "count": 2147483648}', 422, "invalid-row", "count"),
        (b'{"number": 1, "big": 9223372036854775808}', 422, "invalid-row", "big"),
        (b'{"number": 1, "small": 1e39}', 422, "invalid-row", "small"),
        (b'{"number": 1, "when": "yesterday"}', 422, "invalid-row", "when"),
        (b'{"number": 1e999}', 422, "invalid-row", "number"),
        (b"3", 422, "invalid-row", None),
        (b'{"number": NaN}', 400, "invalid-json", None),
        (b'{"number": Infinity}', 400, "invalid-json", None),
        (b"", 400, "invalid-json", None),
        (b'{"number": 1, "some text": "\xff"}', 400, "invalid-json", None),
    ],
)
def test_a_wrong_body_is_answered_with_its_field(body: bytes, status: int, code: str, field: str | None) -> None:
    got, headers, answered = ask("/predict", body)
    assert got == status
    assert isinstance(answered, dict)
    error = answered["error"]
    assert (error["code"], error.get("field")) == (code, field)
    assert error["request_id"] == headers["x-request-id"]


def test_what_is_no_json_is_not_read() -> None:
    assert ask("/predict", ROW, kind="text/plain")[0] == 415
    assert ask("/predict", ROW, headers=((b"content-encoding", b"gzip"),))[0] == 415
    assert ask("/predict", ROW, kind="application/json; charset=utf-8")[0] == 200


def test_a_body_over_the_limit_is_not_read() -> None:
    limited = Settings(max_body_bytes=len(ROW))
    assert ask("/predict", ROW, settings=limited)[0] == 200
    assert ask("/predict", ROW + b" ", settings=limited)[0] == 413
    assert ask("/predict", ROW, headers=((b"content-length", b"99"),), settings=limited)[0] == 413


def test_a_mistake_in_the_model_is_not_told_to_the_client_but_logged(caplog: pytest.LogCaptureFixture) -> None:
    status, headers, answered = ask("/predict", ROW, model=Failing, headers=((b"x-request-id", b"abc"),))
    error = {"code": "internal-error", "message": "the request failed", "request_id": "abc"}
    assert (status, headers["x-request-id"], answered) == (500, "abc", {"error": error})


def test_values_that_the_model_refuses_are_the_clients_mistake() -> None:
    status, _, answered = ask("/predict", b'{"number": 2}', model=Failing)
    assert status == 422
    assert "secret" not in json.dumps(answered)


def test_it_is_ready_once_the_model_is_loaded() -> None:
    assert ask("/readyz")[0] == 200
    assert ask("/readyz", started=False)[0] == 503
    assert ask("/predict", ROW, started=False)[0] == 503
    assert ask("/healthz", started=False)[0] == 200


def test_other_paths_and_verbs_are_refused_as_json() -> None:
    assert ask("/nothing")[0] == 404
    assert ask("/predict")[0] == 405


def test_info_shows_provenance_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"run": 7, "name": "churn", "version": "12"}')
    assert ask("/info")[0] == 200
    _, _, answered = ask("/info", settings=Settings(provenance=tmp_path / "p.json"))
    assert isinstance(answered, dict)
    assert answered["provenance"] == {"run": 7, "name": "churn", "version": "12"}
    assert (answered["model"]["name"], answered["model"]["version"]) == ("churn", "12")
    assert abs(datetime.now(timezone.utc) - datetime.fromisoformat(answered["started_at"])) < timedelta(hours=1)


def test_info_is_what_the_document_says() -> None:
    _, _, answered = ask("/info")
    components = document()["components"]
    schema = {"$ref": "#/components/schemas/Info", "components": components}
    Draft202012Validator(schema).validate(answered)


def test_a_report_beside_the_model_is_sent_without_a_right_to_do_anything(tmp_path: Path) -> None:
    (tmp_path / "plots").mkdir()
    for name in ("lama_report.html", "plots/roc.png", "rows.csv", "a b.html", "model.pkl"):
        (tmp_path / name).write_bytes(name.encode())
    pages = report_pages(tmp_path)
    assert set(pages) == {"/report/lama_report.html", "/report/plots/roc.png"}
    sent = pages["/report/plots/roc.png"]()
    assert (sent.body, sent.content_type) == (b"plots/roc.png", "image/png")
    assert dict(sent.headers)["content-security-policy"].startswith("sandbox; default-src 'none'; ")


def test_the_document_is_served_and_its_example_is_answered() -> None:
    assert ask("/openapi.json")[::2] == (200, document())


def test_every_page_is_sent_and_may_load_nothing_from_elsewhere() -> None:
    service = Service(Settings(), lambda: Predictor(Model(Path("stub"))))
    assert {"/", "/docs"} <= set(FILES)
    for path in FILES:
        headers = dict(service.pages[path]().headers)
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; ")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_what_a_page_links_to_is_served() -> None:
    service = Service(Settings(), lambda: Predictor(Model(Path("stub"))))
    for path, name in FILES.items():
        text = service.pages[path]().body.decode()
        for link in re.findall(r'(?:src|href)="([^":]+)"', text):
            assert f"/{link}" in service.pages, f"{name} links to {link}"
        for module in re.findall(r'from "./([^"]+)"', text):
            assert f"/static/{module}" in FILES, f"{name} imports {module}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["number", "count", "when", "x"]) | st.text(), inner)
    ),
)


@settings(deadline=None)
@given(json_values.map(lambda value: json.dumps(value).encode()) | st.binary())
def test_any_body_is_answered_or_rejected_with_4xx(body: bytes) -> None:
    service = Service(Settings(), lambda: Predictor(Model(Path("stub"))))
    service.start()
    try:
        answered = service.answer_now(Request("/predict", "", {}.get, body))
        status, _ = answered.status, msgspec.json.decode(answered.body)
    except Rejected as rejected:
        status = rejected.status
    assert status in (200, 400, 422)


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "http"), ("PORT", "65536"), ("WORKERS", "0"), ("LOG_LEVEL", "loud"), ("PORT", "-1")]
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"SERVICE_{name}"):
        Settings.from_environment({f"SERVICE_{name}": value})


def test_settings_come_from_the_environment() -> None:
    read = Settings.from_environment(
        {"SERVICE_PORT": "9", "SERVICE_LOG_LEVEL": "DEBUG", "PORT": "1", "SERVICE_HOST": ""}
    )
    assert read == Settings(port=9, log_level="debug")


def test_a_log_line_is_json_with_its_traceback() -> None:
    try:
        raise KeyError("x")
    except KeyError as error:
        record = logging.LogRecord(
            "a", logging.ERROR, "f", 1, "failed %s", ("it",), (KeyError, error, error.__traceback__)
        )
    line = json.loads(JsonFormatter().format(record))
    assert (line["level"], line["message"]) == ("error", "failed it")
    assert "KeyError: 'x'" in line["traceback"]


def test_the_pause_of_the_garbage_collector_ends_when_the_model_is_loaded() -> None:
    gc.disable()
    try:
        Service(Settings(), lambda: Predictor(Model(Path()))).start()
        assert gc.isenabled()
        assert gc.get_freeze_count()
    finally:
        gc.enable()
        gc.unfreeze()
