"""What deploy.yaml says of columns is laid over what the model says, and told where it cannot hold."""

from __future__ import annotations

import pytest
from deployc.compiler.formats.overrides import contradictions, overridden
from deployc.compiler.model_spec import Column, Limits
from deployc.schema.config import Input
from deployc.schema.diagnostics import UserError

COLUMNS = (Column(name="age", type="long"), Column(name="city", type="string"), Column(name="rate", type="double"))


def test_what_is_said_of_a_column_takes_the_place_of_its_own() -> None:
    found = overridden(
        COLUMNS,
        {
            "age": Input(min=18, max=99, description="in years"),
            "city": Input(enum=("Oslo", "Rome"), default="Rome"),
            "rate": Input(dtype="float", optional=True),
        },
    )
    assert found == (
        Column(name="age", type="long", limits=Limits(minimum=18, maximum=99, description="in years")),
        Column(name="city", type="string", limits=Limits(values=("Oslo", "Rome"), default="Rome")),
        Column(name="rate", type="float", optional=True),
    )


@pytest.mark.parametrize(
    ("name", "said", "field"),
    [
        ("age", Input(min=3, max=2), ("max",)),
        ("age", Input(min=0.5), ("min",)),
        ("city", Input(max=1), ("max",)),
        ("age", Input(enum=(1, "2")), ("enum", 1)),
        ("age", Input(enum=(1, True)), ("enum", 1)),
        ("age", Input(enum=(1, 200), max=100), ("enum", 1)),
        ("rate", Input(enum=(0.5,)), ("enum",)),
        ("age", Input(default="old"), ("default",)),
        ("age", Input(default=5, min=18), ("default",)),
        ("city", Input(default="Rome", enum=("Oslo",)), ("default",)),
        ("city", Input(dtype="long", enum=("Oslo",)), ("enum", 0)),
    ],
)
def test_what_cannot_hold_is_told_at_its_place(name: str, said: Input, field: tuple[str | int, ...]) -> None:
    with pytest.raises(UserError) as raised:
        overridden(COLUMNS, {name: said})
    (mistake,) = raised.value.diagnostics
    assert (mistake.code, mistake.field) == ("bad-input", ("inputs", name, *field))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (Input(min=3, max=2), ("max",)),
        (Input(dtype="string", enum=("Oslo", 3)), ("enum", 1)),
        (Input(dtype="long", max=0.5), ("max",)),
        (Input(dtype="boolean", default="yes"), ("default",)),
    ],
)
def test_what_contradicts_itself_is_told_without_a_model(said: Input, field: tuple[str | int, ...]) -> None:
    (mistake,) = contradictions({"age": said})
    assert (mistake.code, mistake.field) == ("bad-input", ("inputs", "age", *field))


def test_what_only_the_model_can_tell_waits_for_it() -> None:
    assert [*contradictions({"age": Input(min=2, max=2, default="old", enum=(1, "2")), "x": Input(dtype="long")})] == []


def test_columns_that_the_model_has_not_are_all_told() -> None:
    with pytest.raises(UserError) as raised:
        overridden(COLUMNS, {"ages": Input(), "town": Input()})
    assert [(said.code, said.field) for said in raised.value.diagnostics] == [
        ("unknown-column", ("inputs", "ages")),
        ("unknown-column", ("inputs", "town")),
    ]
    assert raised.value.diagnostics[0].help.startswith("did you mean `age`?")
