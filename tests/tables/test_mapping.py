"""Columns find their role by name, synonym and type, never by a guess between two."""

import pytest

from workbench.errors import Invalid
from workbench.tables import mapping, proposing, units
from workbench.tables.columns import Column

BORE = [
    Column("Bore Diameter (mm)", "number", "mm"),
    Column("时间", "timestamp"),
    Column("sample", "integer"),
]


@pytest.fixture
def chart(column):
    return {
        "value": column("number", "diameter", "测量值", unit="any"),
        "ts": column("timestamp", "time", "时间", optional=True),
        "subgroup": column("any", "sample", optional=True),
    }


def test_names_synonyms_and_words_are_found_with_a_reason(chart):
    found = proposing.propose(BORE, chart)

    assert {name: each.source for name, each in found.items()} == {
        "value": "Bore Diameter (mm)",
        "ts": "时间",
        "subgroup": "sample",
    }
    assert "contains its name" in found["value"].reason["en"]
    assert found["ts"].score > found["value"].score


@pytest.mark.parametrize("name", ["VALUE", "va_lue", "Value (mm)", "value", "测量值", "Diameter"])
def test_case_spaces_underscores_and_units_do_not_matter(chart, name):
    assert (
        proposing.propose([Column(name, "number"), Column("other", "number")], chart)["value"].source == name
    )


def test_the_only_column_of_numbers_fills_a_required_column(chart):
    found = proposing.propose([Column("x17", "number"), Column("who", "text")], chart)

    assert (found["value"].source, found["subgroup"].source) == ("x17", None)
    assert "only column of numbers" in found["value"].reason["en"]


def test_two_columns_of_numbers_are_not_guessed_between(chart):
    assert (
        proposing.propose([Column("x17", "number"), Column("x18", "number")], chart)["value"].source is None
    )


def test_an_optional_column_is_not_filled_on_its_type(chart):
    columns = [Column("value", "number"), Column("installed", "timestamp")]

    assert proposing.propose(columns, chart)["ts"].source is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"valu": "sample"}, "table t: unknown column of the input: got 'valu'; did you mean 'value'?"),
        ({"value": "sampel"}, "table t: no column: got 'sampel'; did you mean 'sample'?"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(chart, given, sentence):
    with pytest.raises(Invalid) as caught:
        mapping.choose(BORE, chart, given=given, subject="table t")

    assert str(caught.value) == sentence


def test_a_required_column_that_nothing_fills_says_what_there_is(chart):
    with pytest.raises(
        Invalid, match=r"nothing fills 'value', expected a column of type number .* choose one of: a, b"
    ):
        mapping.choose([Column("a", "text"), Column("b", "text")], chart, given={}, subject="table t")


def test_a_given_column_wins_and_an_emptied_one_stays_empty(chart):
    chosen = mapping.choose(BORE, chart, given={"value": "sample", "ts": None}, subject="t")

    assert chosen == {"value": "sample"}


def test_a_type_that_cannot_become_the_needed_one_is_refused(column):
    with pytest.raises(Invalid, match=r"column '时间': got timestamp, expected number for 'value'"):
        mapping.converted(BORE[1], column("number"), name="value")


def test_other_columns_pass_by_type_but_never_under_a_name_in_use():
    columns = [
        Column("v", "number"),
        Column("Unit", "integer"),
        Column("s1", "number"),
        Column("note", "text"),
    ]

    assert mapping.others(columns, {"unit": "v"}, "number") == ["s1"]
    assert mapping.others(columns, {"unit": "v"}, None) == []


@pytest.mark.parametrize(
    ("have", "want", "scale", "shift"),
    [
        ("mm", "mm", 1, 0),
        ("um", "μm", 1, 0),
        ("mm", "m", 0.001, 0),
        ("℃", "degC", 1, 0),
        ("℃", "K", 1, 273.15),
        ("℉", "℃", 0.555555555556, -17.7777777778),
        ("kPa", "bar", 0.01, 0),
        ("m³/h", "L/min", 1000 / 60, 0),
        ("N·m", "Nm", 1, 0),
        ("r/min", "rpm", 1, 0),
        ("万元", "元", 10000, 0),
        ("小时", "min", 60, 0),
        ("件", "pcs", 1, 0),
        ("cm2", "mm²", 100, 0),
        ("HRC", "HRC", 1, 0),
    ],
)
def test_units_convert(have, want, scale, shift):
    assert units.conversion(have, want) == pytest.approx((scale, shift), rel=1e-11)


@pytest.mark.parametrize(
    ("have", "want"), [("℃", "bar"), ("pcs", "m"), ("Nm", "nm"), ("HRC", "mm"), ("元", "kWh")]
)
def test_units_of_different_things_are_refused(have, want):
    with pytest.raises(Invalid):
        units.conversion(have, want)
