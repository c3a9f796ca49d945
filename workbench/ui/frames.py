"""Show tables: labels in place of names, words in place of codes, a page at a time."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import panel as pn
import pyarrow.parquet as pq
from bokeh.models.widgets.tables import NumberFormatter

from workbench.runs.record import RunRecord
from workbench.templates.front_matter import TableSpec
from workbench.templates.template import Template
from workbench.ui.numbers import number
from workbench.ui.render import ASSETS, fragment
from workbench.ui.shell import html
from workbench.ui.view import View
from workbench.ui.wording import unit

LONG_TEXT = 60  # letters, or half as many Chinese characters, which are twice as wide
ROW = "\u001frow"  # the hidden row number: an unnamed one hides a column called "index" with itself
PAGE_ROWS = 10
MAX_ROWS = 20_000  # kept by a page, of a table that may have millions
FILTER_FROM = 12  # rows, from which on a filter line helps
COLUMN_PX = 110
TABLE_PX = 900  # what a table has on a desktop
LEAST_LETTERS = 10  # a column's title takes as much
LETTER_PX, CELL_PX = 7.5, 30  # of a text in a cell, and around it
MAX_DECIMALS = 8
ROUNDING = 1e-12  # of a float, relative
CHINESE = {
    "pagination": {
        "first": "首页", "first_title": "首页", "last": "末页", "last_title": "末页", "prev": "上一页",
        "prev_title": "上一页", "next": "下一页", "next_title": "下一页", "all": "全部", "page_size": "每页",
        "page_title": "显示此页",
        "counter": {"showing": "显示", "of": "共", "rows": "行", "pages": "页"},
    },
    "headerFilters": {"default": "筛选"},
}  # fmt: skip
ENGLISH = {
    "pagination": {"first": "First", "last": "Last", "prev": "Back", "next": "Next"},
    "headerFilters": {"default": "filter"},
}
SHEET = (ASSETS / "tabulator.css").read_text(encoding="utf-8")


def tables(view: View, template: Template | None, record: RunRecord) -> dict[str, pn.Column]:
    """Return every table of a run with its title and downloads, by name in the template's order."""
    specs = template.results.tables if template else {}
    names = sorted(record.tables, key=lambda name: list(specs).index(name) if name in specs else len(specs))
    units = _units(template, record)
    found = {}
    for name in names:
        frame, rows = beginning(Path(record.tables[name]))
        address = f"/api/v1/runs/{quote(record.run)}/tables/{quote(name)}" if rows else ""
        spec = specs.get(name)
        found[name] = pn.Column(
            heading(view, view.pick(spec.label) if spec else name, rows, address),
            grid(view, worded(view, frame, spec), titles(view, frame, spec, units)),
            margin=0,
            sizing_mode="stretch_width",
        )
    return found


def beginning(path: Path) -> tuple[pd.DataFrame, int]:
    """Read as much of a table as a person may page through, and how many rows there are."""
    with pq.ParquetFile(path) as file:
        rows = file.metadata.num_rows
        first = next(file.iter_batches(batch_size=MAX_ROWS), None)
        return first.to_pandas() if first is not None else file.read().to_pandas(), rows


def heading(view: View, title: str, rows: int, address: str) -> pn.pane.HTML:
    """Return a table's title with the files it can be taken away as, which hold every row."""
    key = "first_rows" if rows > MAX_ROWS else "rows_shown"
    shown = view.say(key, rows=rows, shown=MAX_ROWS)
    markup = fragment(
        "tabletitle", title=title, shown=shown, address=address if view.served else "", view=view
    )
    return html(markup, margin=(12, 0, 4, 0))


def _units(template: Template | None, record: RunRecord) -> dict[str, str]:
    """Return the units that result columns borrow from input columns, as far as the run's numbers tell."""
    found: dict[str, str] = {}
    for name, spec in (template.results.kpis if template else {}).items():
        kpi = record.kpis.get(name)
        if spec.unit and "." in spec.unit and kpi and kpi.unit:
            found[spec.unit] = kpi.unit
    return found


def titles(
    view: View, frame: pd.DataFrame, spec: TableSpec | None, units: Mapping[str, str]
) -> dict[str, str]:
    """Return the column titles in the visitor's language, with units."""
    found = {}
    for name in frame.columns:
        column = spec.columns.get(str(name)) if spec else None
        title = view.pick(column.label) if column else str(name)
        symbol = units.get(column.unit or "", column.unit) if column else None
        found[str(name)] = f"{title} ({unit(view, symbol)})" if symbol and "." not in symbol else title
    return found


def worded(view: View, frame: pd.DataFrame, spec: TableSpec | None) -> pd.DataFrame:
    """Return a table with its codes in words."""
    shown = frame.copy()
    for name, column in (spec.columns if spec else {}).items():
        if column.values and name in shown:
            words = {str(code): view.pick(text) for code, text in column.values.items()}
            shown[name] = [words.get(str(code), code) for code in shown[name]]
    return shown


