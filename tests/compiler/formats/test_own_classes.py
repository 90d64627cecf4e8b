"""Methods of a class of the user's own, as its source tells them."""

from __future__ import annotations

import pytest
from deployc.compiler.formats.own_classes import own_methods

BASES = """
class Scored:
    def decision_function(self, X): return X
    def transform(self, X):
        \"\"\"For others to write.\"\"\"
        raise NotImplementedError
"""
SOURCES = {
    "pkg.bases": BASES,
    "pkg.models": """
import sklearn.base
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils.metaestimators import available_if
from .bases import Scored as Base
from pkg import bases

class Plain(sklearn.base.ClassifierMixin, Base):
    def predict_proba(self, X): return X
    def predict(self, X): return X

class Half(sklearn.base.TransformerMixin):
    def transform(self, X): return X

class Forest(RandomForestClassifier):
    def decision_function(self, X): return X

class Guarded(Plain):
    @available_if(lambda self: False)
    def transform(self, X): return X

class Circle(Circle): ...
""",
    "broken": "class Model(:",
}


@pytest.mark.parametrize(
    ("name", "methods"),
    [
        ("pkg.models.Plain", ("predict", "predict_proba", "decision_function")),
        ("pkg.models.Half", ("transform",)),
        # of a library's class no more is known than that it predicts
        ("pkg.models.Forest", ("predict", "decision_function")),
        ("pkg.models.Guarded", ("predict", "predict_proba", "decision_function")),
        ("pkg.models.Circle", ()),
        ("pkg.models.Absent", ()),
        ("broken.Model", ()),
        ("sklearn.linear_model._logistic.LogisticRegression", ()),
    ],
)
def test_the_methods_are_those_that_the_class_and_its_own_bases_define(name: str, methods: tuple[str, ...]) -> None:
    assert own_methods(name, SOURCES) == methods
