"""Lists what scikit-learn's public models pickle as, from an installed scikit-learn: run by hand, one run per version.

python sklearn_table.py TABLE.json      adds the installed version's names to TABLE.json
python sklearn_table.py                 prints the installed version's names
"""

import importlib
import inspect
import json
import pkgutil
import sys
import warnings
from pathlib import Path

METHODS = ("predict", "predict_proba", "decision_function", "transform")

# modules whose other classes (not estimators) are found inside fitted estimators, and hold data only
SUPPORT = (
    "sklearn._loss",
    "sklearn.calibration",
    "sklearn.cluster._birch",
    "sklearn.cluster._bisect_k_means",
    "sklearn.compose._column_transformer",
    "sklearn.ensemble._gb_losses",
    "sklearn.ensemble._hist_gradient_boosting",
    "sklearn.gaussian_process.kernels",
    "sklearn.linear_model._sgd_fast",
    "sklearn.metrics._dist_metrics",
    "sklearn.metrics._scorer",
    "sklearn.model_selection._split",
    "sklearn.neighbors._ball_tree",
    "sklearn.neighbors._dist_metrics",
    "sklearn.neighbors._kd_tree",
    "sklearn.neighbors._quad_tree",
    "sklearn.neural_network._stochastic_optimizers",
    "sklearn.tree._tree",
    "sklearn.utils._bunch",
    "sklearn.utils._metadata_requests",
)
EXTRA = ("sklearn.utils.Bunch",)
# they hold or run what their file says
WITHOUT = (".tests", "._testing", ".conftest", "sklearn.datasets", "sklearn.externals", "sklearn.utils.parallel")
# makers of trees, displays, wrappers of a function: no fitted estimator keeps them, or they call what they hold
UNKEPT = ("Builder", "Splitter", "Grower", "PyFunc", "Pair", "Display", "Prune", "_PathFinder", "TreeNode", "SplitInfo")


def modules():
    import sklearn

    for found in pkgutil.walk_packages(sklearn.__path__, "sklearn."):
        if any(part in found.name for part in WITHOUT):
            continue
        try:
            yield importlib.import_module(found.name)
        except Exception:
            continue


def own(module):
    """The module's own classes and functions, without those that it imported, and the full names they pickle as.

    Some compiled modules were built under their bare name and register it (`_loss`), so it is what pickles hold.
    """
    bare = module.__name__.rpartition(".")[2]
    names = {module.__name__, bare} if sys.modules.get(bare) is module else {module.__name__}
    for name, value in list(vars(module).items()):
        home = getattr(value, "__module__", None)
        if home in names and getattr(value, "__qualname__", None) == name:
            yield name, value, f"{home}.{name}"


def support(module, name, value):
    inside = any(module == s or module.startswith(s + ".") for s in SUPPORT)
    rebuilt = name == "newObj" or name.startswith("__pyx_unpickle_")
    return inside and not any(word in name for word in UNKEPT) and (inspect.isclass(value) or rebuilt)


def scoring():
    """Functions that fitted searches and selectors keep as attributes: from numbers to a number."""
    from sklearn import feature_selection
    from sklearn.metrics import _scorer, pairwise

    table = getattr(_scorer, "_SCORERS", None) or _scorer.SCORERS
    functions = [s._score_func for s in table.values() if hasattr(s, "_score_func")]
    functions += [
        getattr(feature_selection, n) for n in dir(feature_selection) if n.startswith(("f_", "chi", "mutual", "r_"))
    ]
    functions += [f for f in pairwise.PAIRWISE_KERNEL_FUNCTIONS.values() if callable(f)]
    return {f"{f.__module__}.{f.__name__}" for f in functions if callable(f) and f.__module__.startswith("sklearn.")}


def table():
    import sklearn
    from sklearn.base import BaseEstimator

    estimators, names = {}, set(scoring())
    for module in modules():
        for name, value, full in own(module):
            if inspect.isclass(value) and issubclass(value, BaseEstimator):
                estimators[full] = [m for m in METHODS if hasattr(value, m)]
            elif support(module.__name__, name, value) or full in EXTRA:
                names.add(full)
    return {"versions": [sklearn.__version__], "estimators": estimators, "names": sorted(names)}


def merged(old, new):
    """Both tables; an estimator that both have keeps the methods of either, in the order of METHODS."""
    methods = {
        name: [m for m in METHODS if m in old["estimators"].get(name, []) + new["estimators"].get(name, [])]
        for name in sorted({*old["estimators"], *new["estimators"]})
    }
    versions = sorted({*old["versions"], *new["versions"]}, key=lambda v: tuple(map(int, v.split("."))))
    return {"versions": versions, "estimators": methods, "names": sorted({*old["names"], *new["names"]})}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = table()
    if len(sys.argv) > 1:
        path = Path(sys.argv[1])
        before = json.loads(path.read_text()) if path.exists() else {"versions": [], "estimators": {}, "names": []}
        path.write_text(json.dumps(merged(before, found), indent=1) + "\n")
    else:
        print(json.dumps(found))