def grid(view: View, frame: pd.DataFrame, named: Mapping[str, str] | None = None, **options: Any) -> Any:
    """Return a table as a widget: sorted, filtered and paged on the server, read-only."""
    if frame.empty:
        return html(fragment("note", problem="", hint=view.say("empty_table")))
    frame = frame.reset_index(drop=True).rename_axis(ROW)
    frame.columns = [str(name) for name in frame.columns]
    numeric = [name for name in frame.columns if _is_numeric(frame[name])]
    right = dict.fromkeys(numeric, "right")
    wide = len(frame.columns) * max(COLUMN_PX, _longest(frame)) > TABLE_PX
    wrapped = _wrapped(frame)
    return pn.widgets.Tabulator(
        frame.apply(_readable, view=view),
        titles=dict(named or {}),
        show_index=False,
        disabled=True,
        selectable=False,
        layout="fit_data_stretch" if wide else "fit_columns",
        pagination="remote" if len(frame) > PAGE_ROWS else None,
        page_size=PAGE_ROWS,
        header_filters=len(frame) >= FILTER_FROM,
        text_align=right,
        header_align=right,
        formatters={
            **{name: _format(frame[name]) for name in numeric},
            **{name: {"type": "textarea"} for name in wrapped},
        },
        widths=_shares(frame) if wrapped and not wide else {},
        configuration={
            "locale": view.language,
            "langs": {"zh": CHINESE, "en": ENGLISH},
            "columnDefaults": {"headerSortTristate": True, "minWidth": 92},
        },
        stylesheets=[SHEET],
        sizing_mode="stretch_width",
        margin=0,
        **options,
    )


def _wrapped(frame: pd.DataFrame) -> list[str]:
    """Name the columns of text of a table that holds whole sentences: they are wrapped, not cut."""
    texts = [str(name) for name in frame if pd.api.types.is_string_dtype(frame[name])]
    shown = [str(text) for name in texts for text in frame[name].head(PAGE_ROWS)]
    return texts if any(len(text.encode("gbk", "replace")) > LONG_TEXT for text in shown) else []


def _shares(frame: pd.DataFrame) -> dict[str, str]:
    """Share the width of a table between its columns, so that sentences do not stand in a narrow one."""
    shown = frame.head(PAGE_ROWS)
    letters = {
        str(name): max((len(str(value).encode("gbk", "replace")) for value in shown[name]), default=0)
        for name in shown
    }
    weights = {name: min(max(count, LEAST_LETTERS), LONG_TEXT) for name, count in letters.items()}
    return {name: f"{100 * weight / sum(weights.values()):.0f}%" for name, weight in weights.items()}


def _longest(frame: pd.DataFrame) -> float:
    """Return how wide a column must be that cuts no text of the first page; sentences are wrapped anyway."""
    texts = [
        str(text)
        for name in frame
        if pd.api.types.is_string_dtype(frame[name])
        for text in frame[name].head(PAGE_ROWS)
    ]
    letters = max((len(text.encode("gbk", "replace")) for text in texts), default=0)
    return CELL_PX + LETTER_PX * letters if letters <= LONG_TEXT else 0.0


def _readable(column: "pd.Series[Any]", view: View) -> "pd.Series[Any]":
    """Round what nobody reads, and show times without a tail of zeros."""
    if pd.api.types.is_datetime64_any_dtype(column):
        shown: pd.Series[Any] = column.dt.strftime(_time_format(column.dropna())).fillna("")
        return shown
    if pd.api.types.is_bool_dtype(column):
        words = {True: view.say("yes"), False: view.say("no")}
        return column.map(lambda value: words.get(value, ""))
    if pd.api.types.is_numeric_dtype(column):
        return column
    return column.map(
        lambda value: value if isinstance(value, str) else "" if _absent(value) else number(value)
    )


def _is_numeric(column: "pd.Series[Any]") -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def _format(column: "pd.Series[Any]") -> NumberFormatter:
    """Return a format with as many decimals as tell the values of a column apart, the same in every row."""
    finite = column.astype("float64").replace([math.inf, -math.inf], math.nan).dropna()
    if pd.api.types.is_integer_dtype(column) or finite.empty or (finite == finite.round()).all():
        return NumberFormatter(format="0,0", nan_format="–")
    decimals = _decimals(finite)
    return NumberFormatter(format="0,0." + "0" * decimals if decimals else "0,0", nan_format="–")


def _decimals(values: "pd.Series[float]") -> int:
    """Return enough decimals for the spread and size of a column, and none that are always zero."""
    spread, size = float(values.max() - values.min()), float(values.abs().max())
    digits = 6 if size < 100 else 5
    wanted = [digits - 1 - math.floor(math.log10(size))]
    wanted += [3 - math.floor(math.log10(spread))] if spread > 0 else []
    decimals = min(MAX_DECIMALS, max(0, *wanted))
    while decimals and (values.round(decimals - 1) - values).abs().max() <= size * ROUNDING:
        decimals -= 1
    return decimals


def _absent(value: Any) -> bool:
    return value is None or (not isinstance(value, list | dict) and bool(pd.isna(value)))


def _time_format(times: "pd.Series[Any]") -> str:
    """Return the shortest format that loses nothing a person would miss."""
    if (times.dt.normalize() == times).all():
        return "%Y-%m-%d"
    return "%Y-%m-%d %H:%M" if (times.dt.second == 0).all() else "%Y-%m-%d %H:%M:%S"
