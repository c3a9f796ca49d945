"""Runs side by side, as markup: answers, what was different, key figures, and what changed in the data."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from workbench.runs.compare import compare, directions
from workbench.runs.record import RunRecord
from workbench.tables.changes import Changes
from workbench.templates.front_matter import ResultColumn, TableSpec
from workbench.templates.template import Template
from workbench.ui.numbers import moment, number
from workbench.ui.render import fragment
from workbench.ui.run_list import TONES
from workbench.ui.view import View
from workbench.ui.wording import unit

PERCENT = 100.0
MANIFOLD = 10.0  # from here on a percentage tells nothing
STATISTICS = {"missing": "missing", "min": "minimum", "max": "maximum", "mean": "mean", "std": "std"}


def overview(view: View, template: Template | None, records: Sequence[RunRecord]) -> str:
    """Return what records alone tell: answers, differences and key figures."""
    found = compare(*records, better=directions(template))
    same = [name for name in records[0].parameters if name not in found["parameters"]]
    shared = template if len({record.template.id for record in records}) == 1 else None
    differing = [
        *_versions(view, found["template"]),
        *_inputs(view, shared, records, found["inputs"]),
        *((_parameter(view, shared, name), [_value(view, shared, name, value) for value in values])
          for name, values in found["parameters"].items()),
    ]  # fmt: skip
    return str(
        fragment(
            "compare",
            view=view,
            runs=[_head(view, record) for record in records],
            other_apps=len({record.template.id for record in records}) > 1,
            differing=differing,
            same=[(_parameter(view, shared, name), _value(view, shared, name, records[0].parameters[name]))
                  for name in same],
            kpis=[_kpi(view, shared, name, kpi) for name, kpi in found["kpis"].items()],
            two=len(records) == 2,
        )
    )  # fmt: skip


def data(
    view: View, title: str, found: Changes | str, *, between: str = "", spec: TableSpec | None = None
) -> str:
    """Return what changed between two versions of a table; ``spec`` names the columns of a result table."""
    columns = spec.columns if spec else {}
    gone = isinstance(found, str)

    def titled(name: str) -> str:
        return view.pick(columns[name].label) if name in columns else name

    return str(
        fragment(
            "datachange",
            view=view,
            title=title,
            between=between,
            gone=gone,
            found=None if gone else found,
            summary=[] if isinstance(found, str) else summary(view, found, titled),
            moved=[] if isinstance(found, str) else _moved(view, found),
            titled=titled,
            shown=lambda name, value: _cell(view, columns.get(name), value),
        )
    )


def summary(view: View, found: Changes, titled: Callable[[str], str] = str) -> list[str]:
    """Return the change of a table in a few words each."""
    told = []
    if found.rows[0] != found.rows[1]:
        told.append(view.say("rows_from_to", before=found.rows[0], after=found.rows[1]))
    counts = (("rows_added", found.added), ("rows_removed", found.removed), ("rows_changed", found.changed))
    told += [view.say(key, count=count) for key, count in counts if count]
    comma = "、" if view.language == "zh" else ", "
    for key, names in (("columns_added", found.added_columns), ("columns_removed", found.removed_columns)):
        if names:
            told.append(view.say(key, columns=comma.join(map(titled, names))))
    told += [
        view.say("column_retyped", column=titled(name), before=_kind(view, before), after=_kind(view, after))
        for name, (before, after) in found.retyped_columns.items()
    ]
    if found.added or found.removed or found.changed:
        told.append(
            view.say("rows_by_key", columns=comma.join(map(titled, found.key)))
            if found.key
            else view.say("rows_no_key")
        )
    if found.too_large:
        told.append(view.say("data_too_large"))
    return told or [view.say("same_data")]


def _cell(view: View, column: ResultColumn | None, value: Any) -> str:
    """Show a value of a table: codes in words, a day without its midnight."""
    if column and str(value) in {str(code) for code in column.values}:
        return view.pick(next(text for code, text in column.values.items() if str(code) == str(value)))
    return number(value).removesuffix(" 00:00:00")


def _kind(view: View, kind: str) -> str:
    name, _, symbol = kind.partition(" ")
    return f"{view.say(f'type_{name}')} {symbol}".strip()


def _moved(view: View, found: Changes) -> list[tuple[str, str, Any, Any]]:
    return [
        (each.column, view.say(STATISTICS[each.measure]), each.before, each.after)
        for each in found.statistics
        if each.measure in STATISTICS
    ]


def _head(view: View, record: RunRecord) -> dict[str, Any]:
    told = record.verdict if record.status == "succeeded" else record.refusal
    return {
        "address": f"/app?template={quote(record.template.id)}&run={quote(record.run)}",
        "when": moment(record.created),
        "app": view.pick(record.template.title) or record.template.id,
        "status": view.say(f"status_{record.status}"),
        "tone": told.level if told and record.verdict is told else TONES[record.status],
        "answer": view.pick(told.text) if told else "",
        "run": record.run,
    }


def _versions(view: View, found: Mapping[str, list[Any]]) -> list[tuple[str, list[str]]]:
    if "version" in found:
        return [(view.say("app_version"), [version or "–" for version in found["version"]])]
    if "digest" in found:
        changed = view.say("app_changed")
        digests = found["digest"]
        return [(view.say("app_version"), ["" if digest == digests[0] else changed for digest in digests])]
    return []


def _inputs(
    view: View, template: Template | None, records: Sequence[RunRecord], found: Mapping[str, Any]
) -> list[tuple[str, list[str]]]:
    rows = []
    for role, given in found.items():
        spec = template.inputs.get(role) if template else None
        mappings = [each["mapping"] if each else None for each in given]
        by_columns = any(mapping != mappings[0] for mapping in mappings)
        shown = [_input(view, record, role, by_columns=by_columns) for record in records]
        rows.append((view.pick(spec.label) if spec else role, shown))
    return rows


def _input(view: View, record: RunRecord, role: str, *, by_columns: bool) -> str:
    used = record.inputs.get(role)
    if used is None:
        return view.say("no_input")
    table = used.table.replace("\\", "/").rsplit("/", 1)[-1]
    table += f" v{used.version}" if used.version is not None else ""
    table = view.say("rows_of", rows=used.rows, table=table) if used.rows is not None else table
    if used.filter:
        table += " · " + ", ".join(f"{name} = {value}" for name, value in used.filter.items())
    columns = ", ".join(dict.fromkeys(used.mapping.values()))
    return view.say("mapped_from", table=table, columns=columns) if by_columns else table


def _parameter(view: View, template: Template | None, name: str) -> str:
    fields = {field.name: field for field in template.fields()} if template else {}
    return view.pick(fields[name].label) if name in fields else name


def _value(view: View, template: Template | None, name: str, value: Any) -> str:
    """Show a parameter's value as the form does: choices by their label."""
    fields = {field.name: field for field in template.fields()} if template else {}
    labels = (
        {str(choice.value): view.pick(choice.label) for choice in (fields[name].choices or [])}
        if name in fields
        else {}
    )
    values = value if isinstance(value, list) else [value]
    words = {True: view.say("yes"), False: view.say("no")}
    shown = [
        words[each] if isinstance(each, bool) else labels.get(str(each)) or number(each) for each in values
    ]
    return ("、" if view.language == "zh" else ", ").join(shown)


