"""What is said of a model that fails where its answers are looked at."""

from __future__ import annotations

import pytest
from deployc.targets.serving import advice

PANDAS = "AttributeError: 'DataFrame' object has no attribute 'with_columns'"


@pytest.mark.parametrize(
    ("problem", "container", "sampled", "others", "said"),
    [
        ("ModuleNotFoundError: No module named 'polars'", "dataframe", True, True, "in `serve.requirements`"),
        ("ImportError: 'polars' has to be installed", "ndarray", False, False, "in `serve.requirements`"),
        (PANDAS, "dataframe", True, False, "a service gives it a table of pandas"),
        (PANDAS, "ndarray", True, True, "leave it out with `serve.methods`"),
        ("ValueError: no", "dataframe", False, True, "`model.sample` would show rows"),
        ("ValueError: no", "dataframe", True, True, "leave it out with `serve.methods`"),
    ],
)
def test_advice_is_of_what_failed(problem: str, container: str, *, sampled: bool, others: bool, said: str) -> None:
    assert said in advice(problem, container, sampled=sampled, others=others)


def test_where_all_methods_fail_none_is_to_be_left_out() -> None:
    assert not advice("ValueError: no", "dataframe", sampled=True, others=False)
