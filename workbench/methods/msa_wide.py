"""A gauge study in a wide table: a column per trial, per operator, or per operator and trial, put into rows.

Decides by the names of columns which of them are trials and which are operators.
"""

import re
from collections.abc import Sequence

import pandas as pd

from workbench.errors import unknown
from workbench.methods.wide import numbered, siblings

Columns = dict[str, tuple[str | None, int | None]]  # whose measurements a column holds, and of which trial
ROLES = ("part", "operator", "trial", "reference", "value")
_PERSON = "operator|appraiser|inspector|assessor|op|操作员|操作者|测量员|检验员|评价人"
_OPERATOR = re.compile(rf"(?:{_PERSON}|[A-Ha-h])|(?:{_PERSON})[\s._-]*\w{{1,20}}", re.IGNORECASE)
_TRIAL_WORD = re.compile(
    r"[\s._-]*(?:trial|measurement|reading|repeat|test|[\s._-]t|试验|测量|第)?[\s._-]*$", re.IGNORECASE
)


def joined(
    frame: pd.DataFrame,
    name: str = "value",
    *,
    trial_columns: Sequence[str] = (),
    operator_columns: Sequence[str] = (),
) -> pd.DataFrame:
    """Turn a wide table into one row per measurement; a long table stays as it is.

    Wide is a table where further columns are named; where no operator has measured a part more than once
    and beside the measured column, say ``Result1``, there is a ``Result2``; or where no operator is mapped
    and the columns' names tell operators, such as ``A1 A2 B1 B2`` and ``Operator 1, Operator 2``.

    Parameters
    ----------
    frame : DataFrame
        Columns value, perhaps part, operator, trial and reference, and any number of others.
    name : str
        What the table itself calls the column ``value``.
    trial_columns : sequence of str
        Further columns with measurements of the same parts, under their own names.
    operator_columns : sequence of str
        Further columns with the measurements of other operators, under their own names.

    Returns
    -------
    DataFrame
        Without the other columns.

    Raises
    ------
    NotFound
        If a named column is not there.

    Source
    ------
    AIAG MSA, 4th ed., III-B: its sheet has a column per trial for each appraiser in turn.

    Examples
    --------
    >>> wide = pd.DataFrame({"part": [1, 2], "value": [5.0, 7.0], "Result2": [6.0, 8.0]})
    >>> joined(wide, "Result1")["value"].tolist()
    [5.0, 7.0, 6.0, 8.0]
    >>> wide = pd.DataFrame({"part": [1], "value": [5.0], "A2": [6.0], "B1": [7.0], "B2": [8.0]})
    >>> joined(wide, "A1")["operator"].tolist()
    ['A', 'A', 'B', 'B']
    """
    known = [column for column in ROLES if column in frame]
    others = [str(column) for column in frame if column not in known]
    for column in (*trial_columns, *operator_columns):
        if column not in others and column != name:
            raise unknown("column", column, others)
    people = (
        _operators(name, others, operator_columns) if "operator" not in frame and not trial_columns else {}
    )
    if people:
        return _stacked(frame, known, name, people)
    chosen = [column for column in trial_columns if column != name]
    if not chosen and _once(frame):
        chosen = siblings(name, others)
    trials: Columns = {column: (None, at) for at, column in enumerate([name, *chosen], 1)}
    return _stacked(frame, known, name, trials) if chosen else frame[known]


def _stacked(frame: pd.DataFrame, known: list[str], name: str, columns: Columns) -> pd.DataFrame:
    parts = []
    for column, (operator, trial) in columns.items():
        part = frame[known].assign(value=frame["value" if column == name else column])
        if operator is not None:
            part["operator"] = operator
        if trial is not None:
            part["trial"] = trial
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _operators(name: str, others: Sequence[str], chosen: Sequence[str]) -> Columns:
    """Tell whose measurements each column holds, and of which trial where the name says so."""
    columns = list(dict.fromkeys([name, *chosen] if chosen else [name, *others]))
    families = _families(columns)
    if not chosen:
        families = {who: trials for who, trials in families.items() if _OPERATOR.fullmatch(who)}
    mine = next((set(trials) for trials in families.values() if name in trials.values()), set())
    alike = {who: trials for who, trials in families.items() if set(trials) == mine}
    if len(alike) > 1 and len(mine) > 1:
        return {column: (who, at) for who, trials in alike.items() for at, column in sorted(trials.items())}
    if not chosen and _person(name):
        chosen = [other for other in others if _person(other) == _person(name)]
    return {column: (column, None) for column in dict.fromkeys([name, *chosen])} if chosen else {}


def _families(columns: Sequence[str]) -> dict[str, dict[int, str]]:
    """Sort columns by what stands before their number, the number being the trial."""
    families: dict[str, dict[int, str]] = {}
    for column in columns:
        match = numbered(column)
        if match:
            families.setdefault(_TRIAL_WORD.sub("", match.before), {}).setdefault(match.number, column)
    return families


def _person(column: str) -> str:
    """Return the word for an operator that a column's name begins with, when little follows it."""
    match = re.fullmatch(rf"({_PERSON})[\s._-]*\w{{1,20}}", column.strip(), re.IGNORECASE)
    return match[1].casefold() if match else ""


def _once(frame: pd.DataFrame) -> bool:
    """Tell whether nobody measured a part twice."""
    keys = [column for column in ("part", "operator") if column in frame] or ["reference"]
    known = "trial" not in frame and set(keys) <= set(frame)
    return known and not frame.dropna(subset=keys).duplicated(keys).any()
