"""Designs of experiments in coded units: two-level, Plackett-Burman, central composite, Box-Behnken.

Decides where the runs stand; what is confounded is decided by ``doe_confounding``, the order of the runs and
their real units by ``doe_sheet``.
"""

from dataclasses import dataclass
from functools import reduce
from itertools import combinations, product
from operator import xor
from typing import Any

import numpy as np

from workbench.errors import Invalid
from workbench.methods.doe_confounding import parsed, span, split, word_of

Floats = np.ndarray[Any, Any]
MOST_RUNS = 512
KINDS = ("full", "fractional", "plackett-burman", "ccd", "box-behnken")

# Generators of the fractions of highest resolution, by factors and number of generators.
# Box, Hunter and Hunter, Statistics for Experimenters, Table 6.22; NIST/SEMATECH 5.3.3.4.7.
_FRACTIONS = {
    (3, 1): "C=AB",
    (4, 1): "D=ABC",
    (5, 1): "E=ABCD",
    (5, 2): "D=AB,E=AC",
    (6, 1): "F=ABCDE",
    (6, 2): "E=ABC,F=BCD",
    (6, 3): "D=AB,E=AC,F=BC",
    (7, 1): "G=ABCDEF",
    (7, 2): "F=ABCD,G=ABDE",
    (7, 3): "E=ABC,F=BCD,G=ACD",
    (7, 4): "D=AB,E=AC,F=BC,G=ABC",
    (8, 2): "G=ABCD,H=ABEF",
    (8, 3): "F=ABC,G=ABD,H=BCDE",
    (8, 4): "E=BCD,F=ACD,G=ABC,H=ABD",
    (9, 3): "G=ABCD,H=ACEF,J=CDEF",
    (9, 4): "F=BCDE,G=ACDE,H=ABDE,J=ABCE",
    (9, 5): "E=ABC,F=BCD,G=ACD,H=ABD,J=ABCD",
    (10, 4): "G=BCDF,H=ACDF,J=ABDE,K=ABCE",
    (10, 5): "F=ABCD,G=ABCE,H=ABDE,J=ACDE,K=BCDE",
    (10, 6): "E=ABC,F=BCD,G=ACD,H=ABD,J=ABCD,K=AB",
    (11, 7): "E=ABC,F=BCD,G=ACD,H=ABD,J=ABCD,K=AB,L=AC",
}
# Plackett and Burman, Biometrika 33, 1946: first rows of the cyclic designs.
_CYCLIC = {
    12: "++-+++---+-",
    20: "++--++++-+-+----++-",
    24: "+++++-+-++--++--+-+----",
}
# Box and Behnken, Technometrics 2, 1960: factors that vary together.
_TOGETHER = {
    6: ((0, 1, 3), (1, 2, 4), (2, 3, 5), (0, 3, 4), (1, 4, 5), (0, 2, 5)),
    7: ((3, 4, 5), (0, 5, 6), (1, 4, 6), (0, 1, 3), (2, 3, 6), (0, 2, 4), (1, 2, 5)),
}
_BOX_BEHNKEN_CENTRES = {3: 3, 4: 3}


@dataclass(frozen=True)
class Design:
    """Runs in coded units and standard order, with what is confounded."""

    kind: str
    coded: Floats  # shape (runs, factors)
    point: tuple[str, ...]  # corner, axial, centre or edge, per run
    block: Floats  # from 1
    defining: tuple[str, ...] = ()  # words of the defining relation
    confounded: tuple[str, ...] = ()  # words confounded with blocks
    alpha: float | None = None

    @property
    def resolution(self) -> int | None:
        """Length of the shortest defining word; None where no two effects coincide."""
        if self.kind == "plackett-burman":
            return 3
        return min((len(word) for word in self.defining), default=None)


def two_level(factors: int, generators: str = "") -> tuple[Floats, tuple[str, ...]]:
    """Make a full or fractional two-level design in standard order.

    Parameters
    ----------
    factors : int
    generators : str
        ``"D=AB,E=AC"``; a minus before the word takes the other half.

    Returns
    -------
    array of float, shape (runs, factors)
    tuple of str
        Words of the defining relation.

    Raises
    ------
    Invalid
        If a generator does not name a factor and a product of base factors.

    Source
    ------
    Box, Hunter and Hunter, Statistics for Experimenters, 2nd ed., chapter 6.

    Examples
    --------
    >>> two_level(3, "C=AB")[1]
    ('ABC',)
    """
    rules = dict(parsed(generators, factors))
    base = [number for number in range(factors) if number not in rules]
    corners = np.array(list(product((-1.0, 1.0), repeat=len(base)))).reshape(-1, len(base))[:, ::-1]
    coded = np.ones((len(corners), factors))
    coded[:, base] = corners
    for number, (sign, word) in rules.items():
        if any(each not in base for each in word):
            raise Invalid("generator", given=generators, expected="products of factors that are no products")
        coded[:, number] = sign * coded[:, word].prod(axis=1)
    masks = [reduce(xor, (1 << each for each in word), 1 << number) for number, (_, word) in rules.items()]
    return coded, tuple(sorted(map(word_of, span(masks)), key=lambda word: (len(word), word)))


