"""What is declared about a table, on its page: proposals to confirm, and the forms to change rules with."""

import asyncio
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.errors import WorkbenchError
from workbench.governance.indicators import DIMENSIONS, SPECS
from workbench.governance.proposals import Proposal, merged
from workbench.tables import health
from workbench.tables.catalog import TableInfo
from workbench.tables.suggest import proposals
from workbench.ui.asking import go
from workbench.ui.render import fragment
from workbench.ui.shell import html, themed
from workbench.ui.view import View
from workbench.ui.wording import reason

FIELD: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width", "margin": (6, 8, 6, 0)}
MANY: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (6, 8, 6, 0)}
FOLDED: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (0, 0, 8, 0), "scrollable_height": 2000}
BUTTON: dict[str, Any] = {"size": "small", "margin": (6, 8, 10, 0)}
WIDE: dict[str, Any] = {"margin": 0, "sizing_mode": "stretch_width"}
Read = Callable[[], dict[str, Any]]


def proposed_rules(view: View, table: TableInfo) -> Any:
    """Return what the rows suggest, each to be ticked, and a button that declares what is ticked."""
    try:
        found = proposals(view.bench.tables, table.name)
    except WorkbenchError as error:
        return html(fragment("note", problem=reason(view, error), hint=""))
    if not found:
        return html()
    labels = {_label(view, each): each for each in found}
    ticks = pmui.CheckBoxGroup(
        options=list(labels), value=list(labels), inline=False, sizing_mode="stretch_width"
    )
    note = html()
    sure = pmui.Button(label=view.say("declare_ticked"), color="primary", **BUTTON)

    def do() -> None:
        ticked = [labels[label] for label in ticks.value]
        declared = health.rules(view.bench.tables, table.name).declared
        health.declare(view.bench.tables, table.name, merged(ticked, declared))

    sure.on_click(_doing(view, table, do, note))
    head = fragment("proposedhead", view=view, count=len(found))
    return themed(view, html(head), ticks, note, sure, margin=(10, 0, 0, 0))


def _label(view: View, each: Proposal) -> str:
    group, _, column = each.rule.partition(".")
    name = view.say(f"rule_{group}") + (f" {column}" if column else "")
    value = each.value
    if group == "standard":
        value = [view.say(f"type_{value['type']}"), *filter(None, [value["unit"]])]
    return f"{name}: {_value(value)} ({view.pick(each.reason)})"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return " … ".join("" if value.get(end) is None else f"{value[end]:g}" for end in ("low", "high"))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _doing(view: View, table: TableInfo, act: Callable[[], None], note: Any) -> Callable[[Any], Any]:
    async def do(_: Any) -> None:
        try:
            await asyncio.to_thread(act)
        except WorkbenchError as error:
            note.object = fragment("note", problem=reason(view, error), hint="")
            return
        go(name=table.name, tab="health")

    return do


def declared_rules(view: View, table: TableInfo) -> Any:
    """Return the forms that change rules: of the table, of one column, the weights."""
    declared = health.rules(view.bench.tables, table.name).declared
    parts = [
        (view.say("rules_of_table"), _table_form(view, table, declared)),
        (view.say("rules_of_columns"), _column_form(view, table, declared)),
        (view.say("weights"), _weight_form(view, table, declared)),
    ]
    forms = [
        pmui.Details(form, title=title, fully_expanded=True, collapsed=True, **FOLDED)
        for title, form in parts
    ]
    return themed(view, html(f"<h2>{view.say('health_rules')}</h2>"), *forms)


def _table_form(view: View, table: TableInfo, declared: dict[str, Any]) -> pn.Column:
    none, names = view.say("no_table"), [column.name for column in table.columns]
    columns = {none: "", **{name: name for name in names}}

    def text(key: str, value: Any) -> pmui.TextInput:
        return pmui.TextInput(label=view.say(f"rule_{key}"), value=_value(value) if value else "", **FIELD)

    def choice(key: str) -> pmui.Select:
        return pmui.Select(
            label=view.say(f"rule_{key}"), options=columns, value=declared.get(key, ""), **FIELD
        )

    fields = {
        "key": pmui.MultiChoice(
            label=view.say("rule_key"), options=names, value=declared.get("key", []), **MANY
        ),
        "required": pmui.MultiChoice(
            label=view.say("rule_required"), options=names, value=declared.get("required", []), **MANY
        ),
        "time": choice("time"),
        "entity": choice("entity"),
        "received": choice("received"),
        "period_s": text("period_s", declared.get("period_s")),
        "max_age_s": text("max_age_s", declared.get("max_age_s")),
        "max_delay_s": text("max_delay_s", declared.get("max_delay_s")),
        "threshold": text("threshold", declared.get("threshold", 80)),
    }
    conditions = pmui.TextAreaInput(
        label=view.say("rule_conditions"), value="\n".join(declared.get("conditions", [])), rows=3, **FIELD
    )

    def read() -> dict[str, Any]:
        found = {key: field.value or None for key, field in fields.items()}
        found["conditions"] = [line.strip() for line in conditions.value.splitlines() if line.strip()] or None
        return found

    rows = list(fields.values())
    pairs = [pn.Row(*rows[i : i + 3], **WIDE) for i in range(0, len(rows), 3)]
    return _saved(view, table, [*pairs, conditions], read)


