"""From the buffer into the table: many records at once, with the number of the last in the same commit.

Killed anywhere, the next writer asks the table how far it is and goes on from there: none twice, none lost.
"""

import pyarrow as pa

from workbench.collecting.journal import Journal, Record
from workbench.errors import Invalid
from workbench.tables.catalog import Tables

ROWS = 200_000  # of one commit
TABLE = "table"


class Writer:
    """Moves the records of one connector into its table."""

    def __init__(self, journal: Journal, tables: Tables, *, table: str, id: str, source: str) -> None:  # noqa: A002
        self.journal, self.tables, self.table = journal, tables, table
        self.name, self.source = f"collect:{id}", source

    def drain(self) -> int:
        """Write all that waits; return how many rows that was."""
        moved = 0
        while records := self._next():
            moved += self._write(records)
        return moved

    def _next(self) -> list[Record]:
        if self.journal.last <= self.journal.taken(TABLE):
            return []
        # The table knows better than the mark beside the buffer, unless somebody removed it meanwhile.
        done = max(self.journal.taken(TABLE), self.tables.written(self.table, self.name))
        records = self.journal.after(done, ROWS)
        if not records:
            self.journal.take(TABLE, done)
        return records

    def _write(self, records: list[Record]) -> int:
        last = records[-1].number
        rows = joined([record.rows for record in records])
        if rows.num_rows:
            self.tables.extend(self.table, rows, source=self.source, sequence=(self.name, last))
        self.journal.take(TABLE, last)
        return int(rows.num_rows)


def joined(parts: list[pa.Table]) -> pa.Table:
    """Put rows together; where an early batch knew less of a column, the later type holds."""
    filled = [part for part in parts if part.num_columns]
    if not filled:
        return pa.table({})
    try:
        return pa.concat_tables(filled, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        reason = str(error).partition("\n")[0]
        raise Invalid("rows of the buffer", given=reason, expected="values of one type per column") from error
