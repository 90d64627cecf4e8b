"""Which distributions a model needs in order to be loaded and asked, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Set

from packaging.specifiers import SpecifierSet

from ..model_spec import Requirement

# modules whose distribution has another name, and those that come with Python or with another distribution
_DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    # a compiled module of scikit-learn 1.4 to 1.8, built under its bare name
    "_loss": "scikit-learn",
    "yaml": "PyYAML",
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "category_encoders": "category-encoders",
    "imblearn": "imbalanced-learn",
    "umap": "umap-learn",
}
_NEVER = ("mlflow", "mlflow-skinny", "mlflow-tracing")


def requirements_of(
    modules: Set[str],
    *,
    versions: Mapping[str, str],
    pins: Mapping[str, str],
    serializer: str,
    dataframe: bool,
    own: Set[str],
) -> tuple[Requirement, ...]:
    """Requirements sorted by name.

    `modules`: modules that the file names, Python's own left out. `versions`: distribution -> version that the file
    itself records, empty where it records none. `pins`: distribution -> specifier that MLflow recorded. `own`:
    top-level modules of the user's.
    """
    needed: dict[str, str] = {}
    for top in sorted({module.split(".")[0] for module in modules} - own):
        needed.setdefault(_DISTRIBUTIONS.get(top, top.replace("_", "-")), f"the model's file names {top}")
    for name in versions:
        needed.setdefault(name, "the model's file records its version" if versions[name] else "the model needs it")
    if dataframe:
        needed.setdefault("pandas", "the model was fitted on named columns")
    if serializer in ("joblib", "skops", "cloudpickle"):
        needed[serializer] = f"the model was saved with {serializer}"
    found = [
        Requirement(name=name, specifier=specifier, reason=f"{reason}{why}")
        for name, reason in needed.items()
        if name not in _NEVER
        for specifier, why in [_specifier(name, modules, versions, pins)]
    ]
    return tuple(sorted(found, key=lambda r: r.name.lower()))


def contradictions(versions: Mapping[str, str], pins: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence for each distribution whose version in the model's file is not what MLflow recorded."""
    return tuple(
        f"the model was saved by {name} {version}, though MLmodel's requirements say {name}{pin}: {version} is used"
        for name, version in versions.items()
        if version.replace(".", "").isdecimal()
        if (pin := pins.get(name)) and not SpecifierSet(pin).contains(version, prereleases=True)
    )


def _specifier(name: str, modules: Set[str], versions: Mapping[str, str], pins: Mapping[str, str]) -> tuple[str, str]:
    """A version specifier and where it comes from: the file's own record goes before MLflow's, if it is exact."""
    version = versions.get(name, "")
    if version and not (version.endswith("*") and name in pins):
        return f"=={version}", f"; it was saved by {version}"
    if pin := pins.get(name.lower()):
        return pin, f"; MLflow recorded {pin}"
    if name == "numpy" and any(m.startswith("numpy._core") for m in modules):
        return ">=2", "; numpy._core begins with version 2"
    if name == "numpy" and any(m == "numpy.core" or m.startswith("numpy.core.") for m in modules):
        return "<2", "; numpy.core ends with version 2"
    return "", ""
