"""The coverage map: a heat table of equipment by business stage; each cell leads to what is missing."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import panel as pn
import panel_material_ui as pmui

from workbench.app import Workbench
from workbench.errors import WorkbenchError
from workbench.governance.coverage import STAGES, Cell, Coverage, Point
from workbench.tables import expected
from workbench.tables.holdings import coverage_of, holdings
from workbench.ui import fits
from workbench.ui.asking import ask_first, go
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

FIELD: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width", "margin": (4, 8, 8, 0)}
BUTTON: dict[str, Any] = {"size": "small", "margin": (4, 8, 12, 0)}
SHOWN_UNEXPECTED = 20
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


def coverage_page(bench: Workbench) -> Frame:
    """Build the map, with the points of the cell that the address names."""
    view = visit(bench)
    try:
        found = coverage_of(bench.tables, assets=bench.engine.preparer.assets.equipment())
    except WorkbenchError as error:
        body = fragment("note", problem=reason(view, error), hint="")
        return page(
            view, view.say("coverage_map"), section="data", body=body, roots={"main": _declaring(view, None)}
        )
    return page(
        view,
        view.say("coverage_map"),
        section="data",
        body=_map(view, found),
        roots={"main": _declaring(view, found)},
    )


def _map(view: View, found: Coverage) -> Any:
    cells = {(cell.asset, cell.stage): cell for cell in found.cells}
    chosen = cells.get((view.arguments.get("asset", ""), view.arguments.get("stage", "")))
    rows = [
        (asset, [_cell(view, cells.get((asset, code))) for code in STAGES], _whole(_of(found, asset=asset)))
        for asset in found.assets
    ]
    share = f"{found.share:.1%}" if found.share is not None else ""
    names = ", ".join(found.unexpected[:SHOWN_UNEXPECTED])
    return fragment(
        "coverage",
        view=view,
        told=view.say("coverage_told", collected=found.collected, expected=found.expected, share=share),
        nothing=not found.cells,
        stages=[view.pick(name) for name in STAGES.values()],
        rows=rows,
        totals=[_whole(_of(found, stage=code)) for code in STAGES],
        total=_whole(list(found.cells)),
        chosen=_points(view, chosen) if chosen else None,
        unexpected=view.say("unexpected", names=names) if names else "",
    )


def _of(found: Coverage, *, asset: str | None = None, stage: str | None = None) -> list[Cell]:
    return [cell for cell in found.cells if asset in {None, cell.asset} and stage in {None, cell.stage}]


def _whole(cells: list[Cell]) -> dict[str, Any] | None:
    of, met = sum(len(cell.points) for cell in cells), sum(cell.collected for cell in cells)
    return {"share": f"{met / of:.0%}", "count": f"{met}/{of}", "heat": _heat(met / of)} if of else None


def _heat(share: float) -> int:
    """Return a step of 0 to 4: only all is 4, only none is 0."""
    if share in {0.0, 1.0}:
        return 4 if share else 0
    return 1 + sum(share >= step for step in STEPS[2:4])


def _cell(view: View, cell: Cell | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    whole = _whole([cell])
    query = urlencode({"asset": cell.asset, "stage": cell.stage})
    stale = sum(point.state == "stale" for point in cell.points)
    told = f"{view.say('state_stale')}: {stale}" if stale else ""
    return {**(whole or {}), "address": f"/coverage?{query}#points", "told": told}


def _points(view: View, cell: Cell) -> dict[str, Any]:
    order = {"missing": 0, "stale": 1, "collected": 2}
    points = sorted(cell.points, key=lambda point: order[point.state])
    return {
        "title": view.say("points_of", asset=cell.asset, stage=view.pick(STAGES[cell.stage])),
        "rows": [_point(view, point) for point in points],
    }


def _point(view: View, point: Point) -> dict[str, Any]:
    tones = {"missing": "bad", "stale": "warning", "collected": "good"}
    table = point.found.table if point.found else ""
    newest = point.found.newest if point.found else None
    hint = view.say(f"{point.state}_next") if point.state != "collected" else ""
    if point.state == "missing" and point.near:
        hint = view.say("perhaps", name=point.near) + " " + hint
    return {
        "name": point.expected.point,
        "state": view.say(f"state_{point.state}"),
        "tone": tones[point.state],
        "table": table,
        "address": f"/table?name={quote(table)}" if table else "",
        "newest": newest.replace("T", " ")[:16] if newest else "–",
        "hint": hint,
    }


# --- declaring -------------------------------------------------------------------------------------------


def _declaring(view: View, found: Coverage | None) -> Any:
    """Return the ways to say what should be collected."""
    note = html()
    file = pmui.FileInput(
        label=view.say("points_choose"), accept=".csv,.xlsx,.xls,.txt", size="small", margin=(4, 8, 8, 0)
    )
    take = pmui.Button(label=view.say("points_take_file"), color="primary", **BUTTON)
    names = sorted({each.table for each in holdings(view.bench.tables) if each.asset})
    names.sort(key=lambda name: name.startswith(fits.DEMO))
    table = pmui.Select(label=view.say("table"), options=names, value=names[0] if names else None, **FIELD)
    stages = {view.pick(name): code for code, name in STAGES.items()}
    stage = pmui.Select(label=view.say("stage"), options=stages, value="production", **FIELD)
    add = pmui.Button(label=view.say("points_add"), variant="outlined", **BUTTON)

    def from_file() -> None:
        if not file.value:
            return
        with tempfile.TemporaryDirectory(prefix="workbench-points-") as folder:
            path = Path(folder) / Path(str(file.filename)).name
            path.write_bytes(file.value)
            expected.declare_file(view.bench.workspace, path)

    def from_table() -> None:
        tables = view.bench.tables
        expected.from_table(tables, table.value, stage.value, holdings(tables))

    take.on_click(_doing(view, from_file, note))
    add.on_click(_doing(view, from_table, note))
    parts: list[Any] = [
        html(fragment("coveragepoints", view=view, some=bool(found and found.cells))),
        pn.Row(file, take, margin=0),
        html(f'<p class="hint">{view.say("points_from_table")}</p>'),
        pn.Row(table, stage, add, margin=0, sizing_mode="stretch_width"),
        note,
    ]
    if found and found.cells:
        question = view.say("points_forget_sure", count=found.expected)
        parts.append(
            ask_first(
                view, question, lambda: _forget(view), {}, page="/coverage", label=view.say("points_forget")
            )
        )
    return themed(view, *parts, max_width=900, margin=(20, 0, 0, 0))


def _forget(view: View) -> None:
    expected.declare(view.bench.workspace, [])


def _doing(view: View, act: Callable[[], None], note: Any) -> Callable[[Any], Any]:
    async def do(_: Any) -> None:
        try:
            await asyncio.to_thread(act)
        except WorkbenchError as error:
            note.object = fragment("note", problem=reason(view, error), hint="")
            return
        go("/coverage")

    return do
