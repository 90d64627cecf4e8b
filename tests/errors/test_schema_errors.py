"""Each mistake in a deploy.yaml is told as its golden file says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from deployc.schema.decode import read_config
from deployc.schema.diagnostics import UserError
from deployc.schema.render import terminal

HERE = Path(__file__).parent
CODES = (
    "bad-character",
    "bad-key",
    "bad-requirement",
    "bad-value",
    "conflicting-keys",
    "duplicate-key",
    "many-documents",
    "missing-file",
    "missing-key",
    "named-twice",
    "no-stages",
    "not-a-file",
    "not-utf-8",
    "reserved-name",
    "stage-argument",
    "stage-function",
    "stage-parameter",
    "stage-unknown",
    "unknown-framework",
    "unknown-key",
    "unknown-optimizer",
    "unknown-target",
    "unknown-test",
    "wrong-type",
    "yaml-alias",
    "yaml-merge",
    "yaml-syntax",
    "yaml-tag",
)


@pytest.mark.parametrize("code", CODES)
def test_mistake_is_told_as_the_golden_file_says(
    code: str,
    small_catalogs: Mapping[str, Mapping[str, type | None]],
    update_golden: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(HERE / code)
    with pytest.raises(UserError) as raised:
        read_config(Path("deploy.yaml"), small_catalogs)
    told = "\n\n".join(map(terminal, raised.value.diagnostics)) + "\n"
    golden = HERE / code / "stderr.txt"
    if update_golden:
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")
    assert f"error[{code}]" in told
