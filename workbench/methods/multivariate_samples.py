"""From a wide table to the points of a multivariate chart: which columns, which rows belong together.

Decides what can be charted at all; knows no limits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Refused, TooFew, unknown
from workbench.methods.spc_samples import in_time_order

Floats = NDArray[np.float64]
ROLE = ("ts", "subgroup", "baseline")
MOST_VARIABLES = 60
MINIMUM_POINTS = 10
COLLINEAR = 1e-9  # smallest share of a variable's variance that the others leave unexplained


class TooFewVariables(Refused):
    """One variable has a chart of its own; none has no chart at all."""

    code = "too_few_variables"


class NoVariation(Refused):
    """A variable has one value only."""

    code = "no_spread"

    def __init__(self, variable: str) -> None:
        self.variable = variable
        super().__init__(f"{variable} does not vary", hint="leave this column out")


class Collinear(Refused):
    """A variable follows from the others, so that their joint spread cannot be inverted."""

    code = "collinear"

    def __init__(self, variable: str) -> None:
        self.variable = variable
        super().__init__(f"{variable} follows from the other columns", hint="leave this column out")


@dataclass(frozen=True)
class Multivariate:
    """Measurements of several variables as points in order.

    Attributes
    ----------
    variables : tuple of str
        Names, p of them.
    values : array of float, shape (r, p)
        Rows that are complete, in order, each in its column's unit.
    code : array of int, shape (r,)
        Each row's point.
    points : DataFrame
        One row per point: point, subgroup, ts (if known), n, baseline.
    individuals : bool
        Each point is one row.
    notes : dict
        What was found and how often, by code.
    """

    variables: tuple[str, ...]
    values: Floats
    code: NDArray[np.intp]
    points: pd.DataFrame
    individuals: bool
    notes: dict[str, int]

    @property
    def means(self) -> Floats:
        """The mean of each point, shape (k, p)."""
        sums = np.zeros((len(self.points), len(self.variables)))
        np.add.at(sums, self.code, self.values)
        found: Floats = sums / self.points["n"].to_numpy(dtype=float)[:, None]
        return found

    @property
    def in_baseline(self) -> NDArray[np.bool_]:
        """Whether a point belongs to those that limits are computed from, shape (k,)."""
        found: NDArray[np.bool_] = self.points["baseline"].to_numpy(dtype=bool)
        return found


def arrange_wide(frame: pd.DataFrame, *, columns: Sequence[str] = (), subgroup_size: int = 1) -> Multivariate:
    """Choose the variables of a wide table and sort its rows into points.

    Parameters
    ----------
    frame : DataFrame
        One column per variable; optional ``ts``, ``subgroup`` (rows with one label form a point) and
        ``baseline`` (boolean).
    columns : sequence of str
        The variables; empty means every numeric column, those that only number the rows left out.
    subgroup_size : int, default 1
        Rows in a row that form a point when there is no ``subgroup`` column.

    Returns
    -------
    Multivariate

    Raises
    ------
    NotFound
        If a column is not there.
    TooFewVariables, TooFew, NoVariation, Collinear

    Source
    ------
    Mason and Young, Multivariate Statistical Process Control with Industrial Applications (2002), chapter
    4: what must be settled before a covariance matrix is inverted.

    Examples
    --------
    >>> rows = pd.DataFrame({"a": [1.0, 2.0, 4.0, 3.0] * 5, "b": [5.0, 4.0, 1.0, 9.0] * 5})
    >>> arrange_wide(rows, subgroup_size=2).points["n"].tolist()
    [2, 2, 2, 2, 2, 2, 2, 2, 2, 2]
    """
    notes: dict[str, int] = {}
    rows = in_time_order(frame.reset_index(drop=True), notes)
    variables = _variables(rows, columns, notes)
    values = rows[list(variables)].to_numpy(dtype=float, na_value=np.nan)
    complete = np.isfinite(values).all(axis=1)
    if "subgroup" in rows:
        complete &= rows["subgroup"].notna().to_numpy()
    notes["incomplete_rows"] = int((~complete).sum())
    rows, values = rows[complete].reset_index(drop=True), values[complete]
    code, labels = _group(rows, subgroup_size)
    points = _points(rows, code, labels, notes)
    found = Multivariate(
        variables=variables,
        values=values,
        code=code,
        points=points,
        individuals=bool((points["n"] <= 1).all()),
        notes={name: count for name, count in notes.items() if count},
    )
    _refuse(found)
    return found


def _variables(rows: pd.DataFrame, columns: Sequence[str], notes: dict[str, int]) -> tuple[str, ...]:
    numeric = [
        name
        for name in rows.columns
        if name not in ROLE
        and pd.api.types.is_numeric_dtype(rows[name])
        and not pd.api.types.is_bool_dtype(rows[name])
    ]
    for name in columns:
        if name not in numeric:
            raise unknown("column of numbers", name, numeric)
    chosen = list(columns) or [name for name in numeric if not _counts_rows(rows[name])]
    notes["row_numbers"] = 0 if columns else len(numeric) - len(chosen)
    if not 2 <= len(chosen) <= MOST_VARIABLES:
        expected = f"2 to {MOST_VARIABLES} columns of numbers"
        raise TooFewVariables("variables of a multivariate chart", given=len(chosen), expected=expected)
    return tuple(chosen)


def _counts_rows(column: pd.Series) -> bool:
    values = column.to_numpy(dtype=float, na_value=np.nan)
    return values.size > 2 and bool((np.diff(values) == 1).all())


def _group(rows: pd.DataFrame, size: int) -> tuple[NDArray[np.intp], pd.Series]:
    if "subgroup" in rows:
        code, found = pd.factorize(rows["subgroup"])
        return code, pd.Series(found).map(_label)
    code = np.arange(len(rows)) // max(1, size)
    return code, pd.Series(np.unique(code) + 1)


def _label(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def _points(
    rows: pd.DataFrame, code: NDArray[np.intp], labels: pd.Series, notes: dict[str, int]
) -> pd.DataFrame:
    points = pd.DataFrame({"point": np.arange(1, len(labels) + 1), "subgroup": labels})
    if "ts" in rows:
        points["ts"] = rows["ts"].groupby(code).first()
    points["n"] = np.bincount(code, minlength=len(labels))
    points["baseline"] = True
    if "baseline" in rows:
        notes["missing_baseline"] = int(rows["baseline"].isna().sum())
        inside = rows["baseline"].eq(True).fillna(False).astype(bool)
        points["baseline"] = inside.groupby(code).all()
    return points


def _refuse(found: Multivariate) -> None:
    """Refuse what has no covariance matrix that can be inverted."""
    inside = found.in_baseline[found.code]
    points, p = int(found.in_baseline.sum()), len(found.variables)
    if points < max(MINIMUM_POINTS, p + 3 if found.individuals else 2):
        need = max(MINIMUM_POINTS, p + 3 if found.individuals else 2)
        raise TooFew(
            "points for the limits", need=need, have=points, hint="collect more or chart fewer columns"
        )
    values = found.values[inside]
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0)
    for name, sigma, size in zip(found.variables, spread, np.abs(values).max(axis=0), strict=True):
        if not sigma > 1e-12 * max(size, 1e-300):
            raise NoVariation(name)
    triangle = np.linalg.qr(centred / spread, mode="r")
    left = np.diag(triangle) ** 2 / len(values)  # what the columns before a variable leave of its variance
    if left.min() < COLLINEAR:
        raise Collinear(found.variables[int(left.argmin())])
