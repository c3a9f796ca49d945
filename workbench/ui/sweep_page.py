"""The board of a sweep: how far it is, its points worst first, a number over what varied, the worst."""

import asyncio
import re
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app import Workbench
from workbench.charts import board as charts
from workbench.errors import NotFound, WorkbenchError
from workbench.runs import sweep_table
from workbench.runs.sweep_board import Board, Row, is_number, lead_kpi, worst_first
from workbench.ui import sweep_rows
from workbench.ui.broken import broken_page
from workbench.ui.figures import BOX, boxed, drawn, small
from workbench.ui.numbers import duration, moment, number
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.sweep_new import sweep_new_page
from workbench.ui.sweep_words import axes_title, axis_title, label
from workbench.ui.view import View, visit
from workbench.ui.wording import reason, unit

POLL_MS = 1000
MULTIPLES = 9  # small charts, of the worst points
MOST_BARS = 80
ORDERED = frozenset({"periods", "parameter"})
LEVELS = ("bad", "warning", "no_answer", "refused", "info", "good", "open")
MULTIPLE_GRID = {
    "display": "grid",
    "grid-template-columns": "repeat(auto-fill, minmax(350px, 1fr))",
    "gap": "10px",
}
NO_BUTTON = ".scroll-button { display: none; }"  # it would take the first place of the grid


def sweep_page(bench: Workbench) -> Frame:
    """Build the board that the address names, or the form that starts a sweep of an app."""
    view = visit(bench)
    name, wanted = view.arguments.get("sweep"), view.arguments.get("template", "")
    try:
        if name is None:
            return sweep_new_page(view, bench.library.get(wanted))
        shown = BoardPage(view, bench.sweeps.board(name))
    except WorkbenchError as error:
        known = view.say("unknown_app", app=wanted) if name is None else view.say("unknown_sweep", sweep=name)
        return broken_page(bench, error, answer=known if isinstance(error, NotFound) else "")
    return page(view, shown.title, section="sweeps", roots={"main": shown.panel})


