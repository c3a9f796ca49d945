"""Operating conditions of a fleet: which exist, which one a row belongs to, and sensors freed of them.

A turbine at take-off and at cruise reads differently while equally worn. Here the discrete conditions
are found from the columns themselves, and each sensor is expressed as a deviation from what is usual
in the condition. Conditions that vary continuously are not found; their effect stays in the sensors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.methods.rul_metrics import Floats

Indices = NDArray[np.int64]

BINS, EMPTY_BINS = 128, 2  # a condition is a cluster set apart by at least two empty bins of 128
MOST_CONDITIONS = 30
AGE_SHIFT = 0.15  # groups met earlier or later in life than the others are symptoms, not conditions
EFFECT_SHARE, ADDED_SHARE = 0.25, 0.02  # share of another column's variance that a condition must explain
FEWEST_SHARE, FEWEST_ROWS = 0.01, 20
ROWS_TO_LOOK_AT = 6_000  # enough to see any condition that holds a hundredth of the rows


@dataclass(frozen=True)
class Conditions:
    """Operating conditions and what each sensor reads in them; ``k`` conditions, ``s`` sensors."""

    columns: tuple[str, ...]  # the columns that tell the conditions apart; none: one condition
    centres: Floats  # where each condition lies in those columns, shape (k, len(columns))
    reach: Floats  # how far nearly all known rows lie from their centre, in spans, shape (k,)
    spans: Floats  # range of each of those columns, shape (len(columns),)
    sensors: tuple[str, ...]
    usual: Floats  # mean of each sensor, in its own unit, shape (k, s)
    spread: Floats  # standard deviation, NaN where it does not vary, shape (k, s)

    @property
    def count(self) -> int:
        """How many conditions there are."""
        return len(self.centres)

    def assign(self, rows: pd.DataFrame) -> tuple[Indices, NDArray[np.bool_]]:
        """Return each row's condition, and whether the row lies outside all that were learnt."""
        if not self.columns:
            return np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=bool)
        place = rows[list(self.columns)].to_numpy(dtype=float) / self.spans
        apart = np.abs(place[:, None, :] - (self.centres / self.spans)[None, :, :]).max(axis=2)
        apart = np.where(np.isnan(apart), np.inf, apart)
        nearest = apart.argmin(axis=1)
        distance = apart[np.arange(len(rows)), nearest]
        return nearest.astype(np.int64), distance > 3 * self.reach[nearest] + 1 / BINS

    def deviations(self, rows: pd.DataFrame) -> Floats:
        """Return the sensors as deviations from usual in standard deviations; NaN where unknown."""
        condition, outside = self.assign(rows)
        values = rows[list(self.sensors)].to_numpy(dtype=float)
        deviation: Floats = (values - self.usual[condition]) / self.spread[condition]
        deviation[outside] = np.nan
        return deviation


def _clusters(values: Floats) -> Indices:
    """Group one column's values by the gaps in their histogram."""
    low, high = np.nanquantile(values, [0.001, 0.999])
    if not high > low:
        return np.zeros(values.size, dtype=np.int64)
    place = np.clip((np.nan_to_num(values, nan=low) - low) / (high - low) * (BINS - 1), 0, BINS - 1)
    cell = place.astype(np.int64)
    filled = np.flatnonzero(np.bincount(cell, minlength=BINS) > max(1, 0.0005 * values.size))
    if not filled.size:
        return np.zeros(values.size, dtype=np.int64)
    group = np.cumsum(np.r_[True, np.diff(filled) > EMPTY_BINS]) - 1
    size = np.bincount(group, weights=np.bincount(cell, minlength=BINS)[filled])
    # The last cycles before failure can stand apart too: they are few, and no condition.
    filled = filled[size[group] >= FEWEST_SHARE * values.size]
    nearest = np.abs(np.arange(BINS)[:, None] - filled[None, :]).argmin(axis=1)
    joined = np.cumsum(np.r_[True, np.diff(filled) > EMPTY_BINS]) - 1
    found: Indices = joined[nearest][cell]
    return found


def _explained(label: Indices, columns: Floats) -> Floats:
    """Return the share of each column's variance that lies between groups."""
    count = np.bincount(label).astype(float)
    total = columns.var(axis=0)
    within = np.zeros(columns.shape[1])
    for index in range(columns.shape[1]):
        mean = np.bincount(label, weights=columns[:, index]) / np.maximum(count, 1)
        within[index] = np.mean((columns[:, index] - mean[label]) ** 2)
    return np.where(total > 0, 1 - within / np.where(total > 0, total, 1), 0.0)


def _candidates(columns: Floats, position: Floats) -> dict[int, Indices]:
    """Return the columns that fall into groups which say nothing about age."""
    found = {}
    for index in range(columns.shape[1]):
        label = _clusters(columns[:, index])
        if not 1 <= label.max() < MOST_CONDITIONS:
            continue
        middle = np.bincount(label, weights=position) / np.bincount(label)
        if np.abs(middle - position.mean()).max() < AGE_SHIFT:
            found[index] = label
    return found


