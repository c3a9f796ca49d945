"""The list of tables: what there is, how large, how fresh, whose it is; and the place to drop a file."""

from typing import Any
from urllib.parse import quote

from workbench.app import Workbench
from workbench.config import AnyText
from workbench.schedules.standing import standing
from workbench.tables import card, health
from workbench.tables.catalog import TableInfo
from workbench.ui import fits
from workbench.ui.asking import go
from workbench.ui.drop import Uploader
from workbench.ui.numbers import moment, size
from workbench.ui.render import fragment, script
from workbench.ui.shell import Frame, page
from workbench.ui.table_health import badge
from workbench.ui.table_page import since, table_page
from workbench.ui.view import View, visit

DESCRIPTION = 110  # letters of it in the list


def tables_page(bench: Workbench) -> Frame:
    """Build the list; an address that names a table shows that table."""
    view = visit(bench)
    if view.arguments.get("table"):
        return table_page(bench)
    uploader = Uploader(view, _show_table)
    if "deleted" in view.arguments:
        uploader.say(view.say("deleted", table=view.arguments["deleted"]))
    tables = bench.tables.list()
    rows = [_row(view, table) for table in tables]
    bench.checkups.ask(*(row["name"] for row in rows if not row["badge"]["score"]))
    # A plant's own tables come first; the demo factory is there to try things out.
    rows.sort(key=lambda row: (row["demo"], row["name"]))
    return page(
        view,
        view.say("data"),
        section="data",
        lead=fragment("importlink", view=view),
        roots={"top": uploader.zone},
        body=fragment(
            "tables", view=view, rows=rows, tags=sorted({tag for row in rows for tag in row["tags"]})
        ),
        script=script("tables"),
    )


def _show_table(table: TableInfo) -> None:
    go("/table", name=table.name)


def _row(view: View, table: TableInfo) -> dict[str, Any]:
    said = card.read(view.bench.tables, table.name)
    found = health.known(view.bench.tables, table.name)
    description = view.pick(table.description)
    words = [table.name, *_both(table.description), said.owner, *said.tags, table.source]
    return {
        "name": table.name,
        "address": f"/table?name={quote(table.name)}",
        "description": description if len(description) <= DESCRIPTION else description[:DESCRIPTION] + "…",
        "rows": table.rows,
        "bytes": table.bytes,
        "size": size(table.bytes),
        "columns": len(table.columns),
        "version": table.version,
        "created": table.created.timestamp(),
        "when": moment(table.created),
        "since": since(view, table.created),
        "badge": badge(view, found, standing(view.bench.engine, view.bench.tables, table.name, found)),
        "health": found.score if found and found.score is not None else -1,
        "owner": said.owner,
        "tags": list(said.tags),
        "demo": table.name.startswith(fits.DEMO),
        "rejected": table.rejected,
        "words": " ".join(words).casefold(),
    }


def _both(text: AnyText) -> list[str]:
    return [text] if isinstance(text, str) else [str(each) for each in (text or {}).values()]
