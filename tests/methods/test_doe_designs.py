"""Designs are the published ones: balanced, of the stated resolution, with the stated aliases and blocks."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import Invalid
from workbench.methods.doe_confounding import LETTERS, aliases
from workbench.methods.doe_designs import box_behnken, design, fraction, plackett_burman, two_level
from workbench.methods.doe_sheet import OWN_COLUMNS, alias_table, describe_design, problem, sheet, tiles

FACTORS = pd.DataFrame(
    {"factor": ["speed", "feed", "depth"], "low": [10.0, 0.1, 1.0], "high": [20.0, 0.3, 5.0]}
)


def factors(count):
    return pd.DataFrame({"factor": [f"x{n}" for n in range(count)], "low": 0.0, "high": 1.0})


# --- two levels -----------------------------------------------------------------------------------------


def test_a_full_design_stands_in_standard_order():
    assert two_level(3)[0].astype(int).tolist() == [
        [-1, -1, -1], [1, -1, -1], [-1, 1, -1], [1, 1, -1], [-1, -1, 1], [1, -1, 1], [-1, 1, 1], [1, 1, 1]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "runs", "resolution"),
    [
        *((3, 4, 3), (4, 8, 4), (5, 16, 5), (5, 8, 3), (6, 32, 6), (6, 16, 4), (6, 8, 3), (7, 64, 7)),
        *((7, 32, 4), (7, 16, 4), (7, 8, 3), (8, 64, 5), (8, 32, 4), (8, 16, 4), (9, 32, 4), (9, 16, 3)),
        *((10, 64, 4), (10, 16, 3), (11, 16, 3)),
    ],
)
def test_fractions_have_the_resolution_nist_prints(count, runs, resolution):
    made = design("fractional", count, runs=runs)

    assert len(made.coded) == runs
    assert made.resolution == resolution


def test_montgomerys_fraction_has_his_aliases():
    found = dict(aliases(("ABCE", "BCDF", "ADEF"), 6))

    assert found["AB"][0] == "CE"
    assert found["A"][:2] == ("BCE", "DEF")
    assert found["AE"][:2] == ("BC", "DF")


def test_a_minus_takes_the_other_half():
    plus, minus = two_level(3, "C=AB")[0], two_level(3, "C=-AB")[0]

    assert (plus[:, 2] == -minus[:, 2]).all()
    assert (plus[:, :2] == minus[:, :2]).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 11), st.data())
def test_aliases_are_columns_that_are_equal(count, data):
    sizes = [n for n in (4, 8, 16, 32, 64, 128) if n < 2**count]
    runs = data.draw(st.sampled_from(sizes))
    try:
        made = design("fractional", count, runs=runs)
    except Invalid:
        return
    column = {letter: made.coded[:, n] for n, letter in enumerate(LETTERS[:count])}
    for effect, others in aliases(made.defining, count):
        here = np.prod([column[letter] for letter in effect], axis=0)
        for other in others:
            assert (here == np.prod([column[letter] for letter in other], axis=0)).all()


@pytest.mark.parametrize(
    ("count", "blocks", "confounded"),
    [(3, 2, ("ABC",)), (4, 2, ("ABCD",)), (3, 4, ("AB", "AC", "BC")), (4, 4, ("AB", "ACD", "BCD"))],
)
def test_blocks_are_confounded_with_the_highest_interactions(count, blocks, confounded):
    made = design("full", count, blocks=blocks)

    assert made.confounded == confounded
    assert np.bincount(made.block.astype(int))[1:].tolist() == [2**count / blocks] * blocks
    for number in range(1, blocks + 1):
        assert not made.coded[made.block == number].sum(axis=0).any()


# --- screening and response surfaces --------------------------------------------------------------------


@pytest.mark.parametrize("count", range(2, 24))
def test_plackett_burman_columns_are_orthogonal(count):
    coded = plackett_burman(count)
    assert (coded.T @ coded == len(coded) * np.eye(count)).all()


@pytest.mark.parametrize(("count", "runs"), [(3, 15), (4, 27), (5, 46), (6, 54), (7, 62)])
def test_box_behnken_designs_have_the_printed_runs(count, runs):
    made = design("box-behnken", count)

    assert len(made.coded) == runs
    squares = box_behnken(count) ** 2
    assert len(set(squares.sum(axis=1))) == 1
    assert not (box_behnken(count).T @ box_behnken(count) - np.diag(squares.sum(axis=0))).any()


@pytest.mark.parametrize(
    ("count", "runs", "alpha"), [(2, 14, 1.414), (3, 20, 1.682), (4, 30, 2.0), (5, 32, 2.0), (6, 50, 2.378)]
)
def test_rotatable_composites_have_nists_axial_distance(count, runs, alpha):
    made = design("ccd", count)

    assert len(made.coded) == runs
    assert made.alpha == pytest.approx(alpha, abs=5e-4)


def test_rotatable_means_that_the_variance_depends_on_the_distance_alone():
    made = design("ccd", 2)
    x, y = made.coded.T
    model = np.column_stack([np.ones(len(x)), x, y, x * y, x**2, y**2])
    spread = np.linalg.inv(model.T @ model)
    angle = np.linspace(0, 2 * np.pi, 9)
    a, b = 0.7 * np.cos(angle), 0.7 * np.sin(angle)
    at = np.column_stack([np.ones(9), a, b, a * b, a**2, b**2])

    assert np.ptp(np.einsum("ij,jk,ik->i", at, spread, at)) < 1e-12


def test_orthogonal_blocks_do_not_touch_the_coefficients(reference):
    made = design("ccd", 3, blocks=3, alpha="orthogonal")
    jasp = pd.read_csv(reference / "jasp_quality/doe/RSM3contCCD.csv", encoding="utf-8-sig")

    means = [(made.coded[made.block == n] ** 2).mean(axis=0) for n in (1, 2, 3)]
    assert np.ptp(means, axis=0).max() < 1e-12
    assert made.alpha == pytest.approx(jasp["A"].max(), abs=5e-4)
    assert sorted(np.bincount(made.block.astype(int))[1:]) == sorted(jasp["Blocks"].value_counts())


# --- the sheet ------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["full", "ccd", "box-behnken"]), st.integers(1, 3))
def test_the_order_is_random_and_changes_nothing_else(seed, kind, replicates):
    made = sheet(FACTORS, kind, seed=seed, replicates=replicates)
    back = made.runs.sort_values("std_order").reset_index(drop=True)
    again = sheet(FACTORS, kind, seed=seed + 1, replicates=replicates).runs.sort_values("std_order")

    columns = ["std_order", "block", "point", "speed", "feed", "depth"]
    pd.testing.assert_frame_equal(back[columns], again.reset_index(drop=True)[columns])
    assert sorted(made.runs["run_order"]) == sorted(made.runs["std_order"])


def test_the_same_number_gives_the_same_order():
    pd.testing.assert_frame_equal(sheet(FACTORS, "full", seed=7).runs, sheet(FACTORS, "full", seed=7).runs)


def test_blocks_stay_together_and_settings_are_real():
    made = sheet(FACTORS, "full", blocks=2, centre=4).runs

    assert made["block"].is_monotonic_increasing
    assert set(made["speed"]) == {10.0, 15.0, 20.0}
    assert made["result"].isna().all()
    assert tuple(made.columns[:4]) == OWN_COLUMNS[:4]


def test_aliases_are_spelt_in_factors():
    table = alias_table(sheet(FACTORS, "fractional"))

    assert table.loc[0].tolist() == ["A", "speed", "BC", "no"]


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("full", "ready", "Every effect can be told apart"),
        ("fractional", "screening", "Resolution III"),
        ("ccd", "ready", "an optimum"),
        ("plackett-burman", "screening", "Resolution III"),
    ],
)
def test_the_verdict_says_what_the_design_can_tell(kind, code, words):
    answer = describe_design(sheet(FACTORS, kind))

    assert answer.code == code
    assert words in answer.text["en"]
    assert answer.next_step["zh"]


def test_numbers_name_runs_and_resolution():
    found = {tile["name"]: tile["value"] for tile in tiles(sheet(factors(5), "fractional", centre=3))}
    assert found == {"runs": 19, "factors": 5, "resolution": "V", "blocks": 1, "centre_points": 3}


@pytest.mark.parametrize(
    ("frame", "kind", "choices", "code"),
    [
        (factors(1), "full", {}, "too_few"),
        (factors(3).assign(high=0.0), "full", {}, "levels_unclear"),
        (factors(3).assign(low=np.nan), "full", {}, "levels_unclear"),
        (factors(2).assign(factor="x"), "full", {}, "names_unclear"),
        (factors(2).assign(factor=["x", "Block"]), "full", {}, "names_unclear"),
        (factors(2), "box-behnken", {}, "no_such_design"),
        (factors(9), "ccd", {}, "no_such_design"),
        (factors(12), "full", {}, "no_such_design"),
        (factors(12), "fractional", {}, "no_such_design"),
        (factors(24), "plackett-burman", {}, "no_such_design"),
        (factors(5), "fractional", {"runs": 12}, "no_such_design"),
        (factors(5), "fractional", {"generators": "Z=AB"}, "no_such_design"),
        (factors(5), "fractional", {"generators": "D=AE,E=AB"}, "no_such_design"),
        (factors(3), "box-behnken", {"blocks": 2}, "no_such_design"),
        (factors(3), "full", {"blocks": 3}, "no_such_design"),
        (factors(2), "full", {"blocks": 4}, "no_such_design"),
        (factors(3), "ccd", {"blocks": 4}, "no_such_design"),
        (factors(3), "full", {"replicates": 100}, "no_such_design"),
    ],
)
def test_what_cannot_be_designed_is_refused_with_a_remedy(frame, kind, choices, code):
    refused = problem(frame, kind, **choices)

    assert refused["code"] == code
    assert refused["remedy"]["en"]
    assert "None" not in refused["text"]["zh"]


def test_an_unknown_design_is_refused():
    with pytest.raises(Invalid, match="full, fractional"):
        design("latin", 3)
    with pytest.raises(Invalid, match="3 to 11"):
        fraction(2)
