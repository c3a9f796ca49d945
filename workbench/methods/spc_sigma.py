"""The standard deviation within subgroups: from ranges, deviations, or moving ranges of individual values.

Decides how the spread of a process without its changes is estimated; knows no limits and no rules.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from workbench.errors import Invalid, NoSpread, TooFew
from workbench.methods.spc_constants import c4, d2, d3, printed_d2, printed_d4
from workbench.methods.spc_samples import LARGEST_FOR_RANGE, Floats, Samples

SIGMA_METHODS = ("rbar", "sbar", "pooled", "mr")
CHART_SIGMA_METHODS = (*SIGMA_METHODS, "median-mr")
FOR_INDIVIDUALS = ("mr", "median-mr")


def sigma_method_for(samples: Samples) -> str:
    """Return the usual estimator: moving range, mean range up to eight values, above it mean deviation."""
    if samples.individuals:
        return "mr"
    return "rbar" if samples.points["n"].max() <= LARGEST_FOR_RANGE else "sbar"


def within_sigma(samples: Samples, method: str, *, exact: bool = False, unbiased: bool = True) -> float:
    """Estimate the standard deviation within subgroups from the baseline.

    With unequal subgroups each one's estimate is weighted by the inverse of its variance; with equal ones
    this is the mean range over d2 and the mean deviation over c4.

    Parameters
    ----------
    samples : Samples
    method : {"rbar", "sbar", "pooled", "mr", "median-mr"}
        Ranges, standard deviations, pooled variance (with c4), or the mean or the median of the moving ranges
        of individual values. A median is not moved by a few jumps.
    exact : bool, default False
        Divide ranges by the computed d2 instead of the printed one (see ``spc_constants.printed_d2``).
    unbiased : bool, default True
        Divide mean and pooled standard deviations by c4.

    Returns
    -------
    float
        In the unit of the values, > 0.

    Raises
    ------
    Invalid
        If the method is unknown, or does not fit (moving range of subgroups, range of individuals).
    TooFew
        If no subgroup holds two values.
    NoSpread
        If the values do not differ within subgroups.

    Source
    ------
    Montgomery, Introduction to Statistical Quality Control, sections 6.2-6.4; Minitab's Rbar, Sbar, pooled,
    average and median moving range.
    """
    if method not in CHART_SIGMA_METHODS:
        raise Invalid("sigma method", given=repr(method), expected=", ".join(CHART_SIGMA_METHODS))
    if (method in FOR_INDIVIDUALS) != samples.individuals:
        expected = "mr for individual values" if samples.individuals else "rbar, sbar or pooled for subgroups"
        raise Invalid("sigma method", given=repr(method), expected=expected)
    ranges, deviations, sizes = _material(samples)
    if ranges.size == 0:
        raise TooFew("subgroups with two values", need=1, have=0, hint="use individual values (imr)")
    if method == "median-mr":
        sigma = float(np.median(ranges)) / printed_d4(samples.mr_length)
    elif method in ("rbar", "mr"):
        sigma = _from_ranges(ranges, sizes, exact)
    else:
        sigma = _from_deviations(deviations, sizes, pooled=method == "pooled", unbiased=unbiased)
    if not sigma > 1e-12 * max(1e-300, float(np.abs(samples.values).max())):
        raise NoSpread("values within subgroups do not differ", hint="record them with more decimals")
    return sigma


def _material(samples: Samples) -> tuple[Floats, Floats, NDArray[np.int_]]:
    """Return ranges, deviations and sizes of the baseline."""
    points = samples.baseline
    if not samples.individuals:
        points = points[points["n"] > 1]
        columns = (points[name].to_numpy(dtype=float) for name in ("range", "deviation"))
        return (*columns, points["n"].to_numpy(dtype=int))  # type: ignore[return-value]
    # A range towards a point outside the baseline belongs to nobody.
    inside = samples.points["baseline"].to_numpy(dtype=bool)
    whole = inside.copy()
    for back in range(1, samples.mr_length):
        whole[back:] &= inside[:-back]
    ranges = samples.points["range"].to_numpy(dtype=float)[whole]
    ranges = ranges[np.isfinite(ranges)]
    return ranges, np.full(ranges.size, np.nan), np.full(ranges.size, samples.mr_length)


def each(constant: Callable[[int], float], sizes: NDArray[np.int_]) -> Floats:
    """Return a constant for each subgroup, computed once per size.

    Parameters
    ----------
    constant : callable
        Takes a size.
    sizes : array of int

    Returns
    -------
    array of float

    Source
    ------
    None.

    Examples
    --------
    >>> each(lambda n: n / 2, np.array([2, 4, 2])).tolist()
    [1.0, 2.0, 1.0]
    """
    if sizes.size and sizes.min() == sizes.max():
        return np.full(sizes.size, constant(int(sizes[0])))
    found, where = np.unique(sizes, return_inverse=True)
    return np.array([constant(int(n)) for n in found], dtype=float)[where]


def _from_ranges(ranges: Floats, sizes: NDArray[np.int_], exact: bool) -> float:
    factor = each(d2 if exact else printed_d2, sizes)
    weight = (factor / each(d3, sizes)) ** 2
    return float((weight * ranges / factor).sum() / weight.sum())


def _from_deviations(deviations: Floats, sizes: NDArray[np.int_], *, pooled: bool, unbiased: bool) -> float:
    if pooled:
        freedom = int((sizes - 1).sum())
        together = float(np.sqrt(((sizes - 1) * deviations**2).sum() / freedom))
        return together / c4(freedom + 1) if unbiased else together
    if not unbiased:
        return float((sizes * deviations).sum() / sizes.sum())
    factor = each(c4, sizes)
    weight = factor**2 / (1 - factor**2)
    return float((weight * deviations / factor).sum() / weight.sum())
