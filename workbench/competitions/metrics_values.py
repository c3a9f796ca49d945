"""Metrics of predicted values: how far off they are, as forecasts and remaining life count it."""

import numpy as np

from workbench.competitions.rows import Rows
from workbench.methods import forecast_metrics, rul_metrics


def rmse(rows: Rows) -> float:
    """Root of the mean squared error.

    >>> rmse(Rows(np.array([1.0, 2.0]), np.array([4.0, 5.0])))
    3.0
    """
    return forecast_metrics.rmse(rows.truth, rows.predicted)


def mae(rows: Rows) -> float:
    """Mean absolute error.

    >>> mae(Rows(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    1.0
    """
    return float(np.mean(np.abs(rows.predicted - rows.truth)))


def smape(rows: Rows) -> float:
    """Symmetric percentage error of each series, and of these the mean."""
    return float(np.mean([forecast_metrics.smape(one.truth, one.predicted) for one in rows.by_group()]))


def mase(rows: Rows) -> float:
    """Mean error in units of each case's scale, averaged over series.

    >>> mase(Rows(np.array([1.0, 2.0]), np.array([1.0, 4.0]), scale=np.array([4.0, 4.0])))
    0.25
    """
    return float(np.mean([np.mean(np.abs(one.predicted - one.truth) / one.scale) for one in rows.by_group()]))


def nasa(rows: Rows) -> float:
    """Penalty of the PHM08 challenge, late warnings costing more: a sum over units."""
    return rul_metrics.nasa_score(rows.predicted, rows.truth)


def alpha_lambda(rows: Rows, *, alpha: float = 0.2, lambda_: float = -1.0) -> float:
    """Share of predictions of remaining life that lie within ``alpha`` of the truth.

    With ``lambda_`` between 0 and 1, and groups and times, of each unit only the prediction counts that
    stands nearest to that share of the way from its first prediction to its end of life.

    >>> life = Rows(np.array([100.0, 50.0, 10.0]), np.array([110.0, 65.0, 10.0]))
    >>> round(alpha_lambda(life, alpha=0.2), 4)
    0.6667
    """
    if lambda_ >= 0 and rows.time is not None:
        chosen = [_at(one, lambda_) for one in rows.by_group()]
        truth, predicted = (np.array(values) for values in zip(*chosen, strict=True))
    else:
        truth, predicted = rows.truth, rows.predicted
    within = np.abs(predicted - truth) <= alpha * truth * (1 + 1e-12)
    return float(np.mean(within))


def _at(unit: Rows, share: float) -> tuple[float, float]:
    assert unit.time is not None  # noqa: S101 - for the type checker; the caller has looked
    first = int(np.argmin(unit.time))
    wanted = unit.time[first] + share * unit.truth[first]
    nearest = int(np.argmin(np.abs(unit.time - wanted)))
    return float(unit.truth[nearest]), float(unit.predicted[nearest])
