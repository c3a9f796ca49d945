"""From a reference to the rows a template asked for: described when a run is accepted, opened in the kernel.

``describe`` runs where requests are checked and returns plain JSON; ``open_source`` turns that into rows,
in a process that sees nothing but the files named in it.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pandas as pd

from workbench.config import Workspace
from workbench.errors import Invalid, unknown
from workbench.tables import filters, pruning, relation, resolve
from workbench.tables import mapping as mappings
from workbench.tables.proposing import Need
from workbench.tables.resolve import Source


class Role(Protocol):
    """What an input asks of a table; the front matter's own model fits."""

    @property
    def columns(self) -> Mapping[str, Need]:
        """The columns by name."""

    @property
    def others(self) -> Any:
        """Type of further columns to pass through, or None."""


def describe(
    reference: str,
    *,
    workspace: Workspace,
    needs: Role | None,
    mapping: Mapping[str, str | None] | None = None,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Pin a reference and settle how its columns fill a role.

    Parameters
    ----------
    reference : str
        A table, ``name`` or ``name@version``, or a path to a file.
    needs : the input of a contract; None passes every column through under its own name
    mapping : role column → source column, as far as it was chosen
    cache : folder for files made readable; by default inside the workspace

    Returns
    -------
    dict
        JSON that ``open_source`` understands, and that a run records.
    """
    source = resolve.resolve(reference, workspace=workspace, cache=cache)
    return described(source, needs=needs, mapping=mapping)


def described(
    source: Source, *, needs: Role | None, mapping: Mapping[str, str | None] | None = None
) -> dict[str, Any]:
    """Settle how the columns of a pinned reference fill a role; see ``describe``."""
    if needs is None:
        columns = {column.name: mappings.as_is(column) for column in source.columns}
        others: list[str] = []
    else:
        chosen = mappings.choose(source.columns, needs.columns, given=mapping or {}, subject=_named(source))
        by_name = {column.name: column for column in source.columns}
        columns = {
            name: mappings.converted(by_name[own], needs.columns[name], name=name)
            for name, own in chosen.items()
        }
        others = mappings.others(source.columns, chosen, needs.others)
    own_units = {column.name: column.unit for column in source.columns}
    return {
        "reference": source.reference,
        "table": source.table,
        "version": source.version,
        "files": list(source.files),
        "rows": source.rows,
        "sha256": source.sha256,
        "columns": columns,
        "others": others,
        "other_units": {name: own_units[name] for name in others if own_units[name]},
    }


def filtered(
    source: Source,
    found: Mapping[str, Any],
    wanted: Mapping[str, Any],
    *,
    connection: duckdb.DuckDBPyConnection,
) -> dict[str, Any]:
    """Narrow a described input to the rows a filter leaves; refuse when none is left.

    ``connection`` is what ``opened`` gave, once for all filters of a table.
    """
    settled = filters.settle(wanted, source.columns, subject=_named(source))
    types = filters.types(settled, source.columns)
    condition = filters.where(settled, types)
    files = pruning.pruned(source.files, source.bounds, settled, types)
    rows = relation.count(connection, files, condition) if files else 0
    if not rows:
        subject = f"{_named(source)}, rows with {filters.told(settled)}"
        hint = "choose a value that the column has, or remove the filter"
        raise Invalid(subject, given="no rows", expected="at least one", hint=hint)
    whole = {"all_files": found["files"]} if len(files) < len(source.files) else {}
    return {**found, **whole, "files": files, "rows": rows, "filter": settled, "filter_types": types}


def opened() -> duckdb.DuckDBPyConnection:
    """Open a connection for our own questions about tables."""
    return relation.ours()


def _named(source: Source) -> str:
    return f"table {source.table}" if source.version is not None else f"file {source.table}"


def condition_of(source: Mapping[str, Any]) -> str:
    """Return the SQL condition of a described input; empty when all its rows count."""
    return filters.where(source.get("filter") or {}, source.get("filter_types") or {})


def check(source: Mapping[str, Any]) -> None:
    """Make sure the rows of a described input can be read as its role needs them."""
    relation.check(source["files"], source["columns"], where=condition_of(source))


def is_readable(source: Mapping[str, Any]) -> bool:
    """Whether every value of a described input can be read as its role needs it."""
    try:
        check(source)
    except Invalid:
        return False
    return True


def without_unreadable(source: dict[str, Any], *, needs: Role, given: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out optional columns that nobody chose and that cannot be read: proposals must not stop a run."""
    kept = {}
    for name, column in source["columns"].items():
        proposed = needs.columns[name].optional and name not in given
        if not proposed or is_readable({**source, "columns": {name: column}}):
            kept[name] = column
    return {**source, "columns": kept}


def open_source(source: Mapping[str, Any]) -> "Data":
    """Open a described input."""
    return Data(source)


class Data:
    """The rows of an input: the role's columns, typed, in the role's units, in table order."""

    def __init__(self, source: Mapping[str, Any]) -> None:
        self.source = source

    def __repr__(self) -> str:
        return f"<{self.source['reference']}: {self.rows} rows; {', '.join(self.columns)}>"

    @cached_property
    def _opened(self) -> tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyRelation]:
        # The connection is kept with the relation, which dies without it.
        self.check()
        files, columns, others = (self.source[part] for part in ("files", "columns", "others"))
        return relation.open_input(files, columns, others, rows=self.rows, where=condition_of(self.source))

    @property
    def relation(self) -> duckdb.DuckDBPyRelation:
        """The rows as DuckDB sees them, not yet read."""
        return self._opened[1]

    def df(self, others: Sequence[str] | None = None) -> pd.DataFrame:
        """Read all rows into pandas; of the columns passed through only those named, where any are."""
        # Through Arrow: DuckDB's own .df() raises pandas 3's deprecation warnings.
        threads = self.rows > relation.MANY_ROWS
        rows = self.relation
        if others is not None and self.others:
            wanted = [name for name in self.others if name in others]
            rows = rows.project(", ".join(map(relation.quoted, [*self.source["columns"], *wanted])))
        frame: pd.DataFrame = rows.to_arrow_table().to_pandas(use_threads=threads)
        return frame

    def ask(
        self, sql: str, *, name: str, others: Mapping[str, "Data"] | None = None, **parameters: Any
    ) -> pd.DataFrame:
        """Run SQL over these rows, called ``name`` there, and other inputs; ``$x`` is a parameter."""
        connection = self._opened[0]
        connection.execute(f"CREATE OR REPLACE VIEW {relation.quoted(name)} AS FROM input")
        for other, data in (others or {}).items():
            connection.register(other, data.relation.to_arrow_table())
        frame: pd.DataFrame = connection.execute(sql, parameters or None).to_arrow_table().to_pandas()
        return frame

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.source["rows"])

    @property
    def columns(self) -> list[str]:
        """The names of the columns: the role's, then those passed through."""
        return [*self.source["columns"], *self.others]

    @property
    def others(self) -> list[str]:
        """The columns passed through under their own name."""
        return list(self.source["others"])

    def has(self, name: str) -> bool:
        """Whether a column, which the role may do without, is there."""
        return name in self.columns

    def unit(self, name: str) -> str | None:
        """The unit of a column's values; None where there is none."""
        if name in self.source["columns"]:
            unit = self.source["columns"][name]["unit"]
            return str(unit) if unit else None
        self._known(name)
        return dict(self.source.get("other_units", {})).get(name)

    def label(self, name: str) -> str:
        """What the user's table calls a column."""
        if name in self.source["columns"]:
            return str(self.source["columns"][name]["label"])
        return self._known(name)

    def _known(self, name: str) -> str:
        if name not in self.columns:
            raise unknown("column", name, self.columns)
        return name

    def check(self) -> None:
        """Make sure every value can be read as the role needs it."""
        check(self.source)
