"""Which variable is behind a signal: T² split into what each variable adds, alone and given the others.

Decides whether a variable itself is off, or its relation to the others; blames nobody for the cause.
"""

import numpy as np
import pandas as pd
from scipy.stats import f

from workbench.methods.multivariate import MultivariateChart

MOST_SIGNALS = 200  # split; of more the first ones


def contributions(chart: MultivariateChart) -> pd.DataFrame:
    """Split the T² of each signal into the contributions of the variables.

    ``alone`` is the squared distance of a variable from its mean in standard deviations; ``given_others`` is
    what T² loses without the variable: its squared distance from what the other variables predict.

    Parameters
    ----------
    chart : MultivariateChart

    Returns
    -------
    DataFrame
        point, subgroup, variable, value (MEWMA: weighted), mean, expected (from the other variables), alone,
        given_others, share (of the sum of given_others), cause: ``own`` (off its own level), ``relation``
        (fits its own level, not the others) or "".

    Source
    ------
    Mason, Tracy and Young, Journal of Quality Technology 27 (1995) 99-108; Runger, Alt and Montgomery,
    Communications in Statistics 25 (1996) 2203-2213.
    """
    located = chart.signals.loc[chart.signals["chart"] == "location", "point"].head(MOST_SIGNALS)
    at = located.to_numpy(dtype=int) - 1
    inverse = np.linalg.inv(chart.covariance)
    away = chart.deviations[at]
    scale = chart.scale[at][:, None]
    pulled = away @ inverse
    alone = away**2 / np.diag(chart.covariance) / scale
    given_others = pulled**2 / np.diag(inverse) / scale
    expected = chart.mean + away - pulled / np.diag(inverse)
    p = len(chart.samples.variables)
    own, joint = _limit(chart, 0), _limit(chart, p - 1)
    cause = np.where(alone > own, "own", np.where(given_others > joint, "relation", ""))
    points = chart.points.iloc[at]
    return pd.DataFrame(
        {
            "point": np.repeat(points["point"].to_numpy(), p),
            "subgroup": np.repeat(points["subgroup"].to_numpy(), p),
            "variable": np.tile(np.array(chart.samples.variables, dtype=object), len(at)),
            "value": (chart.mean + away).ravel(),
            "mean": np.tile(chart.mean, len(at)),
            "expected": expected.ravel(),
            "alone": alone.ravel(),
            "given_others": given_others.ravel(),
            "share": (given_others / given_others.sum(axis=1, keepdims=True)).ravel(),
            "cause": cause.ravel(),
        }
    )


def _limit(chart: MultivariateChart, given: int) -> float:
    """Return the limit of one term of T² conditioned on ``given`` variables (Mason et al., equation 9)."""
    m = chart.freedom
    left = max(1, m - given - 1)
    return float((m + 1) * (m - 1) / (m * left) * f.ppf(chart.plan.confidence, 1, left))
