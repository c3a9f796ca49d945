"""Effects, models and optima equal Montgomery's and statsmodels'; noise alone gives nothing."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import NoSpread, TooFew
from workbench.methods.doe_designs import design, two_level
from workbench.methods.doe_effects import by_lenth, lenth
from workbench.methods.doe_model import candidates, experiment, fit, replicated, separable
from workbench.methods.doe_optimum import interval, optimum, predict
from workbench.methods.doe_words import (
    analyse,
    coefficients,
    confirmation,
    describe_experiment,
    problem,
    tiles,
)

# Montgomery, Design and Analysis of Experiments, Table 6.10: filtration rate, 2^4, standard order.
FILTRATION = [45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96]


def filled(coded, result, names="ABCDEFGH"):
    frame = pd.DataFrame(np.asarray(coded), columns=list(names[: np.shape(coded)[1]]))
    return frame.assign(result=np.asarray(result, dtype=float))


@pytest.fixture
def filtration():
    return filled(two_level(4)[0], FILTRATION)


def effect_of(found):
    return found.table.set_index("term")["effect"]


# --- effects --------------------------------------------------------------------------------------------


def test_effects_are_those_of_montgomery(filtration):
    found = analyse(experiment(filtration))
    effects = effect_of(found)

    assert effects[["A", "C", "D", "A × C", "A × D"]].tolist() == pytest.approx(
        [21.625, 9.875, 14.625, -18.125, 16.625]
    )
    assert set(found.active["term"]) == {"A", "C", "D", "A × C", "A × D"}


def test_effects_equal_differences_of_means(filtration):
    effects = effect_of(analyse(experiment(filtration)))
    for name in "ABCD":
        means = filtration.groupby(name)["result"].mean()
        assert effects[name] == pytest.approx(means[1] - means[-1])


def test_lenths_margins_are_those_of_montgomery(filtration):
    margin = analyse(experiment(filtration)).margin
    assert margin == pytest.approx((2.625, 6.748, 13.699), abs=1e-3)


def test_a_model_equals_statsmodels():
    random = np.random.default_rng(4)
    made = design("ccd", 3, blocks=3)
    a, b, c = made.coded.T
    frame = filled(made.coded, 5 + a - 2 * b + a * c + 3 * c**2 + random.normal(0, 0.5, len(a)))
    frame["block"] = made.block
    frame = frame.rename(columns={"C": "Z"})
    fitted = smf.ols(
        "result ~ A + B + Z + A:B + A:Z + B:Z + I(A**2) + I(B**2) + I(Z**2) + C(block)", frame
    ).fit()

    found = analyse(experiment(frame))
    table = found.table.set_index("term")

    assert table.loc["A", "coefficient"] == pytest.approx(fitted.params["A"])
    assert table.loc["A × Z", "coefficient"] == pytest.approx(fitted.params["A:Z"])
    assert table.loc["Z²", "p"] == pytest.approx(fitted.pvalues["I(Z ** 2)"], abs=1e-12)
    low, high = fitted.conf_int().loc["B"]
    assert table.loc["B", ["low", "high"]].tolist() == pytest.approx([2 * low, 2 * high])
    assert found.whole.sigma == pytest.approx(np.sqrt(fitted.scale))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 1000), st.floats(-100, 100), st.floats(0.01, 100), st.randoms(use_true_random=False))
def test_effects_depend_neither_on_units_of_factors_nor_on_order(scale, origin, size, random):
    here = filled(two_level(4)[0], FILTRATION)
    order = list(range(16))
    random.shuffle(order)
    there = here.iloc[order].reset_index(drop=True)
    there[list("ABCD")] = origin + scale * there[list("ABCD")]
    there["result"] = 7 + size * there["result"]

    a, b = analyse(experiment(here)), analyse(experiment(there))

    assert b.table["effect"].tolist() == pytest.approx(
        (size * a.table["effect"]).tolist(), rel=1e-6, abs=1e-6
    )
    assert b.table["active"].tolist() == a.table["active"].tolist()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=3, max_size=31), st.floats(0.01, 100))
def test_lenths_margins_scale_with_the_effects(effects, scale):
    here, there = lenth(effects), lenth([scale * effect for effect in effects])

    assert there == pytest.approx(tuple(scale * each for each in here))
    assert here[1] <= here[2] + 1e-12


def test_noise_alone_gives_few_effects():
    random = np.random.default_rng(11)
    coded = two_level(4)[0]
    shares = [
        (analyse(experiment(filled(coded, random.normal(size=16)))).table["active"] == "yes").mean()
        for _ in range(60)
    ]
    assert np.mean(shares) < 0.08


def test_a_design_in_which_nothing_moves_says_so():
    frame = filled(np.tile(two_level(2)[0], (4, 1)), np.random.default_rng(0).normal(size=16))

    answer = describe_experiment(analyse(experiment(frame)))

    assert (answer.code, answer.level) == ("nothing_found", "warning")


def test_four_runs_are_said_to_show_hardly_any_noise():
    answer = describe_experiment(analyse(experiment(filled(two_level(2)[0], [1, 2, 4, 3]))))

    assert answer.code == "nothing_found"
    assert "3 effects" in answer.text["en"]


def test_every_term_can_be_kept_although_none_counts():
    frame = filled(np.tile(two_level(2)[0], (4, 1)), np.random.default_rng(0).normal(size=16))

    found = analyse(experiment(frame), keep_all=True)

    assert describe_experiment(found).code == "nothing_found"
    assert len(found.model.terms) == 3


# --- what can be told apart -----------------------------------------------------------------------------


def test_a_fraction_lists_the_aliases_of_its_effects():
    made = design("fractional", 4, runs=8)
    given_runs = experiment(filled(made.coded, np.arange(8.0) ** 1.5))
    terms, also = separable(given_runs, candidates(given_runs))

    assert len(terms) == 7
    assert (2, 3) in also[0, 1]
    assert (1, 2, 3) in also[0,]


def test_interactions_that_are_partly_mixed_stay_out():
    made = design("plackett-burman", 5)
    given_runs = experiment(filled(made.coded, np.arange(12.0) ** 1.2))
    terms, _ = separable(given_runs, candidates(given_runs, 2))

    assert [term for term in terms if len(term) > 1] == []


def test_blocks_are_taken_out():
    made = design("full", 3, blocks=2, replicates=2)
    random = np.random.default_rng(5)
    frame = filled(made.coded, 4 * made.coded[:, 0] + random.normal(0, 0.2, 16))
    blocked = frame.assign(block=made.block, result=frame["result"] + 30 * made.block)

    plain, moved = analyse(experiment(frame.assign(block=made.block))), analyse(experiment(blocked))

    assert moved.table["effect"].tolist() == pytest.approx(plain.table["effect"].tolist())
    assert moved.optimum.predicted == pytest.approx(plain.optimum.predicted + 45)


def test_centre_points_show_curvature():
    made = design("full", 2, replicates=2, centre=4)
    a, b = made.coded.T
    bent = np.where((a == 0) & (b == 0), 3.0, 0.0) + a + np.random.default_rng(3).normal(0, 0.1, len(a))

    found = analyse(experiment(filled(made.coded, bent)))

    assert found.whole.curvature[0] == pytest.approx(3, abs=0.3)
    assert describe_experiment(found).code == "curved"


def test_a_composite_is_coded_by_its_corners():
    made = design("ccd", 2)
    runs = experiment(filled(100 + 5 * made.coded, np.arange(len(made.coded), dtype=float)))

    assert [(factor.low, factor.high) for factor in runs.factors] == [(95, 105), (95, 105)]
    assert runs.curved


def test_columns_that_are_no_factors_are_named():
    frame = filled(two_level(4)[0], FILTRATION).assign(measured=np.arange(16.0), same=1.0)
    found = analyse(experiment(frame))

    assert found.experiment.ignored == ("measured", "same")
    assert "measured" in describe_experiment(found).text["en"]


# --- the best setting -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("goal", "best"), [("maximise", 1.0), ("minimise", -1.0)])
def test_without_curvature_the_best_is_a_corner(goal, best):
    frame = filled(np.tile(two_level(2)[0], (2, 1)), [1, 5, 2, 6, 1.1, 5.1, 2.1, 6.1])

    found = analyse(experiment(frame), goal=goal)

    assert found.optimum.coded.tolist() == pytest.approx([best, best])
    assert not found.optimum.inside


def test_a_target_is_met():
    frame = filled(np.tile(two_level(2)[0], (2, 1)), [1, 5, 2, 6, 1.1, 5.1, 2.1, 6.1])
    assert analyse(experiment(frame), goal="target", target=4.0).optimum.predicted == pytest.approx(
        4.0, abs=1e-3
    )


def test_no_point_of_a_grid_beats_the_best_setting():
    made = design("box-behnken", 3)
    a, b, c = made.coded.T
    result = (
        10 + a - b + 2 * a * b - 3 * a**2 - b**2 + 0.5 * c + np.random.default_rng(8).normal(0, 0.1, len(a))
    )
    found = analyse(experiment(filled(made.coded, result)))
    axis = np.linspace(-1, 1, 21)
    grid = np.array(np.meshgrid(axis, axis, axis)).reshape(3, -1).T

    assert predict(found.model, grid).max() <= found.optimum.predicted + 1e-6


def test_intervals_cover_the_truth_as_often_as_they_say():
    coded = np.tile(two_level(2)[0], (3, 1))
    random = np.random.default_rng(6)
    hits = 0
    for _ in range(300):
        model = fit(experiment(filled(coded, 2 * coded[:, 0] + random.normal(size=12))), [(0,), (1,)])
        half = interval(model, [[1.0, 0.0]])[0]
        hits += abs(predict(model, [[1.0, 0.0]])[0] - 2) <= half

    assert 0.91 <= hits / 300 <= 0.985


def test_confirmation_runs_narrow_the_bounds():
    frame = filled(np.tile(two_level(2)[0], (2, 1)), [1, 5, 2, 6, 1.1, 5.3, 2.2, 6.1])
    model = analyse(experiment(frame)).model
    few, many = optimum(model, "maximise", runs=1), optimum(model, "maximise", runs=9)

    assert few.confirm_high - few.confirm_low > many.confirm_high - many.confirm_low > many.high - many.low


# --- words and refusals ---------------------------------------------------------------------------------


def test_tables_and_numbers_belong_to_the_final_model(filtration):
    found = analyse(experiment(filtration))
    numbers = {tile["name"]: tile["value"] for tile in tiles(found)}

    assert by_lenth(found.whole)
    assert numbers["r2"] == pytest.approx(96.595, abs=1e-3)
    assert coefficients(found)["term"].tolist() == ["1", "A", "C", "D", "A × C", "A × D"]
    assert confirmation(found).loc[0, ["A", "C", "D", "runs"]].tolist() == [1, -1, 1, 5]


def test_a_missing_pattern_is_said():
    coded = np.tile(np.array([[x, y] for x in (-1, 0, 1) for y in (-1, 0, 1)], dtype=float), (2, 1))
    bump = np.where((coded == 1).all(axis=1), 8.0, 0.0) + coded[:, 0]
    frame = filled(coded, bump + np.random.default_rng(2).normal(0, 0.05, 18))

    assert describe_experiment(analyse(experiment(frame))).code == "not_adequate"


@pytest.mark.parametrize(
    ("frame", "given_choices", "code"),
    [
        (filled(two_level(2)[0], [1, 2, 3, np.nan]), {}, "too_few"),
        (filled(design("fractional", 7, runs=8).coded[:7], range(7)), {}, "too_few"),
        (filled(two_level(2)[0], [1, 1, 1, 1]), {}, "no_spread"),
        (pd.DataFrame({"result": [1.0, 2, 3, 4]}), {}, "no_factors"),
        (filled(two_level(2)[0], [1, 2, 3, 5]), {"factors": ["X"]}, "no_factors"),
        (filled(two_level(2)[0], [1, 2, 3, 5]), {"goal": "target"}, "no_target"),
    ],
)
def test_what_cannot_be_analysed_is_refused_with_a_remedy(frame, given_choices, code):
    choices = {"factors": [], "goal": "maximise", "target": None, **given_choices}
    refused = problem(frame, **choices)

    assert refused["code"] == code
    assert refused["remedy"]["en"]
    assert refused["remedy"]["zh"]


def test_the_method_itself_refuses():
    with pytest.raises(TooFew, match="at least 4"):
        experiment(filled(two_level(2)[0][:3], [1, 2, 3]))
    with pytest.raises(NoSpread):
        experiment(filled(two_level(2)[0], [2, 2, 2, 2]))


@pytest.mark.parametrize(("first", "second"), [("Rep 1", "Rep 2"), ("Replicate I", "Replicate II")])
def test_a_column_per_replicate_gives_what_a_row_per_run_gives(first, second):
    runs = pd.DataFrame({"A": [-1, 1, -1, 1], "B": [-1, -1, 1, 1]})
    # Montgomery, Design and Analysis of Experiments, plasma etch, gap and power at the low flow
    results = [550.0, 669.0, 1037.0, 749.0], [604.0, 650.0, 1052.0, 868.0]
    wide = runs.assign(result=results[0], **{second: results[1]})
    long = pd.concat([runs.assign(result=column) for column in results], ignore_index=True)

    found = replicated(wide, first)

    pd.testing.assert_frame_equal(found, long)


def test_another_result_is_no_factor():
    sheet = pd.DataFrame({"x": [-1, 1, -1, 1], "result": [1.0, 2.0, 1.1, 2.1], "y2": [5, 5, 6, 6]})

    assert list(replicated(sheet, "y1")) == ["x", "result"]
    assert len(replicated(sheet, "y1", columns=["y2"])) == 8
