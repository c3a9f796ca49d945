"""Tables keep their rows, order, names, units and versions, for every process that looks."""

import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import Invalid, NotFound
from workbench.tables import store
from workbench.tables.catalog import Tables

BORES = pd.DataFrame({"直径 (mm)": [74.03, 74.0, 73.99], "line": pd.Categorical(["L1", "L2", "L1"])})
WRITER = """
import sys, pandas as pd
from pathlib import Path
from workbench.config import Workspace
from workbench.tables.catalog import Tables
tables = Tables(Workspace(Path(sys.argv[1])))
number = 0
while True:
    number += 1
    tables.add("busy", pd.DataFrame({"n": [number] * 2000}))
    print(number, flush=True)
"""


def test_a_table_comes_back_with_names_order_units_and_description(tables):
    tables.add(
        "demo.bore", BORES, units={"直径 (mm)": "mm"}, source="test", description={"en": "a", "zh": "甲"}
    )

    info = tables.get("demo.bore")

    assert [(c.name, c.type, c.unit) for c in info.columns] == [
        ("直径 (mm)", "number", "mm"),
        ("line", "text", None),
    ]
    assert (info.version, info.rows, info.source, info.description["zh"]) == (0, 3, "test", "甲")
    assert tables.head("demo.bore")["直径 (mm)"].tolist() == [74.03, 74.0, 73.99]


def test_every_write_is_a_version_and_old_ones_stay_readable(tables):
    tables.add("t", pd.DataFrame({"a": [1]}), source="first")
    tables.add("t", pd.DataFrame({"b": ["x", "y"]}), source="second")

    assert tables.head("t").columns.tolist() == ["b"]
    assert tables.head("t@0")["a"].tolist() == [1]
    assert [(v.version, v.source, v.rows) for v in tables.versions("t")] == [
        (0, "first", 1),
        (1, "second", 2),
    ]


def test_appended_rows_follow_the_older_ones_in_the_order_of_their_commits(tables):
    for number in range(6):
        tables.add("t", pd.DataFrame({"n": [number, number]}), mode="append")

    assert tables.head("t")["n"].tolist() == [n for n in range(6) for _ in range(2)]
    assert tables.head("t", 3)["n"].tolist() == [0, 0, 1]


def test_appended_columns_are_matched_by_name_and_a_new_one_is_refused(tables):
    tables.add("t", pd.DataFrame({"a": [1], "b": ["x"]}), units={"a": "mm"})

    tables.add("t", pd.DataFrame({"b": ["y"]}), mode="append")

    assert tables.head("t")["b"].tolist() == ["x", "y"]
    assert tables.get("t").columns[0].unit == "mm"
    with pytest.raises(Invalid, match=r"append to t: new column: got 'c'; it has a, b"):
        tables.add("t", pd.DataFrame({"c": [1]}), mode="append")


def test_a_description_stays_until_there_is_another(tables):
    tables.add("t", BORES, description="bores")
    tables.add("t", BORES)

    assert tables.get("t").description == "bores"


def test_names_that_differ_only_in_case_are_made_different(tables):
    info = tables.add("t", pa.table({"A": [1], "a": [2], "": [3]}))

    assert [(c.name, c.label) for c in info.columns] == [("A", None), ("a_2", "a"), ("column3", None)]


@pytest.mark.parametrize("name", ["", "a b", "../x", "a.b.c", "1a", "a/b", ".hidden", "_delta_log", "a@1"])
def test_a_name_that_is_no_table_name_is_refused(tables, name):
    with pytest.raises(Invalid, match=r"table name: got"):
        tables.add(name, BORES)


def test_a_table_cannot_lie_inside_another_or_differ_only_in_case(tables):
    tables.add("demo.bore", BORES)

    with pytest.raises(Invalid, match=r"collides with table 'demo.bore'"):
        tables.add("demo", BORES)
    with pytest.raises(Invalid, match=r"use that spelling"):
        tables.add("Demo.bore", BORES)


