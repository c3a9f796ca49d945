"""Rows of judgements put in order: one box of ratings, operators by parts by trials, and the standard.

Decides which ratings have an order and which one means good; agreement is counted in ``msa_attribute``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import Refused, TooFew
from workbench.methods.msa_kappa import Codes
from workbench.methods.msa_study import Unbalanced, texts

GOOD_NAMES = {
    "ok",
    "pass",
    "passed",
    "good",
    "go",
    "yes",
    "y",
    "accept",
    "accepted",
    "conforming",
    "true",
    "1",
}
GOOD_NAMES |= {"合格", "良", "良品", "通过", "是", "接受", "好"}
LEAST_GRADES = 3  # Kendall's coefficients need an order of three or more grades


class UnknownRating(Refused):
    """A grade that the order of grades does not name, or a good rating that nobody gave."""

    code = "unknown_rating"


@dataclass(frozen=True)
class Judgements:
    """A complete study of judgements.

    Attributes
    ----------
    ratings : array of int, shape (operators, parts, trials)
        Each a position in ``grades``.
    standard : array of int, shape (parts,), or None
        What each part is.
    grades : tuple of str
        The ratings there are, in order where they have one.
    operators, parts : tuple of str
    ordered : bool
        Whether the order of the grades means something.
    good : int or None
        The position of the rating of a good part.
    notes : dict of str to int
        What was done to the rows.
    """

    ratings: Codes
    standard: Codes | None
    grades: tuple[str, ...]
    operators: tuple[str, ...]
    parts: tuple[str, ...]
    ordered: bool
    good: int | None
    notes: dict[str, int] = field(default_factory=dict)


def judgements(frame: pd.DataFrame, *, grades: Sequence[str] = (), good: str = "") -> Judgements:
    """Arrange judgements: every operator judged every part equally often.

    Parameters
    ----------
    frame : DataFrame
        Columns part, operator and value (the judgement), perhaps trial and reference (what the part is).
    grades : sequence of str
        The ratings from low to high. Empty: numbers by size; names have no order.
    good : str
        The rating of a good part. Empty: found among two ratings by its name (OK, pass, yes, 合格, …).

    Returns
    -------
    Judgements

    Raises
    ------
    Unbalanced
        If some operator judged some part less or more often than is usual, or a part has two standards.
    UnknownRating
        If ``grades`` lacks a rating, or nobody gave the rating ``good``.
    TooFew
        If there are fewer than two parts, or one rating of each.

    Source
    ------
    AIAG MSA, 4th ed., III-C.
    """
    columns = [column for column in ("part", "operator", "value", "reference") if column in frame]
    complete = frame[columns].notna().all(axis=1)
    notes = {"missing_values": int((~complete).sum())} if not complete.all() else {}
    rows = pd.DataFrame({column: texts(frame.loc[complete, column]) for column in columns})
    if "operator" not in rows:
        rows["operator"] = ""
    if "trial" in frame:
        rows = rows.iloc[np.argsort(frame.loc[complete, "trial"].rank().to_numpy(), kind="stable")]
    if rows.empty:
        raise TooFew("judgements", need=2, have=0, hint="map the columns part, operator and value")
    operators, parts = sorted(rows["operator"].unique()), _by_size(rows["part"].unique())
    counts = pd.crosstab(rows["operator"], rows["part"]).reindex(index=operators, columns=parts)
    trials = int(np.bincount(counts.to_numpy().ravel()).argmax())
    bad = [(o, p) for o in operators for p in parts if counts.loc[o, p] != trials]
    if bad:
        raise Unbalanced([f"{p} × {o} ({counts.loc[o, p]})" for o, p in bad], trials=max(trials, 1))
    if len(parts) < 2 or trials * len(operators) < 2:
        raise TooFew("parts judged twice", need=2, have=min(len(parts), trials), hint="judge more parts")
    known, ordered = _grades(rows, grades)
    code = {grade: at for at, grade in enumerate(known)}
    cells = {at: [code[v] for v in group] for at, group in rows.groupby(["operator", "part"])["value"]}
    ratings = np.array([[cells[o, p] for p in parts] for o in operators], dtype=np.int64)
    standard = _standard(rows, parts, code)
    best = _good(known, good)
    return Judgements(ratings, standard, known, tuple(operators), tuple(parts), ordered, best, notes)


def _by_size(labels: Iterable[Any]) -> list[str]:
    """Put labels that are numbers in order of size, names in alphabetical order."""
    labels = list(labels)
    numbers = pd.to_numeric(pd.Series(labels), errors="coerce")
    if numbers.notna().all():
        return [label for _, label in sorted(zip(numbers, labels, strict=True))]
    return sorted(labels)


def _grades(rows: pd.DataFrame, grades: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    columns = [column for column in ("value", "reference") if column in rows]
    found = _by_size(pd.unique(rows[columns].to_numpy().ravel()))
    if grades:
        unnamed = [grade for grade in found if grade not in grades]
        if unnamed:
            expected = ", ".join(grades)
            raise UnknownRating(
                "rating", given=unnamed[0], expected=expected, hint="name every grade in order"
            )
        return tuple(grades), len(grades) >= LEAST_GRADES
    numeric = pd.to_numeric(pd.Series(found), errors="coerce").notna().all()
    return tuple(found), bool(numeric) and len(found) >= LEAST_GRADES


def _good(known: tuple[str, ...], good: str) -> int | None:
    if good:
        if good not in known:
            raise UnknownRating("rating of a good part", given=good, expected=", ".join(known))
        return known.index(good)
    named = [at for at, grade in enumerate(known) if grade.casefold() in GOOD_NAMES]
    return named[0] if len(known) == 2 and len(named) == 1 else None


def _standard(rows: pd.DataFrame, parts: Sequence[str], code: dict[str, int]) -> Codes | None:
    if "reference" not in rows:
        return None
    several = rows.groupby("part")["reference"].nunique()
    if (several > 1).any():
        raise Unbalanced(
            [f"{part}: {several[part]} standards" for part in several[several > 1].index], trials=1
        )
    first = rows.groupby("part")["reference"].first()
    return np.array([code[first[part]] for part in parts], dtype=np.int64)
