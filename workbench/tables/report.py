"""What was understood of a file: told to people in words, and to programs as a record."""

from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from workbench.config import Text
from workbench.tables.recipe import Recipe

TYPES = ("number", "integer", "text", "timestamp", "boolean")
SHOWN = 100  # rejected cells and rows listed in a report; the side table has all


@dataclass(frozen=True)
class Rejected:
    """A cell that does not fit its column, or a row that is no data."""

    row: int  # as counted in the file, from 1
    column: str
    text: str


@dataclass
class ColumnReport:
    """One column of the file, and what became of it."""

    header: str
    name: str
    type: str
    unit: str | None = None
    facts: dict[str, Any] = field(
        default_factory=dict
    )  # dates, zone, decimal, thousands, scale, missing_sign
    samples: list[str] = field(default_factory=list)
    missing: int = 0
    rejected: int = 0


@dataclass
class Report:
    """What was understood of a file."""

    file: str
    kind: str = "text"
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheets: list[str] = field(default_factory=list)
    decimal: str = "."
    header_row: int = 0  # as counted in the file, from 1; 0: there is none
    header_rows: int = 0
    titles: list[str] = field(default_factory=list)  # lines above the table
    aside: list[Rejected] = field(default_factory=list)  # rows that are no data: totals, footers
    columns: list[ColumnReport] = field(default_factory=list)
    rows: int = 0
    units: dict[str, str] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)  # the first ones
    rejected_count: int = 0
    notes: list[Text] = field(default_factory=list)
    differences: list[Text] = field(default_factory=list)  # from the recipe it was read with
    partial: bool = False  # only the beginning was read

    def pinned(self, used: Recipe) -> Recipe:
        """Return the recipe that reads every part of this file in the same way."""
        found = {
            column.header: used.column(column.header).model_copy(
                update={
                    "type": column.type if column.type in TYPES else "text",
                    "unit": column.unit or "",
                    "name": column.name if column.name != column.header else None,
                    "dates": used.column(column.header).dates or _order(column),
                }
            )
            for column in self.columns
        }
        decimal = used.decimal or ("," if self.decimal == "," else None)
        return used.model_copy(
            update={"columns": {**used.columns, **found}, "decimal": decimal, "delimiter": self.delimiter}
        )

    def lasting(self, used: Recipe) -> Recipe:
        """Return what of the recipe, and of what was found, holds for the next file of the same source.

        That is what a person said, and whether day or month comes first where this file left no doubt: types
        and the place of the header are found anew.
        """
        said = dict(used.columns)
        for column in self.columns:
            order = None if column.facts.get("ambiguous") else _order(column)
            if order is not None:
                said[column.header] = used.column(column.header).model_copy(update={"dates": order})
        return used.model_copy(update={"columns": said})

    def record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def _order(column: ColumnReport) -> Any:
    dates = column.facts.get("dates")
    return dates if dates in ("day_first", "month_first") else None


@dataclass(frozen=True)
class Import:
    """A file as a table, with everything that did not get into it."""

    table: pa.Table
    report: Report
    rejected: pa.Table | None = None