def _kpi(view: View, template: Template | None, name: str, kpi: Mapping[str, Any]) -> dict[str, Any]:
    spec = template.results.kpis.get(name) if template else None
    decimals = spec.decimals if spec else None
    one_unit = len({each for each in kpi["units"] if each is not None}) < 2
    values = [
        number(value, decimals) + ("" if one_unit or value is None else f" {unit(view, symbol)}")
        for value, symbol in zip(kpi["values"], kpi["units"], strict=True)
    ]
    tones = [{True: "good", False: "bad", None: ""}[better] for better in kpi["better"]]
    return {
        "name": name,
        "label": view.pick(spec.label) if spec else name,
        "unit": unit(view, kpi["unit"]) if one_unit else "",
        "values": values,
        "changes": [_signed(change, decimals) for change in kpi["changes"]],
        "relative": [_percent(share) if share and abs(share) < MANIFOLD else "" for share in kpi["relative"]],
        "tones": tones,
    }


def _percent(share: float) -> str:
    """Show a share with enough digits to see that it is not nothing."""
    percent = PERCENT * share
    return f"{_signed(percent, 1 if abs(percent) >= 1 else None if abs(percent) < 0.01 else 2)} %"


def _signed(change: float | None, decimals: int | None) -> str:
    if change is None:
        return "–"
    return ("+" if change > 0 else "") + number(float(change), decimals)
