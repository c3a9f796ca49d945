"""Times as people and programs write them, read from columns of text or from numbers.

Decides for a whole column whether day or month comes first, what becomes of a zone, and which numbers are
Excel's days. Keeps the plant's clock: a time is stored as it is written unless zones differ or one is asked.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.config import Text
from workbench.tables import watching

DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day_first", "month_first", "year_first"
ORDERS = (DAY_FIRST, MONTH_FIRST, YEAR_FIRST)
DATE_NAME = re.compile(r"date|time|day|日期|时间|年月日", re.IGNORECASE)
SERIAL_NAME = re.compile(r"(^|[\s_])(date|datum|datetime)([\s_(（]|$)|日期|年月日", re.IGNORECASE)
CLOCK_NAME = re.compile(r"(^|[\s_])(time|timestamp|zeit)$|时间|时刻", re.IGNORECASE)
SERIALS = (36526, 58849)  # Excel's days from 2000 to 2061
_CLOCK = r"[ T]*((AM|PM|am|pm|上午|下午) ?)?\d{1,2}([:：时点]\d{1,2}.*|[时点])"
_DATE = (
    r"\d{4}[-/.年] ?\d{1,2}[-/.月] ?\d{1,2}日?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    r"|\d{1,2}[- .][A-Za-z]{3,9}[- .,]+\d{4}|[A-Za-z]{3,9}[. ]+\d{1,2},? +\d{4}"
)
_WEEKDAY = r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, )?"
LIKE = rf"^{_WEEKDAY}({_DATE})({_CLOCK})?$|^\d{{4}}-\d{{2}}$|^\d{{4}}年\d{{1,2}}月$|^\d{{8}}T?\d{{6}}$"
SHORT = rf"^\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2}}({_CLOCK})?$"  # 31.12.25: only where the header says date
COMPACT = r"^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"
COMPACT_CLOCK = COMPACT[:-1] + r"([01]\d|2[0-3])[0-5]\d([0-5]\d)?$"
ZONE = r"\s*(?P<zone>Z|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|UTC|GMT|[A-Z]{3,4}|[A-Z][a-z]+/[A-Z][A-Za-z_]+)$"
NAMED_ZONE = r"^(?!UTC|GMT)[A-Z][A-Za-z/_]{2,}$"
EPOCH_NAME = re.compile(
    r"(^|[\s_])(ts|epoch|unix|timestamp)([\s_(（]|$)|时间戳|timestamp|unixtime", re.IGNORECASE
)
EPOCH_DAYS = (946_684_800.0, 2_524_608_000.0)  # 2000 to 2050
MIDNIGHT = r" 24(:00(:00(\.0+)?)?)$"
MEMORY = "1GB"
CLOCKS = ("", " %H:%M:%S.%f", " %H:%M:%S", " %H:%M")
EPOCHS = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3), (0.0, 1.0))  # from which size on, seconds in one step


@dataclass
class Times:
    """A column as times, and how it was read."""

    values: pa.ChunkedArray
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[Text] = field(default_factory=list)


def like(name: str, text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Say which cells look like a time."""
    found = pc.match_substring_regex(text, LIKE)
    if DATE_NAME.search(name):
        found = pc.or_(found, pc.match_substring_regex(text, SHORT))
    return pc.fill_null(found, False)


def read(text: pa.ChunkedArray, *, order: str | None = None, zone: str | None = None) -> Times:
    """Read the cells that are times; the others come back empty."""
    plain, half = _plain(text)
    plain, offsets, told = _zones(plain)
    formats, facts, notes = _formats(plain, order, shown=text)
    plain, midnight = _midnights(plain)
    values = _half_days(_parsed(plain, formats), half)
    if midnight is not None:
        values = pc.if_else(midnight, pc.add(values, pa.scalar(86_400_000_000, pa.duration("us"))), values)
    if offsets is not None:
        values, more = _shifted(values, offsets, told, zone)
        facts["zone"] = more.pop("zone")
        notes += [more["note"]]
    return Times(values, facts, notes)


