"""A column is proposed by name in two languages, by unit and by values, and the reason says which."""

import numpy as np
import pandas as pd
import pytest

from workbench.tables import proposing, resolve, spreads, suspicion
from workbench.tables.columns import Column
from workbench.tables.remembered import Kept, recall, replaced, strange
from workbench.tables.suspicion import Spread


@pytest.fixture
def needs(column):
    def usual(need, low, high):
        need.usual = (low, high)
        return need

    return {
        "temperature": usual(column("number", unit="℃"), 10.0, 90.0),
        "pressure": usual(column("number", unit="bar"), 0.5, 12.0),
        "asset_id": column("any", optional=True),
        "ts": column("timestamp", optional=True),
    }


def sources(found):
    return {name: each.source for name, each in found.items() if each.source}


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("机台编号", "asset_id"),
        ("Equipment No", "asset_id"),
        ("采集时间", "ts"),
        ("RecordTime", "ts"),
        ("主轴温度", "temperature"),
        ("temprature", "temperature"),
        ("Oil Temp (℃)", "temperature"),
        ("实际压力[MPa]", "pressure"),
    ],
)
def test_usual_names_in_both_languages_and_small_mistakes_are_understood(needs, name, role):
    kinds = {"asset_id": "text", "ts": "timestamp"}
    columns = [Column(name, kinds.get(role, "number")), Column("zzz", "number"), Column("qqq", "number")]

    assert sources(proposing.propose(columns, needs)).get(role) == name


def test_a_name_that_is_short_or_begins_otherwise_is_not_taken_for_a_mistake(column):
    columns = [Column("zeit", "number"), Column("emperature", "number")]

    assert not sources(proposing.propose(columns, {"temperature": column("number")}))


def test_of_two_like_names_the_one_in_the_right_unit_is_proposed(needs):
    columns = [Column("pressure_a", "number", "℃"), Column("pressure_b", "number", "kPa")]

    found = proposing.propose(columns, needs)["pressure"]

    assert found.source == "pressure_b"
    assert "kPa becomes bar" in found.reason["en"]
    assert "kPa 换算为 bar" in found.reason["zh"]


def test_of_two_like_names_the_one_with_usual_values_is_proposed(needs):
    columns = [Column("temp 1", "number"), Column("temp 2", "number")]
    values = {"temp 1": Spread(900, 950, 990), "temp 2": Spread(20, 45, 80)}

    found = proposing.propose(columns, needs, spreads=values)["temperature"]

    assert (found.source, found.doubt) == ("temp 2", None)
    assert "values 20 to 80" in found.reason["en"]


def test_without_a_name_the_only_column_in_a_fitting_unit_is_proposed(needs):
    columns = [Column("x1", "number", "kPa"), Column("x2", "number", "mm"), Column("x3", "number")]

    assert sources(proposing.propose(columns, needs)) == {"pressure": "x1"}


def test_the_right_name_in_the_wrong_dimension_is_shown_with_its_doubt(needs):
    found = proposing.propose([Column("pressure", "number", "℃"), Column("b", "number")], needs)["pressure"]

    assert found.source == "pressure"
    assert "does not convert to bar" in found.doubt["en"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((600.0, 800.0, 1100.0), "÷100"),  # kPa where bar is said
        ((20.0, 90.0, 150.0), "bar/psi"),
        ((2000.0, 5000.0, 9000.0), "1000"),
    ],
)
def test_values_far_from_the_usual_name_the_conversion_that_explains_them(values, told):
    assert told.strip("÷") in suspicion.against_usual(Spread(*values), (0.5, 12.0), unit="bar")["en"]


RATIOS = [1000, 6.894757, 60, 3600, 100, 25.4, 14.503774]


@pytest.mark.parametrize("ratio", [*RATIOS, *(1 / ratio for ratio in RATIOS)])
def test_a_column_that_came_in_another_unit_is_noticed(ratio):
    before = Spread(40.0, 50.0, 58.0)
    now = Spread(40.6 * ratio, 50.4 * ratio, 57.5 * ratio)

    assert suspicion.change_between(before, now).scale == pytest.approx(ratio, rel=1e-6)


