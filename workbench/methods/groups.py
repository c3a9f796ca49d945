"""Groups of measurements, and the analysis of variance between them to as many digits as the data hold.

Decides which values form groups and computes their sums of squares. The tests are in ``groups_tests``, the
choice among them in ``groups_compare``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtrc

from workbench.errors import Refused, TooFew, unknown
from workbench.methods.decimals import Floats, centred

MOST_GROUPS = 40  # 780 pairs; beyond, a table of pairs helps nobody
SMALLEST = 2  # values in a group
Wide = np.longdouble  # a few digits in reserve where the machine has them


class NoValues(Refused):
    """There is neither a column of values nor columns to compare."""

    code = "no_values"


class TooManyGroups(Refused):
    """More groups than anybody can compare pair by pair."""

    code = "too_many_groups"


@dataclass(frozen=True)
class Anova:
    """The analysis of variance between groups.

    Attributes
    ----------
    df_between, df_within : int
        Degrees of freedom.
    ss_between, ss_within : float
        Sums of squares, in the square of the values' unit.
    f, p : float
        Ratio of the mean squares, and its chance under equal means.
    """

    df_between: int
    df_within: int
    ss_between: float
    ss_within: float
    f: float
    p: float

    @property
    def ms_between(self) -> float:
        """Mean square between groups."""
        return self.ss_between / self.df_between if self.df_between else float("nan")

    @property
    def ms_within(self) -> float:
        """Mean square within groups."""
        return self.ss_within / self.df_within

    @property
    def sigma(self) -> float:
        """Standard deviation within groups."""
        return float(self.ms_within**0.5)

    @property
    def r_squared(self) -> float:
        """Share of the sum of squares that the groups explain."""
        return self.ss_between / (self.ss_between + self.ss_within)

    @property
    def table(self) -> pd.DataFrame:
        """One source per row: source, df, ss, ms, f, p."""
        rows = [
            ("between", self.df_between, self.ss_between, self.ms_between, self.f, self.p),
            ("within", self.df_within, self.ss_within, self.ms_within, np.nan, np.nan),
            ("total", self.df_between + self.df_within, self.ss_between + self.ss_within, *[np.nan] * 3),
        ]
        return pd.DataFrame(rows, columns=["source", "df", "ss", "ms", "f", "p"])


@dataclass(frozen=True)
class Groups:
    """Measurements by group.

    Attributes
    ----------
    names : tuple of str
    origin : float
        In the values' unit.
    away : tuple of arrays of float
        Each group's values minus the origin, in the values' unit.
    notes : dict
        What was found and how often, by code.
    """

    names: tuple[str, ...]
    origin: float
    away: tuple[Floats, ...]
    notes: dict[str, int]

    @property
    def sizes(self) -> Floats:
        """Number of values of each group."""
        return np.array([part.size for part in self.away], dtype=float)

    @property
    def means(self) -> Floats:
        """Mean of each group minus the origin."""
        return np.array([float(part.astype(Wide).mean()) for part in self.away])

    @property
    def variances(self) -> Floats:
        """Variance of each group (n - 1)."""
        return np.array([float(part.astype(Wide).var(ddof=1)) for part in self.away])

    @property
    def residuals(self) -> Floats:
        """Every value minus its group's mean."""
        return np.concatenate([part - mean for part, mean in zip(self.away, self.means, strict=True)])

    @property
    def table(self) -> pd.DataFrame:
        """One group per row: group, n, mean, sd, se, median, minimum, maximum."""
        from_median = np.array([float(np.median(part)) for part in self.away])
        deviation = np.sqrt(self.variances)
        return pd.DataFrame(
            {
                "group": list(self.names),
                "n": self.sizes.astype(int),
                "mean": self.origin + self.means,
                "sd": deviation,
                "se": deviation / np.sqrt(self.sizes),
                "median": self.origin + from_median,
                "minimum": [self.origin + float(part.min()) for part in self.away],
                "maximum": [self.origin + float(part.max()) for part in self.away],
            }
        )