def fraction(factors: int, runs: int | None = None) -> str:
    """Return the generators of the fraction of highest resolution.

    Parameters
    ----------
    factors : int
    runs : int, optional
        The smallest fraction of resolution IV or more (else III), unless given.

    Returns
    -------
    str

    Source
    ------
    NIST/SEMATECH e-Handbook, 5.3.3.4.7.

    Examples
    --------
    >>> fraction(5), fraction(5, 8)
    ('E=ABCD', 'D=AB,E=AC')
    """
    known = {2 ** (factors - drawn): text for (count, drawn), text in _FRACTIONS.items() if count == factors}
    if runs is not None:
        if runs not in known:
            listed = ", ".join(map(str, sorted(known))) or "none"
            raise Invalid("runs of the fraction", given=runs, expected=f"one of {listed}")
        return known[runs]
    if not known:
        raise Invalid("factors of a fraction", given=factors, expected="3 to 11")
    strong = [size for size, text in known.items() if min(map(len, two_level(factors, text)[1])) >= 4]
    return known[min(strong) if strong else max(known)]


def plackett_burman(factors: int) -> Floats:
    """Make the smallest screening design of 12, 20 or 24 runs.

    Parameters
    ----------
    factors : int
        At most 23.

    Returns
    -------
    array of float, shape (runs, factors)

    Source
    ------
    Plackett and Burman, Biometrika 33, 1946.

    Examples
    --------
    >>> plackett_burman(7).shape
    (12, 7)
    """
    sizes = [size for size in _CYCLIC if size > factors]
    if factors < 2 or not sizes:
        raise Invalid("factors of a Plackett-Burman design", given=factors, expected="2 to 23")
    first = np.array([1.0 if sign == "+" else -1.0 for sign in _CYCLIC[sizes[0]]])
    rows = [np.roll(first, shift) for shift in range(first.size)]
    return np.vstack([*rows, -np.ones(first.size)])[:, :factors]


def box_behnken(factors: int) -> Floats:
    """Make the edges of a Box-Behnken design, without its centre.

    Parameters
    ----------
    factors : int
        3 to 7.

    Returns
    -------
    array of float, shape (runs, factors)

    Source
    ------
    Box and Behnken, Technometrics 2, 1960.

    Examples
    --------
    >>> box_behnken(3).shape
    (12, 3)
    """
    if not 3 <= factors <= 7:
        raise Invalid("factors of a Box-Behnken design", given=factors, expected="3 to 7")
    rows = []
    for together in _TOGETHER.get(factors, tuple(combinations(range(factors), 2))):
        for levels in product((-1.0, 1.0), repeat=len(together)):
            row = np.zeros(factors)
            row[list(together)] = levels[::-1]
            rows.append(row)
    return np.array(rows)


def design(kind: str, factors: int, **choices: Any) -> Design:
    """Make a design.

    Parameters
    ----------
    kind : {"full", "fractional", "plackett-burman", "ccd", "box-behnken"}
    factors : int
    **choices
        runs and generators (fractional), centre (points; None: as usual for the kind), replicates, blocks,
        alpha ("rotatable", "face" or "orthogonal", of a central composite design).

    Returns
    -------
    Design

    Raises
    ------
    Invalid
        If there is no such design.

    Source
    ------
    See the functions above; Myers, Montgomery and Anderson-Cook, Response Surface Methodology, chapter 8.

    Examples
    --------
    >>> made = design("fractional", 5, runs=8)
    >>> made.coded.shape, made.resolution
    ((8, 5), 3)
    """
    if kind not in KINDS:
        raise Invalid("design", given=kind, expected=", ".join(KINDS))
    centre, replicates, blocks = (choices.get(name) for name in ("centre", "replicates", "blocks"))
    replicates, blocks = replicates or 1, blocks or 1
    if kind == "ccd":
        made = _composite(factors, centre, blocks, choices.get("alpha") or "rotatable")
    elif kind == "box-behnken":
        corners = box_behnken(factors)
        default = _BOX_BEHNKEN_CENTRES.get(factors, 6)
        made = _with_centre(
            Design(kind, corners, ("edge",) * len(corners), np.ones(len(corners))), centre, default
        )
    elif kind == "plackett-burman":
        corners = plackett_burman(factors)
        made = _with_centre(
            Design(kind, corners, ("corner",) * len(corners), np.ones(len(corners))), centre, 0
        )
    else:
        made = _two_level(kind, factors, centre, blocks, choices)
    if blocks > 1 and not (made.confounded or kind == "ccd"):
        raise Invalid("blocks", given=blocks, expected=f"1 for {kind}")
    whole = _repeated(made, replicates)
    if len(whole.coded) > MOST_RUNS:
        raise Invalid("runs", given=len(whole.coded), expected=f"at most {MOST_RUNS}")
    return whole


