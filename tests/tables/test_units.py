"""Units convert as pint says, with the zeros of temperatures right, and back again; others are refused."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import Invalid, NotFound
from workbench.tables import inputs, units
from workbench.tables.measured import set_units

# Written as plants write them; each line measures one thing.
FAMILIES = [
    ["℃", "K", "℉", "摄氏度", "°C", "degF"],
    ["kPa", "bar", "兆帕", "MPa", "psi", "kgf/cm²", "mmHg", "KPA"],
    ["m³/h", "L/min", "立方米/小时", "㎥/h", "M3/H", "m3/s"],
    ["kWh", "千瓦时", "MJ", "Kwh", "kW·h", "大卡", "吉焦"],
    ["Nm", "N·m", "牛米", "kN·m"],
    ["µm", "μm", "毫米", "mm", "inch", "m", "微米"],
    ["t/h", "kg/s", "吨每小时", "千克/小时"],
    ["rpm", "r/min", "Hz", "转/分"],
    ["%", "‰", "ppm"],
    ["℃/min", "K/s"],
    ["元", "万元", "CNY"],
]
PAIRS = st.sampled_from(FAMILIES).flatmap(lambda family: st.tuples(*[st.sampled_from(family)] * 2))


@settings(deadline=None)
@given(PAIRS, st.floats(-1e6, 1e6))
def test_a_value_converted_there_and_back_is_the_value(pair, value):
    (scale, shift), (back, unshift) = units.conversion(*pair), units.conversion(*pair[::-1])

    assert (value * scale + shift) * back + unshift == pytest.approx(value, rel=1e-9, abs=1e-6)


@settings(deadline=None)
@given(st.sampled_from(FAMILIES), st.data(), st.floats(1, 1e4))
def test_a_detour_over_a_third_unit_changes_nothing(family, data, value):
    one, other, third = (data.draw(st.sampled_from(family)) for _ in range(3))

    def convert(x, have, want):
        scale, shift = units.conversion(have, want)
        return x * scale + shift

    detour = convert(convert(value, one, third), third, other)
    assert convert(value, one, other) == pytest.approx(detour, rel=1e-9, abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.sampled_from(FAMILIES), min_size=2, max_size=2, unique_by=id), st.data())
def test_units_of_two_families_never_convert(pair, data):
    have, want = (data.draw(st.sampled_from(family)) for family in pair)

    with pytest.raises(Invalid, match="does not convert to"):
        units.conversion(have, want)


@pytest.mark.parametrize(
    ("value", "have", "want", "expected"),
    [
        # NIST SP 811 (2008), appendix B.8, and the definitions of the scales of temperature.
        (1.0, "psi", "kPa", 6.894757),
        (1.0, "kgf/cm²", "kPa", 98.0665),
        (1.0, "mmHg", "Pa", 133.3224),
        (1.0, "inch", "毫米", 25.4),
        (1.0, "千瓦时", "MJ", 3.6),
        (100.0, "℃", "℉", 212.0),
        (-40.0, "℉", "℃", -40.0),
        (0.0, "K", "℃", -273.15),
        (451.0, "℉", "K", 505.927778),
        (60.0, "rpm", "Hz", 1.0),
        (1.0, "mPa", "Pa", 0.001),
        (1.0, "mpa", "Pa", 1e6),
    ],
)
def test_published_conversions(value, have, want, expected):
    scale, shift = units.conversion(have, want)

    assert value * scale + shift == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("have", "want", "reason"),
    [
        ("℃", "bar", "a temperature does not convert to a pressure"),
        ("deg", "%", "an angle does not convert to a share"),
        ("件", "%", "a number of pieces does not convert to a share"),
        ("Nm³/h", "m³/h", "does not convert to a flow"),
        ("9**9**9", "m", "a unit such as mm"),
        ("().__class__", "m", "a unit such as mm"),
        ("a" * 5000 + "!", "m", "a unit such as mm"),
        ("dB", "W", "does not convert"),
    ],
)
def test_what_does_not_convert_is_refused_with_the_reason(have, want, reason):
    with pytest.raises(Invalid, match=reason):
        units.conversion(have, want)


def test_sql_converts_offsets_and_whole_numbers(tables, workspace, role, column):
    tables.add("oven", pd.DataFrame({"t": [32, 212]}), units={"t": "℉"})

    source = inputs.describe("oven", workspace=workspace, needs=role(t=column("number", unit="℃")))

    assert inputs.open_source(source).df()["t"].tolist() == pytest.approx([0.0, 100.0], abs=1e-9)


def test_the_wrong_dimension_is_refused_with_the_command_that_mends_it(tables, workspace, role, column):
    tables.add("oven", pd.DataFrame({"p": [1.0]}), units={"p": "℃"})

    with pytest.raises(Invalid, match=r"map another column, or correct the unit with: workbench data unit"):
        inputs.describe("oven", workspace=workspace, needs=role(p=column("number", unit="bar")))


def test_a_unit_is_set_as_a_new_version_with_the_same_rows(tables):
    tables.add("oven", pd.DataFrame({"p": [1.0, 2.0], "q": [1, 2], "who": ["a", "b"]}), units={"q": "kg"})

    found = set_units(tables, "oven", {"p": "bar", "q": None})

    assert {column.name: column.unit for column in found.columns} == {"p": "bar", "q": None, "who": None}
    assert {column.name: column.unit for column in tables.get("oven@0").columns}["p"] is None
    assert tables.head("oven")["p"].tolist() == [1.0, 2.0]
    assert tables.files("oven") == tables.files("oven", 0)
    assert set_units(tables, "oven", {"p": "bar"}).version == found.version


@pytest.mark.parametrize(
    ("column", "unit", "error", "sentence"),
    [
        ("p", "x" * 60, Invalid, "a unit such as mm"),
        ("who", "mm", Invalid, "a column of numbers"),
        ("presure", "bar", NotFound, "did you mean 'pressure'"),
    ],
)
def test_a_unit_that_cannot_be_is_refused(tables, column, unit, error, sentence):
    tables.add("oven", pd.DataFrame({"p": [1.0], "pressure": [1.0], "who": ["a"]}))

    with pytest.raises(error, match=sentence):
        set_units(tables, "oven", {column: unit})
