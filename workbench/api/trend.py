"""Trends over REST: what a chart of some pixels shows of a long table, in 60 kB at most; or its rows."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from workbench.api.access import Bench
from workbench.api.runs import Format, download
from workbench.runs import export
from workbench.tables import trend as trends
from workbench.tables.trend import ENDS, Line, Trend, Wanted

router = APIRouter(prefix="/tables", tags=["tables"])
LIMIT_BYTES = 60_000
FINE, COARSE = 1e-5, 1e-3  # of a line's spread: what rounding may cost where exact numbers are too long
MANY = 50  # lines and tags that a list of names may have


class Asked(BaseModel):
    """Which lines, and from when to when."""

    column: list[str] = Field(max_length=MANY, description="Columns of numbers; several may be named")
    time: str | None = Field(None, description="Column of times; default: the first one")
    by: str | None = Field(None, description="Column that tells series apart, such as the asset")
    tag: list[str] = Field([], max_length=MANY, description="Values of that column; one line each")
    start: str | None = Field(None, description="From this time on; default: the table's first")
    end: str | None = Field(None, description="Until before this time; default: the table's last")

    def wanted(self, **more: Any) -> Wanted:
        """Return it as tables take it."""
        return Wanted(tuple(self.column), self.time, self.by, tuple(self.tag), self.start, self.end, **more)


class Drawn(Asked):
    """The same, and how wide the chart is."""

    width: int = Field(1000, ge=1, le=10_000, description="Pixels of the chart")
    gap_s: float | None = Field(
        None, ge=0, description="Break lines after so many seconds without a row; 0: never; default: found"
    )


@router.get("/{name}/trend", summary="Reduce a series to the pixels of a chart", response_class=Response)
def trend(name: str, bench: Bench, asked: Annotated[Drawn, Query()]) -> Response:
    """Return first, min, max and last of each column of pixels; few rows are returned as they are.

    Column ``i`` holds what lies in ``[start + i * step_us, start + (i + 1) * step_us)``; ``breaks`` names the
    columns or points before which a line is interrupted.
    """
    wanted = asked.wanted(width=asked.width, gap_s=asked.gap_s)
    return Response(document(trends.trend(bench.tables, name, wanted)), media_type="application/json")


class Filed(Asked):
    """The same, and as which file."""

    format: Format = Field("csv", description="File type")


@router.get("/{name}/trend/rows", summary="Download the rows of a trend", response_class=Response)
def trend_rows(name: str, bench: Bench, asked: Annotated[Filed, Query()]) -> Response:
    """Return every row of the visible range, in the order of time, as a file; a million at most."""
    frame = trends.rows(bench.tables, name, asked.wanted())
    kind = asked.format
    return download(export.export(frame, kind, name=name), f"{name}.{kind}", export.MEDIA_TYPES[kind])


def document(found: Trend) -> bytes:
    """Write a trend as JSON: exact where that fits into the limit, else rounded as no pixel can show."""
    for share in (0.0, FINE, COARSE):
        text = json.dumps(shown(found, share), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        if len(text.encode()) <= LIMIT_BYTES:
            break
    return text.encode()


def shown(found: Trend, share: float) -> dict[str, Any]:
    """Return a trend as JSON can hold it; values are rounded to a share of their line's spread."""
    return {
        "table": found.table.name,
        "version": found.table.version,
        "time": found.time,
        "start": found.start.isoformat(timespec="microseconds"),
        "end": found.end.isoformat(timespec="microseconds"),
        "step_us": found.step_us,
        "columns": found.n_columns,
        "series": [_line(line, share) for line in found.lines],
    }


def _line(line: Line, share: float) -> dict[str, Any]:
    values = [line.columns[end] for end in ENDS] if line.columns else [line.values]
    plain = _rounding(values, share)
    about = {
        "column": line.column.name,
        "tag": line.tag,
        "unit": line.column.unit,
        "rows": line.rows,
        "breaks": list(line.breaks),
    }
    if line.columns:
        return about | {end: plain(line.columns[end]) for end in ENDS}
    return about | {"t_us": [int(each) for each in line.times], "value": plain(line.values)}


def _rounding(values: Sequence[Any], share: float) -> Callable[[Any], list[float | None]]:
    """Return what rounds every value of a line alike, and writes what is missing as null."""
    finite = [float(value) for each in values for value in each if not math.isnan(value)]
    spread = max(finite) - min(finite) if finite else 0.0
    places = None
    if share and spread > 0:
        places = min(300, -math.floor(math.log10(spread * share)))

    def plain(each: Any) -> list[float | None]:
        return [None if math.isnan(value) else _short(float(value), places) for value in each]

    return plain


def _short(value: float, places: int | None) -> float:
    rounded = value if places is None else round(value, places)
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded
