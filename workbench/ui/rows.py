"""The grid that pages through a table: rows travel over HTTP, a page at a time, however large it is."""

from urllib.parse import quote

import param
from panel.custom import JSComponent

from workbench.tables import browse
from workbench.tables.catalog import TableInfo
from workbench.tables.columns import NUMERIC, TIMESTAMP
from workbench.ui.mapping_rows import with_unit
from workbench.ui.render import ASSETS
from workbench.ui.view import View

SIZE, MOST_COLUMNS = 25, 200
WORDS = (
    "first", "back", "next", "last", "yes", "no", "reading", "filter", "range", "matched", "nothing",
    "refused", "lost", "find_text", "find_number", "find_time",
)  # fmt: skip


class Rows(JSComponent):
    """A page of rows with filters under the heads; sorts and filters on the server."""

    address = param.String()
    columns = param.List()
    words = param.Dict()
    first = param.List()
    total = param.Integer()
    size = param.Integer(SIZE)

    _esm = ASSETS / "rows.js"


def rows(view: View, table: TableInfo) -> Rows:
    """Return the grid of one version of a table, its first page filled in."""
    reference = f"{table.name}@{table.version}"
    page = browse.page(view.bench.tables, reference, limit=SIZE)
    shown = table.columns[:MOST_COLUMNS]
    return Rows(
        address=f"/api/v1/tables/{quote(reference)}/page",
        columns=[
            {"name": each.name, "title": with_unit(each.name, each.unit), "kind": _kind(each.type)}
            for each in shown
        ],
        words={word: view.say(f"grid_{word}") for word in WORDS},
        first=[row[: len(shown)] for row in page.rows],
        total=table.rows,
        sizing_mode="stretch_width",
        margin=0,
    )


def _kind(kind: str) -> str:
    return "number" if kind in NUMERIC else "time" if kind == TIMESTAMP else "text"
