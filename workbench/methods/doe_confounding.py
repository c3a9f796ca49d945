"""What a two-level design cannot tell apart: generators, defining relation, aliases, blocks.

Decides with words of letters, one per factor; a product of words is the exclusive or of their bits.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import combinations
from operator import xor
from typing import Any

import numpy as np

from workbench.errors import Invalid

Floats = np.ndarray[Any, Any]
LETTERS = "ABCDEFGHJKLMNOPQRSTUVWX"  # without I, the identity


def aliases(defining: Sequence[str], factors: int, *, order: int = 2) -> list[tuple[str, tuple[str, ...]]]:
    """List main effects and interactions with what each cannot be told apart from.

    Parameters
    ----------
    defining : sequence of str
        Words of the defining relation.
    factors : int
    order : int, default 2
        Highest order of the interactions that are listed.

    Returns
    -------
    list of (str, tuple of str)

    Source
    ------
    Box, Hunter and Hunter, Statistics for Experimenters, 2nd ed., chapter 6.

    Examples
    --------
    >>> aliases(("ABC",), 3)[0]
    ('A', ('BC',))
    """
    words = [_mask(word) for word in defining]
    listed = [_mask_of(each) for size in range(1, order + 1) for each in combinations(range(factors), size)]
    seen: set[int] = set()
    rows = []
    for effect in listed:
        if effect in seen:
            continue
        others = sorted((effect ^ word for word in words), key=lambda mask: (mask.bit_count(), word_of(mask)))
        near = [mask for mask in others if 0 < mask.bit_count() <= max(order, 3)]
        seen.update(near)
        rows.append((word_of(effect), tuple(map(word_of, near))))
    return rows


def split(coded: Floats, defining: Sequence[str], blocks: int) -> tuple[Floats, tuple[str, ...]]:
    """Split runs into 1, 2 or 4 blocks by the interactions of the highest order there are.

    Parameters
    ----------
    coded : array of float, shape (runs, factors)
    defining : sequence of str
    blocks : int

    Returns
    -------
    array of float
        Number of the block of each run, from 1.
    tuple of str
        Words confounded with blocks.

    Raises
    ------
    Invalid
        If a factor would be confounded with blocks, or there is no such number of blocks.

    Source
    ------
    Box, Hunter and Hunter, Statistics for Experimenters, 2nd ed., 5.16 and 6.

    Examples
    --------
    >>> split(np.array([[-1.0, -1], [1, -1], [-1, 1], [1, 1]]), (), 2)[1]
    ('AB',)
    """
    if blocks == 1:
        return np.ones(len(coded)), ()
    if blocks not in (2, 4) or len(coded) < 2 * blocks:
        raise Invalid("blocks", given=blocks, expected="1, 2 or 4, of at least two runs each")
    factors = coded.shape[1]
    known = [_mask(word) for word in defining]
    words = [mask for mask in range(1, 2**factors) if _order(mask, known) > 1]
    pairs = combinations(words, 2) if blocks == 4 else ((word,) for word in words)
    best = max(pairs, key=lambda chosen: _strength(chosen, known), default=())
    if not best or _strength(best, known)[0] < 2:
        raise Invalid("blocks", given=blocks, expected="fewer: they would be confounded with a factor")
    signs = [coded[:, [n for n in range(factors) if mask >> n & 1]].prod(axis=1) for mask in best]
    number = 1 + sum((2**place * (sign > 0) for place, sign in enumerate(signs)), np.zeros(len(coded)))
    return number, tuple(sorted(map(word_of, span(best)), key=lambda word: (len(word), word)))


def parsed(generators: str, factors: int) -> Iterator[tuple[int, tuple[int, list[int]]]]:
    """Read generators such as ``D=ABC,E=-BC``: the factor, the sign, and the factors that are multiplied.

    Parameters
    ----------
    generators : str
    factors : int

    Returns
    -------
    iterator of (int, (int, list of int))

    Raises
    ------
    Invalid
        If it cannot be read.

    Source
    ------
    None.

    Examples
    --------
    >>> list(parsed("C=AB", 3))
    [(2, (1, [0, 1]))]
    """
    for text in filter(None, (part.strip().upper() for part in generators.split(","))):
        name, _, word = text.partition("=")
        sign, word = (-1, word.strip()[1:]) if word.strip().startswith("-") else (1, word.strip().lstrip("+"))
        known = LETTERS[:factors]
        if name.strip() not in known or len(name.strip()) != 1 or not word or not set(word) <= set(known):
            raise Invalid(
                "generator", given=text, expected=f"like D=ABC, with letters {known[0]} to {known[-1]}"
            )
        yield known.index(name.strip()), (sign, [known.index(letter) for letter in word])


def span(masks: Sequence[int]) -> list[int]:
    """Return every product of some of the words.

    Parameters
    ----------
    masks : sequence of int
        A bit per factor.

    Returns
    -------
    list of int

    Source
    ------
    None.

    Examples
    --------
    >>> span([0b011, 0b110])
    [3, 5, 6]
    """
    found = {0}
    for mask in masks:
        found |= {mask ^ each for each in found}
    return sorted(found - {0})


def word_of(mask: int) -> str:
    """Write a product of factors with their letters.

    Parameters
    ----------
    mask : int

    Returns
    -------
    str

    Source
    ------
    None.

    Examples
    --------
    >>> word_of(0b101)
    'AC'
    """
    return "".join(letter for place, letter in enumerate(LETTERS) if mask >> place & 1)


def _order(mask: int, known: Sequence[int]) -> int:
    """Return the order of the lowest effect that coincides with a word."""
    return min((each.bit_count() for each in (mask, *(mask ^ word for word in known))), default=0)


def _strength(chosen: Iterable[int], known: Sequence[int]) -> tuple[int, ...]:
    """Return the orders of what is lost to blocks, lowest first: the more, the better."""
    return tuple(sorted(_order(mask, known) for mask in span(list(chosen))))


def _mask(word: str) -> int:
    return _mask_of(LETTERS.index(letter) for letter in word)


def _mask_of(numbers: Iterable[int]) -> int:
    return reduce(xor, (1 << number for number in numbers), 0)