class BoardPage:
    """One visitor at one board."""

    def __init__(self, view: View, board: Board) -> None:
        self.view, self.board = view, board
        self.template = view.bench.sweeps.template(board.sweep)
        self.title = view.pick(board.sweep.title)
        self.over = axes_title(view, self.template, board.sweep.axes)
        self.watch: Any = None
        self.complete = False
        self.head = html()
        self.table: Any = None
        self.boxes: dict[str, Any] = {}
        self.note = html(margin=(4, 0, 0, 0))
        self._build_buttons()
        self.kpi = pmui.Select(
            label=view.say("sweep_shown"), size="small", options={}, width=300, margin=(14, 0, 0, 0)
        )
        self.kpi.param.watch(lambda _: self._draw_chart(), "value")
        self.chart = pn.Column(margin=0, sizing_mode="stretch_width")
        self.listing = pn.Column(margin=0, sizing_mode="stretch_width")
        self.multiples = pn.Column(
            styles=MULTIPLE_GRID, stylesheets=[NO_BUTTON], margin=0, sizing_mode="stretch_width"
        )
        self.worst = html(margin=(4, 0, 8, 0))
        self.panel = themed(
            view,
            self.head,
            self.buttons,
            self.note,
            self.kpi,
            self.chart,
            self.listing,
            self.worst,
            self.multiples,
        )
        self._show()
        pn.state.onload(self._stands)

    def _build_buttons(self) -> None:
        view = self.view
        options = {"size": "small", "variant": "outlined", "margin": (8, 8, 0, 0)}
        self.cancel = pmui.Button(label=view.say("sweep_cancel"), **options)
        self.retry = pmui.Button(label="", **options)
        self.resume = pmui.Button(label=view.say("sweep_resume"), **options)
        self.save = pmui.Button(label=view.say("sweep_save"), **options)
        sweeps, name = view.bench.sweeps, self.board.name
        self.cancel.on_click(lambda _: self._ask(sweeps.cancel, name))
        self.retry.on_click(lambda _: self._ask(sweeps.retry, name))
        self.resume.on_click(lambda _: self._ask(sweeps.resume, name))
        self.save.on_click(lambda _: self._save())
        self.buttons = pn.Row(self.cancel, self.retry, self.resume, self.save, margin=0)

    # --- while it goes ------------------------------------------------------------------------------------

    def _stands(self) -> None:
        """Go on once the page is there: what changed before would be lost, and the table comes first."""
        self.complete = True
        self._draw_multiples(worst_first(self.board.rows, self.template))
        if not self.board.sweep.ended:
            self._follow()

    def _follow(self) -> None:
        if self.watch is None:
            self.watch = pn.state.add_periodic_callback(self._poll, period=POLL_MS)

    def _poll(self) -> None:
        if self.board.refresh():
            self._show()
        else:
            self._show_head()
        if self.board.sweep.ended and self.watch is not None:
            self.watch.stop()
            self.watch = None

    def _ask(self, action: Any, name: str) -> None:
        for button in (self.cancel, self.retry, self.resume):
            button.disabled = True
        asyncio.get_running_loop().create_task(self._asked(action, name))

    async def _asked(self, action: Any, name: str) -> None:
        try:
            await asyncio.to_thread(action, name)
            self.note.object = ""
        except WorkbenchError as error:
            self.note.object = fragment("note", problem=reason(self.view, error), hint="")
        await asyncio.to_thread(self.board.refresh)
        self._show()
        self._follow()

    def _save(self) -> None:
        words = [self.board.sweep.template, *(axis["name"] for axis in self.board.sweep.axes)]
        name = "sweeps." + re.sub(r"\W+", "_", "_".join(words)).strip("_")
        bench = self.view.bench
        try:
            table = sweep_table.save(
                bench.tables, self.board, self.template, name=name, language=self.view.language
            )
        except WorkbenchError as error:
            self.note.object = fragment("note", problem=reason(self.view, error), hint="")
            return
        self.note.object = fragment("sweepsaved", view=self.view, table=table.name)

    # --- how it looks -------------------------------------------------------------------------------------

    def _show(self) -> None:
        rows = worst_first(self.board.rows, self.template)
        self._show_head()
        self._offer_kpis(rows)
        self._draw_chart()
        if self.table is None or not sweep_rows.update(
            self.table, self.view, self.board, self.template, rows
        ):
            self.table = sweep_rows.listing(self.view, self.board, self.template, rows)
            self.listing.objects = [html(self._table_title(), margin=(12, 0, 4, 0)), self.table]
        if self.complete:
            self._draw_multiples(rows)

    def _table_title(self) -> Any:
        address = f"/api/v1/sweeps/{self.board.name}/table"
        return fragment("sweeptabletitle", view=self.view, address=address if self.view.served else "")

    def _show_head(self) -> None:
        view, sweep = self.view, self.board.sweep
        counts = {name: sum(row.level == name for row in self.board.rows) for name in LEVELS}
        left = self.board.remaining_s() if not sweep.ended else None
        self.head.object = fragment(
            "sweephead",
            view=view,
            sweep=sweep,
            title=self.title,
            when=moment(sweep.created),
            axes=self.over,
            percent=round(100 * sweep.done / max(1, sweep.points)),
            left=view.say("remaining", time=duration(left, view.language)) if left else "",
            counts=[
                (view.say(f"level_{name}"), sweep_rows.TONES.get(name, ""), count)
                for name, count in counts.items()
                if count
            ],
        )
        self.cancel.param.update(visible=not sweep.ended, disabled=False)
        self.retry.param.update(
            visible=sweep.ended and bool(sweep.failed),
            disabled=False,
            label=view.say("sweep_retry", count=sweep.failed),
        )
        self.resume.param.update(visible=sweep.cancelled and sweep.ended, disabled=False)
        self.save.visible = sweep.done > 0

    def _offer_kpis(self, rows: list[Row]) -> None:
        """Offer every number to draw; the one that tells good from bad first."""
        specs = self.template.results.kpis if self.template else {}
        names = [
            name
            for name in sweep_table.kpi_names(self.template, rows)
            if any(is_number(row.kpis[name].value) for row in rows if name in row.kpis)
        ]
        options = {self.view.pick(specs[name].label) if name in specs else name: name for name in names}
        self.kpi.visible = bool(names)
        if options != self.kpi.options and names:
            value = self.kpi.value if self.kpi.value in names else lead_kpi(self.template, rows)
            self.kpi.param.update(options=options, value=value)

    def _draw_chart(self) -> None:
        name = self.kpi.value
        spots = [spot for row in self._drawn() if (spot := self._spot(row, name)) is not None]
        if len(spots) < 2:
            self.chart.objects = []
            return
        axes = self.board.sweep.axes
        spec = self.template.results.kpis.get(name) if self.template else None
        if len(axes) == 1:
            ordered = axes[0]["kind"] in ORDERED
            plot = charts.over_one(spots, ordered=ordered, target=spec.target if spec else None)
        else:
            down, across = (axis_title(self.view, self.template, axis) for axis in axes)
            plot = charts.over_two(spots, names=(down, across))
        title = self.view.pick(spec.label) if spec else name
        self.chart.objects = [
            boxed(drawn(self.view, plot), self.view.say("sweep_chart", kpi=title, axis=self.over))
        ]

    def _drawn(self) -> list[Row]:
        """Return the points to draw: in the order of the axis, or the worst where there are too many bars."""
        axes = self.board.sweep.axes
        if len(axes) > 1 or axes[0]["kind"] in ORDERED or len(self.board.rows) <= MOST_BARS:
            return self.board.rows
        return worst_first(self.board.rows, self.template)[:MOST_BARS]

    def _spot(self, row: Row, name: str | None) -> charts.Spot | None:
        kpi = row.kpis.get(name or "")
        if kpi is None or not is_number(kpi.value):
            return None
        at = tuple(label(value) for value in row.at.values())
        shown = f"{number(kpi.value)} {unit(self.view, kpi.unit)}".strip()
        return charts.Spot(at, float(kpi.value or 0), row.level, shown)

    def _draw_multiples(self, rows: list[Row]) -> None:
        chosen = [row for row in rows if row.figure][:MULTIPLES]
        for row in chosen:
            if row.run not in self.boxes:
                self.boxes[row.run] = self._multiple(row)
        boxes = [self.boxes[row.run] for row in chosen]
        if boxes != self.multiples.objects:
            self.multiples.objects = boxes
        title = self.view.say("sweep_worst", count=len(boxes))
        self.worst.object = fragment("sweepworst", title=title) if boxes else ""

    def _multiple(self, row: Row) -> Any:
        head = fragment(
            "sweepmultiple",
            address=sweep_rows.address(self.board, row),
            point=sweep_rows.named(row),
            tone=sweep_rows.TONES.get(row.level, row.level),
            level=sweep_rows.level(self.view, row),
        )
        chart = small(self.view, Path(row.figure or ""))
        return pn.Column(html(head), chart, styles=BOX, margin=0, sizing_mode="stretch_width")