@pytest.mark.parametrize(
    ("now", "told"),
    [(Spread(68, 113, 176), "×9/5+32"), (Spread(293.15, 318.15, 353.15), "+273.15")],
)
def test_a_column_of_celsius_that_came_in_another_scale_is_noticed(now, told):
    assert suspicion.change_between(Spread(20, 45, 80), now).told == told
    assert "check the unit" in strange(Spread(20, 45, 80), now, "T")["en"]


@pytest.mark.parametrize(
    "now",
    [Spread(22, 47, 83), Spread(30, 60, 95), Spread(15, 30, 50), Spread(0, 10, 200), Spread(140, 150, 160)],
)
def test_a_process_that_moved_is_not_taken_for_another_unit(now):
    assert suspicion.change_between(Spread(20, 45, 80), now) is None


def test_spreads_leave_out_what_is_no_number(tables, workspace):
    values = np.append(np.linspace(0, 100, 2001), [np.nan, np.inf])
    tables.add("t", pd.DataFrame({"a": values, "b": "x", "e": np.nan}))

    found = spreads.spreads(resolve.resolve("t", workspace=workspace), ["a", "b", "e", "gone"])

    assert list(found) == ["a"]
    assert (found["a"].low, found["a"].middle, found["a"].high) == pytest.approx((5, 50, 95), abs=1)


KEPT = {
    "temperature": Kept("T1", "number", "℃"),
    "pressure": Kept("P1", "number", "bar"),
    "asset_id": Kept("", ""),
    "ts": Kept("when", "timestamp"),
}
AS_IT_WAS = {
    "T1": Column("T1", "number", "℃"),
    "P1": Column("P1", "integer", "bar"),
    "when": Column("when", "timestamp"),
    "machine": Column("machine", "text"),
}


def test_a_table_that_did_not_change_asks_nothing(needs):
    found = recall(list(AS_IT_WAS.values()), needs, KEPT, given={})

    assert not found.questions
    assert found.mapping == {"temperature": "T1", "pressure": "P1", "asset_id": "", "ts": "when"}


@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        ({"P1": None}, {"pressure": ("gone", "bar")}),
        ({"P1": Column("P1", "number", "kPa")}, {"pressure": ("unit", "kPa")}),
        ({"T1": Column("T1", "text", "℃")}, {"temperature": ("type", "text")}),
        ({"when": Column("when", "text"), "T1": None}, {"ts": ("type", "text"), "temperature": ("gone", "")}),
    ],
)
def test_only_what_changed_is_asked(needs, changed, asked):
    columns = [column for column in (AS_IT_WAS | changed).values() if column]

    found = recall(columns, needs, KEPT, given={})

    assert {name: one.kind for name, one in found.questions.items()} == {n: k for n, (k, _) in asked.items()}
    assert set(found.mapping) == set(KEPT) - set(asked)
    assert not recall(columns, needs, KEPT, given=dict.fromkeys(asked, "machine")).questions


def test_another_spelling_of_the_unit_and_a_unit_no_longer_said_are_no_change(needs):
    columns = list((AS_IT_WAS | {"T1": Column("T1", "number", "°C"), "P1": Column("P1", "number")}).values())

    found = recall(columns, needs, KEPT, given={})

    assert not found.questions
    assert found.units == {"P1": "bar"}


def test_a_request_that_names_a_gone_column_follows_the_one_confirmed_in_its_place():
    kept = {"pressure": Kept("P2", "number", instead_of="P1")}
    columns = [Column("P2", "number"), Column("P3", "number")]

    assert replaced({"pressure": "P1"}, kept, columns) == {"pressure": "P2"}
    assert replaced({"pressure": "P9"}, kept, columns) == {"pressure": "P9"}
    assert replaced({"pressure": "P3"}, kept, columns) == {"pressure": "P3"}
