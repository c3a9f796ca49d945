"""Rows as files people take away: CSV, Excel, Parquet. A cell of text can never become a formula there."""

import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import xlsxwriter

from workbench.errors import Invalid
from workbench.runs import excel_charts

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MAX_SHEET_ROWS = 1_048_575  # what Excel can hold under a header row
SHEET_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))


def csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV that Excel opens with the right characters."""
    return b"".join(csv_parts([frame]))


def csv_parts(frames: Iterable[pd.DataFrame]) -> Iterator[bytes]:
    """Write a table that comes in parts as one CSV; no more than a part is held."""
    for position, frame in enumerate(frames):
        text = _safe(frame).to_csv(index=False, header=position == 0, lineterminator="\r\n")
        yield text.encode("utf-8" if position else "utf-8-sig")


def _safe(frame: pd.DataFrame) -> pd.DataFrame:
    safe = frame.rename(columns=lambda name: _neutral(str(name)))
    for position in range(safe.shape[1]):
        if _may_hold_text(safe.iloc[:, position]):
            safe.isetitem(position, [_neutral(value) for value in safe.iloc[:, position]])
    return safe


def xlsx(
    sheets: Mapping[str, pd.DataFrame],
    figures: Mapping[str, Path] = MappingProxyType({}),
    language: str = "en",
) -> bytes:
    """Return tables as one Excel workbook, a sheet each, and figures as its charts; text stays text."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        names = _sheet_names([*sheets, *figures])
        for (name, frame), title in zip(sheets.items(), names[: len(sheets)], strict=True):
            if len(frame) > MAX_SHEET_ROWS:
                expected = f"at most {MAX_SHEET_ROWS} rows"
                raise Invalid(f"table {name!r} as Excel", given=len(frame), expected=expected, hint="use CSV")
            _write_sheet(book.add_worksheet(title), frame, formats)
        for (title, path), name in zip(figures.items(), names[len(sheets) :], strict=True):
            excel_charts.add(book, name, title, path, language)
    return buffer.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    """Return a table as Parquet, its types kept."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def export(frame: pd.DataFrame, kind: str, *, name: str) -> bytes:
    """Return a table in one of the formats of ``MEDIA_TYPES``."""
    if kind == "xlsx":
        return xlsx({name: frame})
    if kind == "csv":
        return csv(frame)
    if kind == "parquet":
        return parquet(frame)
    raise Invalid("format", given=repr(kind), expected=", ".join(MEDIA_TYPES))


def read(path: str | Path) -> pd.DataFrame:
    """Read a result table of a run."""
    return pd.read_parquet(path)


def _may_hold_text(column: "pd.Series[Any]") -> bool:
    return not (
        pd.api.types.is_numeric_dtype(column)
        or pd.api.types.is_datetime64_any_dtype(column)
        or pd.api.types.is_bool_dtype(column)
    )


def _neutral(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _sheet_names(names: list[str]) -> list[str]:
    taken: list[str] = []
    for name in names:
        short = name.translate(SHEET_NAME)[:31] or "sheet"
        if short.lower() in {one.lower() for one in taken}:
            short = f"{short[:27]}_{len(taken)}"
        taken.append(short)
    return taken


def _write_sheet(sheet: Any, frame: pd.DataFrame, formats: Mapping[str, Any]) -> None:
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(frame.columns):
        sheet.write_string(0, column, str(name), formats["head"])
        sheet.set_column(column, column, min(40, max(10, len(str(name)) + 2)))
        for row, value in enumerate(frame.iloc[:, column], start=1):
            _write_cell(sheet, row, column, value, formats["time"])


def _write_cell(sheet: Any, row: int, column: int, value: Any, time_format: Any) -> None:
    if hasattr(value, "item"):
        value = value.item() if value.ndim == 0 else str(value.tolist())  # a list in a cell
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float) and abs(value) < 1e15:
        sheet.write_number(row, column, value)
    elif isinstance(value, pd.Timestamp):
        sheet.write_datetime(row, column, value.tz_localize(None).to_pydatetime(), time_format)
    else:
        sheet.write_string(row, column, str(value)[:32767])
