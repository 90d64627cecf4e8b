"""Writes models with the real libraries, and what is true of each, for the tests of formats/: OUT is an empty folder.

python write_models.py OUT
"""

import json
import os
import pickle
import sys
from pathlib import Path

import cloudpickle
import features
import joblib
import numpy as np
import pandas as pd
import sklearn_table
import skops.io
from sklearn import (
    calibration,
    cluster,
    compose,
    decomposition,
    discriminant_analysis,
    dummy,
    ensemble,
    feature_selection,
    frozen,
    gaussian_process,
    impute,
    linear_model,
    mixture,
    model_selection,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)

OUT = Path(sys.argv[1])
METHODS = ("predict", "predict_proba", "decision_function")
RANDOM = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "age": RANDOM.integers(18, 80, 60),
        "income": RANDOM.normal(size=60),
        "city": np.array(["Oslo", "Rome", None] * 20, dtype=object),
    }
)
NUMBERS = RANDOM.normal(size=(60, 4))
WORDS = np.array(["no", "yes"] * 30)
INTS = np.arange(60) % 3
FLOATS = NUMBERS[:, 0] * 2 + 1


def customers():
    """A Pipeline with a ColumnTransformer over numbers and texts with nulls."""
    texts = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="most_frequent", missing_values=np.nan),
        preprocessing.OneHotEncoder(handle_unknown="ignore"),
    )
    columns = [("numbers", preprocessing.StandardScaler(), ["age", "income"]), ("texts", texts, ["city"])]
    steps = [("prepare", compose.ColumnTransformer(columns)), ("classify", linear_model.LogisticRegression())]
    return pipeline.Pipeline(steps).fit(TABLE, WORDS)


class Script(features.Ratio):
    """Lives in the script itself, which nobody can import later."""


