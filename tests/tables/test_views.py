"""Views: a query that is read like a table, follows what it reads, and says so when it cannot."""

import pandas as pd
import pytest

from workbench.errors import Invalid, Unavailable
from workbench.tables import query, resolve, saved_query, views

TOTAL = "SELECT line, sum(kwh) AS kwh FROM demo.energy GROUP BY line ORDER BY line"


@pytest.fixture
def plant(tables):
    tables.add("demo.energy", pd.DataFrame({"line": ["L1", "L1", "L2"], "kwh": [1.0, 2.0, 4.0]}))
    return tables


def kwh(tables, name="per_line"):
    return tables.head(name)["kwh"].tolist()


def test_a_run_reads_a_view_as_its_tables_are_now_and_pins_the_version(plant):
    made = views.create(plant, TOTAL, "per_line", timeout_s=30)
    assert (made.version, kwh(plant)) == (0, [3.0, 4.0])

    again = resolve.resolve("per_line", workspace=plant.workspace)
    plant.add("demo.energy", pd.DataFrame({"line": ["L3"], "kwh": [8.0]}), mode="append")
    newer = resolve.resolve("per_line", workspace=plant.workspace)
    pinned = resolve.resolve("per_line@0", workspace=plant.workspace)

    assert [found.reference for found in (again, newer, pinned)] == ["per_line@0", "per_line@1", "per_line@0"]
    assert (newer.rows, pinned.rows) == (3, 2)
    assert views.look(plant, "per_line").read == ("demo.energy@1",)


def test_a_view_over_a_view_follows_the_table_below_both(plant):
    views.create(plant, TOTAL, "per_line", timeout_s=30)
    views.create(
        plant, "WITH t AS (SELECT * FROM PER_LINE) SELECT sum(kwh) AS kwh FROM t", "plant", timeout_s=30
    )
    plant.add("demo.energy", pd.DataFrame({"line": ["L3"], "kwh": [8.0]}))

    views.freshen(plant, "SELECT * FROM plant")

    assert query.run_sql(plant, "SELECT kwh FROM plant")["kwh"].tolist() == [8.0]
    assert views.look(plant, "plant").read == ("per_line@1",)


def test_a_view_never_reads_itself(plant):
    views.create(plant, TOTAL, "per_line", timeout_s=30)
    views.create(plant, "SELECT line, kwh FROM per_line", "copy", timeout_s=30)

    with pytest.raises(Invalid, match="reads itself: per_line → copy → per_line"):
        views.create(plant, "SELECT * FROM copy", "per_line", timeout_s=30)
    with pytest.raises(Invalid, match="reads itself: copy → copy"):
        views.create(plant, "SELECT * FROM copy", "copy", timeout_s=30)
    # A column that is called like the view is no table.
    assert views.create(plant, "SELECT line FROM per_line", "line", timeout_s=30).rows == 2


def test_a_view_whose_table_is_gone_names_it_and_keeps_its_last_rows(plant):
    views.create(plant, TOTAL, "per_line", timeout_s=30)
    plant.remove("demo.energy")

    with pytest.raises(Unavailable, match=r"view per_line.*'demo\.energy' is gone.*bring it back"):
        resolve.resolve("per_line", workspace=plant.workspace)

    assert views.look(plant, "per_line").gone == ("demo.energy",)
    assert kwh(plant) == [3.0, 4.0]
    plant.add("demo.energy", pd.DataFrame({"line": ["L9"], "kwh": [9.0]}))
    views.current(plant, "per_line")
    assert kwh(plant) == [9.0]


def test_a_table_with_rows_of_its_own_is_no_view_and_does_not_become_one(plant):
    saved_query.save(plant, TOTAL, "kept")
    plant.add("demo.energy", pd.DataFrame({"line": ["L3"], "kwh": [8.0]}))

    assert views.current(plant, "kept") is None
    assert kwh(plant, "kept") == [3.0, 4.0]
    with pytest.raises(Invalid, match="was not made by a query"):
        views.create(plant, "SELECT 1 AS one", "demo.energy", timeout_s=30)
