"""Which function converts an object, by the full name of its class."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from . import (
    boosting,
    calibration,
    catboost_trees,
    discriminant,
    encoding,
    ensembles,
    forests,
    lightgbm_trees,
    linear,
    networks,
    scaling,
    weighted,
    wrapping,
    xgboost_trees,
)
from .fitted import Fitted
from .graph import Graph
from .members import Convert
from .tables import Table

Predictor = Callable[[Graph, Fitted, Table], Mapping[str, str]]
MetaPredictor = Callable[[Graph, Fitted, Table, Convert], Mapping[str, str]]
Transformer = Callable[[Graph, Fitted, Table], Table]

PREDICTORS: Mapping[str, Predictor] = {
    "catboost.core.CatBoostClassifier": catboost_trees.classifier,
    "catboost.core.CatBoostRegressor": catboost_trees.regressor,
    "lightgbm.basic.Booster": lightgbm_trees.booster,
    "lightgbm.sklearn.LGBMClassifier": lightgbm_trees.classifier,
    "lightgbm.sklearn.LGBMRanker": lightgbm_trees.regressor,
    "lightgbm.sklearn.LGBMRegressor": lightgbm_trees.regressor,
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": discriminant.linear,
    "sklearn.ensemble._forest.ExtraTreesClassifier": forests.classifier,
    "sklearn.ensemble._forest.ExtraTreesRegressor": forests.regressor,
    "sklearn.ensemble._forest.RandomForestClassifier": forests.classifier,
    "sklearn.ensemble._forest.RandomForestRegressor": forests.regressor,
    "sklearn.ensemble._gb.GradientBoostingClassifier": boosting.classifier,
    "sklearn.ensemble._gb.GradientBoostingRegressor": boosting.regressor,
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier": (
        boosting.histogram_classifier
    ),
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor": (
        boosting.histogram_regressor
    ),
    "sklearn.linear_model._base.LinearRegression": linear.regressor,
    "sklearn.linear_model._bayes.ARDRegression": linear.regressor,
    "sklearn.linear_model._bayes.BayesianRidge": linear.regressor,
    "sklearn.linear_model._coordinate_descent.ElasticNet": linear.regressor,
    "sklearn.linear_model._coordinate_descent.ElasticNetCV": linear.regressor,
    "sklearn.linear_model._coordinate_descent.Lasso": linear.regressor,
    "sklearn.linear_model._coordinate_descent.LassoCV": linear.regressor,
    "sklearn.linear_model._glm.glm.GammaRegressor": linear.generalised,
    "sklearn.linear_model._glm.glm.PoissonRegressor": linear.generalised,
    "sklearn.linear_model._glm.glm.TweedieRegressor": linear.generalised,
    "sklearn.linear_model._huber.HuberRegressor": linear.regressor,
    "sklearn.linear_model._least_angle.Lars": linear.regressor,
    "sklearn.linear_model._least_angle.LassoLars": linear.regressor,
    "sklearn.linear_model._logistic.LogisticRegression": linear.logistic,
    "sklearn.linear_model._logistic.LogisticRegressionCV": linear.logistic,
    "sklearn.linear_model._passive_aggressive.PassiveAggressiveClassifier": linear.classifier,
    "sklearn.linear_model._perceptron.Perceptron": linear.classifier,
    "sklearn.linear_model._ridge.Ridge": linear.regressor,
    "sklearn.linear_model._ridge.RidgeCV": linear.regressor,
    "sklearn.linear_model._ridge.RidgeClassifier": linear.classifier,
    "sklearn.linear_model._ridge.RidgeClassifierCV": linear.classifier,
    "sklearn.linear_model._stochastic_gradient.SGDClassifier": linear.gradient_descent,
    "sklearn.linear_model._stochastic_gradient.SGDRegressor": linear.regressor,
    "sklearn.naive_bayes.GaussianNB": discriminant.normal,
    "sklearn.neural_network._multilayer_perceptron.MLPClassifier": networks.classifier,
    "sklearn.neural_network._multilayer_perceptron.MLPRegressor": networks.regressor,
    "sklearn.svm._classes.LinearSVC": linear.classifier,
    "sklearn.svm._classes.LinearSVR": linear.regressor,
    "sklearn.tree._classes.DecisionTreeClassifier": forests.classifier,
    "sklearn.tree._classes.DecisionTreeRegressor": forests.regressor,
    "sklearn.tree._classes.ExtraTreeClassifier": forests.classifier,
    "sklearn.tree._classes.ExtraTreeRegressor": forests.regressor,
    "xgboost.core.Booster": xgboost_trees.booster,
    "xgboost.sklearn.XGBClassifier": xgboost_trees.classifier,
    "xgboost.sklearn.XGBRFClassifier": xgboost_trees.classifier,
    "xgboost.sklearn.XGBRFRegressor": xgboost_trees.regressor,
    "xgboost.sklearn.XGBRanker": xgboost_trees.regressor,
    "xgboost.sklearn.XGBRegressor": xgboost_trees.regressor,
}
META: Mapping[str, MetaPredictor] = {
    "sklearn.calibration.CalibratedClassifierCV": calibration.calibrated,
    "sklearn.compose._target.TransformedTargetRegressor": wrapping.transformed_target,
    "sklearn.ensemble._bagging.BaggingClassifier": ensembles.bagging_classifier,
    "sklearn.ensemble._bagging.BaggingRegressor": ensembles.bagging_regressor,
    "sklearn.ensemble._stacking.StackingClassifier": ensembles.stacked,
    "sklearn.ensemble._stacking.StackingRegressor": ensembles.stacked,
    "sklearn.ensemble._voting.VotingClassifier": ensembles.voting_classifier,
    "sklearn.ensemble._voting.VotingRegressor": ensembles.voting_regressor,
    "sklearn.ensemble._weight_boosting.AdaBoostClassifier": weighted.classifier,
    "sklearn.ensemble._weight_boosting.AdaBoostRegressor": weighted.regressor,
    "sklearn.frozen._frozen.FrozenEstimator": wrapping.inner,
    "sklearn.model_selection._classification_threshold.FixedThresholdClassifier": wrapping.thresholded,
    "sklearn.model_selection._classification_threshold.TunedThresholdClassifierCV": wrapping.thresholded,
    "sklearn.model_selection._search.GridSearchCV": wrapping.inner,
    "sklearn.model_selection._search.RandomizedSearchCV": wrapping.inner,
    "sklearn.model_selection._search_successive_halving.HalvingGridSearchCV": wrapping.inner,
    "sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV": wrapping.inner,
}
TRANSFORMERS: Mapping[str, Transformer] = {
    "sklearn.decomposition._pca.PCA": scaling.components,
    "sklearn.decomposition._truncated_svd.TruncatedSVD": scaling.components,
    "sklearn.feature_selection._from_model.SelectFromModel": scaling.selector,
    "sklearn.feature_selection._rfe.RFE": scaling.selector,
    "sklearn.feature_selection._univariate_selection.SelectKBest": scaling.selector,
    "sklearn.feature_selection._univariate_selection.SelectPercentile": scaling.selector,
    "sklearn.feature_selection._variance_threshold.VarianceThreshold": scaling.selector,
    "sklearn.impute._base.SimpleImputer": scaling.imputer,
    "sklearn.preprocessing._data.MaxAbsScaler": scaling.max_abs,
    "sklearn.preprocessing._data.MinMaxScaler": scaling.min_max,
    "sklearn.preprocessing._data.Normalizer": scaling.normalizer,
    "sklearn.preprocessing._data.RobustScaler": scaling.robust,
    "sklearn.preprocessing._data.StandardScaler": scaling.standard,
    "sklearn.preprocessing._encoders.OneHotEncoder": encoding.one_hot,
    "sklearn.preprocessing._encoders.OrdinalEncoder": encoding.ordinal,
    "sklearn.preprocessing._function_transformer.FunctionTransformer": scaling.function,
    "sklearn.preprocessing._polynomial.PolynomialFeatures": scaling.polynomial,
}
