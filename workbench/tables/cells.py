"""From cells as text to a column with a type: numbers, whole numbers, times, true/false or text.

A column is what at least nine tenths of its cells are; the rest is rejected, counted and shown, never
guessed.
"""

import re
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from workbench.config import Text
from workbench.tables import headers
from workbench.tables.columns import MISSING

SHARE = 0.9
DIGIT = "[0-9０-９]"  # not \pN: compiling that class takes a millisecond, for every column
PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
WHOLE = r"^[+-]?\d{1,18}$"
IDENTIFIER = r"^(0\d+|\d{19,})$"  # article and batch numbers: leading zeros and long digits must survive
THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
COMMA = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+$"  # 1,5 and 1.234,5
ONLY_COMMA = (
    r"^[+-]?(\d*,\d{1,2}|\d*,\d{4,}|0,\d+|\d{1,3}(\.\d{3})+,\d+)$"  # can be nothing but a decimal comma
)
TIME_LIKE = (
    r"^\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([ T]+\d{1,2}:\d{2}.*)?$|^\d{4}-\d{2}$|^\d{4}年\d{1,2}月$"
    r"|^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}([ T]+\d{1,2}:\d{2}.*)?$|^\d{8}T?\d{6}$"
)
ZONE = r"(?P<zone>Z|[+-]\d{2}:?\d{2})$"
DATE_NAME = re.compile(r"date|time|day|日期|时间|年月日", re.IGNORECASE)
CLOCKS = ("", " %H:%M:%S.%f", " %H:%M:%S", " %H:%M")
YEAR_FIRST = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")
DATES = {*YEAR_FIRST} | {f"{a}{mark}{b}{mark}%Y" for mark in "./-" for a, b in (("%d", "%m"), ("%m", "%d"))}


@dataclass
class Typed:
    """A column with its type, and what was met on the way."""

    values: pa.ChunkedArray
    unit: str | None = None
    rejected: pa.Array | None = None  # mask of the cells that could not be read
    notes: list[Text] = field(default_factory=list)


def read(name: str, cells: pa.ChunkedArray, *, decimal_comma: bool = False) -> Typed:
    """Give a column of text its type."""
    quick = _clean_numbers(name, cells)
    if quick is not None:
        return quick
    text = pc.utf8_trim_whitespace(cells)
    present = _mask(pc.invert(pc.is_in(pc.utf8_lower(text), pa.array(sorted(MISSING)))), text)
    count = pc.sum(present).as_py() or 0
    kept = pc.if_else(pc.equal(text, ""), None, text)
    if not count:
        return Typed(kept)
    wanted = pc.if_else(present, text, None)
    if not pc.any(pc.match_substring_regex(wanted, DIGIT)).as_py():
        return _truths(wanted, count) or Typed(kept)
    found = (
        _identifiers(kept, wanted)
        or _compact_dates(name, wanted)
        or _plain_numbers(wanted)
        or _times(wanted, count)
        or _odd_numbers(wanted, count, decimal_comma=decimal_comma)
        or Typed(kept)
    )
    if not pa.types.is_string(found.values.type):
        _note_missing(name, text, present, found)
    return found


def _clean_numbers(name: str, cells: pa.ChunkedArray) -> Typed | None:
    """Read a column without anything odd in it, in few calls: what counts in a file of 16 000 columns."""
    try:
        values = cells.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    if (
        DATE_NAME.search(name)
        or pc.any(pc.match_substring_regex(cells, r"^\+|^-?0\d|[a-df-zA-DF-Z]|\d{16}")).as_py()
    ):
        return None
    if values.null_count == len(values):
        return Typed(cells)
    try:
        return Typed(cells.cast(pa.int64()))
    except pa.ArrowInvalid:
        return Typed(values)


def has_decimal_comma(cells: pa.ChunkedArray) -> bool:
    """Whether a column can only be read with a comma as the decimal mark."""
    if not pc.any(pc.match_substring(cells, ",")).as_py():
        return False
    text = pc.utf8_trim_whitespace(cells)
    sure = _count(pc.match_substring_regex(text, ONLY_COMMA))
    other = _count(pc.match_substring_regex(text, THOUSANDS))
    either = _count(pc.match_substring_regex(text, COMMA)) + _count(pc.match_substring_regex(text, PLAIN))
    present = _count(pc.not_equal(text, ""))
    return sure > 0 and sure >= other / 4 and either >= SHARE * present


def _count(mask: pa.ChunkedArray) -> int:
    return pc.sum(mask).as_py() or 0


