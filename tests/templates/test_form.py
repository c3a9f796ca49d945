"""The form is a promise: typed, bounded, and handed over unchanged."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from papermill.translators import PythonTranslator

from workbench.errors import Invalid
from workbench.templates.form import build_field, check_value, check_values, json_schema, literal_problem
from workbench.templates.front_matter import ParameterSpec
from workbench.templates.parameters import read_parameters


def field(source: str, **spec: Any):
    """Build the field of one assignment; with keywords, as the front matter would bound it."""
    described = ParameterSpec.model_validate({"label": {"en": "Label", "zh": "标签"}, **spec})
    return build_field(read_parameters(source).parameters[0], described if spec else None)


BOUNDED = {"minimum": 0, "exclusive_minimum": True, "maximum": 10}
CHOICES = {"choices": {"auto": "Automatic", "imr": "Individuals"}}
NESTED: list[Any] = []
NESTED.append(NESTED)
RULES = {"choices": {"n1": "Rule 1", "n2": "Rule 2"}}


@pytest.mark.parametrize(
    ("source", "spec", "given", "expected"),
    [
        ("a: float = 1.0", {}, "74.0", 74.0),
        ("a: float = 1.0", {}, 74, 74.0),
        ("a: float = 1.0", {}, "1e308", 1e308),
        ("a: float = 1.0", {}, " ２.5 ", 2.5),
        ("a: int = 1", {}, "5", 5),
        ("a: int = 1", {}, 5.0, 5),
        ("a: int = 1", {}, "5.0", 5),
        ("a: int = 1", {}, "9007199254740993", 9007199254740993),
        ("a: bool = True", {}, "false", False),
        ("a: bool = True", {}, "是", True),
        ("a: str = ''", {}, "none", "none"),
        ("a: str | None = 'x'", {}, "", None),
        ("a: float | None = 1.0", {}, "None", None),
        ("a: list[str] = []", {}, '["a","b"]', ["a", "b"]),
        ("a: list[str] = []", {}, "['a', 'b']", ["a", "b"]),
        ("a: list[str] = []", {}, "a, b", ["a", "b"]),
        ("a: list[str] = []", {}, "", []),
        ("a: list[float] = []", {}, "1, 2.5", [1.0, 2.5]),
        ("a: list[int] = []", {}, (1, 2), [1, 2]),
        ("a: dict = {}", {}, '{"x": 1}', {"x": 1}),
        ("a: dict = {}", {}, "{'x': (1, 2)}", {"x": [1, 2]}),
        ("a = None", {}, "hello", "hello"),
        ("a = None", {}, 5, 5),
        ("a = None", {}, None, None),
        ("a: str = 'auto'", CHOICES, "imr", "imr"),
        ("a: int = 1", {"choices": {1: "one", 2: "two"}}, "2", 2),
        ("a: list[str] = []", RULES, "n1,n2", ["n1", "n2"]),
        ("a: str = '2026-01-01'", {"format": "date"}, "2026-01-31", "2026-01-31"),
        ("a: float = 1.0", BOUNDED, 10, 10.0),
        ("a: float = 1.0", {"non_finite": True}, "inf", math.inf),
        ("a: float = 1.0", {}, "-inf", -math.inf),
    ],
)
def test_a_value_arrives_in_the_type_of_its_parameter(source, spec, given, expected):
    value = check_value(field(source, **spec), given)

    assert (type(value), value) == (type(expected), expected)


@pytest.mark.parametrize(
    ("source", "spec", "given", "message"),
    [
        (
            "a: float = 1.0",
            BOUNDED,
            0,
            "parameter a (Label): got 0, expected a number above 0 and at most 10",
        ),
        ("a: float = 1.0", BOUNDED, "10.1", "got '10.1', expected a number above 0 and at most 10"),
        ("a: float = 1.0", BOUNDED, "nan", "expected a finite number"),
        ("a: float = 1.0", BOUNDED, math.inf, "expected a finite number"),
        ("a: float = 1.0", BOUNDED, 10**400, "expected a number"),
        ("a: float = 1.0", BOUNDED, "7,5", "write the decimal point as ."),
        ("a: float = 1.0", BOUNDED, True, "got True"),
        ("a: float = 1.0", BOUNDED, None, "got None"),
        ("a: int = 1", {"minimum": 1, "maximum": 9}, 5.5, "a whole number from 1 to 9"),
        ("a: int = 1", {"minimum": 1}, "x", "a whole number of at least 1"),
        ("a: int = 1", {}, True, "a whole number"),
        ("a: int = 1", {}, "9" * 5000, "a whole number"),
        ("a: bool = True", {}, "maybe", "true or false"),
        ("a: bool = True", {}, 1, "true or false"),
        ("a: str = ''", {}, 5, "a text"),
        ("a: str = ''", {}, "x" * 1_000_001, "at most 1,000,000 characters"),
        ("a: str = ''", {}, "\ud800", "lone surrogates"),
        ("a: str = 'auto'", CHOICES, "imx", "did you mean 'imr'?"),
        ("a: list[str] = []", RULES, ["n1", "n3"], "one of n1, n2"),
        ("a: list[float] = []", {"minimum": 0}, [1, -1], "a number of at least 0"),
        ("a: list = []", {}, "[1, ", "a list such as"),
        ("a: list = []", {}, {"x": 1}, "a list such as"),
        ("a: dict = {}", {}, "[1]", "a JSON object"),
        ("a: dict = {}", {}, {1: 2}, "names that are text"),
        ("a: str = '2026-01-01'", {"format": "date"}, "31.1.2026", "a day such as"),
        ("a = None", {}, object(), "a text, number"),
        ("a = None", {}, NESTED, "at most 30 levels"),
    ],
)
def test_a_wrong_value_is_refused_with_one_sentence(source, spec, given, message):
    with pytest.raises(Invalid) as caught:
        check_value(field(source, **spec), given)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_is_refused_with_the_nearest():
    values, errors = check_values([field("target: float = 1.0")], {"traget": 2})

    assert values == {"target": 1.0}
    assert str(errors["traget"]) == "unknown parameter: got 'traget'; did you mean 'target'?"


def test_several_mistakes_are_all_told():
    _, errors = check_values([field("a: int = 1"), field("b: int = 1")], {"a": "x", "b": "y", "c": 1})

    assert set(errors) == {"a", "b", "c"}


def test_a_tuple_default_is_shown_as_a_list():
    assert field("a = (1, (2, 3))").default == [1, [2, 3]]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON)
def test_what_is_accepted_reaches_the_notebook_unchanged(value):
    if literal_problem(value) is not None:
        return
    names: dict[str, Any] = {}
    exec(PythonTranslator.codify({"value": value}), names)  # the cell papermill injects

    assert repr(names["value"]) == repr(value)  # repr tells 1 from 1.0 and True, -0.0 from 0.0, NaN is NaN


@settings(deadline=None)
@given(st.text())
def test_a_text_is_data_and_never_code(text):
    attack = f'{text}"; raise SystemExit #\'\n"""'
    if literal_problem(attack) is not None:
        return
    names: dict[str, Any] = {}
    exec(PythonTranslator.codify({"value": attack}), names)

    assert names["value"] == attack


@pytest.mark.parametrize("value", [(1, 2), {1, 2}, {1: 2}, b"x", 10**5000, "\udcff", [[(1,)]]], ids="abcdefg")
def test_what_papermill_would_change_is_refused(value):
    assert literal_problem(value) is not None


def test_nesting_without_end_is_refused():
    value: list[Any] = []
    value.append(value)

    assert literal_problem(value) == "at most 30 levels of nesting"


def test_the_form_is_json_schema_too():
    fields = [
        field("a: float | None = None", **BOUNDED),
        field("b: str = 'auto'", **CHOICES),
        field("c: list[str] = []", **RULES),
        field("d = None"),
    ]

    properties = json_schema(fields)["properties"]

    assert properties["a"] == {
        "title": "Label",
        "x-label": {"en": "Label", "zh": "标签"},
        "default": None,
        "type": ["number", "null"],
        "exclusiveMinimum": 0,
        "maximum": 10,
    }
    assert properties["b"]["enum"] == ["auto", "imr"]
    assert properties["c"]["items"] == {"enum": ["n1", "n2"]}
    assert "type" not in properties["d"]
