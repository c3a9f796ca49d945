"""Control charts for measurements: from rows and a plan to points, limits and signals, stage by stage.

Decides whether points speak of a changed process. What to tell people about it is in ``spc_words``.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.errors import Refused, TooFew
from workbench.methods.spc_autocorrelation import autocorrelation
from workbench.methods.spc_change import find_change
from workbench.methods.spc_limits import StageLimits, is_shewhart, stage_limits
from workbench.methods.spc_model import ControlChart, Plan, Spread
from workbench.methods.spc_rules import Hit, chosen_rules, find_hits
from workbench.methods.spc_samples import Floats, Positions, Samples, arrange
from workbench.methods.spc_short_run import SHORT_RUNS, deviations
from workbench.methods.spc_sigma import FOR_INDIVIDUALS, sigma_method_for, within_sigma
from workbench.methods.spc_signals import signals_of

MINIMUM_POINTS = 10  # single values or pairs: below, an estimated sigma is uncertain by more than about 25 %
MINIMUM_OF_STAGE = 5  # of subgroups of three or more, and of a stage; limits are called preliminary below 25
OF_SUBGROUPS = ("xbar-r", "xbar-s", "median")
RULE_OF_LIMITS = ("beyond_limits",)


class NoSubgroups(Refused):
    """A chart of subgroups was asked for, but each value stands alone."""

    code = "no_subgroups"


class NoTimes(Refused):
    """Windows of time were asked for, but no row has a time."""

    code = "no_times"


class UnfitSigma(Refused):
    """The way to estimate sigma asked for does not fit the data: ranges of single values, or the reverse."""

    code = "unfit_sigma"


def stands_alone(frame: pd.DataFrame, plan: Plan) -> bool:
    """Tell whether a plan needs subgroups and the rows give none, so that a row itself must be one.

    Parameters
    ----------
    frame : DataFrame
        See ``spc_samples.arrange``.
    plan : Plan

    Returns
    -------
    bool

    Source
    ------
    None: a matter of form.
    """
    if plan.chart not in OF_SUBGROUPS or plan.subgroup_size > 1 or plan.subgroup_minutes > 0:
        return False
    return "subgroup" not in frame or bool(frame["subgroup"].dropna().is_unique)


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

    Raises
    ------
    NoTimes
        If windows of time are asked for and no row has a time.
    NoParts, PartTooFew, PartNoSpread
        See ``spc_short_run.deviations``.

    Source
    ------
    AIAG SPC, 2nd ed.: ranges up to eight values, standard deviations above.
    """
    if plan.subgroup_minutes > 0 and ("ts" not in frame or frame["ts"].isna().all()):
        hint = "map a time column, or set a subgroup size instead"
        raise NoTimes("windows of time need the time of each value", given="no times", hint=hint)
    if plan.chart in SHORT_RUNS:
        standardised = plan.chart == "short-run-z"
        frame = deviations(
            frame, standardised=standardised, sigma=plan.sigma, subgroup_size=plan.subgroup_size
        )
        if standardised:
            plan = replace(plan, target=0.0, sigma=1.0)
    samples = arrange(
        frame,
        subgroup_size=plan.subgroup_size,
        individuals=plan.chart == "imr",
        window_minutes=plan.subgroup_minutes,
        mr_length=plan.mr_length,
        baseline_points=plan.baseline_points,
    )
    if plan.chart == "auto":
        method = sigma_method_for(samples)
        plan = replace(plan, chart={"mr": "imr", "rbar": "xbar-r", "sbar": "xbar-s"}[method])
    return samples, plan


