"""The regression behind remaining life: from window features to cycles left, learnt per fold of units.

Two plain models are averaged: boosted trees, which find thresholds and fault modes, and a smooth kernel
ridge, which follows gradual wear. Decides how to learn; not on which cuts it is judged.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from workbench.methods.rul_conditions import Indices
from workbench.methods.rul_metrics import Floats

KERNEL_CENTRES = 400
LARGER_ERROR = 1 / 8  # of the mean squared error: 6 % in RMSE
WIDTH_FEATURES = 0.3  # kernel width: gamma times the number of features


@dataclass(frozen=True)
class Blend:
    """A fitted pair of models that predicts up to ``cap`` cycles."""

    trees: Any
    smooth: Any
    cap: float

    def predict(self, features: Floats) -> Floats:
        """Return remaining life in cycles, shape (m,), between 0 and the cap."""
        pair = [np.clip(model.predict(features), 0, self.cap) for model in (self.trees, self.smooth)]
        mean: Floats = np.mean(pair, axis=0)
        return mean


def _smooth_model(features: Floats, seed: int) -> Any:
    n_rows, n_features = features.shape
    kernel = Nystroem(
        gamma=WIDTH_FEATURES / n_features, n_components=min(KERNEL_CENTRES, n_rows), random_state=seed
    )
    return make_pipeline(StandardScaler(), kernel, Ridge(0.3))


def fit_blend(features: Floats, rul: Floats, *, cap: float, seed: int) -> Blend:
    """Learn remaining life from features, capped because a new unit does not show its age.

    Parameters
    ----------
    features : array of float, shape (n, p)
    rul : array of float, shape (n,), cycles
    cap : float
        Longer lives are taught as this many cycles.
    seed : int

    Returns
    -------
    Blend

    Source
    ------
    F. O. Heimes, Recurrent neural networks for remaining useful life estimation, PHM 2008 (capped
    target); scikit-learn HistGradientBoostingRegressor, Nystroem, Ridge.
    """
    target = np.minimum(rul, cap)
    trees = HistGradientBoostingRegressor(
        max_iter=80,
        learning_rate=0.1,
        max_leaf_nodes=15,
        min_samples_leaf=min(40, max(5, len(target) // 50)),
        l2_regularization=1.0,
        max_bins=128,
        early_stopping=False,
        random_state=seed,
    )
    smooth = _smooth_model(features, seed)
    return Blend(trees=trees.fit(features, target), smooth=smooth.fit(features, target), cap=cap)


def predict_for_caps(features: Floats, rul: Floats, ask: Floats, *, caps: Floats, seed: int) -> Floats:
    """Predict with the smooth model for several caps at once, to compare caps cheaply.

    Parameters
    ----------
    features : array of float, shape (n, p)
    rul : array of float, shape (n,), cycles
    ask : array of float, shape (m, p)
    caps : array of float, shape (c,), cycles
    seed : int

    Returns
    -------
    array of float, shape (m, c), cycles

    Source
    ------
    As ``fit_blend``.
    """
    model = _smooth_model(features, seed)
    model.fit(features, np.minimum(rul[:, None], caps[None, :]))
    answer: Floats = np.clip(model.predict(ask).reshape(len(ask), len(caps)), 0, caps[None, :])
    return answer


def choose_cap(predicted: Floats, true: Floats, unit: Indices, caps: Floats) -> float:
    """Return the lowest cap that is not clearly worse than the best one on held-out units.

    The lower of two equal caps warns earlier, which is the cheaper mistake.

    Parameters
    ----------
    predicted : array of float, shape (n, c), cycles
        Held-out predictions for each cap.
    true : array of float, shape (n,), cycles, not capped
    unit : array of int, shape (n,)
    caps : array of float, shape (c,), cycles, increasing

    Returns
    -------
    float

    Source
    ------
    L. Breiman, J. Friedman, R. Olshen, C. Stone, Classification and Regression Trees, 1984
    (one-standard-error rule), here with the standard error over units, and never more than an eighth
    of the squared error: with few units one standard error would allow anything.
    """
    squared = (predicted - true[:, None]) ** 2
    groups = np.unique(unit, return_inverse=True)[1]
    count = np.bincount(groups).astype(float)
    per_unit = np.array([np.bincount(groups, weights=squared[:, i]) / count for i in range(caps.size)])
    mean = per_unit.mean(axis=1)
    doubt = per_unit.std(axis=1, ddof=1) / np.sqrt(count.size)
    best = int(mean.argmin())
    allowed = min(float(doubt[best]), LARGER_ERROR * float(mean[best]))
    return float(caps[np.flatnonzero(mean <= mean[best] + allowed)[0]])
