"""Which columns of a table can be causes of a result, and which cannot: identifiers, constants, dates.

Decides the factors and their coding; what stands for what is in ``drivers_confounding``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Refused, TooFew, unknown

Floats = NDArray[np.float64]
LEAST_ROWS = 50
MOST_ROWS = 20_000  # taken evenly from more
LEAST_EVENTS = 10
LEAST_GROUPS = 3
MOST_LEVELS = 60  # of a factor of words; more name things instead of describing them
MOSTLY_MISSING = 0.6


class NoFactors(Refused):
    """No column is left that could be a cause."""

    code = "no_factors"


class NoResult(Refused):
    """The result does not vary, or has more than two kinds."""

    code = "no_result"


class TooFewGroups(Refused):
    """There are too few groups to test on groups that were not learnt from."""

    code = "too_few_groups"


@dataclass(frozen=True)
class Factor:
    """One possible cause.

    Attributes
    ----------
    name : str
    values : array of float, shape (n,)
        Numbers as they are, words as the positions of ``levels``; NaN where missing.
    levels : tuple of str
        Words in order; empty for numbers.
    """

    name: str
    values: Floats
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """A result with its possible causes.

    Attributes
    ----------
    result : array of float, shape (n,)
        Numbers, or 1 where the event happened.
    event : str or None
        What happened, for a result of two kinds; None for numbers.
    factors : tuple of Factor
    excluded : dict
        Why a column is no factor, by its name: identifier, row_number, constant, missing, time, asked.
    group : array of int, shape (n,), or None
        Which rows belong together; they are never on both sides of a test.
    time : array of float, shape (n,), or None
        Seconds; rows are in this order.
    left_out : int
        Rows without a result or, where one is needed, without a group.
    """

    result: Floats
    event: str | None
    factors: tuple[Factor, ...]
    excluded: dict[str, str]
    group: NDArray[np.intp] | None
    time: Floats | None
    left_out: int

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.result.size)

    @property
    def matrix(self) -> Floats:
        """Factors as columns."""
        return np.column_stack([factor.values for factor in self.factors])

    @property
    def is_word(self) -> list[bool]:
        """Which factors are words."""
        return [bool(factor.levels) for factor in self.factors]


def problem_from(
    frame: pd.DataFrame,
    *,
    factors: Sequence[str] = (),
    exclude: Sequence[str] = (),
    event: str = "",
    kind: str = "auto",
) -> Problem:
    """Read a table: one row per part or batch, a result, and the columns that may explain it.

    Parameters
    ----------
    frame : DataFrame
        Columns ``result``, optionally ``group`` and ``ts``; every other one is a possible factor. Of more
        than 20 000 rows as many are taken evenly.
    factors, exclude : sequence of str
        Take only these columns, leave those out; none: all.
    event : str
        Of a result of words: the kind to explain; empty: the rarer one of two.
    kind : {"auto", "number", "event"}
        Whether the result is a number or an event; auto: two values or words are an event.

    Returns
    -------
    Problem

    Raises
    ------
    TooFew
        With fewer than 50 rows, or 10 events or non-events.
    NoResult
        If the result does not vary, or has more than two kinds and no event is named.
    NoFactors
        If no column is left.
    unknown
        If a column named does not exist.

    Source
    ------
    The minima are ours.
    """
    others = [str(name) for name in frame.columns if name not in ("result", "group", "ts")]
    for name in (*factors, *exclude):
        if name not in others:
            raise unknown("factor", name, others)
    rows = frame[frame["result"].notna()]
    if "group" in rows:
        rows = rows[rows["group"].notna()] if rows["group"].notna().any() else rows.drop(columns="group")
    if "ts" in rows and rows["ts"].notna().all():
        rows = rows.sort_values("ts", kind="stable")
    left_out = len(frame) - len(rows)
    if len(rows) > MOST_ROWS:
        rows = rows.iloc[np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.intp)]
    rows = rows.reset_index(drop=True)
    if len(rows) < LEAST_ROWS:
        raise TooFew("rows with a result", need=LEAST_ROWS, have=len(rows), hint="add older rows")
    result, happened = _result(rows["result"], event, kind)
    chosen, excluded = _factors(rows, [name for name in others if not factors or name in factors], exclude)
    if not chosen:
        raise NoFactors("no column is left that could be a cause", given=", ".join(others) or "none")
    timed = "ts" in rows and bool(rows["ts"].notna().all())
    return Problem(
        result=result,
        event=happened,
        factors=tuple(chosen),
        excluded=excluded,
        group=pd.factorize(rows["group"])[0] if "group" in rows else None,
        time=_seconds(rows["ts"]) if timed else None,
        left_out=left_out,
    )


def _seconds(times: pd.Series) -> Floats:
    return np.asarray((times - times.min()).dt.total_seconds(), dtype=float)


def _result(column: pd.Series, event: str, kind: str) -> tuple[Floats, str | None]:
    kinds = pd.unique(column)
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric and not event and (kind == "number" or (kind == "auto" and len(kinds) > 2)):
        values = column.to_numpy(dtype=float)
        if not values.std() > 1e-12 * max(1e-300, np.abs(values).max()):
            raise NoResult("the result does not vary", given=f"{values[0]:g} in every row")
        return values, None
    words = column.map(_word)
    counts = words.value_counts()
    if not event and len(counts) != 2:
        given = f"{len(counts)} kinds: {', '.join(counts.index[:4])}"
        raise NoResult("the result needs numbers or two kinds", given=given, hint="name the event to explain")
    event = event or ("1" if set(counts.index) == {"0", "1"} else str(counts.index[-1]))
    happened: Floats = np.asarray(words == event, dtype=np.float64)
    fewer = int(min(happened.sum(), happened.size - happened.sum()))
    if fewer < LEAST_EVENTS:
        raise TooFew(f"rows with and without {event}", need=LEAST_EVENTS, have=fewer, hint="add older rows")
    return happened, event


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _factors(
    rows: pd.DataFrame, names: Sequence[str], exclude: Sequence[str]
) -> tuple[list[Factor], dict[str, str]]:
    chosen, excluded = [], {}
    for name in names:
        column = rows[name]
        reason = "asked" if name in exclude else _unfit(column)
        if reason:
            excluded[name] = reason
        else:
            chosen.append(_coded(name, column))
    return chosen, excluded


def _unfit(column: pd.Series) -> str:
    """Say why a column can be no cause; empty where it may."""
    present = column.dropna()
    if len(present) < (1 - MOSTLY_MISSING) * len(column):
        return "missing"
    distinct = present.nunique()
    if distinct < 2:
        return "constant"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "time"
    if not pd.api.types.is_numeric_dtype(column) and distinct > min(MOST_LEVELS, len(present) / 2):
        return "identifier"
    if pd.api.types.is_integer_dtype(present) and distinct == len(present):
        if present.is_monotonic_increasing or present.is_monotonic_decreasing:
            return "row_number"
        if present.max() - present.min() == len(present) - 1:
            return "row_number"
    return ""


def _coded(name: str, column: pd.Series) -> Factor:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        return Factor(name, np.where(np.isfinite(values), values, np.nan))
    code, levels = pd.factorize(column.map(_word, na_action="ignore"), sort=True)
    return Factor(name, np.where(code < 0, np.nan, code.astype(float)), tuple(map(str, levels)))


def without(problem: Problem, names: Sequence[str], reason: str) -> Problem:
    """Return a problem without some factors.

    Parameters
    ----------
    problem : Problem
    names : sequence of str
    reason : str
        Kept in ``excluded``.

    Returns
    -------
    Problem

    Source
    ------
    None.
    """
    kept = tuple(factor for factor in problem.factors if factor.name not in names)
    return replace(problem, factors=kept, excluded={**problem.excluded, **dict.fromkeys(names, reason)})