def _two_level(kind: str, factors: int, centre: int | None, blocks: int, choices: dict[str, Any]) -> Design:
    if factors < 2:
        raise Invalid("factors", given=factors, expected="at least 2")
    generators = ""
    if kind == "fractional":
        generators = choices.get("generators") or fraction(factors, choices.get("runs"))
    drawn = generators.count("=")
    if 2 ** (factors - drawn) > MOST_RUNS:
        raise Invalid("runs", given=2 ** (factors - drawn), expected=f"at most {MOST_RUNS}")
    coded, defining = two_level(factors, generators)
    block, confounded = split(coded, defining, blocks)
    made = Design(kind, coded, ("corner",) * len(coded), block, defining, confounded)
    return _with_centre(made, centre, 0)


def _composite(factors: int, centre: int | None, blocks: int, alpha: str) -> Design:
    if not 2 <= factors <= 8:
        raise Invalid("factors of a central composite design", given=factors, expected="2 to 8")
    if blocks not in (1, 2, 3):
        raise Invalid("blocks", given=blocks, expected="1, 2 or 3 for ccd")
    generators = {5: "E=ABCD", 6: "F=ABCDE", 7: "G=ABCDEF", 8: "G=ABCD,H=ABEF"}.get(factors, "")
    corners, defining = two_level(factors, generators)
    middle = 6 if centre is None else centre
    second = middle if blocks == 1 else middle // 3  # a third of the centre points beside the axial ones
    first = middle - second
    reach = _reach(alpha, corners=len(corners), factors=factors, centre=(middle - middle // 3, middle // 3))
    axial = np.vstack(
        [reach * sign * np.eye(factors)[number] for number in range(factors) for sign in (-1, 1)]
    )
    corner_block, confounded = split(corners, defining, 2) if blocks == 3 else (np.ones(len(corners)), ())
    parts = [
        ("corner", corners, corner_block),
        ("centre", np.zeros((first, factors)), np.resize(np.unique(corner_block), first)),
        ("axial", axial, np.full(len(axial), float(blocks))),
        ("centre", np.zeros((second, factors)), np.full(second, float(blocks))),
    ]
    return Design(
        "ccd",
        np.vstack([rows for _, rows, _ in parts]),
        tuple(name for name, rows, _ in parts for _ in rows),
        np.concatenate([numbers for _, _, numbers in parts]),
        defining,
        confounded,
        reach,
    )


def _reach(alpha: str, *, corners: int, factors: int, centre: tuple[int, int]) -> float:
    if alpha == "face":
        return 1.0
    if alpha == "rotatable":
        return float(corners**0.25)
    axial = 2 * factors
    return float(np.sqrt(factors * (1 + centre[1] / axial) / (1 + centre[0] / corners)))


def _with_centre(made: Design, centre: int | None, default: int) -> Design:
    """Add centre points, spread evenly over the blocks."""
    count = default if centre is None else centre
    blocks = np.unique(made.block)
    return Design(
        made.kind,
        np.vstack([made.coded, np.zeros((count, made.coded.shape[1]))]),
        made.point + ("centre",) * count,
        np.concatenate([made.block, np.resize(blocks, count)]),
        made.defining,
        made.confounded,
    )


def _repeated(made: Design, replicates: int) -> Design:
    if replicates == 1:
        return made
    return Design(
        made.kind,
        np.tile(made.coded, (replicates, 1)),
        made.point * replicates,
        np.tile(made.block, replicates),
        made.defining,
        made.confounded,
        made.alpha,
    )
