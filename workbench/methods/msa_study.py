"""Rows of a gauge study put in order: one box of values, operators by parts by trials, or the reason why not.

Decides what a complete study is; what the values say about the gauge is decided by ``msa``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Invalid, NoSpread, Refused, TooFew

Floats = NDArray[np.float64]
INCOMPLETE = ("refuse", "leave_out")
NAMED_IN_A_SENTENCE = 3
_NUMBERED = re.compile(r"(.*?)[\s._-]*(\d+)")


class Unbalanced(Refused):
    """Some operator measured some part less or more often than the others."""

    code = "unbalanced"

    def __init__(self, cells: Sequence[str], *, trials: int) -> None:
        self.cells, self.trials = tuple(cells), trials
        named = ", ".join(self.cells[:NAMED_IN_A_SENTENCE])
        hint = "measure what is missing, or leave these parts out"
        super().__init__(
            f"{len(self.cells)} incomplete: {named}", expected=f"{trials} trials each", hint=hint
        )


class OtherDesign(Refused):
    """The parts differ from operator to operator, so operators and parts are not crossed."""

    code = "nested_design"


@dataclass(frozen=True)
class Layout:
    """A complete study.

    Attributes
    ----------
    values : array of float, shape (operators, parts, trials)
        In the unit of the measurements. Nested: each operator has parts of his own.
    operators : tuple of str, length operators
        Empty when the study names no operator; the first axis then has length 1.
    parts : tuple of tuple of str, shape (operators, parts)
        The labels; all operators have the same ones in a crossed study.
    notes : dict
        What was done to the rows: a code, and how many rows or parts it concerns.
    """

    values: Floats
    operators: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    notes: dict[str, int] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many operators, parts (of each operator) and trials there are."""
        operators, parts, trials = self.values.shape
        return operators, parts, trials

    @property
    def operator_names(self) -> tuple[str, ...]:
        """The operators; an empty name stands for one who is not named."""
        return self.operators or ("",)


def crossed_layout(frame: pd.DataFrame, *, incomplete: str = "refuse") -> Layout:
    """Arrange a study in which every operator measured every part equally often.

    Parameters
    ----------
    frame : DataFrame
        Columns part and value, perhaps operator and trial; one row per measurement.
    incomplete : {"refuse", "leave_out"}
        What becomes of parts that some operator measured less or more often than is usual.

    Returns
    -------
    Layout

    Raises
    ------
    OtherDesign
        If no part was measured by more than one operator.
    Unbalanced
        If parts are incomplete and not to be left out.
    TooFew
        If fewer than two parts remain, or there is one measurement per part.
    NoSpread
        If all values are equal.

    Source
    ------
    AIAG MSA, 4th ed., III-B: each appraiser measures each part the same number of times.
    """
    rows, notes = _usable(frame, incomplete)
    operators, parts = _labels(rows, "operator"), _labels(rows, "part")
    counts = pd.crosstab(rows["operator"], rows["part"]).reindex(index=operators, columns=parts)
    table = counts.to_numpy(dtype=int)
    if len(operators) > 1 and len(parts) > 1 and (np.count_nonzero(table, axis=0) < 2).all():
        raise OtherDesign("no part was measured by two operators", hint="use the nested study")
    trials = _usual(table)
    whole = (table == trials).all(axis=0)
    if not whole.all():
        if incomplete == "refuse":
            raise Unbalanced(_incomplete(counts, trials), trials=trials)
        notes["left_out_parts"] = int((~whole).sum())
        parts = [part for part, good in zip(parts, whole, strict=True) if good]
        rows = rows[rows["part"].isin(parts)]
    _check(len(parts), trials if len(operators) == 1 else 2, rows["value"])
    values = _box(rows, operators, [parts] * len(operators))
    return Layout(values, _named(operators), tuple(tuple(parts) for _ in operators), notes)


def nested_layout(frame: pd.DataFrame, *, incomplete: str = "refuse") -> Layout:
    """Arrange a study in which every operator measured parts of his own, each equally often.

    A label that several operators use stands for a different part with each.

    Parameters
    ----------
    frame : DataFrame
        Columns part, operator and value, perhaps trial; one row per measurement.
    incomplete : {"refuse", "leave_out"}
        What becomes of parts that were measured less or more often than is usual.

    Returns
    -------
    Layout

    Raises
    ------
    Unbalanced
        If parts are incomplete and not to be left out, or operators have measured unequal numbers of parts.
    TooFew
        If there are fewer than two operators, two parts of each, or two measurements of each part.
    NoSpread
        If all values are equal.

    Source
    ------
    AIAG MSA, 4th ed., chapter IV: destructive measurements.
    """
    rows, notes = _usable(frame, incomplete)
    operators = _labels(rows, "operator")
    if len(operators) < 2:
        raise TooFew("operators", need=2, have=len(operators), hint="name the column with the operator")
    counts = rows.groupby(["operator", "part"], sort=False).size()
    trials = _usual(counts.to_numpy(dtype=int))
    bad = counts[counts != trials]
    if len(bad):
        if incomplete == "refuse":
            named = [
                _cell(str(o), str(p), int(n)) for (o, p), n in zip(bad.index.to_list(), bad, strict=True)
            ]
            raise Unbalanced(named, trials=trials)
        notes["left_out_parts"] = len(bad)
        rows = rows[~pd.MultiIndex.from_frame(rows[["operator", "part"]]).isin(bad.index)]
    shared = rows.groupby("part")["operator"].nunique()
    if (shared > 1).any():
        notes["shared_labels"] = int((shared > 1).sum())
    parts = [_labels(rows[rows["operator"] == operator], "part") for operator in operators]
    fewest = min(len(own) for own in parts)
    if incomplete == "refuse" and any(len(own) != fewest for own in parts):
        named = [f"{name}: {len(own)} parts" for name, own in zip(operators, parts, strict=True)]
        raise Unbalanced(named, trials=trials)
    left_out = sum(len(own) - fewest for own in parts)
    if left_out:
        notes["surplus_parts"] = left_out
    _check(fewest, trials, rows["value"])
    parts = [own[:fewest] for own in parts]
    values = _box(rows, operators, parts)
    return Layout(values, tuple(operators), tuple(map(tuple, parts)), notes)


