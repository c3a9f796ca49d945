"""Signals as tables: one row per fulfilled rule, and the mark on the points that carry one.

Decides which signals the chart of the spread gives; the rules of the other chart are in ``spc_rules``.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.methods.spc_samples import Positions


def signals_of(
    points: pd.DataFrame, hits: tuple[Positions, Positions, Positions], rules: tuple[str, ...]
) -> pd.DataFrame:
    """Write the signals of both charts, mark the points that carry one, and return the signals.

    Parameters
    ----------
    points : DataFrame
        With the plotted statistic and its limits; gets the columns ``signal`` and ``rules``.
    hits : (points, rules, starts)
        See ``spc_rules.find_hits``; of the location chart.
    rules : tuple of str
        ``beyond_limits`` is one of them.

    Returns
    -------
    DataFrame
        See ``spc_model.ControlChart``.

    Source
    ------
    ISO 7870-2:2013, clause 8.
    """
    at, rule, start = hits
    on_spread = np.zeros(at.size, dtype=bool)
    if "spread" in points:
        # Ranges and deviations are skewed, moving ranges overlap: only their limits mean anything.
        spread, top, bottom = (points[name].to_numpy() for name in ("spread", "spread_ucl", "spread_lcl"))
        outside = np.flatnonzero((spread > top) | (spread < bottom))
        at, start = np.concatenate([at, outside]), np.concatenate([start, outside])
        rule = np.concatenate([rule, np.full(outside.size, rules.index("beyond_limits"))])
        on_spread = np.concatenate([on_spread, np.ones(outside.size, dtype=bool)])
        order = np.argsort(at, kind="stable")
        at, start, rule, on_spread = at[order], start[order], rule[order], on_spread[order]
    value, center = points["statistic"].to_numpy()[at], points["center"].to_numpy()[at]
    if "spread" in points:
        value = np.where(on_spread, points["spread"].to_numpy()[at], value)
        center = np.where(on_spread, points["spread_center"].to_numpy()[at], center)
    signals = points[[name for name in ("point", "stage", "subgroup", "ts") if name in points]].iloc[at]
    signals = signals.reset_index(drop=True)
    signals["chart"] = pd.Series(np.where(on_spread, "spread", "location"), dtype=str)
    signals["value"] = value
    names = np.array(rules, dtype=object)[rule]
    signals["rule"] = pd.Series(names, dtype=str)
    signals["side"] = pd.Series(np.where(value > center, "above", "below"), dtype=str)
    signals["from_point"] = points["point"].to_numpy()[start]
    signals["from_subgroup"] = points["subgroup"].iloc[start].to_numpy()
    marked = np.zeros(len(points), dtype=bool)
    marked[at] = True
    points["signal"] = marked
    points["rules"] = _rules_of_points(len(points), at, names)
    return signals


def _rules_of_points(count: int, at: Positions, names: NDArray[np.object_]) -> pd.Series:
    """Join the rules of each point, once each."""
    texts = np.full(count, "", dtype=object)
    joined: dict[int, dict[str, None]] = {}
    for point, name in zip(at.tolist(), names.tolist(), strict=True):
        joined.setdefault(point, {})[name] = None
    texts[list(joined)] = [" ".join(rules) for rules in joined.values()]
    return pd.Series(texts, dtype=str)
