"""Gauge repeatability and reproducibility: how much of what is measured comes from the measuring.

Decides how a crossed or a nested study becomes components of variance; whether a gauge may be used is said by
``msa_words``.
"""

import math
from dataclasses import replace

import numpy as np
from scipy.stats import f as f_distribution

from workbench.errors import Invalid
from workbench.methods.msa_intervals import Floats, large_sample, share_interval
from workbench.methods.msa_model import Allowed, Component, GaugeStudy, MeanSquare, with_process
from workbench.methods.msa_range import by_ranges
from workbench.methods.msa_study import Layout

METHODS = ("anova", "range")


def crossed(
    layout: Layout,
    *,
    method: str = "anova",
    alpha: float = 0.05,
    allowed: Allowed | None = None,
    confidence: float = 0.95,
) -> GaugeStudy:
    """Study a gauge with which every operator measured every part.

    Parameters
    ----------
    layout : Layout
        From ``msa_study.crossed_layout``; with one operator there is no reproducibility.
    method : {"anova", "range"}
        Analysis of variance, or average and range with the constants K1, K2 and K3 as AIAG prints them.
    alpha : float, default 0.05
        The interaction is pooled with repeatability when its p-value is above; 1 keeps it, 0 pools it.
        AIAG and Minitab: 0.05; older Minitab: 0.25. Without repeated trials it cannot be told apart, so it
        is always pooled. The range method has no interaction.
    allowed : Allowed, optional
    confidence : float, default 0.95
        Of the intervals: modified large-sample for components, generalized for the share. The range
        method has none.

    Returns
    -------
    GaugeStudy

    Raises
    ------
    Invalid
        If the method, alpha or the confidence is out of bounds.
    TooFew
        If the range method has one trial only.

    Source
    ------
    AIAG MSA, 4th ed., III-B and appendices A and C; ISO 22514-7:2021.
    """
    _check_options(method, alpha, confidence)
    allowed = allowed or Allowed()
    if method == "range":
        return by_ranges(layout, allowed)
    lines = _crossed_lines(layout.values)
    operators, parts, trials = layout.shape
    interaction = next((line for line in lines if line.source == "interaction"), None)
    pooled = interaction is not None and (trials == 1 or interaction.p > alpha)
    pooled_lines = _pooled(lines) if pooled else ()
    weights = {"repeatability": {"repeatability": 1.0}}
    error = "interaction" if interaction is not None and not pooled else "repeatability"
    if operators > 1:
        weights["operator"] = _difference("operator", error, parts * trials)
    if interaction is not None:
        weights["interaction"] = {} if pooled else _difference("interaction", "repeatability", trials)
    weights["part"] = _difference("part", error, operators * trials)
    shown = lines if trials > 1 else ()  # one trial: only the table without interaction has an error line
    study = _study(weights, pooled_lines or lines, layout=layout, allowed=allowed, confidence=confidence)
    if pooled and interaction is not None and trials > 1:
        raw = (interaction.ms - lines[-1].ms) / trials  # said, though it no longer counts
        study.components["interaction"] = study.components["interaction"]._replace(raw=raw)
    return replace(study, lines=shown, pooled_lines=pooled_lines, pooled=pooled, alpha=alpha)


def nested(layout: Layout, *, allowed: Allowed | None = None, confidence: float = 0.95) -> GaugeStudy:
    """Study a gauge with which every operator measured parts of his own, as in destructive tests.

    Parameters
    ----------
    layout : Layout
        From ``msa_study.nested_layout``.
    allowed : Allowed, optional
    confidence : float, default 0.95

    Returns
    -------
    GaugeStudy
        Without an interaction: nobody measured a part of somebody else.

    Source
    ------
    Burdick, Borror and Montgomery (2003), nested design; AIAG MSA, 4th ed., chapter IV.
    """
    _check_options("anova", 0.05, confidence)
    values = layout.values
    operators, parts, trials = layout.shape
    cells, own = values.mean(axis=2), values.mean(axis=(1, 2))
    error = MeanSquare("repeatability", operators * parts * (trials - 1), _squares(values - cells[..., None]))
    part = MeanSquare("part", operators * (parts - 1), trials * _squares(cells - own[:, None]))
    operator = MeanSquare("operator", operators - 1, parts * trials * _squares(own - values.mean()))
    lines = (_tested(operator, part), _tested(part, error), error)
    weights = {
        "repeatability": {"repeatability": 1.0},
        "operator": _difference("operator", "part", parts * trials),
        "part": _difference("part", "repeatability", trials),
    }
    return _study(weights, lines, layout=layout, allowed=allowed or Allowed(), confidence=confidence)