def _usable(frame: pd.DataFrame, incomplete: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """Keep the rows with a finite value and labels, as texts, and count the others."""
    if incomplete not in INCOMPLETE:
        raise Invalid("incomplete", given=repr(incomplete), expected=", ".join(INCOMPLETE))
    value = pd.to_numeric(frame["value"], errors="coerce").astype(float)
    finite = np.isfinite(value.to_numpy())
    keys = [column for column in ("part", "operator") if column in frame]
    named = frame[keys].notna().all(axis=1).to_numpy()
    notes = {"missing_values": int((~finite).sum()), "missing_labels": int((finite & ~named).sum())}
    rows = pd.DataFrame({"value": value})
    for column in ("part", "operator"):
        rows[column] = texts(frame[column]) if column in frame else ""
    if "trial" in frame:
        rows["trial"] = frame["trial"]
    rows = rows[finite & named]
    if rows.empty:
        raise TooFew("measurements", need=1, have=0, hint="map the columns part, operator and value")
    return rows, {note: count for note, count in notes.items() if count}


def texts(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Write labels as texts: 3 and 3.0 are the same part, and blanks around a name say nothing.

    Parameters
    ----------
    column : Series
        Labels of any type.

    Returns
    -------
    Series of str

    Source
    ------
    None.

    Examples
    --------
    >>> texts(pd.Series([3.0, 10.0])).tolist(), texts(pd.Series([" A ", "B"])).tolist()
    (['3', '10'], ['A', 'B'])
    """
    if pd.api.types.is_float_dtype(column):
        return column.map(lambda value: f"{value:g}").astype(str)
    return column.astype(str).str.strip()


def _labels(rows: pd.DataFrame, column: str) -> list[str]:
    """List labels: numbers by size, names as they appear, those that end in numbers by these."""
    found = rows[column].drop_duplicates().tolist()
    split = [_NUMBERED.fullmatch(label) for label in found]
    if all(split) and len({match[1] for match in split if match}) == 1:
        return sorted(found, key=lambda label: int(_NUMBERED.fullmatch(label)[2]))  # type: ignore[index]
    return sorted(found)


def _usual(counts: NDArray[Any]) -> int:
    """Return how often a part was measured where it was measured: the most frequent number."""
    there = counts[counts > 0]
    numbers, times = np.unique(there, return_counts=True)
    return int(numbers[times.size - 1 - np.argmax(times[::-1])])


def _incomplete(counts: pd.DataFrame, trials: int) -> list[str]:
    return [
        _cell(str(operator), str(part), int(counts.loc[operator, part]))
        for part in counts.columns
        for operator in counts.index
        if counts.loc[operator, part] != trials
    ]


def _cell(operator: str, part: str, count: int) -> str:
    return f"{part} × {operator} ({count})" if operator else f"{part} ({count})"


def _check(parts: int, trials: int, values: "pd.Series[float]") -> None:
    if parts < 2:
        raise TooFew("complete parts", need=2, have=parts, hint="measure more parts")
    if trials < 2:
        raise TooFew("measurements of each part", need=2, have=trials, hint="measure each part again")
    if np.ptp(values.to_numpy()) == 0:
        raise NoSpread(f"all {len(values)} values equal {values.iloc[0]:g}", hint="record more decimals")


def _box(rows: pd.DataFrame, operators: Sequence[str], parts: Sequence[Sequence[str]]) -> Floats:
    """Fill the box; within a cell trials keep their number's order, or that of the table."""
    if "trial" in rows:
        rows = rows.sort_values("trial", kind="stable")
    cells = {cell: group.to_numpy() for cell, group in rows.groupby(["operator", "part"])["value"]}
    return np.array(
        [[cells[name, part] for part in own] for name, own in zip(operators, parts, strict=True)], dtype=float
    )


def _named(operators: Sequence[str]) -> tuple[str, ...]:
    return () if list(operators) == [""] else tuple(operators)


def with_reference(frame: pd.DataFrame, references: pd.DataFrame | None) -> pd.DataFrame:
    """Write beside each row what its part is known to be, where a table of its own says so.

    Parameters
    ----------
    frame : DataFrame
        Column part.
    references : DataFrame or None
        Columns part and value, one row per part; it wins over a column ``reference`` of the rows.

    Returns
    -------
    DataFrame
        With the column ``reference`` where there was a table.

    Source
    ------
    None: a matter of form.

    Examples
    --------
    >>> known = pd.DataFrame({"part": ["1", "2"], "value": [5.0, 7.0]})
    >>> with_reference(pd.DataFrame({"part": [2.0, 1.0]}), known)["reference"].tolist()
    [7.0, 5.0]
    """
    if references is None:
        return frame
    known = references.dropna().assign(part=lambda table: texts(table["part"]))
    by_part = known.drop_duplicates("part").set_index("part")["value"]
    return frame.assign(reference=texts(frame["part"]).map(by_part))
