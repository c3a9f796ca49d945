"""Scores from counts alone: directions, means over what was assessed, and never 100 for less than all."""

import pytest

from workbench.config import Text
from workbench.governance.indicators import DIMENSIONS, SPECS
from workbench.governance.lights import Facts, lights
from workbench.governance.quality import Count, Unassessed, judge

WHY = Unassessed(Text(en="why", zh="原因"))
FACTS = Facts(
    description=True, columns_described=3, columns=3, owner=True, grade=True, answered_runs=1, score=80.0,
    assessed=10, threshold=80.0, sources_known=True,
)  # fmt: skip


def test_the_standard_has_twenty_indicators_in_six_dimensions_and_two_of_them_fall():
    assert len(SPECS) == len({spec.code for spec in SPECS}) == 20
    assert {spec.dimension for spec in SPECS} == set(DIMENSIONS)
    assert [spec.code for spec in SPECS if spec.falls] == ["0303", "0305"]


def test_fewer_duplicates_are_better():
    found = {each.spec.code: each for each in judge({"0303": Count(1, 4), "0304": Count(1, 4)}).indicators}

    assert (found["0303"].value, found["0303"].score) == (0.25, 75)
    assert (found["0304"].value, found["0304"].score) == (0.25, 25)


def test_the_total_is_the_mean_of_dimensions_that_were_assessed():
    found = judge({"0201": Count(1, 2), "0202": Count(1, 1), "0601": Count(1, 1), "0101": WHY})

    assert [each.score for each in found.dimensions] == [None, 75, None, None, None, 100]
    assert (found.score, found.assessed, found.total) == (87.5, 3, 20)


def test_weights_of_indicators_and_dimensions_count():
    counts = {"0201": Count(0, 1), "0202": Count(1, 1), "0601": Count(1, 1)}

    assert judge(counts, weights={"0202": 3, "06": 0}).score == 75


def test_nothing_assessed_is_no_score():
    found = judge({})

    assert (found.score, found.assessed) == (None, 0)
    assert all(each.because for each in found.indicators)


@pytest.mark.parametrize("missing", [1, 3])
def test_what_is_not_perfect_is_never_rounded_to_a_hundred(missing):
    assert judge({"0201": Count(10**9 - missing, 10**9)}).score < 100


def test_nothing_to_count_is_not_perfect():
    assert judge({"0105": Count(0, 0)}).score is None


def test_the_four_lights_are_on_when_nothing_lacks():
    assert [each.code for each in lights(FACTS) if each.on] == ["visible", "manageable", "usable", "trusted"]


@pytest.mark.parametrize(
    ("changed", "off"),
    [
        ({"columns_described": 2}, "visible"),
        ({"description": False}, "visible"),
        ({"owner": False}, "manageable"),
        ({"grade": False}, "manageable"),
        ({"answered_runs": 0}, "usable"),
        ({"score": 79.9}, "trusted"),
        ({"score": None}, "trusted"),
        ({"assessed": 9}, "trusted"),
        ({"sources_known": False}, "trusted"),
    ],
)
def test_each_light_goes_out_for_its_own_reason(changed, off):
    found = lights(Facts(**{**FACTS.__dict__, **changed}))

    assert [each.code for each in found if not each.on] == [off]
    assert next(each for each in found if not each.on).lacks
