"""The state database: opened here, once per process; modules that keep something in it declare their tables.

SQLite with WAL and synchronous=FULL: what a transaction acknowledged survives the death of every process. A
database of an earlier version gets the columns it lacks when it is opened.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workbench.errors import Unavailable

METADATA = sa.MetaData()
BUSY_S = 5.0
RESTORE = "restore it from a backup; published runs are not lost"


class State:
    """Transactions on the state database of one workspace."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._refuse_what_is_cut_off()
        self._engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self._engine, "connect", _durable)
        with self._named():
            METADATA.create_all(self._engine)
            self._add_missing_columns()

    @contextlib.contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Open a transaction that is durable when the block ends."""
        with self._named(), self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """Open a connection to read with."""
        with self._named(), self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.OperationalError as error:
            raise self._unavailable(error) from error
        except sa.exc.DatabaseError as error:
            if "malformed" not in str(error.orig) and "not a database" not in str(error.orig):
                raise
            raise self._unavailable(error) from error

    def _unavailable(self, error: sa.exc.DBAPIError) -> Unavailable:
        reason = str(error.orig)
        if "locked" in reason:
            reason, hint = f"locked by another program for {BUSY_S:g} s", "close that program and try again"
        elif "full" in reason:
            reason, hint = "the disk is full", "free some space and try again"
        elif "malformed" in reason or "not a database" in reason:
            reason, hint = "damaged", RESTORE
        else:
            hint = "check the disk and the rights of the workspace folder"
        return self._named_by(reason, hint)

    def _named_by(self, reason: str, hint: str) -> Unavailable:
        return Unavailable(f"state database {self.path.name}", given=reason, hint=hint)

    def _refuse_what_is_cut_off(self) -> None:
        """Refuse a file that lost its end: SQLite takes an empty one for a new database."""
        size = self.path.stat().st_size if self.path.is_file() else 0
        if size == 0:
            runs = self.path.parent / "runs"
            if runs.is_dir() and any(runs.iterdir()):
                given = "empty" if self.path.exists() else "missing"
                raise self._named_by(f"{given}, although {runs} holds runs", RESTORE)
            return
        log = self.path.with_name(f"{self.path.name}-wal")
        if log.is_file() and log.stat().st_size:
            return  # what is missing may stand there
        with self.path.open("rb") as file:
            header = file.read(100)
        page, pages = int.from_bytes(header[16:18], "big"), int.from_bytes(header[28:32], "big")
        if header[:15] == b"SQLite format 3" and size < (65536 if page == 1 else page) * pages:
            raise self._named_by("damaged: its end is missing", RESTORE)

    def _add_missing_columns(self) -> None:
        inspector = sa.inspect(self._engine)
        with self._engine.begin() as connection:
            for table in METADATA.sorted_tables:
                have = {column["name"] for column in inspector.get_columns(table.name)}
                for column in table.columns:
                    if column.name not in have:
                        kind = column.type.compile(self._engine.dialect)
                        name = f'"{table.name}" ADD COLUMN "{column.name}" {kind}'
                        connection.execute(sa.text(f"ALTER TABLE {name}"))
                for index in table.indexes:
                    index.create(connection, checkfirst=True)


def _durable(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute(f"PRAGMA busy_timeout={int(BUSY_S * 1000)}")
    cursor.close()
