"""Multivariate charts: published limits, naive oracles, invariances, causes, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import Invalid, NotFound, TooFew
from workbench.methods.multivariate import MultivariatePlan, multivariate_chart
from workbench.methods.multivariate_causes import contributions
from workbench.methods.multivariate_mewma import mewma_limit, mewma_run_length
from workbench.methods.multivariate_samples import Collinear, NoVariation, TooFewVariables, arrange_wide
from workbench.methods.multivariate_words import attempt_multivariate, describe_multivariate

FIBRE = "jasp_quality/montgomeryExample1.csv (Strength, Diameter; 20 individuals)"
MIX = np.array([[1.0, 0.8, 0.1], [0.0, 0.6, 0.3], [0.0, 0.0, 0.9]])


def rows(count=40, *, seed=1, **columns):
    values = np.random.default_rng(seed).normal(size=(count, 3)) @ MIX
    return pd.DataFrame(values, columns=["a", "b", "c"]).assign(**columns)


def chart_of(frame, subgroup_size=1, **plan):
    return multivariate_chart(arrange_wide(frame, subgroup_size=subgroup_size), MultivariatePlan(**plan))


def test_single_rows_equal_qcc(reference, published):
    chart = chart_of(pd.read_csv(reference / "msqc/bimetal1.csv"), confidence=0.99)

    expected = published("msqc/bimetal1.csv", "Hotelling T2 statistics (list)")
    assert chart.points["statistic"].tolist() == expected
    limit = "Hotelling T2 UCL phase I, confidence 0.99 (beta distribution)"
    assert chart.ucl == published("msqc/bimetal1.csv", limit)


def test_single_rows_equal_montgomery(reference, published):
    frame = pd.read_csv(reference / "jasp_quality/montgomeryExample1.csv").drop(columns="Timestamp")

    chart = chart_of(frame, confidence=(1 - 0.0027) ** 2)

    assert chart.ucl == published(FIBRE, "T2 UCL phase I, confidence 0.99460729 = (1-0.0027)^2")
    assert chart.covariance[0, 1] == published(FIBRE, "cov")
    assert chart.determinant == published(FIBRE, "det of covariance")
    assert chart.n_signals == published(FIBRE, "points out of control")


def test_subgroups_have_montgomerys_limit_and_constants():
    chart = chart_of(rows(200)[["a", "b"]], 10, confidence=0.999)

    assert chart.ucl == pytest.approx(13.72, abs=0.005)  # example 11.1: p = 2, m = 20, n = 10
    whole = chart.spread.center / 0.8889  # example 11.2: b1 = 0.8889, b2 = 0.4170
    assert chart.spread.ucl == pytest.approx(whole * (0.8889 + 3 * 0.4170**0.5), rel=1e-3)
    assert chart.spread.lcl == 0


def test_later_subgroups_have_the_wider_limit():
    frame = rows(120, baseline=np.arange(120) < 100)[["a", "b", "baseline"]]
    chart = chart_of(frame, 5)

    p, m, n = 2, 20, 5
    factor = p * (m + 1) * (n - 1) / (m * n - m - p + 1)
    assert chart.ucl_new / chart.ucl == pytest.approx((m + 1) / (m - 1))
    assert chart.ucl_new == pytest.approx(factor * 6.4099, rel=0.01)  # F(0.9973; 2, 79)
    assert chart.points["ucl"].iloc[-1] == chart.ucl_new


@pytest.mark.parametrize(
    ("p", "weight", "h"),
    [(2, 0.05, 7.35), (2, 0.1, 8.64), (2, 0.5, 10.44), (4, 0.1, 12.73), (10, 0.1, 22.67)],
)
def test_mewma_limits_are_the_published_ones(p, weight, h):
    assert mewma_limit(p, weight, 200.0) == pytest.approx(h, abs=0.01)  # Prabhu and Runger (1997)


def test_the_mewma_run_length_is_what_simulation_gives():
    random, h, weight = np.random.default_rng(3), 6.0, 0.2
    lengths = []
    for _ in range(2000):
        z, count, away = np.zeros(2), 0, 0.0
        while away <= h:
            z = weight * random.normal(size=2) + (1 - weight) * z
            away = z @ z * (2 - weight) / weight
            count += 1
        lengths.append(count)

    assert mewma_run_length(h, 2, weight) == pytest.approx(np.mean(lengths), rel=0.07)


def test_mewma_with_all_weight_on_the_newest_point_is_t2_with_a_chi_square_limit():
    frame = rows()
    mewma = chart_of(frame, chart="mewma", lambda_=1.0, run_length=200.0)
    t2 = chart_of(frame, limits="chi2", confidence=1 - 1 / 200)

    assert mewma.points["statistic"].tolist() == pytest.approx(t2.points["statistic"].tolist())
    assert mewma.ucl == pytest.approx(t2.ucl, rel=1e-4)


def test_t2_equals_a_naive_calculation():
    frame = rows()
    values = frame.to_numpy()
    center = values.mean(axis=0)
    inverse = np.linalg.inv(np.cov(values.T))

    points = chart_of(frame).points

    assert points["statistic"].tolist() == pytest.approx(
        [(v - center) @ inverse @ (v - center) for v in values]
    )


def test_what_t2_loses_without_a_variable_is_what_the_variable_adds():
    frame = rows(seed=2)
    frame.loc[7, "a"] += 9
    chart = chart_of(frame, covariance="differences")
    table = contributions(chart).set_index(["point", "variable"])

    for name in ("a", "b", "c"):
        left = [i for i, other in enumerate("abc") if other != name]
        d = chart.deviations[7][left]
        without = d @ np.linalg.inv(chart.covariance[np.ix_(left, left)]) @ d
        adds = table.loc[(8, name), "given_others"]
        assert adds == pytest.approx(chart.points["statistic"].iloc[7] - without)


@settings(max_examples=30, deadline=None)
@given(
    scale=st.lists(st.floats(0.01, 100), min_size=3, max_size=3),
    shift=st.lists(st.floats(-100, 100), min_size=3, max_size=3),
    order=st.permutations(range(3)),
)
def test_t2_does_not_depend_on_units_origins_or_the_order_of_columns(scale, shift, order):
    frame = rows(30)
    other = (frame * scale + shift).iloc[:, list(order)]

    for plan in ({}, {"chart": "mewma"}, {"covariance": "differences"}):
        one, two = chart_of(frame, **plan), chart_of(other, **plan)
        assert two.points["statistic"].tolist() == pytest.approx(one.points["statistic"].tolist(), rel=1e-6)
        assert two.ucl == pytest.approx(one.ucl)


def test_a_broken_relation_is_told_from_a_variable_off_its_level():
    base = np.random.default_rng(5).normal(size=60)
    frame = pd.DataFrame({"a": base, "b": base + 0.1 * np.random.default_rng(6).normal(size=60)})
    frame["baseline"] = np.arange(60) < 55
    broken = frame.copy()
    broken.loc[58, ["a", "b"]] = [1.5, -1.5]
    off = frame.copy()
    off.loc[58, ["a", "b"]] = [8.0, 1.0]

    for rows_, word in ((broken, "no longer go together"), (off, "is behind it")):
        chart = chart_of(rows_)
        assert word in describe_multivariate(chart, contributions(chart)).text["en"]


def test_incomplete_rows_and_row_numbers_are_left_out_and_counted():
    frame = rows(serial=np.arange(40))
    frame.loc[3, "b"] = np.nan

    samples = arrange_wide(frame)

    assert samples.variables == ("a", "b", "c")
    assert samples.notes == {"incomplete_rows": 1, "row_numbers": 1}


def test_labels_of_their_own_name_points_and_repeated_ones_form_them():
    single = arrange_wide(rows(subgroup=[f"P{i}" for i in range(40)]))
    grouped = arrange_wide(rows(subgroup=np.repeat(np.arange(10), 4)))

    assert single.individuals
    assert single.points["subgroup"].iloc[0] == "P0"
    assert grouped.points["n"].tolist() == [4] * 10


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (rows()[["a"]], TooFewVariables),
        (rows(6), TooFew),
        (rows(d=3.0), NoVariation),
        (rows().assign(d=lambda f: f["a"] + 2 * f["b"]), Collinear),
    ],
)
def test_data_that_carry_no_chart_are_refused_with_a_remedy(frame, error):
    with pytest.raises(error):
        arrange_wide(frame)
    found, refusal = attempt_multivariate(frame, MultivariatePlan(), columns=[], subgroup_size=1)
    assert found is None
    assert refusal["remedy"]["zh"]


def test_wrong_settings_are_refused():
    with pytest.raises(NotFound, match="strength"):
        arrange_wide(rows().rename(columns={"a": "strength"}), columns=["strenght", "b"])
    with pytest.raises(NotFound):
        MultivariatePlan(chart="t3")
    with pytest.raises(Invalid):
        MultivariatePlan(confidence=1.0)
    with pytest.raises(Invalid):
        mewma_limit(2, 0.0, 200.0)
    with pytest.raises(Invalid):
        mewma_limit(2, 0.1, 1.0)
