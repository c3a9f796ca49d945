"""One line per column of a table: type, how full, how many different values, range and quantiles."""

from typing import Any

import pandas as pd

from workbench.tables import relation
from workbench.tables.catalog import Tables
from workbench.tables.columns import NUMERIC, TIMESTAMP, Column
from workbench.tables.interrupt import limited

AT_ONCE = 100  # columns
SECONDS = 90.0
FIELDS = ("count", "missing", "distinct", "min", "max", "mean", "std", "q25", "median", "q75")


def profile(tables: Tables, reference: str) -> pd.DataFrame:
    """Profile every column in one pass; the number of distinct values is an estimate above some thousands."""
    info = tables.get(reference)
    if not info.columns:
        return pd.DataFrame(columns=["column", "type", "unit", *FIELDS])
    files = tables.files(info.name, info.version)
    values: list[Any] = []
    with relation.locked(files) as connection, limited(connection, SECONDS, info.name):
        # A query of thousands of terms takes far longer to plan than its parts do to run.
        for start in range(0, len(info.columns), AT_ONCE):
            part = info.columns[start : start + AT_ONCE]
            wanted = ", ".join(measure for column in part for measure in measures(column))
            query = f"SELECT {wanted} FROM read_parquet({relation.listed(files)})"  # noqa: S608 - names are quoted
            values += connection.execute(query).fetchall()[0]
    width = len(FIELDS)
    rows = [
        [column.name, column.type, column.unit, *values[i * width : (i + 1) * width]]
        for i, column in enumerate(info.columns)
    ]
    return pd.DataFrame(rows, columns=["column", "type", "unit", *FIELDS]).astype(
        {"count": int, "missing": int}
    )


def measures(column: Column) -> list[str]:
    """Write the query's terms for one column, in the order of ``FIELDS``."""
    name = relation.quoted(column.name)
    if column.type in NUMERIC:
        # NaN is a missing value too; left in, it would be the maximum and spoil the mean.
        name = f"(CASE WHEN isnan(CAST({name} AS DOUBLE)) THEN NULL ELSE {name} END)"
    if column.type == TIMESTAMP:
        name = f"CAST({name} AS TIMESTAMP)"
    ordered = column.type in {*NUMERIC, TIMESTAMP, "text", "boolean"}
    low, high = (
        (f"CAST(min({name}) AS VARCHAR)", f"CAST(max({name}) AS VARCHAR)") if ordered else ("NULL",) * 2
    )
    if column.type in NUMERIC:
        low, high = f"min({name})", f"max({name})"
    if column.type == "text":
        low, high = f"left(min({name}), 60)", f"left(max({name}), 60)"
    number = column.type in NUMERIC
    # An infinite value would end the query: a spread of infinity is no number.
    finite = f"(CASE WHEN isfinite(CAST({name} AS DOUBLE)) THEN {name} END)"
    moments = [f"avg({finite})", f"stddev_samp({finite})"] if number else ["NULL", "NULL"]
    quantiles = [f"quantile_cont({finite}, {q})" if number else "NULL" for q in (0.25, 0.5, 0.75)]
    counts = [
        f"count({name})",
        f"count(*) - count({name})",
        f"least(approx_count_distinct({name}), count({name}))",
    ]
    return [*counts, low, high, *moments, *quantiles]