def _saved(view: View, table: TableInfo, fields: list[Any], read: Read) -> pn.Column:
    note = html()
    save = pmui.Button(label=view.say("save_card"), color="primary", **BUTTON)
    save.on_click(_doing(view, table, lambda: _declare(view, table, read()), note))
    return pn.Column(*fields, note, save, margin=(8, 10, 0, 10), sizing_mode="stretch_width")


def _declare(view: View, table: TableInfo, changed: dict[str, Any]) -> None:
    health.declare(view.bench.tables, table.name, changed)


def _column_form(view: View, table: TableInfo, declared: dict[str, Any]) -> pn.Column:
    names = [column.name for column in table.columns]
    column = pmui.Select(label=view.say("column"), options=names, value=names[0] if names else None, **FIELD)
    fields = {
        key: pmui.TextInput(label=view.say(f"rule_{key}"), **FIELD)
        for key in ("low", "high", "formats", "allowed", "references")
    }

    def fill(_: Any = None) -> None:
        limits = declared.get("ranges", {}).get(column.value, {})
        for key in ("low", "high"):
            fields[key].value = f"{limits[key]:g}" if limits.get(key) is not None else ""
        for key in ("formats", "references"):
            fields[key].value = declared.get(key, {}).get(column.value, "")
        fields["allowed"].value = ", ".join(declared.get("allowed", {}).get(column.value, []))

    def read() -> dict[str, Any]:
        ends = {key: fields[key].value.strip() for key in ("low", "high") if fields[key].value.strip()}
        values = fields["allowed"].value.replace("，", ",").replace("、", ",").split(",")
        new = {
            "ranges": ends or None,
            "formats": fields["formats"].value.strip() or None,
            "references": fields["references"].value.strip() or None,
            "allowed": [value.strip() for value in values if value.strip()] or None,
        }
        changed: dict[str, Any] = {}
        for group, value in new.items():
            kept = {name: rule for name, rule in declared.get(group, {}).items() if name != column.value}
            changed[group] = kept | ({column.value: value} if value else {}) or None
        return changed

    column.param.watch(fill, "value")
    fill()
    shown = html(_told(view, declared), margin=(0, 10, 0, 10))
    rows = [
        column,
        pn.Row(fields["low"], fields["high"], fields["formats"], **WIDE),
        fields["allowed"],
        fields["references"],
    ]
    return pn.Column(_saved(view, table, rows, read), shown, **WIDE)


def _told(view: View, declared: dict[str, Any]) -> Any:
    """List what is declared of columns, a line for each."""
    groups = ("ranges", "formats", "allowed", "references")
    lines = [
        f"{name} · {view.say(f'rule_{group}')}: {_value(value)}"
        for group in groups
        for name, value in declared.get(group, {}).items()
    ]
    return fragment("ruleslist", lines=lines)


def _weight_form(view: View, table: TableInfo, declared: dict[str, Any]) -> pn.Column:
    weights = declared.get("weights", {})
    named = [(code, view.pick(name)) for code, name in DIMENSIONS.items()]
    named += [(spec.code, view.pick(spec.name)) for spec in SPECS]
    fields = {
        code: pmui.TextInput(label=f"{code} {name}", value=f"{weights.get(code, 1):g}", **FIELD)
        for code, name in named
    }

    def read() -> dict[str, Any]:
        given = {code: field.value.strip() or "1" for code, field in fields.items()}
        return {
            "weights": {code: value for code, value in given.items() if value not in {"1", "1.0"}} or None
        }

    all_fields = list(fields.values())
    rows = [pn.Row(*all_fields[i : i + 4], **WIDE) for i in range(0, len(all_fields), 4)]
    return _saved(view, table, [html(f'<p class="hint">{view.say("weights_hint")}</p>'), *rows], read)
