"""From cells as text to a column with a type: numbers, whole numbers, times, true/false or text.

A column is what at least nine tenths of its cells are, or all but one word of a short one; the rest is
rejected, counted and shown, never guessed. A type that the user chose is taken as it is.
"""

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.config import Text
from workbench.tables import columns, numbers, times
from workbench.tables.columns import BOOLEAN, INTEGER, MISSING, NUMBER, TEXT, TIMESTAMP
from workbench.tables.numbers import SHARE, all_match, count, matches

DIGIT = "[0-9０-９]"  # not \pN: compiling that class takes a millisecond, for every column
IDENTIFIER = r"^(0\d+|\d{19,})$"  # article and batch numbers: leading zeros and long digits must survive
EPOCH_NS = r"^1\d{18}$"
ERRORS = r"^#(DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|N/A!|除零|值！)|^#{3,}$"
TRUTHS = ({"true", "false"}, {"是", "否"}, {"真", "假"})
TRUE, FALSE = (
    {"true", "是", "真", "yes", "y", "1", "on", "t"},
    {"false", "否", "假", "no", "n", "0", "off", "f"},
)


@dataclass(frozen=True)
class Choice:
    """What is known of a column before it is read."""

    type: str | None = None
    dates: str | None = None  # which of day, month and year comes first
    zone: str | None = None  # turn times into this zone's clock
    decimal: str | None = None


@dataclass
class Typed:
    """A column with its type, and what was met on the way."""

    values: pa.ChunkedArray
    unit: str | None = None
    rejected: pa.Array | None = None  # mask of the cells that could not be read
    notes: list[Text] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


FREE = Choice()


def read(name: str, cells: pa.ChunkedArray, *, decimal_comma: bool = False, choice: Choice = FREE) -> Typed:
    """Give a column of text its type."""
    if choice.decimal:
        decimal_comma = choice.decimal == ","
    if choice.type is None and (quick := _clean_numbers(name, cells, decimal_comma)) is not None:
        return quick
    text = pc.utf8_trim_whitespace(cells)
    present = pc.and_(pc.invert(pc.is_in(pc.utf8_lower(text), pa.array(sorted(MISSING)))), pc.is_valid(text))
    present = pc.fill_null(present, False)
    kept = pc.if_else(pc.equal(text, ""), None, text)
    wanted = pc.if_else(present, text, None)
    if choice.type is not None:
        found = chosen(kept, wanted, choice, comma=decimal_comma)
    elif not count(present):
        return Typed(kept)
    else:
        found = _guessed(name, kept, wanted, decimal_comma, choice)
    if not pa.types.is_string(found.values.type):
        _note_missing(name, text, present, found)
    return found


def _clean_numbers(name: str, cells: pa.ChunkedArray, decimal_comma: bool) -> Typed | None:
    """Read a column without anything odd in it, in few calls: what counts in a file of 16 000 columns."""
    try:
        values = cells.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    if (
        times.DATE_NAME.search(name)
        or times.EPOCH_NAME.search(name)
        or numbers.count(pc.match_substring_regex(cells, r"^\+|^-?0\d|[a-df-zA-DF-Z]|\d{16}"))
    ):
        return None
    if decimal_comma and numbers.plain(cells, comma=True) is None:
        return None
    if values.null_count == len(values):
        return Typed(cells)
    try:
        return Typed(cells.cast(pa.int64()))
    except pa.ArrowInvalid:
        return Typed(values)


def _guessed(name: str, kept: pa.ChunkedArray, wanted: pa.ChunkedArray, comma: bool, choice: Choice) -> Typed:
    """Find the type that nearly all cells have; Excel's error cells have no vote."""
    errors = matches(wanted, ERRORS)
    votes = pc.if_else(errors, None, wanted) if pc.any(errors).as_py() else wanted
    n = len(votes) - votes.null_count
    if not n:
        return Typed(kept)
    if not pc.any(pc.match_substring_regex(votes, DIGIT)).as_py():
        return _truths(votes) or Typed(kept)
    if all_match(votes, EPOCH_NS) and (since := serial_dates(name, votes.cast(pa.int64()))):
        return since
    if _is_identifier(votes):
        return Typed(kept)
    found = _compact_dates(name, votes) or _whole_or_plain(name, votes, comma)
    if found is None:
        found = _times(name, votes, wanted, n, choice) or _odd(votes, wanted, n, comma, choice)
    elif pc.any(errors).as_py():
        found.rejected = errors
    return found or Typed(kept)


