"""Numbers as people read them."""

import pytest

from workbench.ui.numbers import duration, moment, number, size


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (74.00118, "74.0012"),
        (0.00978512, "0.009785"),
        (1.42137, "1.4214"),
        (1234567.8, "1,234,568"),
        (1234567, "1,234,567"),
        (-0.5, "−0.5"),
        (0.0, "0"),
        (0.000012, "1.2e-05"),
        (None, "–"),
        (float("nan"), "–"),
        (float("-inf"), "−∞"),
        ("Theta", "Theta"),
        (True, "True"),
    ],
)
def test_a_number_has_the_digits_one_acts_on(value, shown):
    assert number(value) == shown


def test_a_template_may_ask_for_decimals():
    assert number(99.3, 2) == "99.30"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.412, "0.41 s"), (4.2, "4.2 s"), (42.0, "42 s"), (125.0, "2 min 5 s")]
)
def test_durations_are_short(seconds, shown):
    assert duration(seconds, "en") == shown


def test_durations_speak_chinese():
    assert duration(125.0, "zh") == "2 分 5 秒"


def test_no_moment_is_a_dash():
    assert moment(None) == "–"


def test_sizes_are_in_thousands():
    assert size(353_900) == "354 kB"