def zoo():
    """Fitted models by name, of every kind of answer to: which methods does it have?"""
    logistic = linear_model.LogisticRegression()
    bare = [
        logistic,
        linear_model.LogisticRegressionCV(cv=2, max_iter=50),
        linear_model.RidgeClassifier(),
        linear_model.Perceptron(),
        svm.LinearSVC(),
        svm.SVC(),
        tree.DecisionTreeClassifier(),
        ensemble.RandomForestClassifier(n_estimators=2),
        ensemble.ExtraTreesClassifier(n_estimators=2),
        ensemble.GradientBoostingClassifier(n_estimators=2),
        ensemble.HistGradientBoostingClassifier(max_iter=2),
        ensemble.AdaBoostClassifier(n_estimators=2),
        ensemble.BaggingClassifier(n_estimators=2),
        naive_bayes.GaussianNB(),
        neighbors.KNeighborsClassifier(),
        neural_network.MLPClassifier((3,), max_iter=5),
        discriminant_analysis.LinearDiscriminantAnalysis(),
        gaussian_process.GaussianProcessClassifier(),
        dummy.DummyClassifier(),
        calibration.CalibratedClassifierCV(logistic, cv=2),
        multiclass.OneVsRestClassifier(logistic),
        multiclass.OneVsOneClassifier(logistic),
        feature_selection.RFE(logistic, n_features_to_select=2),
        cluster.KMeans(3),
        mixture.GaussianMixture(2),
        ensemble.IsolationForest(n_estimators=2),
        svm.OneClassSVM(),
        decomposition.PCA(2),
        preprocessing.StandardScaler(),
    ]
    named = {type(model).__name__: model for model in bare}
    named |= {
        "SGD-hinge": linear_model.SGDClassifier(),
        "SGD-log": linear_model.SGDClassifier(loss="log_loss"),
        "Voting-hard": ensemble.VotingClassifier([("a", logistic), ("b", svm.SVC())]),
        "Voting-soft": ensemble.VotingClassifier([("a", logistic), ("b", naive_bayes.GaussianNB())], voting="soft"),
        "Stacking": ensemble.StackingClassifier([("a", logistic)], cv=2),
        "Stacking-svc": ensemble.StackingClassifier([("a", logistic)], svm.LinearSVC(), cv=2),
        "Bagging-svc": ensemble.BaggingClassifier(svm.LinearSVC(), n_estimators=2),
        "OneVsRest-svc": multiclass.OneVsRestClassifier(svm.LinearSVC()),
        "Grid": model_selection.GridSearchCV(logistic, {"C": [1, 2]}, cv=2, scoring="accuracy"),
        "Grid-svc": model_selection.GridSearchCV(svm.LinearSVC(), {"C": [1]}, cv=2),
        "Random": model_selection.RandomizedSearchCV(logistic, {"C": [1, 2]}, n_iter=2, cv=2),
        "LOF-novelty": neighbors.LocalOutlierFactor(novelty=True),
        "Pipe-svc": pipeline.make_pipeline(preprocessing.StandardScaler(), svm.LinearSVC()),
        "Pipe-scaler": pipeline.make_pipeline(preprocessing.StandardScaler(), decomposition.PCA(2)),
        "Pipe-grid": pipeline.make_pipeline(
            preprocessing.StandardScaler(), model_selection.GridSearchCV(logistic, {"C": [1]}, cv=2)
        ),
    }
    fitted = {name: model.fit(NUMBERS, INTS) for name, model in named.items()}
    fitted["Frozen"] = frozen.FrozenEstimator(linear_model.LogisticRegression().fit(NUMBERS, INTS))
    fitted["Regression"] = linear_model.LinearRegression().fit(NUMBERS, FLOATS)
    fitted["Forest"] = ensemble.RandomForestRegressor(3).fit(NUMBERS, FLOATS)
    fitted["Hist"] = ensemble.HistGradientBoostingRegressor(max_iter=3).fit(NUMBERS, FLOATS)
    mixed = np.column_stack([FLOATS, INTS])
    fitted["Hist-categories"] = ensemble.HistGradientBoostingClassifier(categorical_features=[1]).fit(mixed, INTS)
    fitted["Target"] = compose.TransformedTargetRegressor(
        linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1
    ).fit(NUMBERS, FLOATS**2)
    fitted["Process"] = gaussian_process.GaussianProcessRegressor(gaussian_process.kernels.RBF()).fit(NUMBERS, FLOATS)
    fitted["Neighbours"] = neighbors.KNeighborsRegressor(algorithm="kd_tree").fit(NUMBERS, FLOATS)
    fitted["Several"] = multioutput.MultiOutputRegressor(linear_model.Ridge()).fit(NUMBERS, NUMBERS)
    fitted["Spline"] = pipeline.make_pipeline(preprocessing.SplineTransformer(), linear_model.Ridge()).fit(
        NUMBERS, FLOATS
    )
    return fitted


def truth(model):
    """What the real object says about itself."""
    methods = [m for m in METHODS if hasattr(model, m)] or ["transform"]
    classes = getattr(model, "classes_", None)
    return {
        "class": f"{type(model).__module__}.{type(model).__qualname__}",
        "methods": methods,
        "classes": classes.tolist() if isinstance(classes, np.ndarray) else [],
        "count": int(model.n_features_in_),
    }


def pickled(path, model, protocol=None):
    with (OUT / path).open("wb") as file:
        pickle.dump(model, file, protocol)


def write_bare(model):
    for protocol in range(6):
        pickled(f"customers.{protocol}.pkl", model, protocol)
    with (OUT / "customers.cloudpickle").open("wb") as file:
        cloudpickle.dump(model, file)
    joblib.dump(model, OUT / "customers.joblib")
    for name in ("zlib", "gzip", "bz2", "lzma", "xz"):
        joblib.dump(model, OUT / f"customers.joblib.{name}", compress=(name, 3))
    for save in ("first", "second"):
        skops.io.dump(model, OUT / f"customers.{save}.skops")


