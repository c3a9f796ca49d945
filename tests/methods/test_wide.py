"""A table with several measured columns in a row gives what the same values give in rows of their own."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.methods import spc
from workbench.methods.msa_wide import joined
from workbench.methods.wide import problem, readings, siblings, stacked


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_a_row_per_subgroup_and_a_row_per_value_make_the_same_points(rows, size, seed):
    values = np.random.default_rng(seed).normal(10, 1, (rows, size))
    names = [f"x{at + 1}" for at in range(size)]
    table = pd.DataFrame(values, columns=names).rename(columns={"x1": "value"})

    found = readings("x1", names[:0:-1], guess=True)
    points = spc.arrange(stacked(table, "x1", found)).points

    assert found == names
    assert np.allclose(points["mean"], values.mean(axis=1))
    assert np.allclose(points["range"], np.ptp(values, axis=1))


def test_missing_readings_leave_their_subgroup_smaller():
    table = pd.DataFrame({"value": [1.0, 3.0], "x2": [2.0, np.nan], "subgroup": ["a", "b"]})

    points = spc.arrange(stacked(table, "x1", ["x1", "x2"])).points

    assert points["n"].tolist() == [2, 1]
    assert points["subgroup"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "others", "expected"),
    [
        ("x1", ["x10", "x2", "y2"], ["x2", "x10"]),
        ("第一次", ["第二次", "第三次"], ["第二次", "第三次"]),
        ("X1 (mm)", ["X2 (mm)", "X3"], ["X2 (mm)", "X3"]),
        ("x₁（微米）", ["x₂"], ["x₂"]),
        ("1", ["2", "Sample"], ["2"]),
        ("value", ["x2"], []),
    ],
)
def test_siblings_differ_in_their_number_only(name, others, expected):
    assert siblings(name, others) == expected


def test_named_columns_are_taken_whether_the_measured_one_is_among_them_or_not():
    assert readings("x1", ["x2", "x3"], columns=["x2", "x3"]) == ["x1", "x2", "x3"]
    assert readings("x2", ["x1", "x3"], columns=["x1", "x2"]) == ["x1", "x2"]
    assert readings("x1", ["x2"]) == []


def test_a_column_that_is_not_there_or_not_meant_is_refused():
    assert problem("x1", ["x2"], ["x1", "x2"]) is None
    assert "'x9'" in problem("x1", ["x2"], ["x1", "x9"])["text"]["en"]
    assert "'weight'" in problem("weight", ["x1", "x2"], ["x1", "x2"])["text"]["en"]


@pytest.mark.parametrize(
    ("columns", "operators"),
    [
        (["A1", "A2", "B1", "B2"], ["A", "B"]),
        (["A-1", "A-2", "B-1", "B-2"], ["A", "B"]),
        (["Op1 trial 1", "Op1 trial 2", "Op2 trial 1", "Op2 trial 2"], ["Op1", "Op2"]),
        (["检验员A第1次", "检验员A第2次", "检验员B第1次", "检验员B第2次"], ["检验员A", "检验员B"]),
        (["Operator 1", "Operator 2"], ["Operator 1", "Operator 2"]),
        (["Appraiser A", "Appraiser B"], ["Appraiser A", "Appraiser B"]),
    ],
)
def test_names_of_columns_tell_operators_and_trials(columns, operators):
    table = pd.DataFrame([range(len(columns)), range(len(columns))], columns=columns, dtype=float)
    table = table.assign(part=["p", "q"]).rename(columns={columns[0]: "value"})

    rows = joined(table, columns[0])

    assert rows["operator"].unique().tolist() == operators
    assert sorted(rows["value"]) == sorted([*range(len(columns))] * 2)
    assert (rows.loc[rows["operator"] == operators[0], "value"] < len(columns) / len(operators)).all()


def test_two_characteristics_are_not_taken_for_operators():
    table = pd.DataFrame({"part": [1, 2], "value": [1.0, 2.0], "Dia2": 1.0, "Len1": 5.0, "Len2": 5.0})

    rows = joined(table, "Dia1")

    assert "operator" not in rows
    assert rows["value"].max() == 2.0


def test_columns_of_operators_can_be_named():
    table = pd.DataFrame({"part": [1, 2], "value": [1.0, 2.0], "Ann": 3.0, "Kim": 4.0})

    rows = joined(table, "Tom", operator_columns=["Ann", "Kim"])

    assert rows["operator"].unique().tolist() == ["Tom", "Ann", "Kim"]
