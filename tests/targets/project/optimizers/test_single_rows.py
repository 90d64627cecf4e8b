"""A row that comes alone has the answers that it has among others, whoever asks at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
ensemble = pytest.importorskip("sklearn.ensemble")

from deployc.targets.project.optimizers import onnx  # noqa: E402 - what it imports may be missing

from .comparing import Pair, doubles, matrix, pair, rows_of  # noqa: E402

pytestmark = pytest.mark.slow

METHODS = ("predict", "predict_proba")
RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(300, 4))


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    labels = np.where(X[:, 0] * X[:, 1] > 0, "yes", "no")
    model = ensemble.RandomForestClassifier(20, max_depth=5, random_state=0).fit(X, labels)
    return pair(onnx, model, tmp_path_factory.mktemp("forest"), doubles(4), METHODS, matrix)


def test_alone_and_together(forest: Pair) -> None:
    rows = rows_of(X)
    for method in METHODS:
        assert [answer for row in rows for answer in forest.asked(method, [row])] == forest.asked(method, rows)


def test_a_refused_row_does_not_spoil_the_next(forest: Pair) -> None:
    good, bad = rows_of(X[:1])[0], rows_of(np.full((1, 4), np.inf))[0]
    wanted = forest.asked("predict_proba", [good])
    with pytest.raises(ValueError, match="not finite"):
        forest.asked("predict_proba", [bad])
    assert forest.asked("predict_proba", [good]) == wanted


def test_threads_do_not_write_into_each_other(forest: Pair) -> None:
    rows = rows_of(X)
    wanted = [forest.asked("predict_proba", [row]) for row in rows]
    with ThreadPoolExecutor(8) as threads:
        found = [*threads.map(lambda row: forest.asked("predict_proba", [row]), rows * 10)]
    assert found == wanted * 10