def _enough(good: pa.ChunkedArray, votes: pa.ChunkedArray, n: int) -> bool:
    """Whether a column is of a type: nine tenths of it, or all but one word without digits."""
    fitting = count(good)
    if fitting >= SHARE * n:
        return True
    if n < 4 or fitting < n - 1:
        return False
    odd_one = pc.filter(votes, pc.and_(pc.is_valid(votes), pc.invert(good)))
    return not count(matches(odd_one, DIGIT))


def lost(wanted: pa.ChunkedArray, good: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return the mask of cells with something in them that was not read."""
    missed = pc.and_(pc.is_valid(wanted), pc.invert(good))
    return missed if pc.any(missed).as_py() else None


def _is_identifier(votes: pa.ChunkedArray) -> bool:
    if not count(matches(votes, IDENTIFIER)):
        return False
    digits = count(matches(votes, r"^\d+$"))
    numeric = count(matches(votes, r"^[+-]?\d*[.,]\d+$"))
    return digits * 2 >= len(votes) - votes.null_count and not numeric


def _truths(votes: pa.ChunkedArray) -> Typed | None:
    lower = pc.utf8_lower(votes)
    found = set(pc.unique(lower).to_pylist()) - {None}
    if not any(found <= pair for pair in TRUTHS):
        return None
    return Typed(pc.is_in(lower, pa.array(sorted(TRUE))) if not lower.null_count else _truth_values(lower))


def _truth_values(lower: pa.ChunkedArray) -> pa.ChunkedArray:
    true = pc.is_in(lower, pa.array(sorted(TRUE)))
    known = pc.or_(true, pc.is_in(lower, pa.array(sorted(FALSE))))
    return pc.if_else(known, true, pa.scalar(None, pa.bool_()))


def _compact_dates(name: str, votes: pa.ChunkedArray) -> Typed | None:
    """Read 20261123 as a date where the header says that it is one."""
    if not times.DATE_NAME.search(name) or not (
        all_match(votes, times.COMPACT) or all_match(votes, times.COMPACT_CLOCK)
    ):
        return None
    values = times.compact(votes)
    return Typed(values, facts={"dates": times.YEAR_FIRST}) if values.null_count == votes.null_count else None


def _whole_or_plain(name: str, votes: pa.ChunkedArray, comma: bool) -> Typed | None:
    values = numbers.plain(votes, comma=comma)
    if values is None:
        return None
    return serial_dates(name, values) or Typed(values)


def serial_dates(name: str, values: pa.ChunkedArray) -> Typed | None:
    """Read numbers as Excel's days, or as time since 1970, where header and values say so."""
    if times.epoch_like(name, values):
        since: Text = {
            "en": f"{name}: numbers read as time since 1970, in UTC",
            "zh": f"{name}：数字按 1970 年以来的时间（UTC）读取",
        }
        return Typed(times.from_numbers(values), notes=[since], facts={"dates": "epoch", "zone": "UTC"})
    if not times.serial_like(name, values):
        return None
    return Typed(times.from_numbers(values), notes=[_told_days(name)], facts={"dates": "serial"})


def _times(
    name: str, votes: pa.ChunkedArray, wanted: pa.ChunkedArray, n: int, choice: Choice
) -> Typed | None:
    alike = times.like(name, votes)
    days = _days_among(name, votes, alike)
    if days is not None:
        votes = pc.if_else(pc.is_valid(days), None, votes)
        n -= count(pc.is_valid(days))
    if not count(alike) and pc.any(pc.match_substring_regex(votes, "[０-９：]")).as_py():
        votes = pc.utf8_normalize(votes, form="NFKC")
        alike = times.like(name, votes)
    if not _enough(alike, votes, n):
        return None
    found = times.read(pc.if_else(alike, votes, None), order=choice.dates, zone=choice.zone)
    good = pc.is_valid(found.values)
    if not _enough(good, votes, n):
        return None
    if days is not None:
        found.values = pc.coalesce(found.values, days)
        good = pc.is_valid(found.values)
        found.notes.append(_told_days(name))
    return Typed(found.values, None, lost(wanted, good), found.notes, found.facts)


def _days_among(name: str, votes: pa.ChunkedArray, alike: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Read Excel's day numbers that stand among written dates, which are at least as many."""
    serial = matches(votes, r"^[345]\d{4}(\.\d+)?$")
    if not count(serial) or count(serial) > count(alike) or not times.DATE_NAME.search(name):
        return None
    return times.from_numbers(pc.if_else(serial, votes, None).cast(pa.float64()))


def _told_days(name: str) -> Text:
    return {"en": f"{name}: Excel's day numbers read as dates", "zh": f"{name}：Excel 日期序号按日期读取"}


def _odd(
    votes: pa.ChunkedArray, wanted: pa.ChunkedArray, n: int, comma: bool, choice: Choice
) -> Typed | None:
    """Read numbers with thousands, decimal commas, percent signs, 万 and 亿, or one unit behind them."""
    censored = matches(votes, numbers.CENSORED)
    votes = pc.if_else(censored, None, votes)
    if not count(matches(votes, r"^[^A-Za-z]{0,4}" + DIGIT + r"|^[A-Z]{3}\s?" + DIGIT)) or n <= count(
        censored
    ):
        return None
    found = numbers.odd(votes, comma=comma, decimal=choice.decimal)
    if not _enough(found.good, votes, n - count(censored)) or count(found.good) < n / 5:
        return None
    if pa.types.is_floating(found.values.type) and count(matches(wanted, numbers.LONG)):
        return None
    return Typed(found.values, found.unit, lost(wanted, found.good), _told_limits(censored), found.facts)


def _told_limits(censored: pa.ChunkedArray) -> list[Text]:
    n = count(censored)
    if not n:
        return []
    return [
        {
            "en": f"{n} cells such as <0.01 are limits, not values: left empty and kept aside",
            "zh": f"{n} 个形如 <0.01 的单元格是限值而非数值：留空并另存",
        }
    ]


def chosen(kept: pa.ChunkedArray, wanted: pa.ChunkedArray, choice: Choice, *, comma: bool) -> Typed:
    """Read a column as the type that was chosen for it."""
    if choice.type == TEXT:
        return Typed(kept)
    if choice.type == BOOLEAN:
        values = _truth_values(pc.utf8_lower(wanted))
        return Typed(values, None, lost(wanted, pc.is_valid(values)))
    if choice.type == TIMESTAMP:
        return _as_times(wanted, choice)
    found = numbers.odd(wanted, comma=comma, decimal=choice.decimal)
    values = found.values
    if choice.type == NUMBER and pa.types.is_integer(values.type):
        values = values.cast(pa.float64(), safe=False)
    notes = _told_limits(matches(wanted, numbers.CENSORED))
    return Typed(values, found.unit, lost(wanted, found.good), notes, found.facts)


def _as_times(wanted: pa.ChunkedArray, choice: Choice) -> Typed:
    figures = matches(wanted, r"^\d+(\.\d+)?$")
    values, facts, notes = pa.chunked_array([pa.nulls(len(wanted), pa.timestamp("us"))]), {}, []
    if pc.any(figures).as_py():
        digits = pc.if_else(figures, wanted, None)
        dense = pc.if_else(matches(digits, times.COMPACT), digits, None)
        rest = pc.if_else(pc.is_valid(dense), None, digits)
        values = pc.coalesce(times.compact(dense), times.from_numbers(_exact(rest)))
    worded = pc.if_else(figures, None, wanted)
    if worded.null_count < len(worded):
        found = times.read(worded, order=choice.dates, zone=choice.zone)
        values, facts, notes = pc.coalesce(values, found.values), found.facts, found.notes
    return Typed(values, None, lost(wanted, pc.is_valid(values)), notes, facts)


def _exact(digits: pa.ChunkedArray) -> pa.ChunkedArray:
    return digits.cast(pa.int64()) if all_match(digits, numbers.WHOLE) else digits.cast(pa.float64())


def retyped(name: str, column: pa.ChunkedArray, choice: Choice) -> Typed:
    """Read a column that has a type already, as Excel gives it, as the chosen one."""
    kind = columns.kind(column.type)
    if choice.type is None:
        number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
        return (serial_dates(name, column) if number else None) or Typed(column)
    if choice.type == kind or {choice.type, kind} == {NUMBER, INTEGER}:
        wider = choice.type == NUMBER and kind == INTEGER
        return Typed(column.cast(pa.float64(), safe=False) if wider else column)
    if choice.type == TIMESTAMP and kind in (NUMBER, INTEGER):
        return Typed(times.from_numbers(column), facts={"dates": "serial"})
    return read(name, column.cast(pa.string()), choice=choice)


def _note_missing(name: str, text: pa.ChunkedArray, present: pa.ChunkedArray, found: Typed) -> None:
    """Say which signs were taken for a missing value."""
    signs = pc.and_(pc.invert(present), pc.fill_null(pc.not_equal(text, ""), False))
    n = count(signs)
    if n:
        sign = pc.filter(text, signs)[0].as_py()
        found.facts["missing_sign"] = sign
        found.notes.append(
            {
                "en": f"{name}: {n} cells such as {sign!r} taken as missing",
                "zh": f"{name}：{n} 个形如“{sign}”的单元格视为缺失",
            }
        )
