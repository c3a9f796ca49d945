"""Did events become more frequent? The exact comparison of two rates, and the correction for asking often."""

import math
from dataclasses import dataclass

from scipy.stats import beta, binomtest

from workbench.errors import Invalid


@dataclass(frozen=True)
class RateChange:
    """How often events happen after, compared with before.

    Attributes
    ----------
    ratio : float
        Rate after over rate before; infinite where there was none before.
    low, high : float
        Its exact confidence interval.
    p : float
        Chance of counts at least as unlikely if the rates were equal (two-sided).
    """

    ratio: float
    low: float
    high: float
    p: float


def compare_rates(
    before: int, after: int, *, time_before: float, time_after: float, confidence: float = 0.95
) -> RateChange:
    """Compare two Poisson rates exactly, by the share of all events that fell into the second period.

    Parameters
    ----------
    before, after : int
        Events counted, >= 0.
    time_before, time_after : float
        How long was counted, > 0, in one unit.
    confidence : float, default 0.95

    Returns
    -------
    RateChange

    Raises
    ------
    Invalid
        If a time is not above 0, or a count below 0.

    Source
    ------
    Przyborowski and Wilenski, Biometrika 31 (1940) 313-323; as poisson.test of R: two-sided by the method of
    small probabilities, interval of Clopper and Pearson.

    Examples
    --------
    R's manual of poisson.test: 11 events in 800 and 21 in 3011 person-years

    >>> found = compare_rates(21, 11, time_before=3011, time_after=800)
    >>> round(found.ratio, 6), round(found.p, 5), round(found.low, 6), round(found.high, 6)
    (1.971488, 0.07967, 0.858426, 4.277266)
    """
    if not (time_before > 0 and time_after > 0):
        raise Invalid("time counted", given=(time_before, time_after), expected="above 0")
    if before < 0 or after < 0:
        raise Invalid("events", given=(before, after), expected="0 or more")
    total, scale = before + after, time_before / time_after
    if total == 0:
        return RateChange(math.nan, 0.0, math.inf, 1.0)
    share = time_after / (time_before + time_after)
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, after, before + 1)) if after else 0.0
    high = float(beta.ppf(1 - tail, after + 1, before)) if before else 1.0
    p = float(binomtest(after, total, share).pvalue)
    return RateChange(
        _odds(after, before) * scale, _odds(low, 1 - low) * scale, _odds(high, 1 - high) * scale, p
    )


def _odds(part: float, rest: float) -> float:
    return part / rest if rest else math.inf
