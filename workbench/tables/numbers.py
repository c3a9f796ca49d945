"""Numbers as people write them: decimal marks, thousands, 万 and 亿, percent, money, units, signs.

Decides for a whole column which mark is the decimal one. Never rounds an identifier: whole numbers of more
than fifteen digits beside fractions stay text.
"""

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.tables import headers
from workbench.tables.columns import MISSING

PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
WHOLE = r"^[+-]?\d{1,18}$"
LONG = r"^[+-]?\d{16,}$"
THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
COMMA = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+|),\d+([eE][+-]?\d+)?$"  # 1,5 and 1.234,5
ONLY_COMMA = (
    r"^[+-]?(\d*,\d{1,2}|\d*,\d{4,}|0,\d+|\d{1,3}(\.\d{3})+,\d+)$"  # can be nothing but a decimal comma
)
POINT_GROUPS = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"  # 1.234: thousands where a comma is the decimal mark
CENSORED = r"^[<>≤≥＜＞]=?\s*[\d.,]+\s*\S{0,6}$"  # below or above what could be measured
MONEY = {"¥": "CNY", "￥": "CNY", "RMB": "CNY", "CNY": "CNY", "$": "USD", "US$": "USD", "USD": "USD",
         "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP"}  # fmt: skip
_SIGNS = r"(?P<sign>US\$|CN¥|[¥￥$€£]|RMB|CNY|USD|EUR|GBP)"
SCALES = {"万": 1e4, "亿": 1e8, "千": 1e3}
SHARE = 0.9


@dataclass
class Numbers:
    """A column as numbers, what was taken off its cells, and which could be read."""

    values: pa.ChunkedArray
    good: pa.ChunkedArray
    unit: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def count(mask: pa.ChunkedArray) -> int:
    """Count what is true."""
    return pc.sum(mask).as_py() or 0


