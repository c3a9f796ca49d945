"""The box's side of the edge: sends rows and ended runs to the centre when the line is there.

Rows are read from the connectors' buffers, which keep them until the centre has them; which runs were sent
is written down. Sending again does no harm: the centre takes everything once.
"""

import json
import logging
import threading
from urllib.parse import quote, urlsplit

import httpx
import pyarrow as pa
import sqlalchemy as sa

from workbench.collecting.centre import COLUMNS, NUMBER, packed
from workbench.collecting.journal import Journal
from workbench.collecting.service import Collecting
from workbench.collecting.writer import joined
from workbench.config import Settings
from workbench.errors import Invalid
from workbench.runs.history import RUNS
from workbench.runs.record import ENDED
from workbench.runs.state import METADATA, State

CENTRE = "centre"
ROWS = 20_000
LOOK_S, LONGEST_PAUSE_S = 1.0, 5.0
TIMEOUT_S = 30.0
LOG = logging.getLogger(__name__)
SENT = sa.Table("edge_sent", METADATA, sa.Column("run", sa.String, primary_key=True))


class Edge:
    """Sends what this box collects and computes to its centre."""

    def __init__(self, settings: Settings, state: State, collecting: Collecting) -> None:
        self.settings, self.state, self.collecting = settings, state, collecting
        self.runs = settings.workspace.runs
        self.trouble = ""  # why nothing can be sent for now
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        if settings.edge_to:
            self._check()
            collecting.consumers = (*collecting.consumers, CENTRE)

    def _check(self) -> None:
        parts = urlsplit(self.settings.edge_to)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Invalid("setting edge_to", expected="an address such as https://centre.plant.com:5006")
        if not self.settings.edge_token:
            raise Invalid("setting edge_token", given="nothing", expected="the token that the centre has too")

    def start(self) -> None:
        """Keep sending, where there is a centre."""
        if self.settings.edge_to:
            self._stop.clear()
            self._thread = threading.Thread(target=self._send_always, name="edge", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop; what is not sent waits on disk."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def _send_always(self) -> None:
        pause = LOOK_S
        base = f"{self.settings.edge_to.rstrip('/')}/api/v1/edge/{self.settings.edge_name}"
        headers = {"Authorization": f"Bearer {self.settings.edge_token}"}
        with httpx.Client(headers=headers, timeout=TIMEOUT_S, trust_env=False) as client:
            while not self._stop.wait(pause):
                try:
                    self._send(client, base)
                    self.trouble, pause = "", LOOK_S
                except Exception as error:  # noqa: BLE001 - a thread that ends sends nothing any more
                    said = str(error).partition("\n")[0] or type(error).__name__
                    self.trouble = said.replace(self.settings.edge_token, "****")
                    LOG.warning("the centre could not be reached: %s", self.trouble)
                    pause = min(2 * pause, LONGEST_PAUSE_S)

    def _send(self, client: httpx.Client, base: str) -> None:
        for id_, going in list(self.collecting.going.items()):
            journal, table = going.collector.journal, going.collector.kept.table
            while not self._stop.is_set() and self._send_rows(client, f"{base}/rows/{id_}", journal, table):
                pass
        for run in self._unsent():
            if self._stop.is_set():
                return
            self._send_run(client, f"{base}/runs/{quote(run)}", run)

    def _send_rows(self, client: httpx.Client, address: str, journal: Journal, table: str) -> bool:
        """Send the next rows of a buffer; return whether there were any."""
        records = journal.after(journal.taken(CENTRE), ROWS)
        if not records:
            return False
        parts = [
            record.rows.append_column(NUMBER, pa.array([record.number] * record.rows.num_rows, pa.int64()))
            for record in records
            if record.rows.num_rows
        ]
        if parts:
            rows, sink = joined(parts), pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, rows.schema) as writer:
                writer.write_table(rows)
            body = bytes(sink.getvalue())
            client.post(address, params={"table": table}, content=body).raise_for_status()
        journal.take(CENTRE, records[-1].number)
        return True

    def _unsent(self) -> list[str]:
        sent = sa.select(SENT.c.run)
        query = sa.select(RUNS.c.run).where(RUNS.c.status.in_(ENDED), RUNS.c.run.not_in(sent))
        with self.state.connect() as connection:
            return list(connection.execute(query.order_by(RUNS.c.number).limit(100)).scalars())

    def _send_run(self, client: httpx.Client, address: str, run: str) -> None:
        folder = self.runs / run
        if (folder / "run.json").is_file():
            columns = [RUNS.c[name] for name in (*COLUMNS, "job")]
            with self.state.connect() as connection:
                row = connection.execute(sa.select(*columns).where(RUNS.c.run == run)).one()
            facts = json.dumps(dict(row._mapping), default=str)  # noqa: SLF001 - SQLAlchemy's public name
            client.post(address, content=packed(folder, facts)).raise_for_status()
        with self.state.begin() as connection:
            connection.execute(sa.insert(SENT).values(run=run))
