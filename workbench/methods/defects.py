"""Defects of one series of readings: gaps, flatlines, spikes, implausible values, changes of unit.

Each function takes one series in time order and returns where a defect starts and stops; what a defect means
for an analysis is decided in ``health``. Every function is linear in the number of readings, but for sorting.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d

from workbench.errors import Invalid

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

SPIKE_NEIGHBOURS = 7  # the median of seven ignores up to three readings off: a spike is at most that long
LOCAL_SPREAD = 61  # readings that say how lively the series is hereabouts
CHANCE_RUN = 10  # equal readings that are no flatline yet
RESTS = 5  # runs at one and the same value: the machine rests there, a stuck sensor would not come back
CHANCE = 1e-3  # probability that chance alone makes one flatline in a whole series
NINES = (999.0, 9999.0, 99999.0, 999999.0, 9999999.0)
FILL_VALUES = (*(-nines for nines in NINES), -32768.0, 32767.0, 65535.0, *NINES[1:])


@dataclass(frozen=True)
class Runs:
    """Stretches of a series: ``start`` to ``stop`` (exclusive) count readings from 0.

    Attributes
    ----------
    start, stop : array of int, shape (k,)
        First reading of each stretch, and the one after its last.
    count : array of int, shape (k,)
        Readings concerned; for gaps, the readings that are missing.
    """

    start: Integers
    stop: Integers
    count: Integers

    def __len__(self) -> int:
        return int(self.start.size)


@dataclass(frozen=True)
class Rhythm:
    """How often a series was read.

    Attributes
    ----------
    interval_s : float or None
        Seconds from one reading to the next; None where no rhythm can be learnt.
    regular : bool
        Whether nine steps out of ten are near that interval, so that a missing reading can be told.
    """

    interval_s: float | None
    regular: bool


def runs_of(flags: Flags) -> Runs:
    """Return the stretches in which ``flags`` is true.

    Parameters
    ----------
    flags : array of bool, shape (n,)

    Returns
    -------
    Runs

    Examples
    --------
    >>> found = runs_of(np.array([False, True, True, False, True]))
    >>> found.start.tolist(), found.stop.tolist()
    ([1, 4], [3, 5])
    """
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    start, stop = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return Runs(start=start, stop=stop, count=stop - start)


def learn_rhythm(time_s: Floats) -> Rhythm:
    """Learn how often a series is read, and whether it is read regularly at all.

    Events and measurements taken in bursts have no rhythm: for them a long pause is no gap.

    Parameters
    ----------
    time_s : array of float, shape (n,), s
        Distinct times, ascending.

    Returns
    -------
    Rhythm
        The interval is the median step; regular if at least 90 % of the steps are 0.5 to 3.5 of it,
        which a fifth of the readings lost at random still fulfils and Poisson events (half-life rule) do not.

    Examples
    --------
    >>> learn_rhythm(np.array([0.0, 60.0, 120.0, 300.0, 360.0]))
    Rhythm(interval_s=60.0, regular=True)
    """
    if time_s.size < 3:
        return Rhythm(interval_s=None, regular=False)
    steps = np.diff(time_s)
    interval = float(np.median(steps))
    near = (steps >= 0.5 * interval) & (steps <= 3.5 * interval)
    return Rhythm(interval_s=interval, regular=bool(near.mean() >= 0.9))


def find_gaps(time_s: Floats, interval_s: float, *, factor: float = 1.5) -> Runs:
    """Find the steps that are longer than the expected interval allows.

    Parameters
    ----------
    time_s : array of float, shape (n,), s
        Distinct times, ascending.
    interval_s : float, s, > 0
        Expected time between readings.
    factor : float, >= 1
        A step longer than this many intervals is a gap.

    Returns
    -------
    Runs
        ``start`` is the last reading before the gap, ``stop`` one after the first reading after it, ``count``
        the readings missing in between, at least 1.

    Raises
    ------
    Invalid
        If the interval is not positive or the factor is below 1.

    Source
    ------
    GB/T 36344-2018, 0202 completeness of records: readings found over readings expected.

    Examples
    --------
    >>> found = find_gaps(np.array([0.0, 60.0, 240.0, 300.0]), 60.0)
    >>> found.start.tolist(), found.count.tolist()
    ([1], [2])
    """
    if not interval_s > 0:
        raise Invalid("expected interval", given=interval_s, expected="seconds above 0")
    if not factor >= 1:
        raise Invalid("gap factor", given=factor, expected="1 or more")
    steps = np.diff(time_s)
    start = np.flatnonzero(steps > factor * interval_s)
    missing = np.maximum(np.rint(steps[start] / interval_s).astype(np.int64) - 1, 1)
    return Runs(start=start, stop=start + 2, count=missing)


def chance_run_length(values: Floats) -> int:
    """Return how many equal readings in a row are still no surprise.

    A coarse or slow signal repeats itself: with a share q of readings equal to their predecessor, a run of
    L equal readings starts somewhere in n with probability of about n q^(L-1); beyond that L lies a flatline.

    Parameters
    ----------
    values : array of float, shape (n,)
        Readings without missing ones.

    Returns
    -------
    int
        At least ``CHANCE_RUN``.

    Examples
    --------
    >>> chance_run_length(np.arange(100.0))
    10
    >>> chance_run_length(np.repeat(np.arange(50.0), 2))
    18
    """
    if values.size < 2:
        return CHANCE_RUN
    repeats = float((np.diff(values) == 0).mean())
    if not 0 < repeats < 1:
        return CHANCE_RUN
    return max(CHANCE_RUN, int(np.ceil(1 + np.log(CHANCE / values.size) / np.log(repeats))))


def find_flatlines(values: Floats, *, length: int = 0) -> Runs:
    """Find the stretches in which a reading does not move.

    Parameters
    ----------
    values : array of float, shape (n,)
        Readings without missing ones.
    length : int
        Equal readings in a row that make a flatline; 0: learnt by ``chance_run_length``; a series that
        only takes a few values (a state, a setting) has none, and neither has a value to which the series
        returns five times or more (zero when the machine is off).

    Returns
    -------
    Runs

    Raises
    ------
    Invalid
        If the length is 1 or negative.

    Examples
    --------
    >>> find_flatlines(np.array([1.0, 2.0, 2.0, 2.0, 3.0]), length=3).start.tolist()
    [1]
    """
    if length < 0 or length == 1:
        raise Invalid("flatline length", given=length, expected="0 (learn) or at least 2")
    if values.size < 2 or (length == 0 and is_state(values)):
        return runs_of(np.zeros(0, dtype=bool))
    equal = runs_of(np.diff(values) == 0)
    long = equal.count + 1 >= (length or chance_run_length(values))
    if length == 0:
        long &= ~_resting(values[equal.start], long)
    start, stop = equal.start[long], equal.stop[long] + 1
    return Runs(start=start, stop=stop, count=stop - start)


def _resting(levels: Floats, long: Flags) -> Flags:
    """Tell runs at a value the series returns to again and again, such as zero when the machine is off."""
    rests, times = np.unique(levels[long], return_counts=True)
    return np.isin(levels, rests[times >= RESTS])


def is_state(values: Floats) -> bool:
    """Tell a state or a setting (a handful of values, often repeated) from a measured quantity.

    Parameters
    ----------
    values : array of float, shape (n,)
        Readings without missing ones.

    Returns
    -------
    bool
        Whether there are at most 10 different values, and at most a tenth as many as readings.

    Examples
    --------
    >>> is_state(np.tile([0.0, 1.0], 50)), is_state(np.array([0.0, 1.0, 0.5]))
    (True, False)
    """
    # The first readings usually settle it; sorting all of a long series would cost more than every check.
    if np.unique(values[:10_000]).size > 10:
        return False
    return bool(np.unique(values).size <= min(10, values.size / 10))


def find_spikes(values: Floats, *, sigmas: float = 6.0) -> Runs:
    """Find readings that jump out of their neighbourhood and come back at once.

    The residual from the median of seven readings is compared with the larger of two spreads: that of the
    whole series (median absolute deviation) and that of the 61 readings around, so that a machine that runs
    and rests is not all spikes. A step of the level and the turn of a smooth curve are no spikes: the reading
    must leave and come back within one step each.

    Parameters
    ----------
    values : array of float, shape (n,)
        Readings in time order, without missing ones.
    sigmas : float, > 0
        How many standard deviations of the residual a spike exceeds.

    Returns
    -------
    Runs
        Neighbouring readings are one spike; none if n < 10 or the series is a state.

    Raises
    ------
    Invalid
        If sigmas is not above 0.

    Source
    ------
    Hampel identifier: Pearson, Outliers in process modeling and identification, IEEE Trans. Control Systems
    Technology 10 (2002); the local spread is ours.

    Examples
    --------
    >>> find_spikes(np.array([1.0, 1.2, 0.9, 1.1, 9.0, 1.0, 0.8, 1.1, 1.0, 1.2])).start.tolist()
    [4]
    """
    if not sigmas > 0:
        raise Invalid("spike sigmas", given=sigmas, expected="a number above 0")
    if values.size < 10 or is_state(values):
        return runs_of(np.zeros(0, dtype=bool))
    distance = np.abs(values - median_filter(values, size=SPIKE_NEIGHBOURS, mode="mirror"))
    # A reading is its own median one time in seven, so the others tell the spread; a signal that mostly
    # rests on one value has none.
    off = distance[distance > 0]
    spread = float(np.median(off)) / 0.6745 if 2 * off.size >= values.size else 0.0
    steps = np.abs(np.diff(values))
    # One step of the instrument's resolution is no spike, however quiet the signal.
    resolution = float(steps[steps > 0].min()) if steps.any() else 0.0
    local = 1.2533 * uniform_filter1d(distance, size=min(LOCAL_SPREAD, values.size), mode="mirror")
    far = runs_of(distance > sigmas * np.maximum(local, max(spread, resolution)))
    return _that_come_back(values, far, distance, steady=0.4 * sigmas * float(np.median(steps)) / 0.6745)


def _that_come_back(values: Floats, far: Runs, distance: Floats, *, steady: float) -> Runs:
    """Keep excursions that leave and return within one step, which must be longer than the usual ones."""
    if not len(far):
        return far
    padded = np.concatenate((values[:1], values, values[-1:]))
    leave = values[far.start] - padded[far.start]
    back = values[far.stop - 1] - padded[far.stop + 1]
    leave = np.where(far.start == 0, back, leave)
    back = np.where(far.stop == values.size, leave, back)
    needed = np.maximum(0.5 * np.maximum.reduceat(distance, far.start), steady)
    sudden = (np.minimum(np.abs(leave), np.abs(back)) > needed) & (leave * back > 0)
    return Runs(start=far.start[sudden], stop=far.stop[sudden], count=far.count[sudden])


def find_implausible(values: Floats, *, low: float | None = None, high: float | None = None) -> Runs:
    """Find readings outside a plausible range.

    Parameters
    ----------
    values : array of float, shape (n,)
        Readings; missing ones are plausible.
    low, high : float or None
        Smallest and largest plausible reading, in the unit of the values.

    Returns
    -------
    Runs

    Raises
    ------
    Invalid
        If low is above high.

    Source
    ------
    GB/T 36344-2018, 0302 conformity of format: type, length, range.

    Examples
    --------
    >>> find_implausible(np.array([1.0, 120.0, 130.0, 5.0]), high=100.0).count.tolist()
    [2]
    """
    if low is not None and high is not None and low > high:
        raise Invalid("plausible range", given=f"{low:g} to {high:g}", expected="low not above high")
    outside = np.zeros(values.size, dtype=bool)
    if low is not None:
        outside |= values < low
    if high is not None:
        outside |= values > high
    return runs_of(outside)


def find_fill_values(values: Floats) -> Runs:
    """Find numbers that stand for "no value", such as -999, far outside of everything else.

    Parameters
    ----------
    values : array of float, shape (n,)

    Returns
    -------
    Runs

    Examples
    --------
    >>> find_fill_values(np.array([20.1, 20.3, -999.0, 20.2])).start.tolist()
    [2]
    """
    suspects = np.isin(values, FILL_VALUES)
    others = values[~suspects & np.isfinite(values)]
    if not suspects.any() or others.size < 2:
        return runs_of(np.zeros(0, dtype=bool))
    width = float(np.ptp(others))
    outside = (values < others.min() - width) | (values > others.max() + width)
    return runs_of(suspects & outside)
