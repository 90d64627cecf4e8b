"""What deployc reads in the boosters of tests/boosters is what the libraries that wrote them say."""

from __future__ import annotations

import json
import pickle
import shutil
import struct
from pathlib import Path

import pytest
from deployc.compiler.model_spec import Column, ModelSpec
from deployc.schema.diagnostics import UserError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .space import Space

BOOSTERS = Path(__file__).parents[2] / "boosters"
TRUTH = json.loads((BOOSTERS / "truth.json").read_text())
FILES = [name for name in TRUTH if (BOOSTERS / name).is_file()]
CITIES = ("Bern", "Oslo", "Rome")


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


def column(spec: ModelSpec, name: str) -> Column:
    return next(column for column in spec.inputs if column.name == name)


def requirements(spec: ModelSpec) -> dict[str, str]:
    return {requirement.name: requirement.specifier for requirement in spec.requirements}


@pytest.mark.parametrize("name", TRUTH)
def test_class_methods_classes_and_columns_are_those_of_the_real_object(space: Space, name: str) -> None:
    truth, spec = TRUTH[name], space.look(BOOSTERS / name)
    assert spec.class_name == truth["class"]
    assert set(spec.methods) == set(truth["answers"])
    assert list(spec.classes) == truth["classes"]
    header = (BOOSTERS / f"{truth['rows']}.csv").read_text().partition("\n")[0]
    assert [column.name for column in spec.inputs] == header.split(",")


@pytest.mark.parametrize("name", [name for name in TRUTH if name.startswith("xgboost")])
def test_the_version_of_xgboost_is_in_every_form_of_its_files(space: Space, name: str) -> None:
    assert requirements(space.look(BOOSTERS / name))["xgboost"] == "==3.2.0"


@pytest.mark.parametrize("name", [n for n in TRUTH if n.startswith("xgboost") and TRUTH[n]["rows"] == "table"])
def test_xgboost_keeps_categories_and_takes_no_others(space: Space, name: str) -> None:
    city = column(space.look(BOOSTERS / name), "city")
    assert city == Column(name="city", type="string", categories=CITIES, closed=True)


@pytest.mark.parametrize("name", [n for n in TRUTH if n.startswith("lightgbm") and TRUTH[n]["rows"] == "table"])
def test_lightgbm_keeps_categories_and_takes_others_as_missing(space: Space, name: str) -> None:
    city = column(space.look(BOOSTERS / name), "city")
    assert city == Column(name="city", type="string", categories=CITIES)


@pytest.mark.parametrize("name", [n for n in TRUTH if n.startswith("catboost") and TRUTH[n]["rows"] == "table"])
def test_catboost_takes_any_category(space: Space, name: str) -> None:
    spec = space.look(BOOSTERS / name)
    assert column(spec, "city") == Column(name="city", type="string", categories=())
    assert requirements(spec)["catboost"] == "==1.2.10"


def test_categories_that_are_numbers_may_be_given_as_numbers_or_texts(space: Space) -> None:
    """CatBoost takes both as the same, but no fractions."""
    name = BOOSTERS / "catboost/classifier.cbm"
    assert column(space.look(name, "age,income,city\n31,0.5,7\n"), "city").type == "long"
    assert column(space.look(name, "age,income,city\n31,0.5,7.5\n"), "city").type == "string"


def test_a_booster_without_a_recorded_version_takes_mlflows(space: Space) -> None:
    assert requirements(space.look(BOOSTERS / "lightgbm/mlflow-booster"))["lightgbm"] == "==4.7.0"
    assert requirements(space.look(BOOSTERS / "lightgbm/booster.txt"))["lightgbm"] == ""


def test_columns_come_in_the_models_order_not_in_the_signatures(space: Space) -> None:
    folder = space.root / "model"
    shutil.copytree(BOOSTERS / "xgboost/mlflow-booster", folder)
    inputs = json.dumps([{"name": name, "type": kind} for name, kind in (("city", "string"), ("income", "double"))])
    text = (folder / "MLmodel").read_text()
    head = text[: text.index("signature:")]
    (folder / "MLmodel").write_text(head + f"signature: {json.dumps({'inputs': inputs})}\n")
    assert space.refused(folder).code == "unsupported-signature"
    both = [*json.loads(inputs), {"name": "age", "type": "long"}]
    (folder / "MLmodel").write_text(head + f"signature: {json.dumps({'inputs': json.dumps(both)})}\n")
    assert [c.name for c in space.look(folder).inputs] == ["age", "income", "city"]


