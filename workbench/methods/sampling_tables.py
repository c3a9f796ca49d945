"""The plans of ISO 2859-1 for single sampling: code letters, sample sizes, acceptance numbers.

Decides which plan belongs to a lot, a level, an AQL and a severity; how good it is, is said by ``sampling``.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace

from workbench.errors import Invalid

LEVELS = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
SEVERITIES = ("normal", "tightened", "reduced")
AQLS = (
    *(0.01, 0.015, 0.025, 0.04, 0.065, 0.1, 0.15, 0.25, 0.4, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10.0),
    *(15.0, 25.0, 40.0, 65.0, 100.0, 150.0, 250.0, 400.0, 650.0, 1000.0),
)
LARGEST_PERCENT = 10.0  # above it an AQL can only mean nonconformities per 100 items; clause 5.2

LETTERS = "ABCDEFGHJKLMNPQR"
_LOTS = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)
# ISO 2859-1:1999 (GB/T 2828.1-2012), Table 1: a column per level, a row per range of lot sizes.
_CODES = {
    "S-1": "AAAABBBBCCCCDDD",
    "S-2": "AAABBBCCCDDDEEE",
    "S-3": "AABBCCDDEEFFGGH",
    "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}
_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
_REDUCED = (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800)
UP, DOWN = -1, -2
# ISO 2859-1:1999, Tables 2-A, 2-B and 2-C. Letter and AQL both go in steps of 10^(1/5), so a plan depends on
# the sum of their positions alone: the first entry stands on the diagonal of that number.
_DIAGONALS = {
    "normal": (14, (0, UP, DOWN, 1, 2, 3, 5, 7, 10, 14, 21, 30, 44)),
    "tightened": (15, (0, DOWN, DOWN, 1, 2, 3, 5, 8, 12, 18, 27, 41)),
    "reduced": (14, (0, UP, DOWN, DOWN, 1, 2, 3, 4, 6, 8, 10, 14, 21)),
}
_LAST_OF_ALL, _LAST_OF_SMALL, _SMALL = 24, 26, 5  # letters A to E go two steps farther
# Where the corners of the tables leave the diagonals: first and last letters, and n = 2 of letters A and B
# under reduced inspection, which is the normal plan of letter A.
_CORNERS = {
    ("normal", 0, 15): DOWN,
    ("normal", 15, 1): UP,
    ("tightened", 0, 15): DOWN,
    ("tightened", 15, 1): UP,
    ("reduced", 0, 15): DOWN,
    ("reduced", 14, 2): UP,
    ("reduced", 15, 1): UP,
    ("reduced", 15, 2): UP,
}


@dataclass(frozen=True)
class Plan:
    """A single sampling plan: inspect ``n`` items, accept with at most ``ac`` nonconforming."""

    letter: str
    n: int
    ac: int
    whole_lot: bool = False  # the sample would be as large as the lot

    @property
    def re(self) -> int:
        """The rejection number."""
        return self.ac + 1


def code_letter(lot_size: int, level: str = "II") -> str:
    """Look up the sample size code letter.

    Parameters
    ----------
    lot_size : int
        Items in the lot, at least 2.
    level : str, default "II"
        Inspection level: S-1 to S-4, I, II or III.

    Returns
    -------
    str

    Raises
    ------
    Invalid
        If the lot has fewer than 2 items, or there is no such level.

    Source
    ------
    ISO 2859-1:1999, Table 1.

    Examples
    --------
    >>> code_letter(2000, "II")
    'K'
    """
    if lot_size < 2:
        raise Invalid("lot size", given=lot_size, expected="at least 2")
    if level not in _CODES:
        raise Invalid("level", given=level, expected=", ".join(LEVELS))
    return _CODES[level][bisect_left(_LOTS, lot_size)]


def master_plan(letter: str, aql: float, severity: str = "normal") -> Plan:
    """Look up a plan, following the arrows of the table.

    Parameters
    ----------
    letter : str
        Sample size code letter.
    aql : float
        Acceptance quality limit, percent nonconforming, or nonconformities per 100 items above 10.
    severity : {"normal", "tightened", "reduced"}

    Returns
    -------
    Plan
        With the letter where the arrows ended.

    Raises
    ------
    Invalid
        If the AQL is not one of the 26 preferred values.

    Source
    ------
    ISO 2859-1:1999, Tables 2-A, 2-B and 2-C.

    Examples
    --------
    >>> master_plan("K", 1.0)
    Plan(letter='K', n=125, ac=3, whole_lot=False)
    """
    column = aql_index(aql)
    row = LETTERS.index(letter)
    while (found := _cell(severity, row, column)) < 0:
        row += 1 if found == DOWN else -1
    sizes = _REDUCED if severity == "reduced" else _SIZES
    return Plan((LETTERS + "S")[row], sizes[row], found)


def plan_for(lot_size: int, level: str, aql: float, severity: str = "normal") -> Plan:
    """Look up the plan of a lot; where the sample would be as large as the lot, every item is inspected.

    Parameters
    ----------
    lot_size : int
    level : str
    aql : float
    severity : str

    Returns
    -------
    Plan

    Source
    ------
    ISO 2859-1:1999, Tables 1 and 2.

    Examples
    --------
    >>> plan_for(2000, "II", 1.0, "reduced")
    Plan(letter='K', n=50, ac=2, whole_lot=False)
    """
    plan = master_plan(code_letter(lot_size, level), aql, severity)
    return replace(plan, n=lot_size, whole_lot=True) if plan.n >= lot_size else plan


def aql_index(aql: float) -> int:
    """Return the position of an AQL among the preferred values.

    Parameters
    ----------
    aql : float

    Returns
    -------
    int

    Raises
    ------
    Invalid
        If it is not a preferred value.

    Source
    ------
    ISO 2859-1:1999, clause 5.4.

    Examples
    --------
    >>> aql_index(1.0)
    10
    """
    if aql not in AQLS:
        near = min(AQLS, key=lambda known: abs(known - aql))
        raise Invalid("AQL", given=aql, expected="a preferred value", hint=f"the nearest is {near:g}")
    return AQLS.index(aql)


def _cell(severity: str, row: int, column: int) -> int:
    """Return an acceptance number, or the direction of the arrow."""
    if (severity, row, column) in _CORNERS:
        return _CORNERS[severity, row, column]
    if severity == "reduced" and row == 1 and column > 14:
        return _cell("normal", 0, column) if column > 15 else DOWN
    if severity == "reduced" and row == 0:
        severity = "normal"
    first, numbers = _DIAGONALS[severity]
    diagonal = row + column
    last = _LAST_OF_SMALL if row < _SMALL else _LAST_OF_ALL
    if diagonal < first:
        return DOWN
    return numbers[diagonal - first] if diagonal <= last else UP
