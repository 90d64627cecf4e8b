"""The docker target's Dockerfiles: what is built first, who runs it, and what finds its way into their text."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployc.compiler.cas import Cas
from deployc.schema.codec import Mismatch, decode
from deployc.targets.docker import Options
from deployc.targets.project.dockerfile import Layout, Recipe, dockerfile, system_packages
from deployc.targets.project.names import Names

LAYOUT = Layout(modules=("features.py",), packages=("shared",), folders=("static",))
NAMES = Names.of("churn-risk")


def recipe(**more: object) -> Recipe:
    return Recipe(**{"base": "python:3.11-slim", "port": 8000, **more})  # type: ignore[arg-type]  # the test's own keywords


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_libraries_are_installed_before_code_is_copied_and_the_model_comes_last() -> None:
    text = dockerfile(recipe(), LAYOUT, NAMES)
    places = [text.index(part) for part in ("pip install", "COPY src/features.py", "COPY src/churn_risk/artifact/")]
    assert places == sorted(places)
    assert lines(text)[-1] == "COPY src/churn_risk/*.json src/churn_risk/"


def test_the_service_is_no_root_and_gets_the_signals_itself() -> None:
    text = dockerfile(recipe(port=9000, workers=3), LAYOUT, NAMES)
    final = lines(text[text.rindex("FROM base") :])
    assert "USER 65532:65532" in final
    assert 'ENTRYPOINT ["python", "-m", "churn_risk"]' in final
    assert "ENV CHURN_RISK_HOST=0.0.0.0 CHURN_RISK_PORT=9000 CHURN_RISK_WORKERS=3" in final
    # nothing is run in what is shipped, so that its base needs no shell
    assert not [line for line in final if line.startswith("RUN")]


def test_only_the_dockerfile_for_buildkit_has_what_other_builders_refuse() -> None:
    assert "--mount" not in dockerfile(recipe(), LAYOUT, NAMES)
    assert "--mount=type=cache,target=/root/.cache/pip" in dockerfile(recipe(), LAYOUT, NAMES, buildkit=True)


def test_shared_libraries_that_a_wheel_leaves_out_are_added_to_the_base() -> None:
    assert system_packages(["lightgbm", "numpy"]) == ("libgomp1",)
    text = dockerfile(recipe(packages=("libgomp1", "curl")), LAYOUT, NAMES)
    assert "apt-get install -y --no-install-recommends libgomp1 curl &&" in text
    assert "apt-get" not in dockerfile(recipe(), LAYOUT, NAMES)


def test_the_layout_is_that_of_the_assembled_project(tmp_path: Path) -> None:
    paths = ("churn_risk/app.py", "churn_risk/static/a.js", "churn_risk/artifact/x/m", "features.py", "shared/a/b.py")
    project = Cas(tmp_path).put_texts({f"src/{path}": "" for path in paths} | {"README.md": ""})
    assert Layout.of(project, "churn_risk") == LAYOUT


@pytest.mark.parametrize(
    "bad",
    [
        {"base": "Python"},
        {"tag": "churn:a b"},
        {"base": "python:3.11\nRUN evil"},
        {"packages": ["libgomp1 && evil"]},
        {"labels": {"a": 'b" c="$HOME'}},
        {"labels": {"a=b": "c"}},
        {"port": 0},
    ],
)
def test_what_would_break_out_of_a_line_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(Mismatch):
        decode(Options, bad)


def test_usual_names_are_taken() -> None:
    for base in ("python:3.12-slim", "registry.example.com:5000/ml/base:1.2", f"python:3.12@sha256:{'a' * 64}"):
        assert decode(Options, {"base": base, "labels": {"org.opencontainers.image.source": "https://example.com"}})
