"""What the checks found, one row each, in the words of the table: which rows, from when to when."""

from collections import Counter
from typing import Any, Protocol

import numpy as np
import pandas as pd

from workbench.methods.defects import Flags, Integers, Runs

MOST_PER_COLUMN = 200  # single findings listed per check and column; the rest is one row that sums them up
SEVERITIES = ("bad", "warning", "info")
NO_TIME = np.iinfo(np.int64).min


# check, tag, column, severity, first rows, last rows, counts, details
_Part = tuple[str, str, str, str, Integers, Integers, Integers, np.ndarray[Any, np.dtype[np.object_]]]


class Placed(Protocol):
    """A series that knows where its readings stand in the table."""

    @property
    def tag(self) -> str:
        """The tag, empty where there is none."""

    @property
    def column(self) -> str:
        """The column."""

    @property
    def rows(self) -> Integers:
        """Row of the table for each reading."""


class Findings:
    """A growing list of findings."""

    def __init__(self, time_us: Integers | None) -> None:
        self._time_us = time_us
        self._parts: list[_Part] = []
        self._gaps: Counter[str] = Counter()

    def add(
        self, series: Placed, check: str, runs: Runs, *, severity: str, details: tuple[str, ...] = ()
    ) -> None:
        """Note stretches of one column."""
        if len(runs):
            first, last = series.rows[runs.start], series.rows[runs.stop - 1]
            self._note(check, (series.tag, series.column), (first, last), runs.count, severity, details)

    def add_gaps(self, tag: str, rows: Integers, runs: Runs, *, long: Flags) -> None:
        """Note gaps of one tag; ``rows`` are the rows of its distinct times."""
        self._gaps[tag] += len(runs)
        for severity, which in (("bad", long), ("warning", ~long)):
            if which.any():
                first, last = rows[runs.start[which]], rows[runs.stop[which] - 1]
                self._note("gap", (tag, ""), (first, last), runs.count[which], severity, ())

    def add_rows(self, check: str, rows: Integers, *, severity: str, detail: str = "", tag: str = "") -> None:
        """Note single rows; neighbouring ones are one finding."""
        if rows.size:
            cuts = 1 + np.flatnonzero(np.diff(rows) > 1)
            first, last = rows[np.concatenate(([0], cuts))], rows[np.concatenate((cuts, [rows.size])) - 1]
            details = (detail,) * first.size
            self._note(check, (tag, ""), (first, last), last - first + 1, severity, details)

    def counts(self, check: str) -> Counter[str]:
        """Return the number of gaps per tag."""
        return self._gaps if check == "gap" else Counter()

    def _note(
        self,
        check: str,
        where: tuple[str, str],
        rows: tuple[Integers, Integers],
        count: Integers,
        severity: str,
        details: tuple[str, ...],
    ) -> None:
        first, last = rows
        detail = np.array(details or ("",) * first.size, dtype=object)
        if first.size > MOST_PER_COLUMN:
            order = np.argsort(-count, kind="stable")
            kept, rest = order[: MOST_PER_COLUMN - 1], order[MOST_PER_COLUMN - 1 :]
            detail = np.append(detail[kept], "further_ones")
            others = first[rest].min(), last[rest].max(), count[rest].sum()
            first, last = np.append(first[kept], others[0]), np.append(last[kept], others[1])
            count = np.append(count[kept], others[2])
        self._parts.append((check, *where, severity, first, last, count, detail))

    def _times(self, rows: Integers) -> "pd.Series[Any]":
        times = np.full(rows.size, np.datetime64("NaT"), dtype="datetime64[us]")
        if self._time_us is not None:
            known = self._time_us[rows]
            times = np.where(known == NO_TIME, times, known.astype("datetime64[us]"))
        return pd.Series(times)

    def frame(self) -> pd.DataFrame:
        """Return all findings, the severe ones first, then in the order of the table."""
        sizes = [part[4].size for part in self._parts]
        words = [np.repeat([part[i] for part in self._parts], sizes).astype(object) for i in range(4)]
        nothing = np.zeros(0, dtype=np.int64)
        first, last, count = (
            np.concatenate([nothing, *(part[i] for part in self._parts)]) for i in (4, 5, 6)
        )
        check, tag, column, severity = words
        found = pd.DataFrame({"check": check, "tag": tag, "column": column}, dtype="str")
        found["first_row"], found["last_row"] = first + 1, last + 1
        found["start"], found["end"] = self._times(first), self._times(last)
        found["count"] = count
        found["severity"] = pd.Series(severity, dtype="str")
        details = np.concatenate([np.zeros(0, dtype=object), *(part[7] for part in self._parts)])
        found["detail"] = pd.Series(details, dtype="str")
        rank = found["severity"].map({name: place for place, name in enumerate(SEVERITIES)})
        return found.iloc[np.lexsort((first, rank))].reset_index(drop=True)