def matches(text: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    """Say which cells match; an empty one does not."""
    return pc.fill_null(pc.match_substring_regex(text, pattern), False)


def all_match(text: pa.ChunkedArray, pattern: str) -> bool:
    """Whether every cell with something in it matches."""
    return pc.all(pc.match_substring_regex(text, pattern)).as_py() is not False


def has_decimal_comma(cells: pa.ChunkedArray) -> bool:
    """Whether a column can only be read with a comma as the decimal mark."""
    if not pc.any(pc.match_substring(cells, ",")).as_py():
        return False
    text = _signs_off(pc.utf8_trim_whitespace(pc.utf8_normalize(cells, form="NFKC")))[0]
    text = _ungrouped(pc.replace_substring_regex(text, r"\s*[%‰万亿]$", ""))
    sure, other = count(matches(text, ONLY_COMMA)), count(matches(text, THOUSANDS))
    either = count(matches(text, COMMA)) + count(matches(text, PLAIN))
    signs = pc.is_in(pc.utf8_lower(text), pa.array(sorted(MISSING)))
    present = count(pc.invert(pc.or_(signs, matches(text, CENSORED))))
    return sure > 0 and sure >= other / 4 and either >= SHARE * present


def plain(wanted: pa.ChunkedArray, *, comma: bool) -> pa.ChunkedArray | None:
    """Read a column of nothing but plain numbers."""
    if not all_match(wanted, PLAIN) or (comma and _points_are_groups(wanted)):
        return None
    unsigned = pc.replace_substring_regex(wanted, r"^\+", "")
    if all_match(wanted, WHOLE):
        return unsigned.cast(pa.int64())
    return None if count(matches(wanted, LONG)) else unsigned.cast(pa.float64())


def odd(wanted: pa.ChunkedArray, *, comma: bool, decimal: str | None = None) -> Numbers:
    """Read numbers with anything around and inside them."""
    text = pc.utf8_trim_whitespace(pc.utf8_normalize(wanted, form="NFKC"))  # full-width digits, narrow blanks
    text = pc.replace_substring_regex(text, r"^[−–](\d)", r"-\1")
    text, unit = _signs_off(text)
    text = _ungrouped(text)
    text, unit = _without_yuan(text, unit)
    percent, permille = matches(text, r"\d\s*%$"), matches(text, r"\d\s*‰$")
    scale = _scale(text, permille=permille if count(percent) else None)
    if unit is None:
        text, unit = _without_unit(text)
    text = pc.replace_substring_regex(text, r"(\d)\s*[%千万亿]$", r"\1")
    if count(percent):  # 0.5‰ beside 12%
        percent = pc.or_(percent, permille)
        text = pc.replace_substring_regex(text, r"(\d)\s*‰$", r"\1")
    text, facts = _without_marks(text, comma=comma, decimal=decimal)
    good = pc.and_(matches(text, PLAIN), pc.is_valid(wanted))
    # 85 % beside 0.85: one of the two kinds is a mistake, and which one is not ours to say.
    is_percent = 2 * count(percent) > count(good)
    good = pc.and_(good, percent if is_percent else pc.invert(percent))
    number = pc.replace_substring_regex(pc.if_else(good, text, None), r"^\+", "")
    words = [word for word in SCALES if count(matches(wanted, rf"\d\s*{word}元?$"))]
    facts |= {"scale": words[0]} if words else {}
    if pc.all(pc.equal(scale, 1.0)).as_py() is not False and all_match(number, WHOLE):
        return Numbers(number.cast(pa.int64()), good, "%" if is_percent else unit, facts)
    return Numbers(_scaled(number, scale), good, "%" if is_percent else unit, facts)


def _scale(text: pa.ChunkedArray, *, permille: pa.ChunkedArray | None) -> pa.ChunkedArray:
    """Say by what each number is to be multiplied."""
    factor = pa.chunked_array([pa.repeat(1.0, len(text))])
    for word, times in SCALES.items():
        factor = pc.if_else(matches(text, rf"\d\s*{word}$"), times, factor)
    return factor if permille is None else pc.if_else(permille, 0.1, factor)


def _without_yuan(text: pa.ChunkedArray, unit: str | None) -> tuple[pa.ChunkedArray, str | None]:
    """Take 元 off 1.2万元 and 5000元."""
    found = count(matches(text, r"[\d千万亿]\s*元$"))
    if not found:
        return text, unit
    nearly_all = found >= SHARE * (len(text) - text.null_count)
    text = pc.replace_substring_regex(text, r"([\d千万亿])\s*元$", r"\1")
    return text, unit or ("CNY" if nearly_all else None)


def _scaled(number: pa.ChunkedArray, factor: pa.ChunkedArray) -> pa.ChunkedArray:
    exact = pc.multiply(number.cast(pa.float64()), factor)
    # 1.2 万 is 12000, not 11999.999999999998.
    tidy = pc.round(exact, ndigits=6)
    values = pc.if_else(pc.equal(factor, 1.0), exact, tidy)
    whole = pc.all(pc.equal(pc.floor(values), values)).as_py()
    small = pc.all(pc.less(pc.abs(values), 1e15)).as_py()
    return values.cast(pa.int64()) if whole and small else values


def _signs_off(text: pa.ChunkedArray) -> tuple[pa.ChunkedArray, str | None]:
    """Take currency signs off, and turn (12) and 12- into -12."""
    if not pc.any(pc.match_substring_regex(text, r"[(\-¥￥$€£A-Z]")).as_py():
        return text, None
    unit = None
    before = pc.struct_field(pc.extract_regex(text, r"^[(+-]?\s*" + _SIGNS + r"\s*[+-]?[\d.,]"), "sign")
    after = pc.struct_field(pc.extract_regex(text, r"\d\s*" + _SIGNS + r"\)?$"), "sign")
    signs = pc.coalesce(before, after)
    found = {MONEY.get(each.removeprefix("CN"), each) for each in pc.unique(signs).drop_null().to_pylist()}
    if found:
        nearly_all = count(pc.is_valid(signs)) >= SHARE * (len(text) - text.null_count)
        unit = found.pop() if len(found) == 1 and nearly_all else None
        bare = _SIGNS.replace("?P<sign>", "?:")
        text = pc.replace_substring_regex(text, rf"^([(+-]?)\s*{bare}\s*([+-]?)", r"\1\2")
        text = pc.replace_substring_regex(text, rf"(\d)\s*{bare}(\)?)$", r"\1\2")
    text = pc.replace_substring_regex(text, r"^\(\s*(\d[\d.,\s']*%?)\s*\)$", r"-\1")
    return pc.replace_substring_regex(text, r"^(\d[\d.,\s']*)-$", r"-\1"), unit


def _ungrouped(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Close the gaps of 1 234 567 and 1'234'567."""
    grouped = matches(text, r"^[+-]?\d{1,3}([\s'’]\d{3})+([.,]\d+)?\s*\D{0,6}$")
    if not pc.any(grouped).as_py():
        return text
    closed = text
    for _ in range(2):  # neighbours share a digit, so that one pass takes every other gap
        closed = pc.replace_substring_regex(closed, r"(\d)[\s'’](\d{3})", r"\1\2")
    return pc.if_else(grouped, closed, text)


def _without_unit(text: pa.ChunkedArray) -> tuple[pa.ChunkedArray, str | None]:
    """Take a unit off the cells, where all that have one have the same."""
    ends = pc.extract_regex(text, r"^[+-]?[\d.,]*\d\s*(?P<unit>[^\d\s.,+\-][^\s]{0,9})$")
    found = set(pc.unique(pc.struct_field(ends, "unit")).to_pylist()) - {None, "", *SCALES}
    if len(found) != 1 or not headers.is_unit(*found):
        return text, None
    unit = found.pop()
    if unit == "%":
        return text, None
    with_unit = count(pc.fill_null(pc.ends_with(text, pattern=unit), False))
    if with_unit < SHARE * (len(text) - text.null_count):
        return text, None
    return pc.replace_substring_regex(text, r"(\d)\s*[^\d\s.,+\-][^\s]{0,9}$", r"\1"), unit


def _points_are_groups(text: pa.ChunkedArray) -> bool:
    pointed = matches(text, r"\.")
    grouped = count(matches(text, POINT_GROUPS))
    return grouped > 0 and grouped == count(pointed)


def _without_marks(
    text: pa.ChunkedArray, *, comma: bool, decimal: str | None
) -> tuple[pa.ChunkedArray, dict[str, Any]]:
    """Write every number with a point as the decimal mark and nothing between its thousands."""
    many_commas = count(matches(text, r"^[+-]?\d{1,3}((,\d{3}){2,}|(,\d{3})+\.\d+)$"))
    many_points = count(matches(text, r"^[+-]?\d{1,3}((\.\d{3}){2,}|(\.\d{3})+,\d+)$"))
    found = many_points > many_commas or (comma and not many_commas)
    by_comma = decimal == "," if decimal else found
    if by_comma:
        groups = matches(text, r"^[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?$")
        if not (decimal or many_points or _points_are_groups(text)):
            groups = pc.and_(groups, matches(text, ","))  # other cells of it have a decimal point
        plainer = pc.if_else(groups, pc.replace_substring(text, ".", ""), text)
        pointed = matches(plainer, r"^[+-]?\d*,\d*([eE][+-]?\d+)?$")
        facts = {"decimal": ","} if pc.any(pointed).as_py() or pc.any(groups).as_py() else {}
        facts |= {"thousands": "."} if pc.any(groups).as_py() else {}
        return pc.if_else(pointed, pc.replace_substring(plainer, ",", "."), plainer), facts
    grouped = matches(text, THOUSANDS)
    if not pc.any(grouped).as_py():
        return text, {}
    return pc.if_else(grouped, pc.replace_substring(text, ",", ""), text), {"thousands": ","}