def _check_options(method: str, alpha: float, confidence: float) -> None:
    if method not in METHODS:
        raise Invalid("method", given=repr(method), expected=", ".join(METHODS))
    if not 0 <= alpha <= 1:
        raise Invalid("alpha", given=alpha, expected="between 0 and 1")
    if not 0 < confidence < 1:
        raise Invalid("confidence", given=confidence, expected="between 0 and 1, such as 0.95")


# --- analysis of variance -------------------------------------------------------------------------------


def _squares(deviations: Floats) -> float:
    return float((deviations**2).sum())


def _tested(line: MeanSquare, error: MeanSquare) -> MeanSquare:
    """Compare a line with the one it would equal if there were no such effect."""
    if error.ss == 0:
        return line._replace(f=math.inf, p=0.0) if line.ss > 0 else line
    ratio = line.ms / error.ms
    return line._replace(f=ratio, p=float(f_distribution.sf(ratio, line.df, error.df)))


def _crossed_lines(values: Floats) -> tuple[MeanSquare, ...]:
    """Split the squares of a crossed study; with one operator only parts and repeatability."""
    operators, parts, trials = values.shape
    cells, mean = values.mean(axis=2), values.mean()
    by_part, by_operator = cells.mean(axis=0), cells.mean(axis=1)
    within = _squares(values - cells[..., None])
    error = MeanSquare("repeatability", operators * parts * (trials - 1), within)
    part = MeanSquare("part", parts - 1, operators * trials * _squares(by_part - mean))
    if operators == 1:
        return _tested(part, error), error
    operator = MeanSquare("operator", operators - 1, parts * trials * _squares(by_operator - mean))
    rest = cells - by_part - by_operator[:, None] + mean
    both = MeanSquare("interaction", (operators - 1) * (parts - 1), trials * _squares(rest))
    if trials > 1:
        both = _tested(both, error)
    return _tested(part, both), _tested(operator, both), both, error


def _pooled(lines: tuple[MeanSquare, ...]) -> tuple[MeanSquare, ...]:
    """Add the interaction to repeatability, and test against that."""
    part, operator, both, error = lines
    error = MeanSquare("repeatability", both.df + error.df, both.ss + error.ss)
    bare = (line._replace(f=math.nan, p=math.nan) for line in (part, operator))
    return (*(_tested(line, error) for line in bare), error)


# --- components -----------------------------------------------------------------------------------------


def _difference(plus: str, minus: str, count: int) -> dict[str, float]:
    """Return the weights of (one mean square - another) / count."""
    return {plus: 1 / count, minus: -1 / count}


def _study(
    weights: dict[str, dict[str, float]],
    lines: tuple[MeanSquare, ...],
    *,
    layout: Layout,
    allowed: Allowed,
    confidence: float,
) -> GaugeStudy:
    """Turn mean squares into components with intervals, and components into their sums."""
    squares = np.array([line.ms for line in lines])
    freedom = np.array([line.df for line in lines], dtype=float)
    vectors = {s: np.array([given.get(line.source, 0.0) for line in lines]) for s, given in weights.items()}
    raw = {source: float(vector @ squares) for source, vector in vectors.items()}
    counted = {s: v if raw[s] > 0 else np.zeros_like(v) for s, v in vectors.items()}
    spread: list[str] = [source for source in ("operator", "interaction") if source in vectors]
    sums: dict[str, list[str]] = {
        "gauge": ["repeatability", *spread],
        "total": ["repeatability", *spread, "part"],
    }
    if spread:
        sums["reproducibility"] = spread
    components = {}
    for source, vector in vectors.items():
        bounds = large_sample(vector, squares, freedom, confidence=confidence)
        components[source] = Component(max(0.0, raw[source]), raw[source], *bounds)
    for source, members in sums.items():
        vector = np.sum([counted[member] for member in members], axis=0)
        variance = sum(components[member].variance for member in members)
        bounds = large_sample(vector, squares, freedom, confidence=confidence)
        components[source] = Component(variance, variance, *bounds)
    gauge, whole = (np.array([vectors[member] for member in sums[name]]) for name in ("gauge", "total"))
    share = share_interval(gauge, whole, squares, freedom, confidence=confidence)
    study = GaugeStudy(
        components=components,
        lines=lines,
        pooled_lines=(),
        method="anova",
        pooled=False,
        alpha=0.0,
        allowed=allowed,
        layout=layout,
        confidence=confidence,
        share=(100 * share[0], 100 * share[1]),
        own_sigma=components["total"].sigma,
    )
    return with_process(study)