def test_unknown_tables_and_versions_say_what_there_is(tables):
    tables.add("demo.bore", BORES)

    with pytest.raises(NotFound, match=r"unknown table: got 'demo.bor'; did you mean 'demo.bore'"):
        tables.get("demo.bor")
    with pytest.raises(NotFound, match=r"unknown version of table demo.bore: got '7', expected version 0"):
        tables.get("demo.bore@7")


def test_a_removed_table_is_gone_and_its_name_can_start_again(tables):
    tables.add("t", pd.DataFrame({"a": [1]}))
    tables.get("t")

    tables.remove("t")

    assert not tables.exists("t")
    assert tables.list() == []
    assert tables.add("t", pd.DataFrame({"z": [1.5]})).columns[0].name == "z"


def test_sixty_tables_are_listed_without_reading_a_row(tables):
    for number in range(60):
        tables.add(f"t{number}", pd.DataFrame({"a": [number]}))
    for file in tables.workspace.tables.rglob("*.parquet"):
        file.unlink()

    started = time.perf_counter()
    infos = Tables(tables.workspace).list()

    assert [info.rows for info in infos] == [1] * 60
    assert time.perf_counter() - started < 5


def test_the_hash_depends_on_rows_and_units_and_not_on_the_place(tables, tmp_path):
    first = tables.add("a", pd.DataFrame({"x": [1.0]}), units={"x": "mm"})
    tables.add("b", pd.DataFrame({"x": [1.0]}), units={"x": "mm"})
    tables.add("c", pd.DataFrame({"x": [1.0]}), units={"x": "m"})

    hashes = [tables.snapshot(name, first.version).sha256 for name in "abc"]

    assert hashes[0] == hashes[1] != hashes[2]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(allow_nan=False),
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none() | st.text(),
            st.none() | st.booleans(),
            st.none() | st.datetimes(),
        ),
        min_size=1,
    )
)
def test_values_of_every_type_come_back_unchanged(tables, rows):
    kinds = [pa.float64(), pa.int64(), pa.string(), pa.bool_(), pa.timestamp("us")]
    arrays = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
    written = pa.Table.from_arrays(arrays, names=list("abcde"))

    tables.add("t", written)

    assert tables.slice("t", len(rows)) == written


def test_a_reader_sees_whole_versions_while_another_process_writes(tables):
    with _writer(tables) as process:
        process.stdout.readline()
        for _ in range(20):
            name, version = tables.pin("busy")
            found = tables.head(f"{name}@{version}", 2000)
            assert len(found) == 2000
            assert found["n"].nunique() == 1
        process.kill()


def test_a_killed_writer_leaves_the_last_version_readable_and_writable(tables):
    for delay in (0.0, 0.003, 0.011):
        with _writer(tables) as process:
            done = int(process.stdout.readline())
            time.sleep(delay)
            process.kill()

        assert tables.head("busy", 5000)["n"].iloc[0] >= done
        assert len(tables.head("busy", 5000)) == 2000
    assert tables.add("busy", pd.DataFrame({"n": [0]})).rows == 1


def _writer(tables) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, str(tables.workspace.root)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_file_that_no_commit_names_does_not_exist(tables):
    tables.add("t", pd.DataFrame({"a": [1]}))
    folder = tables.workspace.tables / "t"

    store.write_parquet(pa.table({"a": [9]}), folder, schema=pa.schema({"a": pa.int64()}))

    assert tables.head("t")["a"].tolist() == [1]


def test_a_damaged_log_is_named_and_does_not_hide_the_other_tables(tables):
    tables.add("good", BORES)
    tables.add("bad", BORES)
    log = Path(tables.workspace.tables / "bad" / "_delta_log" / f"{0:020d}.json")
    log.write_text("{ not json")

    fresh = Tables(tables.workspace)

    assert [info.name for info in fresh.list()] == ["good"]
    with pytest.raises(Exception, match=r"table cannot be read: got bad"):
        fresh.get("bad")
