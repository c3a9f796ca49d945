"""A user's SQL sees the tables and nothing else, and cannot outstay its welcome."""

import time

import pandas as pd
import pytest

from workbench.errors import Invalid
from workbench.tables import query
from workbench.tables.profile import profile


@pytest.fixture
def plant(tables):
    tables.add("demo.bore", pd.DataFrame({"直径": [74.03, 74.0, 73.99], "line": ["L1", "L2", None]}))
    tables.add("产量", pd.DataFrame({"n": range(100)}))
    return tables


def test_tables_are_queried_by_their_names(plant):
    found = query.run_sql(plant, 'SELECT avg(直径) AS m, count(*) AS n FROM demo.bore JOIN "产量" ON n < 1')

    assert found.to_dict("records") == [{"m": pytest.approx(74.00666667), "n": 3}]


def test_rows_beyond_the_limit_are_told(plant):
    found = query.run_sql(plant, "SELECT * FROM 产量 ORDER BY n", limit_rows=10)

    assert (found["n"].tolist(), found.attrs["more"]) == (list(range(10)), True)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/proc/self/environ')",
        "SELECT * FROM '{root}/state.sqlite'",
        "SELECT * FROM glob('{root}/**')",
        "COPY demo.bore TO '{root}/out.csv'",
        "ATTACH '{root}/new.db'",
        "EXPORT DATABASE '{root}/dump'",
        "INSTALL httpfs",
        "LOAD '{root}/x.so'",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "CREATE TABLE t AS SELECT 1",
        "DROP VIEW demo.bore",
        "SELECT 1; SELECT 2",
        "SELECT * FROM duckdb_settings()",
        "SELECT current_setting('temp_directory')",
        "SELEC 1",
        "",
    ],
)
def test_what_is_no_question_to_the_tables_is_refused_without_a_path(plant, sql):
    root = str(plant.workspace.root)

    try:
        shown = query.run_sql(plant, sql.replace("{root}", root)).to_csv()
    except Invalid as error:
        shown = str(error)

    assert root not in shown
    assert "root:" not in shown
    assert "\n" not in shown.strip() or sql.startswith("PRAGMA")
    assert sorted(each.name for each in plant.workspace.root.iterdir() if each.suffix) == []


def test_system_views_do_not_tell_where_the_workspace_lies(plant):
    shown = query.run_sql(plant, "SELECT sql FROM duckdb_views() WHERE NOT internal").to_csv()

    assert "demo" in shown
    assert str(plant.workspace.root) not in shown


def test_a_misspelt_table_is_answered_with_the_nearest(plant):
    with pytest.raises(Invalid, match=r"query: unknown table: got 'bor'; did you mean 'demo.bore'"):
        query.run_sql(plant, "SELECT * FROM demo.bor")


@pytest.mark.parametrize(
    "sql", ["SELECT count(*) FROM range(1000000) a, range(1000000) b", "SELECT repeat('x', 3000000000)"]
)
def test_a_query_that_does_not_end_is_stopped(plant, sql):
    started = time.monotonic()

    with pytest.raises(Invalid, match=r"so it was stopped|memory"):
        query.run_sql(plant, sql, timeout_s=3)

    assert time.monotonic() - started < 6


def test_a_profile_tells_each_column_apart(tables):
    tables.add(
        "t",
        pd.DataFrame(
            {
                "x": [1.0, 2.0, 3.0, float("nan")],
                "s": ["b", "a", None, "a"],
                "t": pd.date_range("2026", periods=4),
            }
        ),
        units={"x": "mm"},
    )

    found = profile(tables, "t").set_index("column")

    assert found.loc["x", ["unit", "count", "missing", "distinct", "min", "max", "median"]].tolist() == [
        "mm",
        3,
        1,
        3,
        1,
        3,
        2,
    ]
    assert found.loc["s", ["type", "count", "missing", "distinct", "min", "max"]].tolist() == [
        "text",
        3,
        1,
        2,
        "a",
        "b",
    ]
    assert found.loc["t", "max"] == "2026-01-04 00:00:00"