def write_kinds():
    (OUT / "zoo").mkdir()
    truths = {}
    for name, model in zoo().items():
        truths[name] = truth(model)
        pickled(f"zoo/{name}.pkl", model)
        joblib.dump(model, OUT / f"zoo/{name}.joblib")
        try:
            skops.io.dump(model, OUT / f"zoo/{name}.skops")
        except Exception:
            # skops cannot write every model
            continue
    (OUT / "zoo/truth.json").write_text(json.dumps(truths))
    wide = pd.DataFrame(RANDOM.normal(size=(20, 600)), columns=[f"column {i}" for i in range(600)])
    joblib.dump(linear_model.Ridge().fit(wide, np.arange(20)), OUT / "wide.joblib")
    for name, labels in {"bools": INTS == 0, "texts": WORDS, "objects": WORDS.astype(object), "ints": INTS}.items():
        pickled(f"classes-{name}.pkl", tree.DecisionTreeClassifier(max_depth=1).fit(NUMBERS, labels))
        joblib.dump(tree.DecisionTreeClassifier(max_depth=1).fit(NUMBERS, labels), OUT / f"classes-{name}.joblib")


def write_own():
    steps = [("ratio", features.Ratio()), ("classify", linear_model.LogisticRegression())]
    pickled("own.pkl", pipeline.Pipeline(steps).fit(NUMBERS, INTS))
    pickled("own-top.pkl", features.Constant().fit(NUMBERS, FLOATS))
    with (OUT / "lambda.pkl").open("wb") as file:
        scale = preprocessing.FunctionTransformer(lambda x: x + 1)
        cloudpickle.dump(pipeline.make_pipeline(scale, linear_model.Ridge()).fit(NUMBERS, FLOATS), file)
    pickled("script.pkl", Script().fit(NUMBERS))
    pickled("dict.pkl", {"model": linear_model.Ridge().fit(NUMBERS, FLOATS)})


class Attack:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch deployc-was-executed",)


def write_attacks():
    """An attack hidden in the state of an honest model, behind its arrays, in every form of joblib and pickle."""
    model = customers()
    model.named_steps["classify"].note_ = Attack()
    joblib.dump(model, OUT / "attack.joblib")
    for name in ("zlib", "gzip", "bz2", "lzma", "xz"):
        joblib.dump(model, OUT / f"attack.joblib.{name}", compress=(name, 3))
    for protocol in range(6):
        pickled(f"attack.{protocol}.pkl", model, protocol)
    model.named_steps["classify"].note_ = np.array([Attack(), None], dtype=object)
    joblib.dump(model, OUT / "attack-in-array.joblib")
    model.named_steps["classify"].note_ = pickle.dumps(Attack())
    joblib.dump(model, OUT / "attack-in-bytes.joblib")


def write_mlflow(model):
    import mlflow.sklearn
    from mlflow.models import infer_signature

    signature = infer_signature(TABLE, model.predict(TABLE))
    known = {
        "pip_requirements": ["mlflow==3.17.2", "scikit-learn==1.9.1", "numpy==2.4.6", "pandas==3.1.1", "skops==0.16.0"]
    }
    for save in ("first", "second"):
        for kind, options in {
            "skops": {"skops_trusted_types": ["numpy.dtype"]},
            "cloudpickle": {"serialization_format": "cloudpickle"},
        }.items():
            path = OUT / f"mlflow-{kind}-{save}"
            mlflow.sklearn.save_model(model, path, signature=signature, **options, **known)
    numbers = linear_model.LinearRegression().fit(NUMBERS, FLOATS)
    signature = infer_signature(NUMBERS, numbers.predict(NUMBERS))
    mlflow.sklearn.save_model(numbers, OUT / "mlflow-tensor", signature=signature, **known)


if __name__ == "__main__":
    made = customers()
    write_bare(made)
    write_kinds()
    write_own()
    write_attacks()
    write_mlflow(made)
    (OUT / "table.json").write_text(json.dumps(sklearn_table.table()))
