"""The drop zone: a dropped file goes to the REST interface, and what became of it is said in one sentence."""

from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from workbench.errors import WorkbenchError
from workbench.tables.catalog import TableInfo
from workbench.ui.render import ASSETS
from workbench.ui.view import View
from workbench.ui.wording import reason

ACCEPT = ".csv,.tsv,.txt,.dat,.gz,.xlsx,.xlsm,.xlsb,.xls,.ods,.parquet,.jsonl,.ndjson,.json,.zip"
REFUSED = {0: "upload_failed", 413: "upload_too_large", 507: "disk_full"}


class DropZone(JSComponent):
    """A place to drop one file; the file travels over HTTP, only its receipt comes back here."""

    heading = param.String()
    hint = param.String()
    reading = param.String()
    status = param.String()
    tone = param.String()
    accept = param.String(ACCEPT)
    address = param.String("/api/v1/tables", doc="Where a file is sent.")
    compact = param.Boolean()
    multiple = param.Boolean()
    stop = param.String(doc="What the button says that ends a transfer; empty: there is none.")
    serial = param.Integer(doc="Counts answers, so that the same sentence twice is shown twice.")

    _esm = ASSETS / "drop.js"

    def __init__(self, **params: Any) -> None:
        self.receive: Callable[[dict[str, Any]], Any] = lambda _: None
        super().__init__(**params)

    def _handle_msg(self, message: dict[str, Any]) -> Any:
        return self.receive(message)


class Uploader:
    """A drop zone that says what became of a file, and hands on the table it became."""

    def __init__(self, view: View, arrived: Callable[[TableInfo], None], *, compact: bool = False) -> None:
        self.view, self.arrived = view, arrived
        self.zone = DropZone(
            heading=view.say("upload_here" if compact else "drop_here"),
            hint=view.say("drop_hint"),
            reading=view.say("reading"),
            compact=compact,
            sizing_mode="stretch_width",
            margin=0,
        )
        self.zone.receive = self._receive

    def say(self, text: str, tone: str = "") -> None:
        """Show one sentence under the zone."""
        self.zone.param.update(status=text, tone=tone, serial=self.zone.serial + 1)

    def _receive(self, message: dict[str, Any]) -> None:
        name, kind = str(message.get("name", "")), message.get("kind")
        if kind == "sent":
            try:
                table = self.view.bench.tables.get(str(message.get("table")))
            except WorkbenchError as error:
                self.say(reason(self.view, error), "bad")
                return
            self.say(*told(self.view, name, table))
            self.arrived(table)
            return
        limit = f"{self.view.bench.settings.upload_megabytes:,.0f}"
        key = (
            "upload_empty" if kind == "empty" else REFUSED.get(int(message.get("status") or 0), "unreadable")
        )
        why = reason(self.view, message.get("error") or {})
        self.say(self.view.say(key, name=name, limit=limit, reason=why), "bad")


def told(view: View, name: str, table: TableInfo) -> tuple[str, str]:
    """Say what was read from a file, and whether everything was."""
    text = view.say("imported", name=name, table=table.name, rows=table.rows, columns=len(table.columns))
    if table.rejected:
        return text + " " + view.say("rejected_cells", count=table.rejected), "warning"
    return text, "good"
