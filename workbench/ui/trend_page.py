"""The trend page: columns or assets of any table over time, refined by the server at every zoom."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import panel as pn
import panel_material_ui as pmui
import param
from bokeh.embed import json_item
from panel.custom import JSComponent

from workbench.app import Workbench
from workbench.charts.trend import trend_chart
from workbench.errors import WorkbenchError
from workbench.tables import rollup, trend
from workbench.tables.catalog import TableInfo
from workbench.tables.chunks import ASSETS
from workbench.tables.columns import INTEGER, NUMERIC, TEXT, TIMESTAMP
from workbench.ui.documents import fitted
from workbench.ui.fields import CHIPS
from workbench.ui.figures import BOX
from workbench.ui.render import ASSETS as FILES
from workbench.ui.render import PARTS_CSS, fragment
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.view import View, given, visit
from workbench.ui.wording import reason, unit

PLACE: dict[str, Any] = {"margin": (6, 12, 0, 0)}
SMALL: dict[str, Any] = {"size": "small", **PLACE}
FIRST_TAGS = 3
WORDS = ("hour", "day", "week", "month", "all")
MORE_WORDS = ("download", "rows", "every", "column", "empty")
LENGTHS = ("d", "h", "min", "s", "ms")
SHEET = (FILES / "trend.css").read_text(encoding="utf-8")


class Chart(JSComponent):
    """The empty chart as text, and where the browser asks for what fills it."""

    content = param.String()
    path = param.String()
    query = param.String()
    words = param.String()
    axes = param.List()
    limits = param.List()
    range = param.List()
    whole = param.List()

    _esm = FILES / "trend.js"


def trend_page(bench: Workbench) -> Frame:
    """Build the page, for the table and columns that the address names."""
    view = visit(bench)
    name = view.arguments.get("table", "")
    heading = view.say("trend_of_table", table=name) if name else view.say("trend")
    try:
        main = _main(view, name)
    except WorkbenchError as error:
        main = html(fragment("note", problem=reason(view, error), hint=""))
    return page(view, heading, section="data", roots={"main": main})


def _main(view: View, name: str) -> Any:
    tables = [table.name for table in view.bench.tables.list() if fits(table)]
    choice = pmui.Select(
        label=view.say("trend_table"),
        options=["", *tables],
        value=name if name in tables else "",
        width=230,
        **SMALL,
    )
    choice.param.watch(lambda event: _go(event.new), "value")
    if not name:
        nothing = fragment("empty", title=view.say("trend_choose"), text=view.say("trend_choose_next"))
        return themed(view, choice, html(nothing))
    table = view.bench.tables.get(name)
    if not fits(table):
        nothing = fragment("empty", title=view.say("trend_nothing"), text=view.say("trend_nothing_next"))
        return themed(view, choice, html(nothing))
    return TrendPane(view, table, choice).panel


def fits(table: TableInfo) -> bool:
    """Whether a table has a trend: times and numbers."""
    kinds = {column.type for column in table.columns}
    return TIMESTAMP in kinds and bool(kinds & set(NUMERIC)) and table.rows > 0


def _go(name: str) -> None:
    pn.state.location.param.update(search="?" + urlencode({"table": name} if name else {}), reload=True)


class TrendPane:
    """What is chosen of one table, and its chart."""

    def __init__(self, view: View, table: TableInfo, choice: Any) -> None:
        self.view, self.table = view, table
        say = view.say
        numbers = [column.name for column in table.columns if column.type in NUMERIC]
        times = [column.name for column in table.columns if column.type == TIMESTAMP]
        self.time = pmui.Select(
            label=say("trend_time"), options=times, value=self._first("time", times), width=160, **SMALL
        )
        asked = [name for name in given("column") if name in numbers]
        apart = {say("trend_by_none"): ""} | {name: name for name in self._apart()}
        by = self._first("by", ["", *self._apart()], default=self._asset())
        self.by = pmui.Select(label=say("trend_by"), options=apart, value=by, width=170, **SMALL)
        measured = [name for name in numbers if name != by]
        self.columns = pmui.MultiChoice(
            label=say("trend_columns"),
            options=numbers,
            value=asked or measured[:1],
            sx=CHIPS,
            width=230,
            **PLACE,
        )
        self.tags = pmui.MultiChoice(
            label=say("trend_tags"), options=[], value=[], sx=CHIPS, width=270, **PLACE
        )
        self.lower, self.upper = (
            pmui.TextInput(
                label=say(f"trend_{end}"),
                value=view.arguments.get(end, ""),
                placeholder="–",
                width=100,
                **SMALL,
            )
            for end in ("lower", "upper")
        )
        self.note = html(margin=(4, 0, 0, 0))
        self.chart = Chart(sizing_mode="stretch_width", margin=0, stylesheets=[PARTS_CSS, SHEET])
        self._offer_tags(given("tag"))
        for widget in (self.time, self.columns, self.tags, self.lower, self.upper):
            widget.param.watch(lambda _: self._draw(), "value")
        self.by.param.watch(lambda _: self._offer_tags([]) or self._draw(), "value")  # type: ignore[func-returns-value]
        row = pn.FlexBox(
            choice,
            self.columns,
            self.by,
            self.tags,
            *([self.time] if len(times) > 1 else []),
            self.lower,
            self.upper,
        )
        box = pn.Column(
            self.chart,
            styles={**BOX, "padding": "8px 12px"},
            margin=(10, 0, 0, 0),
            sizing_mode="stretch_width",
        )
        self.panel = themed(view, row, self.note, box)
        self._draw(first=True)

    def _first(self, name: str, options: list[str], default: str | None = None) -> str:
        asked = self.view.arguments.get(name)
        return asked if asked in options else options[0] if default is None else default

    def _apart(self) -> list[str]:
        """Name the columns that can tell series apart: texts, and numbers that are called like an asset."""
        return [
            column.name
            for column in self.table.columns
            if column.type == TEXT or (column.type == INTEGER and ASSETS.search(column.name))
        ]

    def _asset(self) -> str:
        return next((name for name in self._apart() if ASSETS.search(name)), "")

    def _offer_tags(self, asked: list[str]) -> None:
        by = self.by.value
        found = trend.tags(self.view.bench.tables, self.table.name, by) if by else []
        self.tags.visible = bool(by)
        self.tags.param.update(
            options=[*dict.fromkeys([*found, *asked])] if by else [],
            value=(asked or found[:FIRST_TAGS]) if by else [],
        )

    def _draw(self, *, first: bool = False) -> None:
        """Give the browser an empty chart of the chosen lines, and the address that fills it."""
        view, by, tags, columns = self.view, self.by.value, self.tags.value, self.columns.value
        n_lines = len(columns) * (len(tags) if by else 1)
        problem = ""
        if not n_lines:
            problem = view.say("trend_pick")
        elif n_lines > trend.MOST_LINES:
            problem = view.say("trend_most", most=trend.MOST_LINES)
        self.note.object = fragment("note", problem=problem, hint="")
        if problem:
            self.chart.content = ""
            return
        lines = [
            (
                " · ".join(filter(None, [tag if by else "", column if len(columns) > 1 or not by else ""])),
                self._unit(column),
            )
            for tag in (tags if by else [""])
            for column in columns
        ]
        units = list(dict.fromkeys(symbol for _, symbol in lines))
        chosen = {"column": columns, "time": self.time.value} | ({"by": by, "tag": tags} if by else {})
        limits = [limit for limit in map(_number, (self.lower.value, self.upper.value)) if limit is not None]
        empty = trend_chart(lines, limits=limits, words=[view.say("trend_time")])
        low, high = trend.extent(view.bench.tables, self.table.name, self.time.value)
        self.chart.param.update(
            path=f"/api/v1/tables/{quote(self.table.name)}/trend",
            query=urlencode(chosen, doseq=True),
            words=json.dumps(self._words(), ensure_ascii=False),
            axes=[units.index(symbol) for _, symbol in lines],
            limits=limits,
            whole=[_ms(low), _ms(high)] if low and high else [],
            range=_range(view) if first else [],
            content=json.dumps(fitted(json_item(empty)["doc"], view), ensure_ascii=False),
        )
        if not first:
            kept = {"table": self.table.name, **chosen, "lower": self.lower.value, "upper": self.upper.value}
            pn.state.location.search = "?" + urlencode({k: v for k, v in kept.items() if v}, doseq=True)

    def _unit(self, column: str) -> str:
        return unit(self.view, self.table.column(column).unit) or ""

    def _words(self) -> dict[str, str]:
        say = self.view.say
        words = {name: say(f"range_{name}") for name in WORDS} | {
            name: say(f"trend_{name}") for name in MORE_WORDS
        }
        return words | {name: say(f"length_{name}") for name in LENGTHS} | {"loading": say("loading")}


def _range(view: View) -> list[float]:
    """Return the range that the address names, in milliseconds."""
    try:
        ends = [datetime.fromisoformat(view.arguments[end]) for end in ("start", "end")]
    except (KeyError, ValueError):
        return []
    low, high = (_ms(end.replace(tzinfo=None)) for end in ends)
    return [low, high] if low < high else []


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _ms(moment: Any) -> float:
    return float((moment - rollup.EPOCH) / rollup.MICROSECOND / 1000)
