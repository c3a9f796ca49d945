"""What a table's columns look like on its page: one card each, and a calendar of the times without rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.errors import WorkbenchError
from workbench.tables.catalog import TableInfo
from workbench.tables.shapes import DRAWN, shapes
from workbench.ui.numbers import number
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View
from workbench.ui.wording import reason

MOST_DAYS_BY_HOUR = 62
MOST_WEEKS = 106
FEW = 0.5  # of the usual number of rows
SHOWN_GAPS = 12
ISO_LETTERS = 16
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
QUANTILES = ("min", "q05", "q25", "median", "q75", "q95", "max")


def profiled(view: View, table: TableInfo) -> list[Any]:
    """Return the cards of all columns; what a table holds may be large, so this runs in a thread."""
    try:
        found = shapes(view.bench.tables, f"{table.name}@{table.version}")
    except WorkbenchError as error:
        told = view.say("profile_failed", reason=reason(view, error))
        return [html(fragment("note", problem=told, hint=""))]
    gaps = next((row["gaps"] for row in found if row["gaps"]), None)
    sampled = next((row["sampled"] for row in found if row["sampled"]), None)
    markup = fragment(
        "tableprofile",
        view=view,
        columns=[_card(view, row, table.rows) for row in found[:DRAWN]],
        fewer=view.say("first_columns", shown=DRAWN, columns=len(found)) if len(found) > DRAWN else "",
        sampled=view.say("sampled_from", rows=sampled, total=table.rows) if sampled else "",
        calendar=_calendar(view, gaps) if gaps else None,
    )
    return [html(markup)]


def _card(view: View, row: dict[str, Any], rows: int) -> dict[str, Any]:
    missing = row["missing"] / rows if rows else 0.0
    is_time = row["type"] == "timestamp"
    return {
        "name": row["column"],
        "type": view.say(f"type_{row['type']}"),
        "unit": row["unit"] or "",
        "missing": f"{row['missing']:,}",
        "missing_share": f"{missing:.2%}" if row["missing"] else "",
        "distinct": f"{row['distinct'] or 0:,}",
        "bars": _bars(row["histogram"], is_time=is_time),
        "numbers": [] if is_time else _numbers(view, row),
        "range": f"{row['min']} … {row['max']}" if is_time and row["min"] else "",
        "top": _top(view, row["top"]),
    }


def _numbers(view: View, row: dict[str, Any]) -> list[tuple[str, str]]:
    if row["histogram"] is None:
        return []
    return [(view.say(f"quantile_{key}"), number(row[key])) for key in QUANTILES] + [
        (view.say("mean"), number(row["mean"])),
        (view.say("std"), number(row["std"])),
    ]


def _bars(histogram: dict[str, Any] | None, *, is_time: bool) -> dict[str, Any] | None:
    """Return bars of 0 to 100 high with what each says."""
    if histogram is None:
        return None
    counts, low = histogram["counts"], histogram["from"]
    width, most = (histogram["to"] - low) / len(counts), max(counts) or 1

    def edge(position: int) -> str:
        value = low + position * width
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M}" if is_time else number(float(value))

    bars = [
        (max(2.0, 100 * count / most) if count else 0, f"{edge(i)} … {edge(i + 1)}: {count:,}")
        for i, count in enumerate(counts)
    ]
    return {"bars": bars, "low": edge(0), "high": edge(len(counts))}


def _top(view: View, top: list[dict[str, Any]]) -> list[dict[str, Any]]:
    most = max((each["count"] for each in top), default=1)
    return [
        {
            "value": _shown(view, each["value"]),
            "count": f"{each['count']:,}",
            "share": 100 * each["count"] / most,
        }
        for each in top
    ]


def _shown(view: View, value: Any) -> str:
    if isinstance(value, bool):
        return view.say("yes" if value else "no")
    return number(value) if isinstance(value, int | float) else str(value)


# --- the calendar ----------------------------------------------------------------------------------------


def _calendar(view: View, gaps: dict[str, Any]) -> dict[str, Any]:
    counts = {datetime.fromisoformat(start): count for start, count in gaps["counts"]}
    usual = sorted(counts.values())[len(counts) // 2]
    days = (max(counts).date() - min(counts).date()).days + 1
    by_hour = gaps["every"] == "hour" and days <= MOST_DAYS_BY_HOUR
    lines = _by_hour(view, counts, usual) if by_hour else _by_day(view, counts, gaps["every"])
    word = view.say("hours" if gaps["every"] == "hour" else "days")
    holes = [
        f"{_short(hole['from'])} … {_short(hole['to'])} · {hole['slots']} {word}"
        for hole in sorted(gaps["gaps"], key=lambda hole: -hole["slots"])[:SHOWN_GAPS]
    ]
    share = gaps["empty"] / gaps["slots"]
    told = {"empty": gaps["empty"], "slots": gaps["slots"], "share": f"{share:.1%}", "unit": word}
    return {
        "lines": lines,
        "by_hour": by_hour,
        "told": view.say("gaps_told" if gaps["empty"] else "no_gaps", **told),
        "column": gaps["column"],
        "holes": holes,
        "more": max(0, len(gaps["gaps"]) - SHOWN_GAPS),
    }


def _short(stamp: str) -> str:
    return stamp[:ISO_LETTERS].replace("T", " ")


def _by_hour(view: View, counts: dict[datetime, int], usual: int) -> list[Any]:
    first, last = min(counts), max(counts)
    day, lines = first.replace(hour=0), []
    while day <= last:
        cells = []
        for hour in range(24):
            at = day + timedelta(hours=hour)
            count = counts.get(at, 0)
            inside = first <= at <= last
            cells.append(
                (_tone(count, usual) if inside else "out", _told(view, f"{at:%Y-%m-%d %H:00}", count))
            )
        lines.append((f"{day:%m-%d}", cells))
        day += timedelta(days=1)
    return lines


def _by_day(view: View, counts: dict[datetime, int], every: str) -> list[Any]:
    """Return seven lines, one for each weekday, a cell for each week."""
    per_day: dict[datetime, tuple[int, int]] = {}
    for at, count in counts.items():
        rows, hours = per_day.get(at.replace(hour=0), (0, 0))
        per_day[at.replace(hour=0)] = rows + count, hours + 1
    usual = sorted(hours if every == "hour" else rows for rows, hours in per_day.values())[len(per_day) // 2]
    first, last = min(per_day), max(per_day)
    monday = first - timedelta(days=first.weekday())
    weeks = min(MOST_WEEKS, (last - monday).days // 7 + 1)
    lines = []
    for weekday in range(7):
        cells = []
        for week in range(weeks):
            at = monday + timedelta(days=7 * week + weekday)
            rows, hours = per_day.get(at, (0, 0))
            tone = _tone(hours if every == "hour" else rows, usual) if first <= at <= last else "out"
            cells.append((tone, _told(view, f"{at:%Y-%m-%d}", rows)))
        lines.append((view.say(f"weekday_{WEEKDAYS[weekday]}"), cells))
    return lines


def _tone(count: int, usual: int) -> str:
    return "none" if not count else "few" if count < FEW * usual else "full"


def _told(view: View, when: str, count: int) -> str:
    return f"{when} · {view.say('rows_shown', rows=count)}"
