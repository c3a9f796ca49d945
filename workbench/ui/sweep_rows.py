"""The board's table: a row per point, worst first, sortable by every number, each a way to its run."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup, escape

from workbench.runs.sweep_board import Board, Row, is_number, lead_kpi
from workbench.runs.sweep_table import kpi_names
from workbench.templates.template import Template
from workbench.ui.frames import grid
from workbench.ui.render import CHIPS_CSS
from workbench.ui.sweep_words import axis_title, label
from workbench.ui.view import View
from workbench.ui.wording import reason, unit

PAGE_ROWS = 20
TONES = {
    "bad": "bad", "warning": "warning", "good": "good", "info": "info",
    "refused": "refused", "no_answer": "no_answer",
}  # fmt: skip
# A link that covers its whole row: wherever one clicks, the run opens.
COVERING = """
.tabulator-row { position: relative; } .tabulator-row .tabulator-cell { position: static !important; }
.tabulator-row .tabulator-cell[tabulator-field="answer"] { white-space: normal !important; }
.tabulator-row .tabulator-cell { height: auto !important; }
a.open { color: var(--accent); font-weight: 600; text-decoration: none; }
a.open::after { content: ""; position: absolute; inset: 0; z-index: 1; }
.tabulator-row:has(a.open):hover { background: var(--accent-ground) !important; cursor: pointer; }
"""


def address(board: Board, row: Row) -> str:
    """Return where a point's run is shown."""
    return f"/app?template={quote(board.sweep.template)}&run={quote(row.run)}"


def named(row: Row) -> str:
    """Return what a point is called: its values on the axes."""
    return " · ".join(label(value) for value in row.at.values())


def said(view: View, row: Row) -> str:
    """Return a point's answer, or why there is none."""
    return reason(view, row.problem) if row.problem else view.pick(row.text)


def level(view: View, row: Row) -> str:
    """Return a point's state in a word."""
    key = "running" if row.state == "running" else row.level
    return view.say(f"level_{key}")


def listing(view: View, board: Board, template: Template | None, rows: Sequence[Row]) -> Any:
    """Return the table of a board as a widget."""
    frame, titles = _frame(view, board, template, rows)
    widget = grid(view, frame, titles)
    if not hasattr(widget, "formatters"):  # no rows, no table
        return widget
    html = {"type": "html"}
    widget.formatters = {**widget.formatters, "state": html, **dict.fromkeys(_axes(board), html)}
    widget.stylesheets = [*widget.stylesheets, CHIPS_CSS, COVERING]
    widget.param.update(page_size=PAGE_ROWS, header_filters=False, pagination=_paged(rows))
    widget.widths = {"answer": 340}
    return widget


def update(widget: Any, view: View, board: Board, template: Template | None, rows: Sequence[Row]) -> bool:
    """Show how a board stands now; return False when it needs another table."""
    frame, titles = _frame(view, board, template, rows)
    if list(frame.columns) != list(widget.value.columns) or _paged(rows) != widget.pagination:
        return False
    fresh = grid(view, frame, titles)
    widget.value = fresh.value
    return True


def _paged(rows: Sequence[Row]) -> str | None:
    return "remote" if len(rows) > PAGE_ROWS else None


def _axes(board: Board) -> dict[str, str]:
    return {f"axis{position}": axis["name"] for position, axis in enumerate(board.sweep.axes)}


def _frame(
    view: View, board: Board, template: Template | None, rows: Sequence[Row]
) -> tuple[pd.DataFrame, dict[str, str]]:
    columns: dict[str, list[Any]] = {}
    named_axes = [axis_title(view, template, axis) for axis in board.sweep.axes]
    titles = {
        **dict(zip(_axes(board), named_axes, strict=True)),
        "state": view.say("column_level"),
        "answer": view.say("answer"),
    }
    for position, (column, axis) in enumerate(_axes(board).items()):
        columns[column] = [_place(board, row, axis, is_first=position == 0) for row in rows]
    columns["state"] = [_chip(view, row, rank) for rank, row in enumerate(rows)]
    names = [name for name in kpi_names(template, rows) if _is_numeric(rows, name)]
    lead = lead_kpi(template, rows)
    names.sort(key=lambda name: name != lead)
    for name in names[:1]:
        columns[f"kpi {name}"] = _numbers(rows, name)
    columns["answer"] = [said(view, row) for row in rows]
    for name in names[1:]:
        columns[f"kpi {name}"] = _numbers(rows, name)
    titles |= {f"kpi {name}": _title(view, template, rows, name) for name in names}
    return pd.DataFrame(columns), titles


def _place(board: Board, row: Row, axis: str, *, is_first: bool) -> str:
    """Return where a point stands; what sorts it comes first, as a comment that nobody sees."""
    text = escape(label(row.at[axis]))
    if is_first and row.has_run:
        text = Markup('<a class="open" href="{}">{}</a>').format(address(board, row), label(row.at[axis]))
    return f"<!--{row.point:06d}-->{text}"


def _chip(view: View, row: Row, rank: int) -> str:
    note = f" {view.say('reused_row')}" if row.reused else ""
    chip = Markup('<span class="chip {}">{}</span>{}').format(
        TONES.get(row.level, ""), level(view, row), note
    )
    return f"<!--{rank:06d}-->{chip}"


def _is_numeric(rows: Sequence[Row], name: str) -> bool:
    return any(is_number(row.kpis[name].value) for row in rows if name in row.kpis)


def _numbers(rows: Sequence[Row], name: str) -> list[float]:
    found = [row.kpis[name].value if name in row.kpis else None for row in rows]
    return [float(value) if is_number(value) else float("nan") for value in found]  # type: ignore[arg-type]


def _title(view: View, template: Template | None, rows: Sequence[Row], name: str) -> str:
    spec = template.results.kpis.get(name) if template else None
    units = {row.kpis[name].unit for row in rows if name in row.kpis and row.kpis[name].unit}
    title = view.pick(spec.label) if spec else name
    return f"{title} ({unit(view, units.pop())})" if len(units) == 1 else title