def _mask(mask: pa.ChunkedArray, of: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.and_(pc.fill_null(mask, False), pc.is_valid(of))


def _lost(wanted: pa.ChunkedArray, good: pa.ChunkedArray) -> pa.ChunkedArray | None:
    lost = pc.and_(pc.is_valid(wanted), pc.invert(good))
    return lost if pc.any(lost).as_py() else None


def _all_match(wanted: pa.ChunkedArray, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(wanted, pattern)).as_py() is not False


def _identifiers(kept: pa.ChunkedArray, wanted: pa.ChunkedArray) -> Typed | None:
    if _count(pc.match_substring_regex(wanted, IDENTIFIER)) and _all_match(wanted, r"^\d+$"):
        return Typed(kept)
    return None


def _truths(wanted: pa.ChunkedArray, count: int) -> Typed | None:
    lower = pc.utf8_lower(wanted)
    truths = pc.is_in(lower, pa.array(["true", "false"]))
    if _count(_mask(truths, wanted)) < count:
        return None
    return Typed(pc.equal(lower, "true"))


def _compact_dates(name: str, wanted: pa.ChunkedArray) -> Typed | None:
    """Read 20261123 as a date where the header says that it is one."""
    if not DATE_NAME.search(name) or not _all_match(wanted, r"^(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])$"):
        return None
    return Typed(_parsed(wanted, ("%Y%m%d",)))


def _plain_numbers(wanted: pa.ChunkedArray) -> Typed | None:
    if not _all_match(wanted, PLAIN):
        return None
    unsigned = pc.replace_substring_regex(wanted, r"^\+", "")
    return Typed(unsigned.cast(pa.int64() if _all_match(wanted, WHOLE) else pa.float64()))


def _odd_numbers(wanted: pa.ChunkedArray, count: int, *, decimal_comma: bool) -> Typed | None:
    """Read numbers with thousands, decimal commas, percent signs, 万 and 亿, or one unit behind them."""
    if _count(pc.match_substring_regex(wanted, r"^[^A-Za-z]{0,4}" + DIGIT)) < SHARE * count:
        return None
    text = pc.utf8_normalize(wanted, form="NFKC")  # full-width digits
    text = pc.replace_substring_regex(text, r"^([+-]?)[¥$€]\s*", r"\1")
    text = pc.replace_substring_regex(text, r"(\d)[\s'](\d{3})", r"\1\2")
    percent = pc.match_substring_regex(text, r"\d\s*%$")
    scale = pc.case_when(
        pc.make_struct(
            pc.match_substring_regex(text, r"\d\s*万$").combine_chunks(),
            pc.match_substring_regex(text, r"\d\s*亿$").combine_chunks(),
        ),
        pa.scalar(1e4),
        pa.scalar(1e8),
        pa.scalar(1.0),
    )
    text, unit = _without_unit(pc.replace_substring_regex(text, r"(\d)\s*[%万亿]$", r"\1"), count)
    text, notes = _without_commas(text, decimal_comma=decimal_comma)
    good = _mask(pc.match_substring_regex(text, PLAIN), text)
    # 85 % beside 0.85: one of the two kinds is a mistake, and which one is not ours to say.
    family = percent if 2 * _count(percent) > count else pc.invert(percent)
    good = pc.and_(good, pc.fill_null(family, False))
    if _count(good) < SHARE * count:
        return None
    number = pc.replace_substring_regex(pc.if_else(good, text, None), r"^\+", "").cast(pa.float64())
    values = pa.chunked_array([pc.multiply(number.combine_chunks(), scale)])
    if pc.all(pc.equal(pc.floor(values), values)).as_py() and pc.all(pc.less(pc.abs(values), 1e15)).as_py():
        values = values.cast(pa.int64())
    is_percent = 2 * _count(percent) > count
    return Typed(values, "%" if is_percent else unit, _lost(wanted, good), notes)


def _without_unit(text: pa.ChunkedArray, count: int) -> tuple[pa.ChunkedArray, str | None]:
    """Take a unit off the cells, where all that have one have the same."""
    ends = pc.extract_regex(text, r"^[+-]?[\d.,]*\d\s*(?P<unit>[^\d\s.,+\-][^\s]{0,9})$")
    found = set(pc.unique(pc.struct_field(ends, "unit")).to_pylist()) - {None, ""}
    if len(found) != 1 or not headers.is_unit(*found):
        return text, None
    unit = found.pop()
    stripped = pc.replace_substring_regex(text, r"(\d)\s*[^\d\s.,+\-][^\s]{0,9}$", r"\1")
    with_unit = _count(_mask(pc.ends_with(text, pattern=unit), text))
    return (stripped, unit) if with_unit >= SHARE * count else (text, None)


def _without_commas(text: pa.ChunkedArray, *, decimal_comma: bool) -> tuple[pa.ChunkedArray, list[Text]]:
    if decimal_comma and not _count(pc.match_substring_regex(text, r"^[+-]?\d{1,3}(,\d{3})+\.\d+$")):
        pointed = pc.replace_substring(pc.replace_substring_regex(text, r"\.(\d{3})", r"\1"), ",", ".")
        return pc.if_else(pc.match_substring_regex(text, COMMA), pointed, text), []
    grouped = pc.match_substring_regex(text, THOUSANDS)
    return pc.if_else(grouped, pc.replace_substring(text, ",", ""), text), []


def _times(wanted: pa.ChunkedArray, count: int) -> Typed | None:
    like = _mask(pc.match_substring_regex(wanted, TIME_LIKE), wanted)
    if _count(like) < SHARE * count:
        return None
    text = pc.if_else(like, wanted, None)
    text, notes = _without_zone(pc.replace_substring_regex(text, r"(\d)[ T]+(\d{1,2}:)", r"\1 \2"))
    formats, more = _day_month(text)
    values = _parsed(text, formats)
    good = pc.is_valid(values)
    if _count(good) < SHARE * count:
        return None
    return Typed(values, None, _lost(wanted, good), notes + more)


def _without_zone(text: pa.ChunkedArray) -> tuple[pa.ChunkedArray, list[Text]]:
    """Keep the plant's clock where all times name one zone; mixed zones become UTC."""
    zones = pc.struct_field(pc.extract_regex(text, r":\d{2}.*" + ZONE), "zone")
    found = set(pc.unique(zones).to_pylist()) - {None}
    if not found:
        return text, []
    if len(found) == 1:
        zone = found.pop()
        note: Text = {"en": f"times kept as written, zone {zone}", "zh": f"时间按原样保留，时区 {zone}"}
        return pc.replace_substring_regex(text, r"\s*" + r"(Z|[+-]\d{2}:?\d{2})$", ""), [note]
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("cells", pa.table({"x": text}))
        query = "SELECT strftime(TRY_CAST(x AS TIMESTAMPTZ), '%Y-%m-%d %H:%M:%S.%f') AS x FROM cells"
        utc = connection.execute(query).to_arrow_table()["x"]
    return utc, [{"en": "times of several zones turned into UTC", "zh": "多个时区的时间已转换为 UTC"}]


def _day_month(text: pa.ChunkedArray) -> tuple[tuple[str, ...], list[Text]]:
    """Decide from the whole column whether the day or the month comes first."""
    parts = pc.extract_regex(text, r"^(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})[-/.]\d{4}")
    first = pc.struct_field(parts, "a").cast(pa.int64())
    if not _count(pc.is_valid(first)):
        return (*YEAR_FIRST, "%Y-%m", "%Y年%m月", "%Y%m%d%H%M%S", "%Y%m%dT%H%M%S"), []
    second = pc.struct_field(parts, "b").cast(pa.int64())
    mark = pc.struct_field(parts, "s").drop_null()[0].as_py()
    day_sure = (pc.max(first).as_py() or 0) > 12
    month_sure = (pc.max(second).as_py() or 0) > 12
    day_first = day_sure if day_sure != month_sure else mark != "/"
    order = f"%d{mark}%m{mark}%Y" if day_first else f"%m{mark}%d{mark}%Y"
    notes: list[Text] = []
    if day_sure == month_sure and mark != ".":
        en, zh = ("day first", "日在前") if day_first else ("month first", "月在前")
        notes.append({"en": f"dates such as 03{mark}04 read {en}", "zh": f"形如 03{mark}04 的日期按{zh}读取"})
    return (*YEAR_FIRST, order), notes


def _parsed(text: pa.ChunkedArray, dates: tuple[str, ...]) -> pa.ChunkedArray:
    clocks = _clocks(text)
    formats = [date + clock for date in dates for clock in (clocks if date in DATES else [""])]
    query = f"SELECT try_strptime(x, {formats}) AS x FROM cells"  # noqa: S608 - the formats are ours
    with duckdb.connect(":memory:") as connection:
        connection.register("cells", pa.table({"x": text}))
        parsed = connection.execute(query).to_arrow_table()["x"]
    return parsed.cast(pa.timestamp("us"))


def _clocks(text: pa.ChunkedArray) -> list[str]:
    """Return the clock formats that occur: every further one that is tried costs time."""
    shapes = pc.unique(pc.replace_substring_regex(text, r"\d+", "0")).to_pylist()
    present = {shape.partition(" ")[2] for shape in shapes if shape}
    return [clock for clock in CLOCKS if re.sub("%[a-zA-Z]", "0", clock).strip() in present] or [""]


def _note_missing(name: str, text: pa.ChunkedArray, present: pa.ChunkedArray, found: Typed) -> None:
    """Say which signs were taken for a missing value."""
    signs = pc.and_(pc.invert(present), pc.fill_null(pc.not_equal(text, ""), False))
    count = _count(signs)
    if count:
        sign = pc.filter(text, signs)[0].as_py()
        found.notes.append(
            {
                "en": f"{name}: {count} cells such as {sign!r} taken as missing",
                "zh": f"{name}：{count} 个形如“{sign}”的单元格视为缺失",
            }
        )
