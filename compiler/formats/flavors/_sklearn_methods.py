"""Which methods a fitted scikit-learn model has: those of its class, less what its parameters and parts lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..symbols import Instance, Value

_ORDER = ("predict", "predict_proba", "decision_function")

# attributes that hold the estimator which a model hands its calls to, the fitted one first
_INNER = ("best_estimator_", "estimator_", "regressor_", "estimator")
_HANDS_ALL_ON_TEXT = (
    "GridSearchCV RandomizedSearchCV HalvingGridSearchCV HalvingRandomSearchCV RFE RFECV SelfTrainingClassifier "
    "TunedThresholdClassifierCV FixedThresholdClassifier FrozenEstimator"
)
_HANDS_ALL_ON = frozenset(_HANDS_ALL_ON_TEXT.split())
# what a model hands on of its methods, and to which of its parts
_HANDS_SOME_ON = {
    "StackingClassifier": ("final_estimator_", ("predict_proba", "decision_function")),
    "OneVsRestClassifier": ("estimators_", ("predict_proba", "decision_function")),
    "ClassifierChain": ("estimators_", ("predict_proba", "decision_function")),
    "BaggingClassifier": ("estimators_", ("decision_function",)),
}
_PROBABLE_LOSSES = ("log_loss", "log", "modified_huber")


def methods_of(model: Value, table: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Methods to serve, "predict" first; transform only of what does nothing else; ("predict",) of unknown classes."""
    known = frozenset(_methods(model, table, 0))
    served = tuple(method for method in _ORDER if method in known)
    return served or (("transform",) if "transform" in known else ())


def last_step(model: Instance) -> Value:
    """A Pipeline's final estimator; None when there is none."""
    return next(reversed(list(step_values(model))), ("", None))[1]


def step_values(model: Instance) -> Iterator[tuple[str, Value]]:
    """A Pipeline's steps; none for other models."""
    steps = model.state.get("steps")
    for step in steps if isinstance(steps, (list, tuple)) else ():
        if isinstance(step, tuple) and len(step) == 2 and isinstance(step[0], str):
            yield step[0], step[1]


def inner(model: Instance) -> Value:
    """The estimator that the model wraps; None when it wraps none."""
    return next((model.state[key] for key in _INNER if isinstance(model.state.get(key), Instance)), None)


def first_part(model: Instance) -> Value:
    """One of the estimators or transformers that a model asks side by side; None when it asks none."""
    parts = model.state.get("estimators_")
    if isinstance(parts, list) and parts:
        return parts[0]
    union = model.state.get("transformer_list")
    first = union[0] if isinstance(union, list) and union else None
    return first[1] if isinstance(first, tuple) and len(first) == 2 else None


def _methods(model: Value, table: Mapping[str, Sequence[str]], depth: int) -> Sequence[str]:
    # a forged file may hold a model that wraps itself
    if not isinstance(model, Instance) or depth > 50:
        return ("transform",) if model in (None, "passthrough") else ()
    full, name = str(model.class_name), model.class_name.name
    if full not in table:
        return ("predict",)
    if name == "Pipeline":
        return _methods(last_step(model), table, depth + 1)
    if name in _HANDS_ALL_ON:
        handed = _methods(inner(model), table, depth + 1) if inner(model) is not None else ()
        return [m for m in handed if m in table[full]] if table[full] else handed
    return [m for m in table[full] if m not in _lacking(model, name, table, depth)]


def _lacking(model: Instance, name: str, table: Mapping[str, Sequence[str]], depth: int) -> Sequence[str]:
    """Methods of the class that this model does not have."""
    state = model.state
    match name:
        case "SVC" | "NuSVC" if state.get("probability") is not True:
            return ("predict_proba",)
        case "SGDClassifier" if state.get("loss") not in _PROBABLE_LOSSES:
            return ("predict_proba",)
        case "VotingClassifier" if state.get("voting") != "soft":
            return ("predict_proba",)
        case "LocalOutlierFactor" if state.get("novelty") is not True:
            return ("predict", "decision_function")
        case "MultiOutputClassifier":
            # it returns a list of arrays, one for each output
            return ("predict_proba",)
    if name not in _HANDS_SOME_ON:
        return ()
    attribute, handed = _HANDS_SOME_ON[name]
    part = state.get(attribute)
    had = _methods(part[0] if isinstance(part, list) and part else part, table, depth + 1)
    return [method for method in handed if method not in had]