def chart_sigma(samples: Samples, plan: Plan, *, need: int = MINIMUM_POINTS) -> float:
    """Return the sigma of a chart of one stage, given or estimated; refuse data that cannot carry limits.

    Parameters
    ----------
    samples : Samples
        Of one stage.
    plan : Plan
        From ``prepare``.
    need : int, default 10
        Fewest baseline points that limits may be estimated from.

    Returns
    -------
    float
        Standard deviation of individual values, in their unit.

    Raises
    ------
    NoSubgroups
        If a chart of subgroups is asked for and there are none.
    TooFew
        If fewer than ``need`` baseline points hold values and limits must be estimated (1 if both are known).
    UnfitSigma
        If ranges or deviations of subgroups are asked for and there are none, or the reverse.
    NoSpread
        If the values do not differ within subgroups and no sigma is given.

    Source
    ------
    The minimum is ours; ISO 7870-2:2013 recommends 20 to 25 subgroups, below which limits are preliminary.
    """
    if samples.individuals and plan.chart in OF_SUBGROUPS:
        hint = "set a subgroup size of 2 or more, or choose imr"
        raise NoSubgroups("this chart needs subgroups of at least 2 values", given="single values", hint=hint)
    known = plan.target is not None and plan.sigma is not None
    have = len(samples.baseline)
    if known:
        need, have = 1, int((samples.points["n"] > 0).sum())
    if have < need:
        kind = "individual values" if samples.individuals else "subgroups"
        raise TooFew(f"{kind} for control limits", need=need, have=have, hint="collect more data")
    if plan.sigma is not None:
        return plan.sigma
    method = plan.sigma_method
    if method == "auto":
        method = {"xbar-r": "rbar", "xbar-s": "sbar"}.get(plan.chart) or sigma_method_for(samples)
    if (method in FOR_INDIVIDUALS) != samples.individuals:
        fits = "mr or median-mr" if samples.individuals else "rbar, sbar or pooled"
        kind = "single values" if samples.individuals else "subgroups"
        raise UnfitSigma(f"sigma of {kind}", given=method, expected=fits, hint="or leave it automatic")
    return within_sigma(samples, method)


def control_chart(frame: pd.DataFrame, plan: Plan | None = None) -> ControlChart:
    """Chart measurements and find the points that speak of a changed process.

    Limits come from the baseline (all rows unless a ``baseline`` column says which); every row is plotted
    and judged. With unequal subgroups each point has its own limits, with a ``stages`` column each stage.

    Parameters
    ----------
    frame : DataFrame
        Columns ``value`` (float, any unit), optional ``ts``, ``subgroup``, ``stages``, ``baseline``, and for
        short runs ``part`` and ``nominal``; see ``spc_samples.arrange`` and ``spc_short_run.deviations``.
    plan : Plan, optional
        Default: the chart that fits the subgroups, limits estimated, rules of ISO 7870-2.

    Returns
    -------
    ControlChart

    Raises
    ------
    TooFew, NoSubgroups, UnfitSigma, NoSpread
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
    TooFew, NoSubgroups, UnfitSigma, NoSpread
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
    TooFew, NoSubgroups, UnfitSigma, NoSpread
        See ``chart_sigma``.

    Source
    ------
    See ``control_chart``.
    """
    places = list(samples.stages.values())
    stages = []
    for label, at in samples.stages.items():
        part, mine = samples.stage(at), plan.of(label)
        sigma = chart_sigma(part, mine, need=least_points(samples, plan))
        found = stage_limits(part, mine, sigma=sigma)
        stages.append(_without_baseline(found) if plan.is_frozen(label) else found)
    last = stages[-1]
    points = _joined([stage.points for stage in stages], places)
    distance = _deviations(points, stages, places)
    change = find_change(distance, last.error)
    return ControlChart(
        chart=plan.chart,
        center=last.center,
        ucl=last.ucl,
        lcl=last.lcl,
        reference=last.reference,
        sigma=last.sigma,
        points=points,
        signals=pd.DataFrame(),
        spread=last.spread,
        rules=(),
        samples=samples,
        estimated=any(mine.target is None or mine.sigma is None for mine in map(plan.of, samples.stages)),
        frozen=plan.frozen,
        limit_sigmas=plan.limit_sigmas,
        error=last.error,
        stages=_stage_table(stages, list(samples.stages)),
        crossings=tuple(
            Hit(int(at[hit.point]), hit.rule, int(at[hit.start]))
            for at, stage in zip(places, stages, strict=True)
            for hit in stage.crossings
        ),
        change=change,
        dependence=autocorrelation(distance, places, change=change),
    )


