"""An input arrives in the kernel with the role's names, types and units, or a sentence says why not."""

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from workbench.errors import Invalid, NotFound
from workbench.tables import inputs, relation

FURNACE = pd.DataFrame(
    {
        "Temp (℃)": [850.0, None, 852.5],
        "at": ["2026-11-23 06:00", "2026/11/23 06:01", "2026-11-23T06:02:00"],
        "count": ["1", "2", "-"],
        "operator": ["A", "B", "A"],
        "power": [1, 2, 3],
    }
)


@pytest.fixture
def furnace(tables):
    return tables.add("furnace", FURNACE, units={"Temp (℃)": "℃", "power": "kW"})


def test_columns_come_with_the_roles_names_types_and_units(furnace, workspace, role, column):
    needs = role(
        "number",
        temperature=column("number", "temp", unit="K"),
        ts=column("timestamp", "at"),
        n=column("integer", "count"),
    )

    source = inputs.describe("furnace", workspace=workspace, needs=needs)
    data = inputs.open_source(json.loads(json.dumps(source)))

    frame = data.df()
    assert frame.columns.tolist() == ["temperature", "ts", "n", "power"] == data.columns
    assert frame["temperature"].tolist()[::2] == [1123.15, 1125.65]
    assert frame["ts"].tolist() == list(pd.date_range("2026-11-23 06:00", periods=3, freq="min"))
    assert frame["n"].tolist()[:2] == [1, 2]
    assert (data.unit("temperature"), data.unit("power"), data.unit("n")) == ("K", "kW", None)
    assert (data.label("temperature"), data.others, data.rows) == ("Temp (℃)", ["power"], 3)
    assert data.has("ts")
    assert not data.has("operator")
    assert source["reference"] == "furnace@0"


def test_rows_come_in_table_order_from_many_files(tables, workspace):
    for number in range(5):
        tables.add("t", pd.DataFrame({"n": range(number * 1000, number * 1000 + 1000)}), mode="append")

    data = inputs.open_source(inputs.describe("t", workspace=workspace, needs=None))

    assert data.df()["n"].tolist() == list(range(5000))


def test_a_pinned_reference_keeps_its_rows(tables, workspace):
    tables.add("t", pd.DataFrame({"n": [1]}))
    source = inputs.describe("t", workspace=workspace, needs=None)
    tables.add("t", pd.DataFrame({"n": [2]}))

    assert inputs.open_source(source).df()["n"].tolist() == [1]
    assert inputs.describe("t@0", workspace=workspace, needs=None) == source


def test_text_where_numbers_are_needed_is_one_sentence(furnace, workspace, role, column):
    source = inputs.describe(
        "furnace", workspace=workspace, needs=role(value=column("number")), mapping={"value": "operator"}
    )

    with pytest.raises(Invalid) as caught:
        inputs.check(source)

    assert str(caught.value) == (
        "column 'operator' for 'value': got 'A' (3 of 3 values cannot be read), expected numbers; "
        "map another column or correct the data"
    )


def test_a_fraction_where_whole_numbers_are_needed_is_told(furnace, workspace, role, column):
    needs = role(cycle=column("integer"))

    with pytest.raises(Invalid, match=r"got '852.5' .1 of 2 values cannot be read., expected whole numbers"):
        inputs.check(
            inputs.describe("furnace", workspace=workspace, needs=needs, mapping={"cycle": "Temp (℃)"})
        )


def test_a_unit_of_another_dimension_is_refused(furnace, workspace, role, column):
    with pytest.raises(Invalid, match=r"'Temp .℃.' for 'p': unit: got ℃, expected one that converts to bar"):
        inputs.describe("furnace", workspace=workspace, needs=role(p=column("number", "temp", unit="bar")))


def test_a_file_is_an_input_like_a_table(workspace, write, role, column):
    path = write("a.csv", "直径(mm),时间\n74.03,2026-11-23\n74.01,2026-11-24\n", "gbk")

    needs = role(value=column("number", unit="any"))

    data = inputs.open_source(inputs.describe(str(path), workspace=workspace, needs=needs))

    assert data.df()["value"].tolist() == [74.03, 74.01]
    assert (data.unit("value"), data.source["version"], data.source["reference"]) == ("mm", None, str(path))


def test_a_file_is_read_once_and_again_when_it_changes(workspace, write):
    path = write("a.csv", "n\n1\n")
    first = inputs.describe(str(path), workspace=workspace, needs=None)
    stamp = Path(first["files"][0]).stat().st_mtime_ns

    again = inputs.describe(str(path), workspace=workspace, needs=None)
    write("a.csv", "n\n2\n")
    changed = inputs.describe(str(path), workspace=workspace, needs=None)

    assert (again, Path(again["files"][0]).stat().st_mtime_ns) == (first, stamp)
    assert inputs.open_source(changed).df()["n"].tolist() == [2]
    assert inputs.open_source(first).df()["n"].tolist() == [1]


def test_a_parquet_file_is_read_where_it_lies(workspace, tmp_path):
    pd.DataFrame({"n": [1, 2]}).to_parquet(tmp_path / "p.parquet")

    source = inputs.describe(str(tmp_path / "p.parquet"), workspace=workspace, needs=None)

    assert source["files"] == [str(tmp_path / "p.parquet")]


def test_a_missing_file_and_a_missing_table_are_told_apart(furnace, workspace):
    with pytest.raises(NotFound, match=r"no such file: got 'nothing.csv'"):
        inputs.describe("nothing.csv", workspace=workspace, needs=None)
    with pytest.raises(NotFound, match=r"unknown table: got 'furnas'; did you mean 'furnace'"):
        inputs.describe("furnas", workspace=workspace, needs=None)


def test_the_kernels_connection_reads_its_files_and_nothing_else(furnace, tables, tmp_path):
    (tmp_path / "other.csv").write_text("a\n1\n")

    connection, rows = relation.open_input(tables.files("furnace"), {}, ["power"])

    assert rows.fetchall() == [(1,), (2,), (3,)]
    for attempt in (
        f"SELECT * FROM read_csv('{tmp_path}/other.csv')",
        f"COPY input TO '{tmp_path}/out.csv'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(attempt)


def test_odd_column_names_survive_sql(tables, workspace, role, column):
    name = "a \"quoted\" 'name', 100% (mm); --"
    tables.add("t", pd.DataFrame({name: [1.5]}))

    source = inputs.describe("t", workspace=workspace, needs=role(v=column("number")), mapping={"v": name})

    assert inputs.open_source(source).df()["v"].tolist() == [1.5]
