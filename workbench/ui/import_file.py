"""One file on the import page: what was understood of it, a control for each part, its columns, its rows."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from workbench.errors import WorkbenchError
from workbench.tables import files, ingest
from workbench.tables.ingest import Look
from workbench.tables.recipe import FREE, ColumnRecipe, Recipe
from workbench.ui.asking import in_turn
from workbench.ui.frames import SHEET, grid
from workbench.ui.import_target import Target
from workbench.ui.mapping_rows import with_unit
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View
from workbench.ui.wording import reason

SAMPLE_ROWS = 20
SHOWN_LOST = 20
PAGE = 40
TYPES = ("number", "integer", "text", "timestamp", "boolean")
ORDERS = ("day_first", "month_first", "year_first")
ENCODINGS = ("utf-8", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "big5", "shift_jis")
MARKS = {
    ",": "mark_comma",
    ";": "mark_semicolon",
    "\t": "mark_tab",
    "|": "mark_pipe",
    "whitespace": "mark_blank",
}
NARROW = {"size": "small", "width": 190, "margin": (6, 8, 0, 0)}


class FileCard:
    """A file that waits, with the recipe that its controls make."""

    def __init__(self, view: View, path: Path, arrival: str, changed: Callable[[], None]) -> None:
        self.view, self.path, self.arrival, self.changed = view, path, arrival, changed
        self.later = in_turn()
        self.recipe: Recipe | None = None  # None: as last time, or as found
        self.looked: Look | None = None
        self.problem = ""
        self.archive = False
        self.target = Target(view, path, self._retargeted)
        self.panel = pn.Column(html(view.say("import_looking", name=path.name)), margin=0)

    @property
    def is_ready(self) -> bool:
        """Whether the file could be imported as things stand."""
        return not self.problem and (self.archive or self.looked is not None) and not self.target.problem

    @property
    def used(self) -> Recipe:
        """The recipe as it stands."""
        return self.recipe or (self.looked.recipe if self.looked else FREE)

    async def look(self) -> None:
        """Read the file's beginning again and show it."""
        try:
            self.archive = await asyncio.to_thread(files.kind_of, self.path) == "archive"
            if not self.archive:
                self.looked = await asyncio.to_thread(
                    ingest.look, self.view.bench.tables, self.path, self.recipe,
                    name=self.target.into, mode=self.target.mode,
                )  # fmt: skip
            self.problem = ""
        except WorkbenchError as error:
            self.problem = reason(self.view, error)
        self.later(self._shown)

    def _shown(self) -> None:
        self._draw()
        self.changed()

    def _draw(self) -> None:
        """Build the card anew: a part that is changed while it is being sent does not arrive."""
        parts = [*self._found(), self.target.panel] if self.is_known else self._told()
        self.panel = pn.Column(*parts, margin=0, sizing_mode="stretch_width")

    @property
    def is_known(self) -> bool:
        """Whether the file could be read."""
        return self.looked is not None and not self.problem

    def _told(self) -> list[Any]:
        view = self.view
        title = html(fragment("importtitle", title=self.path.name, hint=""))
        hint = view.say("import_zip") if self.archive else ""
        note = html(fragment("note", problem=self.problem, hint=hint))
        if self.archive and not self.problem:
            self.target.offer(None)
            return [title, note, self.target.panel]
        # What made it unreadable may be what was just said: the controls stay.
        return [title, note, *([self._controls()] if self.looked else [])]

    def _found(self) -> list[Any]:
        assert self.looked is not None  # noqa: S101 - drawn only after a look
        view, looked = self.view, self.looked
        report = looked.found.report
        last = looked.source.file if looked.source and self.recipe is None and looked.recipe.columns else ""
        notes = [view.pick(note) for note in [*looked.differences, *report.notes]]
        lost = [*report.rejected, *report.aside][:SHOWN_LOST]
        frame = looked.found.table.slice(0, SAMPLE_ROWS).to_pandas()
        titles = {c.name: with_unit(c.name, c.unit) for c in report.columns}
        self.target.offer(looked)
        hint = view.say("import_columns_hint")
        return [
            html(fragment("importsummary", view=view, report=report, last=last, file=self.path.name)),
            self._controls(),
            html(fragment("importtitle", title=view.say("import_columns"), hint=hint)),
            self._sheet(),
            html(fragment("importtitle", title=view.say("import_sample"), hint="")),
            grid(view, frame, titles),
            html(fragment("importtold", view=view, notes=notes, lost=lost)),
        ]

    # --- what was understood, as controls --------------------------------------------------------------

    def _controls(self) -> Any:
        assert self.looked is not None  # noqa: S101 - drawn only after a look
        view, report = self.view, self.looked.found.report
        controls = []
        if len(report.sheets) > 1:
            controls.append(
                self._select("sheet", view.say("sheet"), {n: n for n in report.sheets}, report.sheet)
            )
        if report.kind == "text":
            encodings = dict.fromkeys((report.encoding or "utf-8", *ENCODINGS))
            options = {name: name for name in encodings}
            controls.append(self._select("encoding", view.say("encoding"), options, report.encoding))
            marks = {view.say(key): mark for mark, key in MARKS.items()}
            marks |= {} if report.delimiter in MARKS else {str(report.delimiter): str(report.delimiter)}
            controls.append(self._select("delimiter", view.say("separator"), marks, report.delimiter))
            points = {view.say("mark_point"): ".", view.say("mark_comma"): ","}
            controls.append(self._select("decimal", view.say("decimal_mark"), points, report.decimal))
        if report.kind in ("text", "workbook", "page"):
            controls.append(self._header(report.header_row))
            totals = {view.say("totals_aside"): "aside", view.say("totals_keep"): "keep"}
            controls.append(self._select("totals", view.say("totals_rows"), totals, self.used.totals))
        return pn.FlexBox(*controls, margin=(0, 0, 6, 0), sizing_mode="stretch_width")

    def _select(self, field: str, label: str, options: dict[str, Any], value: Any) -> Any:
        widget = pmui.Select(label=label, options=options, value=value, **NARROW)
        widget.param.watch(lambda event: self._said({field: event.new}), "value")
        return widget

    def _header(self, row: int) -> Any:
        widget = pmui.TextInput(label=self.view.say("header_at"), value=str(row), **NARROW)

        def entered(event: Any) -> None:
            if str(event.new).strip().isdecimal():
                self._said({"header_row": int(event.new)})

        widget.param.watch(entered, "value")
        return widget

    def _said(self, said: dict[str, Any]) -> None:
        """Take a correction; another header or sheet has other columns."""
        if said.keys() & {"sheet", "header_row", "delimiter"}:
            said = said | {"columns": {}}
        self.recipe = self.used.model_copy(update=said)
        self._again()

    def forget(self) -> None:
        """Read the file as if it were the first of its kind."""
        self.recipe = FREE
        self._again()

    def reshape(self, said: dict[str, Any]) -> None:
        """Take what was said about the shape."""
        self.recipe = self.used.model_copy(update=said)

    def _retargeted(self) -> None:
        self._again()

    def _again(self) -> None:
        asyncio.get_running_loop().create_task(self.look())

    # --- columns ---------------------------------------------------------------------------------------

    def _sheet(self) -> Any:
        assert self.looked is not None  # noqa: S101 - drawn only after a look
        view = self.view
        here = {column.header: column for column in self.looked.found.report.columns}
        skipped = [header for header, each in self.used.columns.items() if each.skip and header not in here]
        rows = [
            {
                "take": True, "header": c.header, "name": c.name, "type": c.type, "unit": c.unit or "",
                "dates": c.facts.get("dates") if c.facts.get("dates") in ORDERS else "",
                "sample": " · ".join(c.samples), "lost": c.rejected or "",
            }
            for c in here.values()
        ]  # fmt: skip
        rows += [
            {
                "take": False,
                "header": h,
                "name": "",
                "type": "",
                "unit": "",
                "dates": "",
                "sample": "",
                "lost": "",
            }
            for h in skipped
        ]
        kinds = {kind: view.say(f"type_{kind}") for kind in TYPES}
        orders = {order: view.say(f"dates_{order}") for order in ORDERS}
        widget = pn.widgets.Tabulator(
            pd.DataFrame(rows).astype({"lost": str}),
            show_index=False,
            selectable=False,
            layout="fit_data_stretch",
            pagination="local" if len(rows) > PAGE else None,
            page_size=PAGE,
            titles={
                "take": view.say("column_take"), "header": view.say("column_header"),
                "name": view.say("column_name"), "type": view.say("type"), "unit": view.say("unit"),
                "dates": view.say("column_dates"), "sample": view.say("column_sample"),
                "lost": view.say("column_lost"),
            },
            editors={
                "take": {"type": "tickCross"}, "header": None, "sample": None, "lost": None,
                "name": {"type": "input"}, "unit": {"type": "input"},
                "type": {"type": "list", "values": kinds},
                "dates": {"type": "list", "values": orders},
            },
            formatters={
                "take": {"type": "tickCross"}, "type": {"type": "lookup", "": "", **kinds},
                "dates": {"type": "lookup", "": "", **orders},
            },
            hidden_columns=[] if any(row["lost"] for row in rows) else ["lost"],
            configuration={"headerSort": False, "columnDefaults": {"headerSort": False}},
            stylesheets=[SHEET],
            sizing_mode="stretch_width",
            margin=0,
        )  # fmt: skip
        widget.on_edit(lambda event: self._edited(str(rows[event.row]["header"]), event.column, event.value))
        return widget

    def _edited(self, header: str, field: str, value: Any) -> None:
        changes: dict[str, dict[str, Any]] = {
            "take": {"skip": not value},
            "name": {"name": str(value or "").strip() or None},
            "type": {"type": value if value in TYPES else None},
            "unit": {"unit": str(value or "").strip()},
            "dates": {"dates": value if value in ORDERS else None, "type": "timestamp"},
        }
        said = self.used.columns.get(header, ColumnRecipe()).model_copy(update=changes.get(field, {}))
        self._said({"columns": {**self.used.columns, header: said}})
