"""The coverage map counts what tables hold against what is expected, and says what is missing."""

from dataclasses import asdict
from datetime import datetime, timedelta

import pandas as pd
import pytest

from workbench.errors import Invalid, Unavailable
from workbench.governance.coverage import STAGES, Expected, Holding, coverage, document, stage_of
from workbench.tables import expected
from workbench.tables.health import declare
from workbench.tables.holdings import coverage_of, holdings

NOW = datetime(2026, 5, 1, 12)  # noqa: DTZ001 - plant time
POINTS = "阶段,设备,测点\n生产制造,M1,温度\n生产制造,M1,压力\n生产,m-2,温度\n运维服务,P9,vibration\n"


@pytest.fixture
def plant(tables):
    """Wide rows of two machines, one without pressure; long rows of two tags of one pump."""
    times = pd.date_range("2026-05-01", periods=4, freq="h")
    wide = pd.DataFrame({"时间": times, "设备": ["M1", "M2"] * 2, "温度": [1.0, 2.0, 3.0, 4.0]})
    tables.add("wide", wide.assign(压力=None).astype({"压力": float}))
    long = pd.DataFrame(
        {"ts": times, "pump": ["P9"] * 4, "tag": ["Vibration", "flow"] * 2, "value": [1.0, None] * 2}
    )
    tables.add("long", long)
    return tables


def test_what_is_expected_is_compared_with_what_tables_hold(plant, write):
    expected.declare_file(plant.workspace, write("points.csv", POINTS, "gb18030"))

    found = coverage_of(plant)

    assert (found.expected, found.collected, found.share) == (4, 3, 0.75)
    states = {(cell.asset, p.expected.point): p.state for cell in found.cells for p in cell.points}
    assert states == {
        ("M1", "温度"): "collected", ("M1", "压力"): "missing", ("m-2", "温度"): "collected",
        ("P9", "vibration"): "collected",
    }  # fmt: skip
    assert [cell.stage for cell in found.cells] == ["production", "production", "service"]


def test_a_removed_source_lowers_the_share(plant, write):
    expected.declare_file(plant.workspace, write("points.csv", POINTS))

    plant.remove("long")

    assert coverage_of(plant).collected == 2
    plant.remove("wide")
    assert coverage_of(plant).share == 0


def test_equipment_nobody_expects_anything_of_is_named(plant, write):
    expected.declare_file(plant.workspace, write("points.csv", POINTS))

    assert coverage_of(plant, assets=["M1", "Press 7"]).unexpected == ("Press 7",)


def test_a_source_that_stands_still_is_not_collected(plant, write):
    expected.declare_file(plant.workspace, write("points.csv", POINTS))
    declare(plant, "wide", {"max_age_s": 3600})

    states = [point.state for cell in coverage_of(plant).cells for point in cell.points]

    assert states == ["stale", "missing", "stale", "collected"]


def test_a_table_can_say_what_is_expected(plant):
    expected.from_table(plant, "wide", "生产", holdings(plant))

    found = coverage_of(plant)

    assert {(c.asset, p.expected.point) for c in found.cells for p in c.points} == {
        ("M1", "温度"),
        ("M2", "温度"),
    }
    assert found.unexpected == ("P9",)
    plant.add("nameless", pd.DataFrame({"x": [1.0]}))
    with pytest.raises(Invalid, match="no column that names equipment"):
        expected.from_table(plant, "nameless", "production", holdings(plant))


def test_a_point_may_name_its_table_and_column(plant):
    plant.add("oven", pd.DataFrame({"T1": [200.0]}))
    row = {"stage": "production", "asset": "Oven", "point": "temperature", "table": "oven", "column": "T1"}
    expected.declare(plant.workspace, [row, {**row, "table": ""}])

    assert [p.state for c in coverage_of(plant).cells for p in c.points] == ["collected", "missing"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stage,asset\nproduction,M1\n", "'point'"),
        ("stage,asset,point\nkitchen,M1,x\n", "business stage"),
        ("stage,asset,point\nproduction,,x\nproduction,M,y\n", "asset of expected point 1"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused_and_the_old_one_stays(plant, write, text, told):
    expected.declare_file(plant.workspace, write("points.csv", POINTS))

    with pytest.raises(Invalid, match=told):
        expected.declare_file(plant.workspace, write("bad.csv", text))

    assert len(expected.read(plant.workspace)) == 4


def test_a_list_goes_out_and_comes_back_in_either_language(plant, write):
    kept = expected.declare_file(plant.workspace, write("points.csv", POINTS))

    for language in ("en", "zh"):
        rows = pd.DataFrame(expected.csv_rows(kept, language))
        path = write(f"{language}.csv", rows.to_csv(index=False))
        assert expected.declare_file(plant.workspace, path) == kept


def test_a_damaged_list_is_told(plant):
    (plant.workspace.root / "coverage.json").write_text('[{"stage": ', encoding="utf-8")

    with pytest.raises(Unavailable, match="expected points"):
        coverage_of(plant)


@pytest.mark.parametrize("text", ["研发设计", "R&D", "design", " 经营 ", "Operation and service", "运维"])
def test_a_stage_is_read_in_either_language(text):
    assert stage_of(text) in STAGES


def test_nothing_expected_is_no_share():
    found = coverage([], [Holding("t", "M1", "x", 3)], now=NOW)

    assert (found.share, found.unexpected) == (None, ("M1",))
    assert document(found)["stages"][0]["share"] is None


def test_the_freshest_holding_counts_and_a_close_name_is_told():
    old = (NOW - timedelta(hours=2)).isoformat()
    held = [
        Holding("a", "M1", "Spindle speed", 5, old, 3600.0),
        Holding("b", "M1", "spindle_speed", 1, NOW.isoformat(), 3600.0),
        Holding("c", "M2", "temprature", 5),
        Holding("d", "M1", "load", 0),
    ]
    wanted = [Expected("production", "M1", "SpindleSpeed"), Expected("production", "M2", "temperature"),
              Expected("production", "M1", "load")]  # fmt: skip

    points = [point for cell in coverage(wanted, held, now=NOW).cells for point in cell.points]

    assert [(asdict(p.expected)["point"], p.state) for p in points] == [
        ("SpindleSpeed", "collected"), ("load", "missing"), ("temperature", "missing"),
    ]  # fmt: skip
    assert points[0].found.table == "b"
    assert points[2].near == "temprature"
