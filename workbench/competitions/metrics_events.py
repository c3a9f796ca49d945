"""Metrics of detected events: alarms in time series, where a stretch of rows counts and not each row.

The truth is 0 for normal rows; a run of rows with the same other number is one event (its window). A
prediction of ``threshold`` or more is an alarm. Rows stand in the order of time within their group.
"""

import numpy as np

from workbench.competitions.rows import Array, Rows

WEEK_S = 7 * 86_400.0
STEEP, FAR = 5.0, 3.0  # of NAB's sigmoid; and windows' widths after which an alarm is plainly wrong
PROBATION_MOST = 5000  # rows of which a share is for learning


def stretches(marks: Array) -> list[tuple[int, int]]:
    """Return first and last place of each run of equal marks that are not 0.

    >>> stretches(np.array([0, 1, 1, 2, 0, 2]))
    [(1, 2), (3, 3), (5, 5)]
    """
    if not len(marks):
        return []
    begins = np.flatnonzero(np.r_[True, marks[1:] != marks[:-1]])
    ends = np.r_[begins[1:], len(marks)] - 1
    return [(int(first), int(last)) for first, last in zip(begins, ends, strict=True) if marks[first]]


def nab(
    rows: Rows, *, threshold: float = 0.5, fp: float = 0.11, fn: float = 1.0, probation: float = 0.15
) -> float:
    """Score of the Numenta Anomaly Benchmark: 100 for every event at its first row, 0 for no alarm at all."""
    parts = [
        nab_part(one.truth, one.predicted >= threshold, fp=fp, fn=fn, probation=probation)
        for one in rows.by_group()
    ]
    events = sum(count for _, count in parts)
    raw = sum(score for score, _ in parts)
    return 100 * (raw + fn * events) / (events * (1 + fn)) if events else float("nan")


def nab_part(truth: Array, alarms: Array, *, fp: float, fn: float, probation: float) -> tuple[float, int]:
    """Return one series' score before normalising, and its number of events."""
    n = len(truth)
    learning = min(int(probation * n), probation * PROBATION_MOST)
    counted = alarms & (np.arange(n) >= learning)
    windows = [(first, last) for first, last in stretches(truth) if last >= learning]
    outside = np.flatnonzero(counted & (truth == 0))
    score = fp * float(np.sum(_after(outside, stretches(truth))))
    for first, last in windows:
        hits = np.flatnonzero(counted[first : last + 1])
        width = last - first + 1
        earned = _sigmoid(-(width - hits[0]) / width) / _sigmoid(-1.0) if len(hits) else -fn
        score += float(earned)
    return score, len(windows)


def _after(places: Array, windows: list[tuple[int, int]]) -> Array:
    """Return the value of alarms outside of windows: the further behind the last window, the worse."""
    if not windows:
        return np.full(len(places), -1.0)
    lasts = np.array([last for _, last in windows])
    widths = np.array([max(last - first, 1) for first, last in windows])
    before = np.searchsorted(lasts, places) - 1
    distance = np.where(before >= 0, (places - lasts[before]) / widths[before], FAR)
    return np.where(distance >= FAR, -1.0, _sigmoid(np.minimum(distance, FAR)))


def _sigmoid(position: Array | float) -> Array:
    value: Array = 2 / (1 + np.exp(STEEP * np.asarray(position, dtype=float))) - 1
    return value


def detection_delay(rows: Rows, *, threshold: float = 0.5) -> float:
    """Mean time from an event's first row to the first alarm in it; an event without one counts in full.

    >>> rows = Rows(np.array([0, 1, 1, 1, 1, 0.0]), np.array([1, 0, 0, 1, 0, 0.0]), time=np.arange(6) * 60.0)
    >>> detection_delay(rows)
    120.0
    """
    delays = []
    for one in rows.by_group():
        time = np.arange(len(one), dtype=float) if one.time is None else one.time
        alarms = one.predicted >= threshold
        for first, last in stretches(one.truth):
            hits = np.flatnonzero(alarms[first : last + 1])
            end = first + int(hits[0]) if len(hits) else min(last + 1, len(one) - 1)
            delays.append(float(time[end] - time[first]))
    return float(np.mean(delays)) if delays else float("nan")


def false_alarms_per_week(rows: Rows, *, threshold: float = 0.5) -> float:
    """Alarms that touch no event, over the weeks that were watched; a run of alarm rows is one alarm.

    >>> day = Rows(np.array([0, 0, 1, 0.0]), np.array([1, 1, 0, 0.0]), time=np.arange(4) * 7 * 86400 / 3)
    >>> false_alarms_per_week(day)
    1.0
    """
    alarms, seconds = 0, 0.0
    for one in rows.by_group():
        assert one.time is not None  # noqa: S101 - the schema has been checked
        runs = stretches((one.predicted >= threshold).astype(int))
        alarms += sum(not np.any(one.truth[first : last + 1]) for first, last in runs)
        seconds += float(one.time.max() - one.time.min())
    return alarms / (seconds / WEEK_S) if seconds > 0 else float("nan")


def range_f1(rows: Rows, *, threshold: float = 0.5, alpha: float = 0.5) -> float:
    """F1 over events: recall rewards being there at all (``alpha``) and how much is covered in one piece.

    >>> rows = Rows(np.array([0, 1, 1, 1, 1, 0.0]), np.array([0, 0, 1, 1, 0, 0.0]))
    >>> round(range_f1(rows, alpha=0.5), 4)
    0.8571
    """
    recalls: list[float] = []
    precisions: list[float] = []
    for one in rows.by_group():
        real, said = stretches(one.truth), stretches((one.predicted >= threshold).astype(int))
        recalls += [_covered(event, said, alpha) for event in real]
        precisions += [_covered(event, real, 0.0) for event in said]
    recall, precision = (float(np.mean(found)) if found else 0.0 for found in (recalls, precisions))
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def _covered(event: tuple[int, int], others: list[tuple[int, int]], alpha: float) -> float:
    first, last = event
    shared = [min(last, end) - max(first, begin) + 1 for begin, end in others]
    overlaps = [one for one in shared if one > 0]
    if not overlaps:
        return 0.0
    share = sum(overlaps) / (last - first + 1) / len(overlaps)
    return alpha + (1 - alpha) * share
