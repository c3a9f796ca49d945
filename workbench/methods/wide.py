"""Tables with several measured columns in a row: which belong together, and one row per value from them.

Decides by the names of columns alone; what the values mean is known to those who ask.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

_DIGITS = str.maketrans("一二三四五六七八九₀₁₂₃₄₅₆₇₈₉", "1234567890123456789")
_ROMANS = ("", "I", "II", "III", "IV", "V", "VI")
_ROMAN = re.compile(r"\s(I{1,3}|IV|VI?)$")
# a unit in brackets at the end says nothing
_NUMBERED = re.compile(r"(.*?)[\s._-]*(\d+)([^\d(（\[]*?)(?:\s*[(（\[].*)?")


class Numbered(NamedTuple):
    """A name with a number in it: what stands before, the number, and what stands behind."""

    before: str
    number: int
    behind: str

    @property
    def family(self) -> tuple[str, str]:
        """What the names of a family share."""
        return self.before, self.behind


def numbered(name: str) -> Numbered | None:
    """Take a name apart at its last number, if it has one.

    Parameters
    ----------
    name : str

    Returns
    -------
    Numbered or None

    Source
    ------
    None: a matter of form.

    Examples
    --------
    >>> numbered("Result 2"), numbered("第三次"), numbered("Replicate IV").number
    (Numbered(before='Result', number=2, behind=''), Numbered(before='第', number=3, behind='次'), 4)
    """
    plain = _ROMAN.sub(lambda found: f" {_ROMANS.index(found[1])}", name.strip().translate(_DIGITS))
    match = _NUMBERED.fullmatch(plain)
    return Numbered(match[1], int(match[2]), match[3]) if match else None


def siblings(name: str, others: Sequence[str]) -> list[str]:
    """Find the columns that differ from a name in their number only, by number.

    Parameters
    ----------
    name : str
    others : sequence of str

    Returns
    -------
    list of str

    Source
    ------
    None: a matter of form.

    Examples
    --------
    >>> siblings("x1", ["x3", "x2", "y1"])
    ['x2', 'x3']
    """
    own = numbered(name)
    if own is None:
        return []
    found = [(match.number, other) for other in others if (match := numbered(other))]
    same = {other for other in others if (match := numbered(other)) and match.family == own.family}
    return [other for number, other in sorted(found) if other in same and number != own.number]


def readings(
    name: str, others: Sequence[str], *, columns: Sequence[str] = (), guess: bool = False
) -> list[str]:
    """Settle which columns hold the readings of a subgroup, in a table with one row per subgroup.

    Parameters
    ----------
    name : str
        What the table calls the measured column; it belongs to the named ones when it is a sibling of theirs.
    others : sequence of str
        The other columns of numbers.
    columns : sequence of str
        The columns that somebody named, without ``problem``.
    guess : bool
        Where none is named: take the siblings of the measured column, because it cannot be meant alone.

    Returns
    -------
    list of str
        Empty: a table with one row per value.

    Source
    ------
    None: a matter of form.

    Examples
    --------
    >>> readings("x1", ["x2", "x3", "mean"], guess=True)
    ['x1', 'x2', 'x3']
    """
    further = list(columns) if columns else siblings(name, others) if guess else []
    wanted = list(dict.fromkeys(further))
    return [name, *wanted] if wanted and name not in wanted else wanted


def problem(name: str, others: Sequence[str], columns: Sequence[str]) -> dict[str, Any] | None:
    """Say which named column there is not, or that the measured one is another; see ``wb.refuse``.

    Parameters
    ----------
    name, others, columns
        See ``readings``.

    Returns
    -------
    dict or None
        code, text and remedy; None: nothing stands in the way.

    Source
    ------
    None: a matter of form.
    """
    known = [name, *others]
    lost = [column for column in columns if column not in known]
    if lost:
        text = {
            "en": f"There is no column of numbers {lost[0]!r}; there is {', '.join(known)}.",
            "zh": f"没有名为“{lost[0]}”的数值列；现有：{'、'.join(known)}。",
        }
    elif columns and name not in columns and not siblings(name, columns):
        text = {
            "en": f"The measured value is {name!r}, which is not one of the columns of readings.",
            "zh": f"测量值映射到“{name}”，它不在读数列之中。",
        }
    else:
        return None
    remedy = {
        "en": "Name all columns with readings as the table spells them, and map one as the measured value.",
        "zh": "请按表中的写法列出全部读数列，并将其中一列映射为测量值。",
    }
    return {"code": "unknown_columns", "text": text, "remedy": remedy}


def stacked(frame: pd.DataFrame, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """Turn one row per subgroup into one row per value; each row stays a subgroup.

    Parameters
    ----------
    frame : DataFrame
        Column value, under the name ``name`` in the user's table, perhaps subgroup, and the other readings.
    name : str
    columns : sequence of str
        From ``readings``; empty: the table stays as it is.

    Returns
    -------
    DataFrame
        Without the columns of readings, and with subgroup.

    Source
    ------
    None: a matter of form.

    Examples
    --------
    >>> stacked(pd.DataFrame({"value": [1.0, 3.0], "x2": [2.0, 4.0]}), "x1", ["x1", "x2"])["value"].tolist()
    [1.0, 2.0, 3.0, 4.0]
    """
    if not columns:
        return frame
    own = ["value" if column == name else column for column in columns]
    values = frame[own].to_numpy(dtype=float, na_value=np.nan)
    kept = frame.drop(columns=list({"value", *own}))
    if "subgroup" not in kept:
        kept = kept.assign(subgroup=np.arange(1, len(kept) + 1))
    rows = kept.loc[kept.index.repeat(len(own))].reset_index(drop=True)
    return rows.assign(value=values.ravel())