def test_a_name_with_a_space_is_found_though_lightgbm_changes_it(space: Space) -> None:
    text = (BOOSTERS / "lightgbm/booster.txt").read_text().replace("feature_names=age", "feature_names=the_age")
    spec = space.look(space.file(text.encode(), "model.txt"), "the age,income,city\n31,0.5,Oslo\n")
    assert spec.inputs[0].name == "the age"


def test_a_large_booster_in_a_pickle_is_read_all_the_same(space: Space) -> None:
    """A pickle's other long texts are skipped; the booster is the model."""
    long = b"L" + (1).to_bytes(8, "big") + b"aSL" + (3 << 20).to_bytes(8, "big") + b"x" * (3 << 20)
    handle = b"{" + long + (BOOSTERS / "xgboost/booster.ubj").read_bytes()[1:]
    state = pickle.dumps({"handle": handle})
    spec = space.look(space.file(b"\x80\x04cxgboost.core\nBooster\n)\x81" + state[2:-1] + b"b."))
    assert requirements(spec)["xgboost"] == "==3.2.0"
    assert [column.name for column in spec.inputs] == ["age", "income", "city"]


def test_a_file_in_xgboosts_old_form_needs_an_xgboost_that_reads_it(space: Space) -> None:
    old = struct.pack("<4sfIiiiII", b"binf", 0.5, 3, 0, 1, 0, 1, 7) + bytes(100)
    spec = space.look(space.file(old, "model.xgb"), "age,income,city\n31,0.5,2\n")
    assert requirements(spec) == {"xgboost": "==1.7.*"}
    assert spec.methods == ("predict",)
    assert space.refused(space.file(old[:20], "model.xgb")).code == "broken-model"


def test_categories_that_were_not_kept_are_asked_for_as_numbers(space: Space) -> None:
    saved = json.loads((BOOSTERS / "xgboost/booster.json").read_text())
    del saved["learner"]["gradient_booster"]["model"]["cats"]
    spec = space.look(space.file(json.dumps(saved).encode(), "model.json"))
    assert column(spec, "city") == Column(name="city", type="long")
    assert "before XGBoost 3.1" in spec.notes[0]


def test_categories_that_xgboost_cut_wrongly_are_asked_for_as_numbers(space: Space) -> None:
    saved = json.loads((BOOSTERS / "xgboost/booster.json").read_text())
    # what XGBoost 3.2.0 makes of the categories Bern, Genève and Zürich of a table of pandas
    values = [value - 256 * (value > 127) for value in "BernGenèveZürich".encode()[:16]]
    cut = {"offsets": [0, 4, 10, 16], "values": values}
    saved["learner"]["gradient_booster"]["model"]["cats"]["enc"][2] = cut
    file = space.file(json.dumps(saved).encode(), "model.json")
    spec = space.look(file)
    assert column(spec, "city") == Column(name="city", type="long")
    assert "beyond ASCII" in spec.notes[0]


def test_scikit_learn_is_needed_by_its_api_alone(space: Space) -> None:
    assert "scikit-learn" not in requirements(space.look(BOOSTERS / "xgboost/booster.ubj"))
    assert "scikit-learn" in requirements(space.look(BOOSTERS / "xgboost/classifier.ubj"))
    pinned = requirements(space.look(BOOSTERS / "xgboost/mlflow-classifier"))
    assert pinned["scikit-learn"] == "==1.9.1"


def test_mlmodel_says_which_class_loads_a_file(space: Space) -> None:
    folder = space.root / "model"
    shutil.copytree(BOOSTERS / "xgboost/mlflow-classifier", folder)
    text = (folder / "MLmodel").read_text()
    (folder / "MLmodel").write_text(text.replace("xgboost.sklearn.XGBClassifier", "xgboost.core.Booster"))
    spec = space.look(folder)
    assert (spec.serializer, spec.methods) == ("booster", ("predict",))
    (folder / "MLmodel").write_text(text.replace("xgboost.sklearn.XGBClassifier", "os.system"))
    assert space.look(folder).class_name == "xgboost.sklearn.XGBClassifier"


def test_a_file_of_another_flavor_than_mlmodel_says_is_refused(space: Space) -> None:
    folder = space.root / "model"
    folder.mkdir()
    shutil.copy(BOOSTERS / "xgboost/booster.ubj", folder / "model.skops")
    (folder / "MLmodel").write_text("flavors:\n  sklearn: {pickled_model: model.skops}\n")
    assert space.refused(folder).code == "broken-mlmodel"


