"""Control charts for measurements: limits, points and signals of I-MR, X̄-R, X̄-s, EWMA and CUSUM.

Decides whether points speak of a changed process. What to tell people about it is in ``spc_words``.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.errors import Refused, TooFew
from workbench.methods.spc_constants import c4, d3, printed_d2
from workbench.methods.spc_model import ControlChart, Plan, Spread
from workbench.methods.spc_rules import Hit, apply_rules, chosen_rules
from workbench.methods.spc_samples import Floats, Samples, arrange, sigma_method_for, within_sigma
from workbench.methods.spc_weighted import cusum_points, ewma_points, ewma_width

MINIMUM_POINTS = 10  # below, an estimated sigma is uncertain by more than about 25 %
SPREAD_OF = {"imr": "mr", "xbar-r": "range", "xbar-s": "deviation"}


class NoSubgroups(Refused):
    """A chart of subgroups was asked for, but each value stands alone."""

    code = "no_subgroups"


def prepare(frame: pd.DataFrame, plan: Plan) -> tuple[Samples, Plan]:
    """Arrange measurements for a plan, and settle what ``auto`` means.

    Parameters
    ----------
    frame : DataFrame
        See ``spc_samples.arrange``.
    plan : Plan

    Returns
    -------
    Samples, Plan
        The plan's chart is one of ``CHARTS``.

    Source
    ------
    AIAG SPC, 2nd ed.: ranges up to eight values, standard deviations above.
    """
    samples = arrange(frame, subgroup_size=plan.subgroup_size, individuals=plan.chart == "imr")
    if plan.chart == "auto":
        method = sigma_method_for(samples)
        plan = replace(plan, chart={"mr": "imr", "rbar": "xbar-r", "sbar": "xbar-s"}[method])
    return samples, plan


def chart_sigma(samples: Samples, plan: Plan) -> float:
    """Return the sigma of a chart, given or estimated; refuse data that cannot carry limits.

    Parameters
    ----------
    samples, plan
        From ``prepare``.

    Returns
    -------
    float
        Standard deviation of individual values, in their unit.

    Raises
    ------
    NoSubgroups
        If a chart of subgroups is asked for and there are none.
    TooFew
        If fewer than 10 baseline points hold values and limits must be estimated (1 if both are known).
    NoSpread
        If the values do not differ within subgroups and no sigma is given.

    Source
    ------
    The minimum is ours; ISO 7870-2:2013 recommends 20 to 25 subgroups, below which limits are preliminary.
    """
    if samples.individuals and plan.chart in ("xbar-r", "xbar-s"):
        hint = "set a subgroup size of 2 or more, or choose imr"
        raise NoSubgroups("this chart needs subgroups of at least 2 values", given="single values", hint=hint)
    known = plan.target is not None and plan.sigma is not None
    need, have = 1 if known else MINIMUM_POINTS, len(samples.baseline)
    if have < need:
        kind = "individual values" if samples.individuals else "subgroups"
        raise TooFew(f"{kind} for control limits", need=need, have=have, hint="collect more data")
    if plan.sigma is not None:
        return plan.sigma
    return within_sigma(samples, _sigma_method(samples, plan))


def control_chart(frame: pd.DataFrame, plan: Plan | None = None) -> ControlChart:
    """Chart measurements and find the points that speak of a changed process.

    Limits come from the baseline (all rows unless a ``baseline`` column says which); every row is plotted
    and judged. With unequal subgroups each point has its own limits.

    Parameters
    ----------
    frame : DataFrame
        Columns ``value`` (float, any unit), optional ``ts``, ``subgroup``, ``baseline``; see
        ``spc_samples.arrange``.
    plan : Plan, optional
        Default: the chart that fits the subgroups, limits estimated, rules of ISO 7870-2.

    Returns
    -------
    ControlChart

    Raises
    ------
    TooFew, NoSubgroups, NoSpread
        See ``chart_sigma``.

    Source
    ------
    ISO 7870-2:2013 (Shewhart), ISO 7870-4:2021 (CUSUM), ISO 7870-6:2016 (EWMA).

    Examples
    --------
    NIST/SEMATECH e-Handbook 6.3.2.2, flow rates:

    >>> flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    >>> chart = control_chart(pd.DataFrame({"value": flow}))
    >>> chart.chart, round(chart.center, 2), round(chart.ucl, 4), round(chart.lcl, 4)
    ('imr', 50.81, 55.8041, 45.8159)
    """
    return chart_of(*prepare(frame, plan or Plan()))


def chart_of(samples: Samples, plan: Plan) -> ControlChart:
    """Chart samples that ``prepare`` has arranged; everything else as ``control_chart``.

    Parameters
    ----------
    samples, plan
        From ``prepare``.

    Returns
    -------
    ControlChart

    Raises
    ------
    TooFew, NoSubgroups, NoSpread
        See ``chart_sigma``.

    Source
    ------
    See ``control_chart``.
    """
    return judged(limits_of(samples, plan), plan.rules)


def limits_of(samples: Samples, plan: Plan) -> ControlChart:
    """Compute points and limits, with no point judged: all of a chart that does not depend on rules.

    Parameters
    ----------
    samples, plan
        From ``prepare``.

    Returns
    -------
    ControlChart
        Without signals and rules; ``judged`` adds them.

    Raises
    ------
    TooFew, NoSubgroups, NoSpread
        See ``chart_sigma``.

    Source
    ------
    See ``control_chart``.
    """
    sigma = chart_sigma(samples, plan)
    baseline = samples.baseline
    reference = plan.target
    if reference is None:
        reference = float(np.average(baseline["mean"], weights=baseline["n"]))
    points = _table(samples)
    error = sigma / np.sqrt(points["n"].where(points["n"] > 0).to_numpy(dtype=float))
    crossings = _locate(points, reference=reference, error=error, plan=plan)
    center, width = _nominal(reference, sigma / math.sqrt(samples.size), plan)
    spread = _add_spread(points, samples, sigma=sigma, plan=plan)
    return ControlChart(
        chart=plan.chart,
        center=center,
        ucl=center + width,
        lcl=center - width,
        reference=reference,
        sigma=sigma,
        points=points,
        signals=pd.DataFrame(),
        spread=spread,
        rules=(),
        samples=samples,
        estimated=plan.target is None or plan.sigma is None,
        limit_sigmas=plan.limit_sigmas,
        crossings=tuple(crossings),
    )


def judged(chart: ControlChart, rules: Sequence[str]) -> ControlChart:
    """Judge every point of a chart by rules; an EWMA or CUSUM has its limits as its only rule.

    Parameters
    ----------
    chart : ControlChart
        From ``limits_of``; it stays as it is.
    rules : sequence of str
        Sets and single rules, see ``spc_rules``.

    Returns
    -------
    ControlChart
        With ``signals``, ``rules``, and the columns ``signal`` and ``rules`` of ``points``.

    Source
    ------
    ISO 7870-2:2013, clause 8.
    """
    points = chart.points.copy()
    shewhart = chart.chart in SPREAD_OF
    applied = chosen_rules(rules) if shewhart else ("beyond_limits",)
    hits = list(chart.crossings)
    if shewhart:
        error = (points["ucl"] - points["center"]).to_numpy(dtype=float) / chart.limit_sigmas
        distance = (points["value"] - points["center"]).to_numpy(dtype=float) / error
        hits = apply_rules(distance, applied, limit=chart.limit_sigmas)
    return replace(chart, points=points, signals=_signals(points, hits), rules=applied)


def _sigma_method(samples: Samples, plan: Plan) -> str:
    return {"xbar-r": "rbar", "xbar-s": "sbar"}.get(plan.chart) or sigma_method_for(samples)


def _table(samples: Samples) -> pd.DataFrame:
    points = samples.points.drop(columns=["range", "deviation"]).rename(columns={"mean": "value"})
    points.insert(0, "point", np.arange(1, len(points) + 1))
    return points


def _nominal(reference: float, error: float, plan: Plan) -> tuple[float, float]:
    """Return centre and half width of the limits for the usual subgroup size."""
    if plan.chart == "cusum":
        return 0.0, plan.cusum_h * error
    if plan.chart == "ewma":
        return reference, plan.limit_sigmas * error * ewma_width(plan.lambda_)
    return reference, plan.limit_sigmas * error


def _locate(points: pd.DataFrame, *, reference: float, error: Floats, plan: Plan) -> list[Hit]:
    """Add the plotted statistic and its limits to the points; return where these are crossed."""
    values = points["value"].to_numpy(dtype=float)
    if plan.chart == "cusum":
        return cusum_points(points, reference, error, h=plan.cusum_h, k=plan.cusum_k)
    if plan.chart == "ewma":
        return ewma_points(points, reference, error, weight=plan.lambda_, limit=plan.limit_sigmas)
    width = plan.limit_sigmas * error
    points["statistic"] = values
    points["center"], points["ucl"], points["lcl"] = reference, reference + width, reference - width
    return []


def _spread_limits(kind: str, n: int, sigma: float, limit: float) -> tuple[float, float, float]:
    """Return centre, upper and lower limit of ranges or deviations of n values."""
    if kind == "deviation":
        mean, error = c4(n), math.sqrt(1 - c4(n) ** 2)
    else:
        mean, error = printed_d2(n), d3(n)
    lower = max(0.0, mean - limit * error)
    return mean * sigma, (mean + limit * error) * sigma, lower * sigma


def _add_spread(points: pd.DataFrame, samples: Samples, *, sigma: float, plan: Plan) -> Spread | None:
    """Add the spread and its limits to the points of a Shewhart chart."""
    kind = SPREAD_OF.get(plan.chart)
    if kind is None:
        return None
    points["spread"] = samples.points["deviation" if kind == "deviation" else "range"]
    sizes = np.where(points["n"] > 0, 2, 0) if kind == "mr" else points["n"].to_numpy()
    limits = {int(n): _spread_limits(kind, int(n), sigma, plan.limit_sigmas) for n in set(sizes) if n > 1}
    nowhere = (math.nan, math.nan, math.nan)
    rows = np.array([limits.get(int(n), nowhere) for n in sizes], dtype=float).reshape(-1, 3)
    points["spread_center"], points["spread_ucl"], points["spread_lcl"] = rows.T
    usual = 2 if kind == "mr" else max(2, samples.size)
    return Spread(kind, *_spread_limits(kind, usual, sigma, plan.limit_sigmas))


def _signals(points: pd.DataFrame, hits: list[Hit]) -> pd.DataFrame:
    """Write the signals of both charts, mark the points that carry one, and return the signals."""
    rows = [("location", hit.point, hit.rule, hit.start) for hit in hits]
    if "spread" in points:
        # Ranges and deviations are skewed, moving ranges overlap: only their limits mean anything.
        outside = (points["spread"] > points["spread_ucl"]) | (points["spread"] < points["spread_lcl"])
        rows += [("spread", int(at), "beyond_limits", int(at)) for at in np.flatnonzero(outside)]
    rows.sort(key=lambda row: row[1])
    at, start = [row[1] for row in rows], [row[3] for row in rows]
    on_spread = np.array([row[0] == "spread" for row in rows], dtype=bool)
    spread = points.get("spread", points["statistic"]).iloc[at].to_numpy(dtype=float)
    middle = points.get("spread_center", points["center"]).iloc[at].to_numpy(dtype=float)
    value = np.where(on_spread, spread, points["statistic"].iloc[at].to_numpy(dtype=float))
    center = np.where(on_spread, middle, points["center"].iloc[at].to_numpy(dtype=float))
    signals = points[[name for name in ("point", "subgroup", "ts") if name in points]].iloc[at]
    signals = signals.reset_index(drop=True)
    signals["chart"] = pd.Series([row[0] for row in rows], dtype=str)
    signals["value"] = value
    signals["rule"] = pd.Series([row[2] for row in rows], dtype=str)
    signals["side"] = pd.Series(np.where(value > center, "above", "below"), dtype=str)
    signals["from_point"] = points["point"].iloc[start].to_numpy()
    signals["from_subgroup"] = points["subgroup"].iloc[start].to_numpy()
    points["signal"] = False
    points.loc[points.index[at], "signal"] = True
    by_point = signals.groupby("point")["rule"].agg(lambda rules: " ".join(dict.fromkeys(rules))).to_dict()
    points["rules"] = [by_point.get(point, "") for point in points["point"]]
    return signals
