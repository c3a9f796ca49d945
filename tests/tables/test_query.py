"""A user's SQL sees the tables and nothing else, and cannot outstay its welcome."""

import threading
import time
from types import SimpleNamespace

import pandas as pd
import pytest

from workbench.errors import Invalid
from workbench.tables import query, saved_query
from workbench.tables.profile import profile
from workbench.ui.view import View
from workbench.ui.wording import reason


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
        "SELECT getenv('HOME')",
        "SELECT * FROM read_blob('{root}/**')",
        "SELECT * FROM read_parquet('../../../../etc/passwd')",
        "SELECT * FROM read_json_auto('/proc/self/environ')",
        "SELECT * FROM 'https://127.0.0.1/x.parquet'",
        "SELECT * FROM read_csv('s3://bucket/x.csv')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM which_secret('s3://x', 's3')",
        "CREATE SECRET s (TYPE s3)",
        "CALL pragma_version()",
        "/* SELECT */ PRAGMA version",
        "-- SELECT\nSET memory_limit = '100GB'",
        "SELECT 1 /* ; */; /* */ COPY demo.bore TO '{root}/out.csv'",
        "SELECT 1; -- \n ATTACH '{root}/new.db' AS a",
        "EXPLAIN ANALYZE COPY demo.bore TO '{root}/out.csv'",
        "PREPARE p AS COPY demo.bore TO '{root}/out.csv'",
        "EXECUTE p",
        "INSERT INTO demo.bore VALUES (1, 'x')",
        "WITH a AS (DELETE FROM demo.bore RETURNING *) SELECT * FROM a",
        "SELECT query('SELECT current_setting(''temp_directory'')')",
        "FROM query_table('/etc/passwd')",
        "FORCE CHECKPOINT",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM glob(''/*'')'))",
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
    with pytest.raises(
        Invalid, match=r"query: unknown table: got 'demo.bor' \(line 1, column 15\); did you mean 'demo.bore'"
    ):
        query.run_sql(plant, "SELECT * FROM demo.bor")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(1000000) a, range(1000000) b",
        "SELECT repeat('x', 3000000000)",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "SELECT list(a.range) FROM range(100000) a, range(100000) b",
    ],
)
def test_a_query_that_does_not_end_is_stopped(plant, sql):
    started = time.monotonic()

    with pytest.raises(Invalid, match=r"so it was stopped|memory"):
        query.run_sql(plant, sql, timeout_s=2)

    assert time.monotonic() - started < 6


def test_a_query_is_cancelled_from_another_thread(plant):
    stop = query.Stop()
    threading.Timer(0.5, stop.now).start()

    with pytest.raises(Invalid, match="cancelled"):
        query.run_sql(plant, "SELECT count(*) FROM range(1000000) a, range(1000000) b", stop=stop)


@pytest.mark.parametrize(
    ("sql", "said", "chinese"),
    [
        ("SELEC 1", 'no SQL that can be read near "SELEC" (line 1, column 1)', "“SELEC”附近"),
        ("SELECT line,\n  foo\nFROM demo.bore", 'no column "foo" (line 2, column 3)', "第 2 行第 3 列"),
        ("SELECT b.lin FROM demo.bore b", 'no column "lin" (line 1, column 8)', "没有列“lin”"),
        ("SELECT line, avg(直径) FROM demo.bore", "neither grouped nor summed up", "未分组"),
        ("SELECT sun(n) FROM 产量", "did you mean 'sum'?", "没有函数“sun”"),
        ("SELECT CAST(line AS INT) FROM demo.bore", "cannot be read as INT32", "TRY_CAST"),
        ("SELECT * FROM read_csv('/etc/passwd')", "reaches beyond the tables", "不能访问文件"),
        ("SELECT 1; SELECT 2", "something else than one SELECT", "不是单个 SELECT"),
    ],
)
def test_what_is_wrong_is_one_plain_sentence_with_its_place(plant, sql, said, chinese):
    with pytest.raises(Invalid) as raised:
        query.run_sql(plant, sql)

    assert said in str(raised.value)
    assert "Error" not in str(raised.value)
    assert chinese in reason(View(bench=SimpleNamespace(), language="zh"), raised.value)


def test_the_servers_environment_is_not_the_querys(plant, monkeypatch):
    monkeypatch.setenv("PLANT_SECRET", "hunter2")

    assert query.ENVIRONMENT.keys() <= {"SYSTEMROOT", "TMPDIR"}
    with pytest.raises(Invalid):
        query.run_sql(plant, "SELECT * FROM read_text('/proc/self/environ')")


def test_an_answer_is_kept_as_a_table_that_says_what_it_read(plant):
    sql = "SELECT line, avg(直径) AS mean FROM demo.bore WHERE line IS NOT NULL GROUP BY 1"

    made = saved_query.save(plant, sql, "by_line")
    again = saved_query.save(plant, sql, "by_line")

    note = plant.snapshot("by_line", again.version).note
    assert (made.rows, again.version, note["read"], note["sql"]) == (2, 1, ["demo.bore@0"], sql)
    with pytest.raises(Invalid, match="not made by a query"):
        saved_query.save(plant, "SELECT 1 AS x", "demo.bore")


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