def arrange_groups(
    frame: pd.DataFrame,
    *,
    columns: Sequence[str] = (),
    missing_code: float | None = None,
    label: str = "value",
) -> Groups:
    """Sort measurements into groups, from a long or a wide table.

    Parameters
    ----------
    frame : DataFrame
        Long: columns ``value`` and ``group``. Without ``group`` the values are one group. Wide (no
        ``value``, or ``columns`` named): each numeric column is a group.
    columns : sequence of str
        The columns of a wide table to compare; empty means all numeric ones.
    missing_code : float, optional
        A value that stands for a missing one, such as -999.
    label : str
        Name of the group when there is only one.

    Returns
    -------
    Groups

    Raises
    ------
    NoValues, TooManyGroups, NotFound
    TooFew
        If no group has two values.

    Source
    ------
    None.

    Examples
    --------
    >>> arrange_groups(pd.DataFrame({"value": [1, 2, 4, 5], "group": ["b", "b", "a", "a"]})).names
    ('b', 'a')
    """
    notes: dict[str, int] = {}
    wide = bool(columns) or "value" not in frame
    parts = _columns(frame, columns) if wide else _rows(frame, label, notes)
    kept: dict[str, Floats] = {}
    missing = small = 0
    for name, values in parts.items():
        good = np.isfinite(values) & (values != missing_code if missing_code is not None else True)
        missing += int((~good).sum())
        if good.sum() >= SMALLEST:
            kept[name] = values[good]
        elif good.any():
            small += 1
    notes |= {"missing_values": missing, "small_groups": small}
    if len(kept) > MOST_GROUPS:
        raise TooManyGroups("groups to compare", given=len(kept), expected=f"at most {MOST_GROUPS}")
    if not kept:
        raise TooFew("groups with two values", need=1, have=0, hint="collect more values")
    origin, away = centred(np.concatenate(list(kept.values())))
    ends = np.cumsum([part.size for part in kept.values()])[:-1]
    found = {name: count for name, count in notes.items() if count}
    return Groups(tuple(kept), origin, tuple(np.split(away, ends)), found)


def _columns(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, Floats]:
    numeric = [str(name) for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])]
    for name in columns:
        if name not in numeric:
            raise unknown("column of numbers", name, numeric)
    if not numeric:
        raise NoValues("nothing to compare", hint="map the column of values")
    return {name: frame[name].to_numpy(dtype=float, na_value=np.nan) for name in columns or numeric}


def _rows(frame: pd.DataFrame, label: str, notes: dict[str, int]) -> dict[str, Floats]:
    values = frame["value"].to_numpy(dtype=float, na_value=np.nan)
    if "group" not in frame:
        return {label: values}
    notes["missing_groups"] = int(frame["group"].isna().sum())
    code, names = pd.factorize(frame["group"], sort=pd.api.types.is_numeric_dtype(frame["group"]))
    return {_label(name): values[code == at] for at, name in enumerate(names)}


def _label(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def anova(groups: Groups) -> Anova:
    """Analyse the variance between groups.

    Parameters
    ----------
    groups : Groups

    Returns
    -------
    Anova
        With one group nothing lies between: df 0, F and p NaN.

    Source
    ------
    NIST/SEMATECH e-Handbook, 7.4.3; sums of squares in two passes over exact distances from a common origin.

    Examples
    --------
    >>> table = pd.DataFrame({"value": [1, 2, 3, 3, 4, 5], "group": [1, 1, 1, 2, 2, 2]})
    >>> found = anova(arrange_groups(table))
    >>> found.ss_between, found.ss_within, found.f
    (6.0, 4.0, 6.0)
    """
    sizes = np.array([part.size for part in groups.away], dtype=Wide)
    means = np.array([part.astype(Wide).mean() for part in groups.away])
    grand = (sizes * means).sum() / sizes.sum()
    between = (sizes * (means - grand) ** 2).sum()
    within = sum(
        (((part.astype(Wide) - mean) ** 2).sum() for part, mean in zip(groups.away, means, strict=True)),
        Wide(0),
    )
    df_between, df_within = len(groups.away) - 1, int(sizes.sum()) - len(groups.away)
    f = float(between / df_between / (within / df_within)) if df_between and within > 0 else float("nan")
    p = float(fdtrc(df_between, df_within, f)) if df_between and within > 0 else float("nan")
    return Anova(df_between, df_within, float(between), float(within), f, p)