def compact(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read 20261231 as a date."""
    return _parsed(text, ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S"))


def serial_like(name: str, values: pa.ChunkedArray) -> bool:
    """Whether numbers are Excel's days: the header says date, and all lie in this century."""
    if not (SERIAL_NAME.search(name) or CLOCK_NAME.search(name)):
        return False
    bounds = pc.min_max(values).as_py()
    if bounds["min"] is None or not (SERIALS[0] <= bounds["min"] and bounds["max"] <= SERIALS[1]):
        return False
    return bool(SERIAL_NAME.search(name) or pc.any(pc.not_equal(values, pc.floor(values))).as_py())


def epoch_like(name: str, values: pa.ChunkedArray) -> bool:
    """Whether numbers are seconds since 1970 or parts of them: the header says so, all are of our days."""
    if not (SERIAL_NAME.search(name) or CLOCK_NAME.search(name) or EPOCH_NAME.search(name)):
        return False
    bounds = pc.min_max(values.cast(pa.float64(), safe=False)).as_py()
    if bounds["min"] is None or bounds["min"] <= 0:
        return False
    step = next(step for size, step in EPOCHS if bounds["max"] >= size)
    return bool(EPOCH_DAYS[0] <= bounds["min"] * step and bounds["max"] * step < EPOCH_DAYS[1])


def from_numbers(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn Excel's days, or seconds to nanoseconds since 1970, into times."""
    numbers = values.cast(pa.float64(), safe=False)
    highest = pc.max(pc.abs(numbers)).as_py() or 0.0
    if highest < 3_000_000:
        days = pc.round(pc.multiply(pc.subtract(numbers, 25569.0), 86_400_000.0))
        return days.cast(pa.int64()).cast(pa.timestamp("ms")).cast(pa.timestamp("us"))
    step = next(step for size, step in EPOCHS if highest >= size)
    if pa.types.is_integer(values.type) and step <= 1e-6:  # a float would round these
        return pc.divide(values, 1000 if step == 1e-9 else 1).cast(pa.timestamp("us"))
    return pc.round(pc.multiply(numbers, step * 1e6)).cast(pa.int64()).cast(pa.timestamp("us"))


def _plain(text: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray | None]:
    """Rewrite times with hyphens, blanks and a clock of 24 hours; say which were of which half of a day."""
    half = None
    if pc.any(pc.match_substring_regex(text, r"[^\x00-\x7f]")).as_py():
        text = pc.utf8_normalize(text, form="NFKC")
        for pattern, new in (
            (r"[年月]", "-"), (r"日\s*", " "), (r"[时点分]", ":"), (r"[秒]", ""),
            (r"上午", " AM "), (r"下午", " PM "),
        ):  # fmt: skip
            text = pc.replace_substring_regex(text, pattern, new)
        text = pc.replace_substring_regex(pc.utf8_trim_whitespace(text), r"^([^:]* \d{1,2}):$", r"\1:00")
        text = pc.replace_substring_regex(text, r"[-:]$", "")
    if pc.any(pc.match_substring_regex(text, r"(?i)\b[ap]\.?m\b")).as_py():
        half = pc.struct_field(pc.extract_regex(text, r"(?P<half>\b[AaPp])\.?[Mm]\b"), "half")
        half = pc.utf8_lower(half)
        text = pc.replace_substring_regex(text, r"\s*\b[AaPp]\.?[Mm]\b\.?\s*", " ")
        text = pc.utf8_trim_whitespace(text)
    for pattern, new in (
        (r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, ", ""),
        (r"^(\d{1,4}) ?[-/.] ?(\d{1,2}) ?[-/.] ?(\d{1,4})", r"\1-\2-\3"),
        (r"^(\d{1,2})[- .]+([A-Za-z]{3})[a-z]*[- .,]+(\d{4})", r"\1-\2-\3"),
        (r"^([A-Za-z]{3})[a-z]*[. ]+(\d{1,2}),? +(\d{4})", r"\2-\1-\3"),
        (r"(\d)[ T]+(\d{1,2}:)", r"\1 \2"),
        (r"(:\d{2}),(\d+)", r"\1.\2"),
        (r"(\.\d{6})\d+", r"\1"),
    ):
        text = pc.replace_substring_regex(text, pattern, new)
    return text, half


def _zones(text: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray | None, list[str]]:
    zones = pc.struct_field(pc.extract_regex(text, r":\d{2}.*?" + ZONE), "zone")
    told = sorted(set(pc.unique(zones).to_pylist()) - {None})
    named = [zone for zone in told if re.match(NAMED_ZONE, zone)]
    if not told or (named and len(told) > 1):  # CST beside CDT: what each stands for is not known
        return text, None, []
    return pc.replace_substring_regex(text, r"(:\d{2}.*?)" + ZONE, r"\1"), zones, told


def _shifted(
    values: pa.ChunkedArray, zones: pa.ChunkedArray, told: list[str], wanted: str | None
) -> tuple[pa.ChunkedArray, dict[str, Any]]:
    """Keep the plant's clock where all times name one zone; mixed zones become UTC, or what is asked for."""
    if (wanted is None or re.match(NAMED_ZONE, told[0])) and len({_minutes(zone) for zone in told}) == 1:
        note: Text = {
            "en": f"times kept as written, zone {told[0]}", "zh": f"时间按原样保留，时区 {told[0]}"
        }  # fmt: skip
        return values, {"zone": told[0], "note": note}
    minutes = pa.array([_minutes(zone) for zone in told], pa.int64())
    shift = pc.fill_null(pc.take(minutes, pc.index_in(zones, pa.array(told))), 0)
    micros = pc.multiply(shift, 60_000_000).cast(pa.duration("us"))
    utc = pc.subtract(values, micros)
    if wanted is None or wanted.upper() == "UTC":
        few = len(told) == 1
        note = {
            "en": "times turned into UTC" if few else "times of several zones turned into UTC",
            "zh": "时间已转换为 UTC" if few else "多个时区的时间已转换为 UTC",
        }
        return utc, {"zone": "UTC", "note": note}
    local = pc.local_timestamp(utc.cast(pa.timestamp("us", tz="UTC")).cast(pa.timestamp("us", tz=wanted)))
    note = {"en": f"times turned into the clock of {wanted}", "zh": f"时间已转换为 {wanted} 时钟"}
    return local, {"zone": wanted, "note": note}


def _minutes(zone: str) -> int:
    found = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", zone)
    if not found:
        return 0
    minutes = 60 * int(found.group(2)) + int(found.group(3) or 0)
    return -minutes if found.group(1) == "-" else minutes


def _midnights(text: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray | None]:
    """Write 24:00, the end of a day, as its beginning; say which cells are to be moved on by a day."""
    found = pc.fill_null(pc.match_substring_regex(text, MIDNIGHT), False)
    if not pc.any(found).as_py():
        return text, None
    return pc.replace_substring_regex(text, MIDNIGHT, r" 00\1"), found


def _half_days(values: pa.ChunkedArray, half: pa.ChunkedArray | None) -> pa.ChunkedArray:
    if half is None:
        return values
    hour = pc.hour(values)
    noon = pa.scalar(12 * 3_600_000_000, pa.duration("us"))
    later = pc.and_(pc.equal(half, "p"), pc.less(hour, 12))
    earlier = pc.and_(pc.equal(half, "a"), pc.equal(hour, 12))
    values = pc.if_else(pc.fill_null(later, False), pc.add(values, noon), values)
    return pc.if_else(pc.fill_null(earlier, False), pc.subtract(values, noon), values)


def _formats(
    text: pa.ChunkedArray, order: str | None, *, shown: pa.ChunkedArray
) -> tuple[tuple[str, ...], dict[str, Any], list[Text]]:
    """Decide from the whole column whether the day or the month comes first."""
    parts = pc.extract_regex(text, r"^(?P<a>\d{1,2})-(?P<b>\d{1,2})-(?P<y>\d{4}|\d{2})(?: |$)")
    first = pc.struct_field(parts, "a").cast(pa.int64())
    others = ("%Y-%m-%d", "%Y-%m", "%d-%b-%Y", "%Y%m%d%H%M%S", "%Y%m%dT%H%M%S")
    if not (pc.sum(pc.is_valid(first)).as_py() or 0):
        return others, {"dates": YEAR_FIRST}, []
    second = pc.struct_field(parts, "b").cast(pa.int64())
    lengths = pc.unique(pc.utf8_length(pc.struct_field(parts, "y"))).drop_null().to_pylist()
    years = ["%Y" if length == 4 else "%y" for length in sorted(lengths)]
    day_sure = (pc.max(first).as_py() or 0) > 12
    month_sure = (pc.max(second).as_py() or 0) > 12
    sample = next(iter(pc.filter(shown, pc.is_valid(first)).slice(0, 1).to_pylist()), "")
    mark = next((sign for sign in sample if sign in "-/."), "-")
    notes: list[Text] = []
    if order == YEAR_FIRST and years == ["%y"]:
        return ("%y-%m-%d", *others), {"dates": YEAR_FIRST}, notes
    if order in (DAY_FIRST, MONTH_FIRST):
        day_first = order == DAY_FIRST
    elif day_sure != month_sure:
        day_first = day_sure
    else:
        day_first = _in_order(first, second, default=mark != "/")
        if mark != ".":
            en, zh = ("day first", "日在前") if day_first else ("month first", "月在前")
            notes.append(
                {
                    "en": f"dates such as 03{mark}04 read {en}: they could be read both ways",
                    "zh": f"形如 03{mark}04 的日期按{zh}读取：两种读法都可能",
                }
            )
    order_text = "%d-%m-" if day_first else "%m-%d-"
    facts = {"dates": DAY_FIRST if day_first else MONTH_FIRST, "ambiguous": bool(notes)}
    return (*(order_text + year for year in years), *others), facts, notes


def _in_order(first: pa.ChunkedArray, second: pa.ChunkedArray, *, default: bool) -> bool:
    """Read dates that go either way so that a log stays in the order of its days, where only one way does."""
    a, b = first.drop_null().to_numpy(), second.drop_null().to_numpy()
    day_first, month_first = b * 32 + a, a * 32 + b
    rises = [bool((days[1:] >= days[:-1]).all()) for days in (day_first, month_first)]
    if rises[0] != rises[1]:
        return rises[0]
    kinds = len(np.unique(a)), len(np.unique(b))
    if min(kinds) == 1 and max(kinds) > 2:  # the part that changes from row to row is the day
        return kinds[0] > kinds[1]
    return default


def _parsed(text: pa.ChunkedArray, dates: tuple[str, ...]) -> pa.ChunkedArray:
    clocks = _clocks(text)
    formats = [
        date + clock for date in dates for clock in (clocks if date[1] != "Y" or "-%d" in date else [""])
    ]
    query = f"SELECT try_strptime(x, {formats}) AS x FROM cells"  # noqa: S608 - the formats are ours
    with watching.connect(MEMORY) as connection:
        connection.register("cells", pa.table({"x": text}))
        parsed = connection.execute(query).to_arrow_table()["x"]
    return parsed.cast(pa.timestamp("us"))


def _clocks(text: pa.ChunkedArray) -> list[str]:
    """Return the clock formats that occur: every further one that is tried costs time."""
    shapes = pc.unique(pc.replace_substring_regex(text, r"\d+", "0")).to_pylist()
    present = {shape.partition(" ")[2] for shape in shapes if shape}
    return [clock for clock in CLOCKS if re.sub("%[a-zA-Z]", "0", clock).strip() in present] or [""]