def _without_baseline(stage: StageLimits) -> StageLimits:
    """No point has a part in limits that are in force: all of them are phase II."""
    stage.points["baseline"] = False
    return replace(stage, baseline_points=0)


def least_points(samples: Samples, plan: Plan) -> int:
    """Return how many baseline points each stage of a chart needs for its limits.

    Parameters
    ----------
    samples : Samples
    plan : Plan

    Returns
    -------
    int

    Source
    ------
    Ours: ten single values or pairs; five points in each of several stages, of larger subgroups, which tell
    as much about sigma as ten pairs, or with a known sigma.
    """
    few = len(samples.stages) > 1 or samples.size > 2 or plan.sigma is not None
    return plan.fewest_points or (MINIMUM_OF_STAGE if few else MINIMUM_POINTS)


def _joined(tables: list[pd.DataFrame], places: list[Positions]) -> pd.DataFrame:
    """Put the points of all stages back into the order in which they were made."""
    if len(tables) == 1:
        return tables[0]
    order = np.argsort(np.concatenate(places), kind="stable")
    points = pd.concat(tables, ignore_index=True).iloc[order].reset_index(drop=True)
    points["point"] = np.arange(1, len(points) + 1)
    return points


def _deviations(points: pd.DataFrame, stages: list[StageLimits], places: list[Positions]) -> Floats:
    """Return how far each point lies from the mean of its stage, on the scale of the last stage."""
    values = points["value"].to_numpy(dtype=float).copy()
    if len(stages) > 1:
        for at, stage in zip(places, stages, strict=True):
            values[at] = (values[at] - stage.reference) * (stages[-1].error / stage.error)
    return values


def _stage_table(stages: list[StageLimits], labels: list[str]) -> pd.DataFrame:
    nothing = Spread("", np.nan, np.nan, np.nan)
    rows = [
        {
            "stage": label,
            "points": len(stage.points),
            "baseline_points": stage.baseline_points,
            "mean": stage.reference,
            **{name: getattr(stage, name) for name in ("sigma", "center", "ucl", "lcl")},
            **{f"spread_{name}": getattr(stage.spread or nothing, name) for name in ("center", "ucl", "lcl")},
        }
        for label, stage in zip(labels, stages, strict=True)
    ]
    return pd.DataFrame(rows).astype({"stage": str})


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
    points = chart.points.copy(deep=False)
    if not is_shewhart(chart):
        at = np.array([hit.point for hit in chart.crossings], dtype=np.intp)
        start = np.array([hit.start for hit in chart.crossings], dtype=np.intp)
        signals = signals_of(points, (at, np.zeros(at.size, dtype=np.intp), start), RULE_OF_LIMITS)
        return replace(chart, points=points, signals=signals, rules=RULE_OF_LIMITS)
    applied = chosen_rules(rules)
    center = points["center"].to_numpy(dtype=float)
    error = (points["ucl"].to_numpy(dtype=float) - center) / chart.limit_sigmas
    distance = (points["value"].to_numpy(dtype=float) - center) / error
    found = []
    for at in chart.samples.stages.values():
        end, rule, start = find_hits(distance[at], applied, limit=chart.limit_sigmas)
        found.append((at[end], rule, at[start]))
    hits = [np.concatenate(column) for column in zip(*found, strict=True)]
    signals = signals_of(points, (hits[0], hits[1], hits[2]), applied)
    return replace(chart, points=points, signals=signals, rules=applied)
