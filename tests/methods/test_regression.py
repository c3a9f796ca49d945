"""Lines, polynomials and formulas against NIST's certified values, naive oracles and invariances."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import TooFew
from workbench.methods.regression import EXACT_WORK, Alike, linear, runs_p
from workbench.methods.regression_curve import NotConverged, curve
from workbench.methods.regression_formula import BadFormula, formula_from
from workbench.methods.regression_words import describe_regression, fit_of


def frame_of(reference, name, columns=("y", "x")):
    lines = (reference / "nist_strd" / name).read_text(encoding="utf-8").splitlines()[60:]
    return pd.DataFrame([list(map(float, line.split())) for line in lines if line.strip()], columns=columns)


def certified(reference, name):
    entries = json.loads((reference / "published.json").read_text(encoding="utf-8"))["entries"]
    return {e["quantity"]: e["value"] for e in entries if e["dataset"] == f"nist_strd/{name}"}


@pytest.mark.parametrize(
    ("name", "formula", "start"),
    [
        ("nonlinear/Rat42.dat", "b1/(1+exp(b2-b3*x))", [100, 1, 0.1]),
        ("nonlinear/Bennett5.dat", "b1*(b2+x)**(-1/b3)", [-2000, 50, 0.8]),
        ("nonlinear/Misra1a.dat", "b1*(1-exp(-b2*x))", []),
    ],
)
def test_a_formula_meets_the_certified_values(reference, name, formula, start):
    fit, refused = fit_of(frame_of(reference, name), formula=formula, start=start)
    expected = certified(reference, name)

    assert refused is None
    estimates = fit.regression.estimates
    assert estimates["estimate"].tolist() == pytest.approx(expected["certified parameters"], rel=1e-9)
    errors = expected["certified standard deviations of parameters"]
    assert estimates["error"].tolist() == pytest.approx(errors, rel=1e-9)
    assert fit.regression.sigma == pytest.approx(expected["residual standard deviation"], rel=1e-9)


def test_a_line_meets_the_certified_values_to_fourteen_digits(reference):
    fit, _ = fit_of(frame_of(reference, "linear/Norris.dat"))
    expected = certified(reference, "linear/Norris.dat")

    assert fit.regression.exact
    assert fit.regression.estimates["estimate"].tolist() == pytest.approx(expected["B0, B1"], rel=1e-14)
    assert fit.regression.sigma == pytest.approx(expected["residual standard deviation"], rel=1e-14)


def test_rational_numbers_solve_what_floats_cannot():
    x = np.arange(21.0)
    y = sum(x**power for power in range(6))

    found = linear({"x": x}, y, degree=5)

    assert found.estimates["estimate"].tolist() == [1.0] * 6
    assert found.squares == 0.0


def sample(rows=60, seed=3):
    random = np.random.default_rng(seed)
    columns = {"a": random.normal(10, 2, rows), "b": random.uniform(0, 5, rows)}
    return columns, 3 + 2 * columns["a"] - columns["b"] + random.normal(0, 0.5, rows)


def test_both_ways_to_solve_agree_with_the_pseudo_inverse():
    for rows in (60, EXACT_WORK):
        columns, y = sample(rows)
        found = linear(columns, y)
        design = np.column_stack([np.ones(rows), *columns.values()])
        naive = np.linalg.pinv(design) @ y

        assert found.exact == (rows == 60)
        assert found.estimates["estimate"].tolist() == pytest.approx(naive, rel=1e-8)
        covariance = np.linalg.inv(design.T @ design) * found.sigma**2
        assert found.estimates["error"].tolist() == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_scale_and_shift_of_the_result_move_nothing_else(scale, shift):
    columns, y = sample()
    here, there = linear(columns, y), linear(columns, y * scale + shift)

    assert there.r2 == pytest.approx(here.r2, abs=1e-9)
    assert there.estimates["t"][1:].tolist() == pytest.approx(here.estimates["t"][1:].tolist(), rel=1e-6)
    assert there.anova["squares"].iloc[:2].sum() == pytest.approx(there.anova["squares"].iloc[2])


def test_a_formula_that_is_a_line_equals_the_line():
    columns, y = sample()
    straight = linear(columns, y)
    formula = formula_from("b1 + b2*a + b3*b", ["y", "a", "b"])

    found = curve(formula, {"y": y, **columns})

    for name in ("estimate", "error"):
        assert found.estimates[name].tolist() == pytest.approx(straight.estimates[name].tolist(), rel=1e-8)
    assert found.r2 == pytest.approx(straight.r2)


def test_a_missed_bend_is_said():
    x = np.repeat(np.arange(12.0), 3)
    y = x**2 + np.random.default_rng(1).normal(0, 1, x.size)
    line, _ = fit_of(pd.DataFrame({"y": y, "x": x}))
    bent, _ = fit_of(pd.DataFrame({"y": y, "x": x}), degree=2)

    assert describe_regression(line).code == "doubtful"
    assert line.regression.lack_of_fit_p < 0.001
    assert describe_regression(bent).code == "relation"


@pytest.mark.parametrize(
    "options",
    [{}, {"degree": 3}, {"degree": 2, "intercept": False}, {"formula": "b1*exp(b2*x)", "start": [1, 0.1]}],
)
def test_the_curve_drawn_goes_through_what_is_expected(options):
    x = np.linspace(1, 5, 30)
    fit, _ = fit_of(pd.DataFrame({"y": 2 * np.exp(0.3 * x) + 0.1 * np.sin(9 * x), "x": x}), **options)

    assert fit.along(x).tolist() == pytest.approx(fit.regression.fitted.tolist())


def test_noise_is_no_relation():
    random = np.random.default_rng(5)
    fit, _ = fit_of(pd.DataFrame({"y": random.normal(size=50), "x": random.normal(size=50)}))

    assert describe_regression(fit).code == "no_relation"


def test_residuals_without_a_pattern_pass_the_test_of_runs():
    random = np.random.default_rng(2)
    rejected = [runs_p(random.normal(size=60), np.arange(60)) < 0.05 for _ in range(400)]

    assert np.mean(rejected) < 0.08
    assert math.isnan(runs_p(np.ones(10), np.arange(10)))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "b1*x.real",
        "b1*open(x)",
        "[b1*x]",
        "b1*x if b1 else x",
        "b1*",
        "",
        "x+1",
        "b1*y",
        "b1*'x'",
        "exp(b1, x)",
        "(" * 300 + "b1*x" + ")" * 300,
        "b2 + z = b1*x",
    ],
)
def test_what_is_no_formula_of_columns_and_parameters_is_refused(text):
    with pytest.raises(BadFormula):
        formula_from(text, ["y", "x"])


def test_parameters_are_in_their_natural_order():
    found = formula_from("b10*x + b2 + a*pi", ["y", "x"])

    assert (found.parameters, found.columns) == (("a", "b2", "b10"), ("x",))


def test_refusals_name_the_remedy():
    x = np.arange(8.0)
    with pytest.raises(TooFew):
        linear({"x": x[:2]}, x[:2])
    with pytest.raises(Alike):
        linear({"x": x, "twice": 2 * x}, x)
    with pytest.raises(NotConverged):
        curve(formula_from("b1 + b2 + 0*x", ["y", "x"]), {"y": x, "x": x}, start=[1, 1])
    data = pd.DataFrame({"y": x, "x": x**2, "z": x[::-1] ** 3})
    for options in (
        {"degree": 2},
        {"factors": ["q"]},
        {"formula": "b1*x", "start": [1, 2]},
        {"formula": "x"},
    ):
        fit, refused = fit_of(data, **options)
        assert fit is None
        assert refused["text"]["zh"]
        assert refused["remedy"]["en"]
    assert fit_of(data[["y"]])[1]["code"] == "no_columns"


def test_a_column_that_never_changes_is_left_out_unless_it_is_named():
    x = np.arange(8.0)
    data = pd.DataFrame({"y": 2 * x + 1, "x": x, "block": 1.0})

    fit, refused = fit_of(data)

    assert refused is None
    assert list(fit.columns) == ["x"]
    assert fit_of(data, factors=["x", "block"])[1] is not None
    assert fit_of(data[["y", "block"]])[1] is not None