def _choose(columns: Floats, position: Floats) -> tuple[list[int], Indices]:
    """Add, one at a time, the column that explains most of the others, until none adds anything."""
    candidates = _candidates(columns, position)
    chosen: list[int] = []
    label: Indices = np.zeros(len(columns), dtype=np.int64)
    others = [i for i in range(columns.shape[1]) if np.ptp(columns[:, i]) > 0]
    while True:
        best, best_gain, best_label = -1, ADDED_SHARE, label
        before = _explained(label, columns[:, others])
        for index in (i for i in candidates if i not in chosen):
            joint = np.unique(label * MOST_CONDITIONS + candidates[index], return_inverse=True)[1]
            rest = np.array([other != index and other not in chosen for other in others])
            gain = (_explained(joint, columns[:, others]) - before)[rest]
            if gain.size and gain.max() >= EFFECT_SHARE and gain.mean() > best_gain * 1.01:
                best, best_gain, best_label = index, float(gain.mean()), joint
        if best < 0:
            return chosen, label
        chosen, label = [*chosen, best], best_label


def _filled(rows: pd.DataFrame) -> Floats:
    """Fill gaps with the middle value, so that they neither form a group nor explain one."""
    numbers = rows.astype(float)
    filled: Floats = numbers.fillna(numbers.median()).fillna(0.0).to_numpy()
    return filled


def learn_conditions(rows: pd.DataFrame, sensors: Sequence[str], position: Floats) -> Conditions:
    """Find the operating conditions in a run-to-failure history and what is usual in each.

    A column marks conditions when its values fall into a few separate groups, the groups are as
    likely early as late in life, and knowing the group explains the level of other columns.

    Parameters
    ----------
    rows : DataFrame
        History, one row per unit and cycle, with the columns ``sensors`` (any unit, gaps allowed).
    sensors : sequence of str
        Columns that are not constant and not empty.
    position : array of float, shape (n,)
        Where in its unit's life each row lies, 0 at the start, 1 at failure.

    Returns
    -------
    Conditions
        Without the condition columns among ``sensors``, and without sensors that never vary within
        a condition.

    Source
    ------
    F. O. Heimes, Recurrent neural networks for remaining useful life estimation, PHM 2008;
    L. Peel, Data driven prognostics using a Kalman filter ensemble of neural network models, PHM 2008
    (sensors standardised per operating regime).
    """
    names = list(sensors)
    sample = np.random.default_rng(0).permutation(len(rows))[:ROWS_TO_LOOK_AT]
    values = _filled(rows[names].iloc[sample])
    chosen, label = _choose(values, position[sample])
    rare = np.flatnonzero(np.bincount(label) < FEWEST_ROWS)
    kept = [k for k in range(label.max() + 1) if k not in set(rare)] or [0]
    marks = values[:, chosen]
    centres = np.array([np.median(marks[label == k], axis=0) for k in kept]).reshape(len(kept), len(chosen))
    spans = np.ptp(marks, axis=0) if chosen else np.empty(0)
    reach = np.array(
        [_reach(marks[label == k], centre, spans) for k, centre in zip(kept, centres, strict=True)]
    )
    rest = [name for index, name in enumerate(names) if index not in chosen]
    draft = Conditions(
        columns=tuple(names[index] for index in chosen),
        centres=centres,
        reach=reach,
        spans=spans,
        sensors=tuple(rest),
        usual=np.empty((len(kept), 0)),
        spread=np.empty((len(kept), 0)),
    )
    return _standardise(draft, rows)


def _reach(marks: Floats, centre: Floats, spans: Floats) -> float:
    return float(np.quantile(np.abs(marks - centre) / spans, 0.99)) if marks.size else 0.0


def _standardise(draft: Conditions, rows: pd.DataFrame) -> Conditions:
    """Fill in each sensor's mean and spread per condition, leaving out those that never vary."""
    condition, outside = draft.assign(rows)
    grouped = rows.loc[~outside, list(draft.sensors)].astype(float).groupby(condition[~outside])
    usual = grouped.mean().reindex(range(draft.count))
    spread = grouped.std(ddof=0).reindex(range(draft.count))
    # Rounding noise of a constant is not spread.
    spread = spread.where(spread > 1e-9 * usual.abs().clip(lower=1e-12))
    varies = spread.notna().any().to_numpy()
    return Conditions(
        columns=draft.columns,
        centres=draft.centres,
        reach=draft.reach,
        spans=draft.spans,
        sensors=tuple(name for name, keep in zip(draft.sensors, varies, strict=True) if keep),
        usual=usual.to_numpy(dtype=float)[:, varies],
        spread=spread.to_numpy(dtype=float)[:, varies],
    )
