"""Control charts for counts: p, np, c, u, Laney's p' and u', and g and t for rare events.

Decides limits and signals. Whether counts scatter more than chance allows is in ``attribute_scatter``, what
to tell people in ``attribute_words``.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom, norm, poisson

from workbench.errors import Invalid, Refused, TooFew, unknown
from workbench.methods.attribute_rare import (
    MR_TO_SIGMA,
    RareLimits,
    geometric_quantiles,
    geometric_sigma,
    nearly_normal,
    transformed_limits,
    weibull_fit,
    weibull_quantiles,
)
from workbench.methods.attribute_samples import RARE, SIZED, Floats, Inspections
from workbench.methods.attribute_scatter import Dispersion, scatter
from workbench.methods.spc_rules import CHANCE, apply_rules, chosen_rules

LIMITS = ("auto", "sigma", "probability")
MINIMUM_POINTS = 5
MINIMUM_FOR_LANEY = 10  # the spread between neighbours is uncertain by about 25 % from ten points
RECOMMENDED_POINTS = 20
ZONES = ("two_of_three", "four_of_five", "within_15", "outside_8")  # for normal points only


class NoEvents(Refused):
    """Nothing was found at all, or everything: there is no rate to hold points to."""

    code = "no_events"


@dataclass(frozen=True)
class AttributePlan:
    """How to chart counts; the names are the template's parameters.

    Attributes
    ----------
    limits : str
        ``sigma``: standard errors; ``probability``: quantiles of the distribution (binomial, Poisson,
        geometric, Weibull); ``auto``: probability for t, else sigma.
    limit_sigmas : float
        Distance of the limits in standard errors; quantiles are those of as many standard deviations.
    target : float or None
        Known level: share defective, defects per unit, or mean count (c, g, t).
    weibull_shape : float or None
        Known shape of the times of a t chart; 1: exponential.
    rules : tuple of str
        See ``spc_rules``; those of zones are left out, since they are for normal points.
    """

    limits: str = "auto"
    limit_sigmas: float = 3.0
    target: float | None = None
    weibull_shape: float | None = None
    rules: tuple[str, ...] = ("iso7870",)

    def __post_init__(self) -> None:
        if self.limits not in LIMITS:
            raise unknown("kind of limits", self.limits, LIMITS)
        positive = {
            "limit_sigmas": self.limit_sigmas,
            "target": self.target,
            "weibull_shape": self.weibull_shape,
        }
        for name, value in positive.items():
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise Invalid(name, given=value, expected="a number above 0")
        kept = tuple(rule for rule in chosen_rules(self.rules) if rule not in ZONES)
        object.__setattr__(self, "rules", kept)


@dataclass(frozen=True)
class AttributeChart:
    """A finished attribute chart.

    Attributes
    ----------
    chart : str
        One of ``attribute_samples.CHARTS``.
    center, ucl, lcl : float
        At the mean size of the baseline: a share for p, a number for np and c, per unit for u, what lies
        between events for g and t.
    rate : float
        Share defective, defects per unit, mean count, or mean between events.
    mean_size : float
        NaN for c, g and t.
    dispersion : Dispersion or None
        None for g and t.
    points : DataFrame
        point, stage, subgroup, ts, count, size, statistic, center, ucl, lcl, z, baseline, signal, rules.
    signals : DataFrame
        point, stage, subgroup, ts, value, rule, side, from_point, from_subgroup.
    rules : tuple of str
        The rules applied.
    inspections : Inspections
    plan : AttributePlan
    """

    chart: str
    center: float
    ucl: float
    lcl: float
    rate: float
    mean_size: float
    dispersion: Dispersion | None
    points: pd.DataFrame
    signals: pd.DataFrame
    rules: tuple[str, ...]
    inspections: Inspections
    plan: AttributePlan

    @property
    def n_signals(self) -> int:
        """Number of points at which a rule is fulfilled."""
        return int(self.points["signal"].sum())

    @property
    def n_points(self) -> int:
        """Number of points."""
        return len(self.points)

    @property
    def preliminary(self) -> bool:
        """Whether the level was estimated from fewer points than recommended."""
        return self.plan.target is None and self.limit_points < RECOMMENDED_POINTS

    @property
    def stages(self) -> list[str]:
        """The stages in order; empty where there is only one."""
        found = list(dict.fromkeys(self.points["stage"])) if "stage" in self.points else []
        return found if len(found) > 1 else []

    @property
    def limit_points(self) -> int:
        """Points that carry the limits; of several stages those of the shortest."""
        base = self.inspections.baseline
        return int(base.groupby("stage").size().min()) if self.stages else len(base)

    @property
    def chance_signals(self) -> float:
        """Signals that chance alone gives on average in as many points of a stable process, about."""
        return self.n_points * (0.0027 + sum(CHANCE.get(rule, 0.0) for rule in self.rules))


def attribute_chart(inspections: Inspections, plan: AttributePlan | None = None) -> AttributeChart:
    """Chart counts and find the points that speak of a changed process.

    Limits come from the baseline and from each point's own size; every point is plotted and judged.

    Parameters
    ----------
    inspections : Inspections
        From ``attribute_samples.arrange``.
    plan : AttributePlan, optional

    Returns
    -------
    AttributeChart

    Raises
    ------
    TooFew
        If fewer than 5 baseline points (10 for Laney's charts) have to carry the limits.
    NoEvents
        If nothing, or everything, was found defective.
    NoSpread
        If a t chart's times are all equal.

    Source
    ------
    ISO 7870-2:2013 (p, np, c, u); Laney, Quality Engineering 14 (2002) 531-537 (p', u');
    ``attribute_rare`` (g, t).

    Examples
    --------
    >>> from workbench.methods.attribute_samples import arrange
    >>> chart = attribute_chart(arrange(pd.DataFrame({"count": [16, 14, 18, 15, 17]}), "c"))
    >>> chart.center, chart.ucl, chart.lcl
    (16.0, 28.0, 4.0)
    """
    plan = plan or AttributePlan()
    chart = inspections.chart
    _refuse_too_few(inspections, plan)
    if chart in RARE:
        return _finish(inspections, plan, *_rare(inspections, plan))
    rate = _rate(inspections, plan)
    points = inspections.points.copy()
    _standardise(points, chart, rate)
    dispersion = scatter(points, estimated=plan.target is None)
    factor = dispersion.sigma_z if chart.startswith("laney") else 1.0
    if not factor > 0:
        raise NoEvents("neighbouring points do not differ", hint="choose the p or u chart")
    sizes = points["size"].to_numpy(dtype=float)
    points["statistic"] = points["count"] / (sizes if chart in SIZED and chart != "np" else 1.0)
    points["center"], points["ucl"], points["lcl"] = _limits(chart, rate, sizes, plan=plan, factor=factor)
    points["z"] /= factor
    size = float(np.mean(inspections.baseline["size"])) if chart in SIZED else math.nan
    nominal = tuple(
        float(level[0]) for level in _limits(chart, rate, np.array([size]), plan=plan, factor=factor)
    )
    return _finish(inspections, plan, points, nominal, (rate, size, dispersion))


def _refuse_too_few(inspections: Inspections, plan: AttributePlan) -> None:
    laney = inspections.chart.startswith("laney")
    need = MINIMUM_FOR_LANEY if laney else MINIMUM_POINTS if plan.target is None else 1
    have = len(inspections.baseline)
    if have < need:
        raise TooFew("points for the limits of counts", need=need, have=have, hint="collect more data")


def _rate(inspections: Inspections, plan: AttributePlan) -> float:
    """Return the level, given or estimated; refuse one that leaves nothing to judge."""
    base = inspections.baseline
    whole = float(base["size"].sum()) if inspections.chart in SIZED else float(len(base))
    rate = plan.target if plan.target is not None else float(base["count"].sum()) / whole
    most = 1.0 if inspections.chart in ("p", "np", "laney-p") else math.inf
    if not 0 < rate < most:
        found = "nothing" if rate <= 0 else "everything"
        raise NoEvents(f"{found} was found defective", given=rate, hint="chart rare events with g or t")
    return rate


def _errors(chart: str, rate: float, sizes: Floats) -> Floats:
    """Return the standard error of count / size at each size, of the count itself for c."""
    if chart == "c":
        return np.full(sizes.size, math.sqrt(rate))
    spread = rate * (1 - rate) if chart in ("p", "np", "laney-p") else rate
    errors: Floats = np.sqrt(spread / sizes)
    return errors


def _standardise(points: pd.DataFrame, chart: str, rate: float) -> None:
    """Add each point's distance from the level in standard errors."""
    sizes = points["size"].to_numpy(dtype=float)
    share = points["count"].to_numpy(dtype=float) / (sizes if chart in SIZED else 1.0)
    points["z"] = (share - rate) / _errors(chart, rate, sizes)


def _limits(
    chart: str, rate: float, sizes: Floats, *, plan: AttributePlan, factor: float
) -> tuple[Floats, Floats, Floats]:
    """Return centre, upper and lower limit at each size, in the unit of the plotted statistic."""
    scale = sizes if chart == "np" else np.ones(sizes.size)
    center = np.full(sizes.size, rate) * scale
    if plan.limits == "probability" and not chart.startswith("laney"):
        high, low = (
            _quantile(chart, rate, sizes, float(norm.cdf(z))) for z in (plan.limit_sigmas, -plan.limit_sigmas)
        )
        return center, high, low
    width = plan.limit_sigmas * factor * _errors(chart, rate, sizes) * scale
    most = sizes if chart == "np" else np.full(sizes.size, 1.0 if chart in ("p", "laney-p") else math.inf)
    return center, np.minimum(center + width, most), np.maximum(center - width, 0.0)


def _quantile(chart: str, rate: float, sizes: Floats, share: float) -> Floats:
    if chart in ("p", "np"):
        items = np.maximum(1, np.rint(sizes))
        found: Floats = binom.ppf(share, items, rate)
        return found / items if chart == "p" else found
    if chart == "c":
        return np.full(sizes.size, float(poisson.ppf(share, rate)))
    return np.asarray(poisson.ppf(share, rate * sizes) / sizes, dtype=float)


_Parts = tuple[pd.DataFrame, tuple[float, ...], tuple[float, float, Dispersion | None]]


def _rare(inspections: Inspections, plan: AttributePlan) -> _Parts:
    """Return points with limits, the nominal limits, and (mean, no size, no dispersion) of a g or t chart."""
    base = inspections.baseline["count"].to_numpy(dtype=float)
    mean = plan.target if plan.target is not None else float(base.mean())
    if not mean > 0:
        raise NoEvents(
            "nothing lies between the events", given=mean, hint="chart counts per period with c or u"
        )
    limits = _between(inspections.chart, base, mean, plan)
    points = inspections.points.copy()
    values = points["count"].to_numpy(dtype=float)
    points["statistic"] = values
    points["center"], points["ucl"], points["lcl"] = limits.center, limits.ucl, limits.lcl
    y, middle = nearly_normal(values), float(nearly_normal(np.array([limits.center]))[0])
    steps = np.abs(np.diff(y))
    points["z"] = (y - middle) / (float(steps.mean()) / MR_TO_SIGMA if steps.any() else 1.0)
    return points, (limits.center, limits.ucl, limits.lcl), (mean, math.nan, None)


def _between(chart: str, base: Floats, mean: float, plan: AttributePlan) -> RareLimits:
    if chart == "g":
        if plan.limits == "probability":
            known = plan.target is not None
            return geometric_quantiles(mean, 1 if known else base.size, plan.limit_sigmas)
        return geometric_sigma(mean, plan.limit_sigmas)
    if plan.limits == "sigma":
        return transformed_limits(base, plan.limit_sigmas)
    if plan.target is not None:
        shape = plan.weibull_shape or 1.0
        return weibull_quantiles(shape, mean / math.gamma(1 + 1 / shape), plan.limit_sigmas)
    return weibull_quantiles(*weibull_fit(base, plan.weibull_shape), plan.limit_sigmas)


def _finish(
    inspections: Inspections,
    plan: AttributePlan,
    points: pd.DataFrame,
    nominal: tuple[float, ...],
    level: tuple[float, float, Dispersion | None],
) -> AttributeChart:
    # The mean of a geometric distribution is far above its median: one side of it is no coin toss.
    limits_only = inspections.chart == "g" and plan.limits != "probability"
    rules = ("beyond_limits",) if limits_only else plan.rules
    signals = _signals(points, rules)
    center, ucl, lcl = nominal
    rate, mean_size, dispersion = level
    return AttributeChart(
        chart=inspections.chart,
        center=center,
        ucl=ucl,
        lcl=lcl,
        rate=rate,
        mean_size=mean_size,
        dispersion=dispersion,
        points=points,
        signals=signals,
        rules=rules,
        inspections=inspections,
        plan=plan,
    )


def _signals(points: pd.DataFrame, rules: tuple[str, ...]) -> pd.DataFrame:
    """Mark the points at which a rule is fulfilled, and list them; limits of counts are not symmetric."""
    z = points["z"].to_numpy(dtype=float)
    value = points["statistic"].to_numpy(dtype=float)
    reach = 1e-12 * np.abs(points["center"].to_numpy(dtype=float))
    outside = (value > points["ucl"] + reach) | (value < points["lcl"] - reach)
    patterns = [rule for rule in rules if rule != "beyond_limits"]
    found = [(int(at), "beyond_limits", int(at)) for at in np.flatnonzero(outside)]
    found += [(hit.point, hit.rule, hit.start) for hit in apply_rules(z, patterns)]
    found.sort(key=lambda row: row[0])
    at, start = [row[0] for row in found], [row[2] for row in found]
    signals = points[[name for name in ("point", "stage", "subgroup", "ts") if name in points]].iloc[at]
    signals = signals.reset_index(drop=True)
    signals["value"] = value[at]
    signals["rule"] = pd.Series([row[1] for row in found], dtype=str)
    signals["side"] = pd.Series(np.where(z[at] > 0, "above", "below"), dtype=str)
    signals["from_point"] = points["point"].iloc[start].to_numpy()
    signals["from_subgroup"] = points["subgroup"].iloc[start].to_numpy()
    rules_at = signals.groupby("point")["rule"].agg(" ".join).to_dict()
    points["signal"] = points["point"].isin(rules_at)
    points["rules"] = [rules_at.get(point, "") for point in points["point"]]
    return signals
