"""The page of assets: the tree, what an asset has and inherits, what runs for it, and how it is changed."""

from typing import Any
from urllib.parse import quote, urlencode

import panel as pn
import panel_material_ui as pmui

from workbench.app import Workbench
from workbench.assets.model import Binding, Settled, Tree
from workbench.errors import WorkbenchError
from workbench.runs.asset_swap import below, fits_asset
from workbench.runs.request import RunRequest
from workbench.runs.sweep import Subtree, SweepRequest
from workbench.templates.template import Template
from workbench.ui.asking import ask_first, go
from workbench.ui.asset_form import AssetForm, importer
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

MOST = 300  # of one level that the tree shows


def assets_page(bench: Workbench) -> Frame:
    """Build the page, with the asset that the address names opened."""
    view = visit(bench)
    known = bench.engine.preparer.assets.tree()
    chosen = view.arguments.get("asset", "")
    opened = chosen if chosen in known.assets else ""
    parts: list[Any] = [html(detail(view, known, opened))] if opened else [html(_nothing(view, chosen))]
    if opened:
        parts.append(_runs(view, known, opened))
    parts.append(AssetForm(view, known, opened).panel)
    if opened:
        count = len(_under(known, opened))
        question = view.say("asset_remove_sure", asset=opened, count=count)
        label = view.say("asset_remove")
        parts.append(
            ask_first(view, question, lambda: _remove(view, opened), {}, page="/assets", label=label)
        )
    else:
        parts.append(importer(view))
    return page(
        view,
        view.say("assets"),
        section="assets",
        roots={"main": themed(view, *parts)},
        split=fragment("assettree", view=view, nodes=_nodes(view, known, opened), total=len(known.assets)),
    )


def _remove(view: View, asset: str) -> None:
    view.bench.engine.preparer.assets.remove(asset, below=True)


def _nothing(view: View, chosen: str) -> Any:
    title = view.say("no_such_asset", asset=chosen) if chosen else view.say("no_asset_chosen")
    return fragment("empty", title=title, text=view.say("no_asset_chosen_next"))


def _under(known: Tree, asset: str) -> list[str]:
    found, waiting = [], list(known.below.get(asset, []))
    while waiting:
        found.append(waiting.pop())
        waiting += known.below.get(found[-1], [])
    return found


def _nodes(view: View, known: Tree, opened: str) -> list[dict[str, Any]]:
    """Return the lines of the tree: open along the path to the chosen asset, closed elsewhere."""
    path = {asset.id for asset in known.path(opened)} if opened else set()
    nodes: list[dict[str, Any]] = []
    waiting = [(0, name) for name in reversed(known.below.get(None, []))]
    while waiting:
        depth, name = waiting.pop()
        asset, children = known.assets[name], known.below.get(name, [])
        open_ = name in path or (not opened and depth < 3)
        nodes.append(
            {
                "id": name,
                "name": asset.name,
                "level": view.say(f"level_{asset.level}"),
                "depth": depth,
                "mark": ("▾" if open_ else "▸") if children else "·",
                "here": name == opened,
                "address": "/assets?" + urlencode({"asset": name}),
                "more": max(0, len(children) - MOST) if open_ else 0,
            }
        )
        if open_:
            waiting += [(depth + 1, child) for child in reversed(children[:MOST])]
    return nodes


def detail(view: View, known: Tree, opened: str) -> Any:
    """Tell what an asset is, has and inherits."""
    settled, asset = known.settled(opened), known.get(opened)
    roles = [
        {
            "role": role,
            "table": one.table or "–",
            "address": f"/table?name={quote(one.table)}" if one.table else "",
            "rows": _rows(view, one, "" if known.below.get(opened) else opened),
            "mapping": ", ".join(f"{name} ← {source}" for name, source in one.mapping.items()),
            "own": role in asset.roles,
        }
        for role, one in settled.roles.items()
    ]
    return fragment(
        "asset",
        view=view,
        asset=asset,
        level=view.say(f"level_{asset.level}"),
        path=[
            (one.id, one.name or one.id, "/assets?" + urlencode({"asset": one.id}))
            for one in known.path(opened)
        ],
        roles=roles,
        parameters=_parameters(view, settled, opened),
        apps=[
            (view.pick(template.title), "/app?" + urlencode({"template": template.id, "asset": opened}))
            for template in view.bench.library.list()
            if fits_asset(template, settled)
        ]
        if not known.below.get(opened)
        else [],
    )


def _rows(view: View, one: Binding, asset: str) -> str:
    """Say which rows of a table are an asset's; those above the ends of the tree only say by which column."""
    if not one.column:
        return view.say("all_its_rows")
    return (
        f"{one.column} = {one.value or asset}"
        if one.value or asset
        else view.say("rows_by", column=one.column)
    )


def _parameters(view: View, settled: Settled, opened: str) -> list[dict[str, Any]]:
    rows = []
    for name, values in settled.parameters.items():
        try:
            template = view.bench.library.get(name)
        except WorkbenchError:
            continue
        fields = {field.name: field for field in template.fields()}
        for key, given in values.items():
            field = fields.get(key)
            rows.append(
                {
                    "app": view.pick(template.title),
                    "parameter": view.pick(field.label) if field else key,
                    "value": given.value,
                    "usual": field.default if field else "",
                    "own": given.by == opened,
                    "by": given.by,
                }
            )
    return rows


def _runs(view: View, known: Tree, opened: str) -> Any:
    """Return a button for each app that runs over everything below an asset."""
    if not known.below.get(opened):
        return pn.Row()
    buttons = []
    note = html(margin=(2, 0, 6, 0))
    for template in view.bench.library.list():
        count = len(below(known, opened, template, level=None))
        if count:
            label = view.say("run_over_below", app=view.pick(template.title), count=count)
            button = pmui.Button(label=label, variant="outlined", size="small", margin=(4, 8, 4, 0))
            button.on_click(lambda _, template=template: _sweep(view, template, opened, note))
            buttons.append(button)
    return pn.Column(pn.FlexBox(*buttons), note, margin=(4, 0, 8, 0), sizing_mode="stretch_width")


def _sweep(view: View, template: Template, opened: str, note: Any) -> None:
    request = SweepRequest(
        run=RunRequest(template=template.id, origin="sweep", user=view.visitor), over=[Subtree(asset=opened)]
    )
    try:
        go("/sweep", sweep=view.bench.sweeps.create(request))
    except WorkbenchError as error:
        note.object = fragment("note", problem=reason(view, error), hint="")
