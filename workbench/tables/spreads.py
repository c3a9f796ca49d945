"""What lies in a table's columns: where numbers lie, and whether texts can be read as something else.

Numbers are looked at in a bounded number of rows, the newest file first.
"""

from collections.abc import Iterable
from functools import lru_cache

import duckdb

from workbench.errors import Invalid
from workbench.tables import relation
from workbench.tables.columns import NUMERIC
from workbench.tables.resolve import Source
from workbench.tables.suspicion import Spread

ROWS = 100_000


def spreads(source: Source, names: Iterable[str]) -> dict[str, Spread]:
    """Return the spread of each column of numbers among ``names``; those without values are left out."""
    numeric = {column.name for column in source.columns if column.type in NUMERIC}
    return dict(_spreads(source.files, tuple(sorted(set(names) & numeric))))


@lru_cache(maxsize=256)
def _spreads(files: tuple[str, ...], names: tuple[str, ...]) -> tuple[tuple[str, Spread], ...]:
    if not names or not files:
        return ()
    parts = ", ".join(
        f"approx_quantile(CASE WHEN isfinite({v}) THEN {v} END, [0.05, 0.5, 0.95])"
        for v in (f"CAST({relation.quoted(name)} AS DOUBLE)" for name in names)
    )
    rows = f"(FROM read_parquet({relation.listed(files[::-1])}) LIMIT {ROWS})"
    try:
        with relation.locked(files, threads=1) as connection:
            found = connection.execute(f"SELECT {parts} FROM {rows}").fetchall()[0]  # noqa: S608
    except duckdb.Error:  # a file that went away: without values nothing is suspected
        return ()
    return tuple(
        (name, Spread(*map(float, quantiles)))
        for name, quantiles in zip(names, found, strict=True)
        if quantiles and None not in quantiles
    )


@lru_cache(maxsize=1024)
def can_be_read(files: tuple[str, ...], name: str, stored: str, wanted: str) -> bool:
    """Whether every value of a column becomes another type."""
    try:
        relation.check(files, {name: {"source": name, "stored": stored, "type": wanted}})
    except (Invalid, duckdb.Error):
        return False
    return True
