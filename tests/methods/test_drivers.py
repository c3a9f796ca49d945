"""What moves a result is found where it was planted, and nothing is found in noise."""

import numpy as np
import pandas as pd
import pytest

from workbench.demo.drivers import paint_gloss
from workbench.errors import TooFew
from workbench.methods.drivers import DriverPlan, find_drivers
from workbench.methods.drivers_confounding import association, confounding, families, leaks
from workbench.methods.drivers_data import Factor, NoFactors, NoResult, TooFewGroups, problem_from
from workbench.methods.drivers_words import describe_drivers, excluded_of, search, tiles

QUICK = DriverPlan(repeats=3, folds=4)


def noise(seed, *, rows=160, groups=0, event=False):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({f"x{number}": random.normal(size=rows) for number in range(4)})
    frame["kind"] = random.choice(list("abc"), rows)
    frame["result"] = random.normal(size=rows)
    if groups:
        batch = np.repeat(np.arange(groups), rows // groups)
        frame["group"], frame["x0"] = batch, random.normal(size=groups)[batch]
        frame["result"] += 2 * random.normal(size=groups)[batch]
    if event:
        frame["result"] = random.choice(["good", "bad"], rows, p=[0.8, 0.2])
    return frame


def planted(seed=1, rows=400):
    frame = noise(seed, rows=rows)
    frame["result"] += 1.5 * frame["x1"] + np.where(frame["kind"] == "c", 2.0, 0.0)
    return frame


@pytest.mark.parametrize("options", [{}, {"groups": 16}, {"event": True}], ids=["rows", "groups", "event"])
def test_noise_gives_a_driver_no_more_often_than_promised(options):
    false = [len(find_drivers(problem_from(noise(seed, **options)), QUICK).found) > 0 for seed in range(8)]
    assert sum(false) <= 1


@pytest.mark.parametrize("seed", [1, 2])
def test_planted_drivers_are_found_and_ranked_with_their_direction(seed):
    found = find_drivers(problem_from(planted(seed)), QUICK)

    assert found.found["factor"].tolist() == ["x1", "kind"]
    assert found.found["direction"].tolist() == ["up", "level"]
    assert (found.found["low"] > 0).all()
    # x1 and kind carry 2.25 and 0.89 of a variance of 4.14
    assert 0.5 < found.score < 0.78
    assert found.error < found.baseline_error


def test_the_planted_truth_of_the_demo_factory_is_found():
    table = paint_gloss()
    frame = table.frame.rename(columns={"gloss": "result", "batch": "group"})

    found, refused = search(frame, DriverPlan(repeats=3))

    assert refused is None
    assert found.drivers.found["factor"].tolist() == table.truth["drivers"]
    assert found.drivers.split == "group"
    pair = found.confounded[found.confounded["aliased"] & (found.confounded["kind"] == "factor")].iloc[0]
    assert {pair["factor"], pair["with"]} == set(table.truth["aliased"])
    assert excluded_of(found).values.tolist() == [["part", "row_number"]]


def test_scale_and_order_of_the_rows_of_a_group_change_no_driver():
    frame = planted(3).assign(group=np.arange(400) // 10)
    here = find_drivers(problem_from(frame), QUICK)
    scaled = frame.assign(result=1000 * frame["result"] + 7, x1=-0.01 * frame["x1"])
    there = find_drivers(problem_from(scaled), QUICK)

    assert there.found["factor"].tolist() == here.found["factor"].tolist()
    assert there.score == pytest.approx(here.score, abs=0.02)
    assert there.found["direction"].iloc[0] == "down"


def test_an_event_is_explained_and_ranked():
    frame = planted(5, rows=600)
    frame["result"] = np.where(frame["result"] > 2.0, "bad", "good")

    found = find_drivers(problem_from(frame), QUICK)

    assert found.problem.event == "bad"
    assert found.found["factor"].iloc[0] == "x1"
    assert found.auc > 0.8


def test_factors_that_stand_for_each_other_are_judged_together():
    frame = planted(4)
    frame["twin"] = frame["x1"] + 0.01 * frame["x0"]
    frame["mirror"] = frame["kind"].map({"a": "p", "b": "q", "c": "r"})

    found, _ = search(frame, QUICK)

    assert found.drivers.found["factor"].tolist() == ["x1 + twin", "kind + mirror"]
    answer = describe_drivers(found)
    assert answer.code == "confounded"
    assert "cannot tell which one it is" in answer.text["en"]


def test_what_runs_with_time_or_group_is_named():
    frame = planted(6).assign(
        ts=pd.date_range("2026-01-01", periods=400, freq="h"), wear=np.arange(400) ** 1.5
    )
    frame["group"] = np.arange(400) // 20
    frame["tool"] = np.random.default_rng(1).permutation(20)[frame["group"]].astype(float) ** 1.1

    table = confounding(problem_from(frame), 0.8)

    assert set(table.loc[table["kind"] == "time", "factor"]) == {"wear"}
    assert set(table.loc[table["kind"] == "group", "factor"]) == {"wear", "tool"}


@pytest.mark.parametrize("event", [False, True])
def test_a_copy_of_the_result_is_left_out_and_said(event):
    frame = planted(7)
    if event:
        frame["result"] = (frame["result"] > 2.5).astype(int)
    frame["copy"] = 3 * frame["result"] + 1

    found, _ = search(frame, QUICK)

    assert found.leaks == ["copy"]
    assert "Left out" in describe_drivers(found).text["en"]
    assert {tile["name"]: tile["value"] for tile in tiles(found)}["leaks"] == 1
    kept, _ = search(frame, QUICK, keep_leaks=True)
    assert kept.drivers.found["factor"].iloc[0].startswith("copy")


def test_no_honest_factor_is_taken_for_a_leak():
    assert [leaks(problem_from(noise(seed, event=seed % 2 == 1))) for seed in range(20)] == [[]] * 20


def test_neighbours_that_resemble_each_other_are_tested_in_stretches():
    frame = noise(8, rows=300)
    frame["result"] = np.cumsum(frame["result"])

    assert find_drivers(problem_from(frame), QUICK).split == "time"
    assert find_drivers(problem_from(noise(8)), QUICK).split == "random"


def test_association_of_words_and_numbers_runs_from_none_to_one():
    random = np.random.default_rng(2)
    words = random.integers(0, 4, 300).astype(float)
    one = Factor("one", words, tuple("abcd"))
    assert association(one, Factor("same", words, tuple("wxyz"))) == pytest.approx(1.0)
    assert association(one, Factor("number", 10.0**words)) == pytest.approx(1.0)
    assert association(one, Factor("other", random.normal(size=300))) < 0.2
    assert association(one, Factor("kinds", random.integers(0, 3, 300).astype(float), tuple("pqr"))) < 0.25


def test_families_hold_every_factor_once():
    problem = problem_from(planted(9).assign(twin=lambda frame: frame["x2"] * 2))
    assert sorted(at for family in families(problem, 0.8) for at in family) == list(range(6))


def test_missing_values_and_mixed_words_are_no_obstacle():
    frame = planted(10)
    frame.loc[::7, "x1"] = np.nan
    frame["mixed"] = [1, "a", None, 2.5] * 100
    frame["flag"] = [True, False] * 200

    assert find_drivers(problem_from(frame), QUICK).found["factor"].iloc[0] == "x1"


def test_what_cannot_be_tested_is_refused_with_a_remedy():
    frame = planted()
    with pytest.raises(TooFew):
        problem_from(frame.head(40))
    with pytest.raises(NoResult):
        problem_from(frame.assign(result=1.0))
    with pytest.raises(NoResult, match="3 kinds"):
        problem_from(frame.assign(result=frame["kind"]))
    with pytest.raises(NoFactors):
        problem_from(frame[["result"]].assign(number=range(400), same="x"))
    with pytest.raises(TooFewGroups):
        find_drivers(problem_from(frame), DriverPlan(split="group"))
    for options in ({"factors": ["nothing"]}, {"event": "q"}):
        found, refused = search(frame.assign(result=frame["kind"]), QUICK, **options)
        assert found is None
        assert refused["remedy"]["zh"]


def test_nothing_found_says_what_to_record_next():
    found, _ = search(noise(1), QUICK)
    answer = describe_drivers(found)

    assert (answer.code, answer.level) == ("nothing_found", "warning")
    assert "Nothing found" in answer.text["en"]
    assert answer.next_step["zh"]
