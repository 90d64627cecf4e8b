"""A transformer of our own: how long a comment is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin


class CommentLength(TransformerMixin, BaseEstimator):
    """One text column in, one number out: the length of the text, 0 where there is none."""

    def fit(self, x: pd.DataFrame, y: object = None) -> CommentLength:
        self.n_features_in_ = x.shape[1]
        return self

    def transform(self, x: pd.DataFrame) -> np.ndarray:
        return x.iloc[:, [0]].fillna("").map(len).to_numpy(dtype=float)
