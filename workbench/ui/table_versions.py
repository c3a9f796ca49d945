"""The versions of a table on its page: what each changed, and the way back to an earlier one."""

import asyncio
from typing import Any
from urllib.parse import quote

import panel as pn
import panel_material_ui as pmui

from workbench.errors import WorkbenchError
from workbench.tables.catalog import TableInfo, Version
from workbench.tables.changes import Changes
from workbench.tables.differences import difference
from workbench.tables.restore import restore
from workbench.ui.asking import go
from workbench.ui.numbers import moment, number
from workbench.ui.render import fragment
from workbench.ui.shell import html, themed
from workbench.ui.view import View
from workbench.ui.wording import reason

LAST = 100
HOWS = ("import", "connector", "save-as", "view", "restore", "retention", "tidy", "demo", "program")
MEASURES = {
    "count": "count",
    "missing": "missing",
    "min": "minimum",
    "max": "maximum",
    "mean": "mean",
    "std": "std",
}


def versions(view: View, table: TableInfo) -> list[Any]:
    """Return the list of versions, and above it the difference or the question that the address names."""
    history = view.bench.tables.versions(table.name, last=LAST)
    known = {each.version for each in history}
    parts: list[Any] = []
    compared, back = (_number(view.arguments.get(name, "")) for name in ("compare", "restore"))
    if compared in known and compared != min(known):
        parts.append(html(_difference(view, table.name, _before(history, compared), compared)))
    if back in known and back != max(known):
        parts.append(_question(view, table, next(each for each in history if each.version == back)))
    return [*parts, html(_list(view, table.name, history))]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else -1


def _before(history: list[Version], version: int) -> int:
    return max(each.version for each in history if each.version < version)


def source(view: View, each: Any) -> str:
    """Say where rows came from; the demo factory's name is a word of ours."""
    return view.say("how_demo") if each.how == "demo" else each.source


def how(view: View, each: Version) -> str:
    """Say in what way a version came about."""
    return view.say(f"how_{each.how.replace('-', '_')}") if each.how in HOWS else each.how


def _list(view: View, name: str, history: list[Version]) -> Any:
    address = f"/table?name={quote(name)}&tab=versions"
    rows = []
    for position, each in enumerate(history):
        grown = each.rows - history[position - 1].rows if position else None
        rows.append(
            {
                "version": each.version,
                "created": moment(each.created),
                "how": how(view, each),
                "by": each.by,
                "source": source(view, each),
                "rows": f"{each.rows:,}",
                "grown": f"{grown:+,}" if grown else "",
                "compare": f"{address}&compare={each.version}" if position else "",
                "restore": f"{address}&restore={each.version}" if position < len(history) - 1 else "",
                "csv": f"/api/v1/tables/{quote(name)}@{each.version}/download?format=csv",
            }
        )
    more = len(history) == LAST
    return fragment("tableversions", view=view, rows=rows[::-1], more=more, last=LAST)


def _difference(view: View, name: str, before: int, after: int) -> Any:
    try:
        found = difference(view.bench.tables, name, before, after)
    except WorkbenchError as error:
        return fragment("note", problem=reason(view, error), hint="")
    return fragment(
        "tablechanges",
        view=view,
        title=view.say("changed_between", before=before, after=after),
        told=changed_words(view, found),
        cells=[(column, f"{count:,}") for column, count in found.changed_cells.items()],
        examples=[_example(change) for change in found.examples],
        statistics=[
            (each.column, view.say(MEASURES[each.measure]), _shown(each.before), _shown(each.after))
            for each in found.statistics
        ],
    )


def changed_words(view: View, found: Changes) -> list[str]:
    """Say what two versions differ in."""
    kind = {
        name: view.say(f"type_{name}")
        for name in ("number", "integer", "text", "timestamp", "boolean", "any")
    }
    told = [view.say("column_added", column=name) for name in found.added_columns]
    told += [view.say("column_removed", column=name) for name in found.removed_columns]
    told += [
        view.say("table_column_retyped", column=name, before=_kind(kind, old), after=_kind(kind, new))
        for name, (old, new) in found.retyped_columns.items()
    ]
    counts = {
        "table_rows_added": found.added,
        "table_rows_removed": found.removed,
        "table_rows_changed": found.changed,
    }
    told += [view.say(key, count=count) for key, count in counts.items() if count]
    if found.too_large:
        told.append(view.say("too_large_to_compare"))
    if found.key:
        told.append(view.say("told_apart_by", columns=", ".join(found.key)))
    elif not found.too_large and (found.added or found.removed):
        told.append(view.say("no_key_known"))
    return told or [view.say("table_nothing_changed")]


def _kind(words: dict[str, str], told: str) -> str:
    kind, _, unit = told.partition(" ")
    return f"{words.get(kind, kind)} {unit}".strip()


def _example(change: Any) -> tuple[str, str, str, str]:
    key = ", ".join(f"{name} = {value}" for name, value in change.key.items())
    return key, change.column, _shown(change.before), _shown(change.after)


def _shown(value: Any) -> str:
    return (
        number(value)
        if isinstance(value, int | float) and not isinstance(value, bool)
        else str(value if value is not None else "–")
    )


def _question(view: View, table: TableInfo, version: Version) -> Any:
    """Ask before an earlier version becomes the newest one."""
    asked = view.say(
        "restore_sure",
        version=version.version,
        rows=version.rows,
        created=moment(version.created),
        newest=table.version,
    )
    note = html(fragment("note", problem="", hint=asked))
    sure = pmui.Button(label=view.say("restore_yes"), color="primary", size="small", margin=(4, 8, 12, 0))
    keep = pmui.Button(label=view.say("restore_no"), variant="outlined", size="small", margin=(4, 0, 12, 0))

    async def do(_: Any) -> None:
        sure.disabled = True
        try:
            await asyncio.to_thread(restore, view.bench.tables, f"{table.name}@{version.version}")
        except WorkbenchError as error:
            note.object = fragment("note", problem=reason(view, error), hint="")
            return
        go(name=table.name, tab="versions")

    sure.on_click(do)
    keep.on_click(lambda _: go(name=table.name, tab="versions"))
    return themed(view, note, pn.Row(sure, keep, margin=0))