def test_an_object_that_mlflow_saved_as_scikit_learns_is_its_own_librarys(space: Space) -> None:
    folder = space.root / "model"
    folder.mkdir()
    shutil.copy(BOOSTERS / "xgboost/array.pkl", folder / "model.pkl")
    (folder / "MLmodel").write_text("flavors:\n  sklearn: {pickled_model: model.pkl}\n")
    assert space.look(folder).flavor == "xgboost"


def test_the_sample_tells_types_and_the_model_the_categories(space: Space) -> None:
    spec = space.look(BOOSTERS / "xgboost/booster.ubj", "age,income,city\n31,,Oslo\n52,-0.25,Rome\n")
    assert column(spec, "income") == Column(name="income", type="double", optional=True)
    assert column(spec, "city").categories == CITIES


def test_texts_where_the_model_takes_numbers_are_refused(space: Space) -> None:
    refused = space.refused(BOOSTERS / "xgboost/linear.ubj", "age,income\n31,high\n")
    assert refused.code == "unsupported-column"
    assert "income" in refused.message


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_gives_a_model_or_a_clear_error(tmp_path: Path, name: str, data: st.DataObject) -> None:
    original = (BOOSTERS / name).read_bytes()
    end = data.draw(st.integers(1, len(original)) | st.just(len(original)))
    changed = bytearray(original[:end])
    for place in data.draw(st.lists(st.integers(0, min(end, 4096) - 1) | st.integers(0, end - 1), max_size=4)):
        changed[place] = data.draw(st.integers(0, 255))
    space = Space(tmp_path)
    try:
        found: object = space.look(space.file(bytes(changed), name.rpartition("/")[2]))
    except UserError as error:
        found = error
    assert isinstance(found, ModelSpec | UserError)


HEAD = b"{L" + (7).to_bytes(8, "big") + b"learner"
TREE = "tree\nversion=v4\nmax_feature_idx=1\nfeature_infos=0:1 [0:1]\n{}\nend of trees\n{}\n"
CBM = b"CBM1" + (64).to_bytes(4, "little")
FORGED = {
    "a tree that ends early": b"tree\nversion=v4\nmax_feature_idx=1\n\nTree=0\n",
    "columns of LightGBM without end": TREE.format("max_feature_idx=" + "9" * 5000, "").encode(),
    "broken categories": TREE.format("", 'pandas_categorical:[["a"').encode(),
    "deep categories": TREE.format("", "pandas_categorical:" + "[" * 100_000).encode(),
    "more categories than columns": TREE.format("", 'pandas_categorical:[["a"], ["b"], ["c"]]').encode(),
    "a core longer than the file": b"CBM1" + (1 << 30).to_bytes(4, "little") + bytes(100),
    "a root outside": CBM + (1 << 20).to_bytes(4, "little") + bytes(60),
    "a layout outside": CBM
    + (8).to_bytes(4, "little")
    + bytes(4)
    + (-100).to_bytes(4, "little", signed=True)
    + bytes(52),
    "nothing but zeros": CBM + bytes(64),
    "a text longer than the file": HEAD + b"SL" + (1 << 60).to_bytes(8, "big") + b"x",
    "an array longer than the file": HEAD + b"[$d#L" + (1 << 60).to_bytes(8, "big"),
    "an array of nothing without end": HEAD + b"[$Z#L" + (1 << 60).to_bytes(8, "big"),
    "a negative length": HEAD + b"[$d#L" + (-8).to_bytes(8, "big", signed=True),
    "arrays in arrays": HEAD + b"[" * 100_000,
    "a learner that is a number": HEAD + b"i\x01}",
    "JSON in JSON": b'{"learner":' + b"[" * 1_000_000,
    "a number of many digits": b'{"learner": {"learner_model_param": ' + b"9" * 10_000 + b"}}",
}


@pytest.mark.parametrize("how", FORGED)
def test_what_no_booster_holds_is_refused(space: Space, how: str) -> None:
    assert space.refused(space.file(FORGED[how], "model.ubj")).code == "broken-model"


def test_columns_without_number_are_not_made(space: Space) -> None:
    text = '{"learner": {"learner_model_param": {"num_feature": "999999999", "num_class": "999999999"}}}'
    assert space.refused(space.file(text.encode(), "model.json")).code == "inputs-unknown"
