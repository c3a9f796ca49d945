"""Rows of a gauge study become a box, wide or long, and what is missing is named."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import Invalid, NoSpread, NotFound, TooFew
from workbench.methods import msa_refusals, msa_words
from workbench.methods.msa import crossed, nested
from workbench.methods.msa_model import Allowed
from workbench.methods.msa_study import OtherDesign, Unbalanced, crossed_layout, nested_layout
from workbench.methods.msa_wide import joined


def rows(operators=2, parts=3, trials=2, seed=0):
    random = np.random.default_rng(seed)
    operator, part, trial = (axis.ravel() for axis in np.indices((operators, parts, trials)))
    value = 10.0 * part + random.normal(0, 0.3, part.size)
    return pd.DataFrame(
        {"part": part + 1, "operator": np.take(list("ABCD"), operator), "trial": trial, "value": value}
    )


def wide(frame):
    table = frame.pivot(index=["part", "operator"], columns="trial", values="value").reset_index()
    return table.rename(columns={0: "value", 1: "Result2"}).rename_axis(columns=None)


def test_a_wide_table_gives_the_same_box():
    frame = rows()

    layout = crossed_layout(joined(wide(frame), "Result1"))

    assert np.array_equal(layout.values, crossed_layout(frame).values)


def test_trial_columns_can_be_named():
    frame = wide(rows()).rename(columns={"Result2": "second"})

    assert len(joined(frame, "first")) == 6
    assert len(joined(frame, "first", trial_columns=["second"])) == 12
    with pytest.raises(NotFound, match="did you mean 'second'"):
        joined(frame, "first", trial_columns=["secnd"])


def test_a_long_table_with_two_characteristics_stays_long():
    frame = rows().drop(columns="trial").assign(time2=1.0)

    assert len(joined(frame, "time1")) == len(frame)


def test_numbers_and_names_are_put_in_order():
    frame = rows(parts=11).assign(part=lambda table: "P" + table["part"].astype(str))

    assert crossed_layout(frame).parts[0][:3] == ("P1", "P2", "P3")
    assert crossed_layout(frame.assign(part=frame["part"].str[1:].astype(float))).parts[0][-2:] == (
        "10",
        "11",
    )


def test_rows_without_value_or_label_are_counted():
    more = pd.DataFrame({"part": [1, None], "operator": ["A", "A"], "trial": [3, 3], "value": [np.nan, 5.0]})

    layout = crossed_layout(pd.concat([rows(), more], ignore_index=True))

    assert layout.notes == {"missing_values": 1, "missing_labels": 1}


def test_an_incomplete_part_is_named_or_left_out():
    frame = rows().drop(index=0)

    with pytest.raises(Unbalanced, match=r"1 incomplete: 1 × A \(1\), expected 2 trials each"):
        crossed_layout(frame)
    layout = crossed_layout(frame, incomplete="leave_out")
    assert layout.shape == (2, 2, 2)
    assert layout.notes == {"left_out_parts": 1}


def test_an_incomplete_nested_part_is_named_or_left_out():
    frame = rows().drop(index=0)

    with pytest.raises(Unbalanced, match=r"1 × A \(1\)"):
        nested_layout(frame)
    layout = nested_layout(frame, incomplete="leave_out")
    assert layout.shape == (2, 2, 2)
    assert layout.notes == {"left_out_parts": 1, "shared_labels": 2, "surplus_parts": 1}


def test_operators_with_unequal_numbers_of_parts_are_named():
    frame = rows()
    with pytest.raises(Unbalanced, match="A: 2 parts, B: 3 parts"):
        nested_layout(frame[(frame["operator"] == "B") | (frame["part"] < 3)])


def test_a_nested_table_is_sent_to_the_nested_study():
    frame = rows().assign(part=lambda table: table["operator"] + table["part"].astype(str))

    with pytest.raises(OtherDesign):
        crossed_layout(frame)
    assert nested_layout(frame).parts == (("A1", "A2", "A3"), ("B1", "B2", "B3"))


def test_a_study_without_operators_has_one_row_of_parts():
    layout = crossed_layout(rows().drop(columns="operator"))

    assert (layout.operators, layout.shape) == ((), (1, 3, 4))


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (rows(parts=1), TooFew),
        (rows(operators=1, trials=1), TooFew),
        (rows().assign(value=np.nan), TooFew),
        (rows().assign(value=4.0), NoSpread),
    ],
)
def test_what_cannot_carry_a_study_is_refused(frame, error):
    with pytest.raises(error):
        crossed_layout(frame)


def test_one_operator_alone_cannot_be_nested():
    with pytest.raises(TooFew, match="operators: got 1"):
        nested_layout(rows(operators=1))


def test_an_unknown_way_with_incomplete_parts_is_refused():
    with pytest.raises(Invalid, match="refuse, leave_out"):
        crossed_layout(rows(), incomplete="guess")


# --- words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "options", "code"),
    [
        (rows().drop(index=0), {}, "unbalanced"),
        (rows().assign(part=range(12)), {}, "nested_design"),
        (rows(parts=1), {}, "too_few"),
        (rows(trials=1), {"repeats": 2}, "too_few"),
        (rows().assign(value=1.0), {}, "no_spread"),
        (rows(), {"lower": 2.0, "upper": 1.0}, "limits_unclear"),
        (rows(operators=1), {"nested": True}, "too_few"),
    ],
)
def test_each_refusal_names_a_remedy_in_both_languages(frame, options, code):
    found = msa_refusals.problem(frame, **options)

    assert found["code"] == code
    for text in (found["text"], found["remedy"]):
        assert text["en"]
        assert text["zh"]
        assert not set("abcdefghijklmnopqrstuvwxyz") & set(text["zh"])


def test_a_study_that_can_be_made_has_no_problem():
    assert msa_refusals.problem(rows()) is None
    assert msa_refusals.problem(rows(), nested=True) is None


@pytest.mark.parametrize(
    ("tolerance", "use", "code"),
    [
        (None, "both", "acceptable"),
        (2.0, "both", "unacceptable"),
        (2.0, "process", "acceptable"),
        (2.0, "product", "unacceptable"),
        (10.0, "product", "conditional"),
    ],
)
def test_the_verdict_follows_the_use_of_the_gauge(tolerance, use, code):
    study = crossed(
        crossed_layout(rows(operators=3, parts=10, trials=3)), allowed=Allowed(tolerance=tolerance)
    )

    assert msa_words.describe_gauge(study, use=use).code == code


def test_parts_that_are_all_alike_are_not_blamed_on_the_gauge():
    frame = rows(operators=3, parts=10, trials=3)
    frame["value"] -= 9.99 * (frame["part"] - 1)

    answer = msa_words.describe_gauge(crossed(crossed_layout(frame), allowed=Allowed(tolerance=200.0)))

    assert answer.code == "unacceptable"
    assert "parts that span the whole process" in answer.next_step["en"]


def test_operators_who_differ_are_sent_to_training():
    frame = rows(operators=3, parts=10, trials=3)
    frame["value"] += 8.0 * (frame["operator"] == "B")

    assert "Operators differ most" in msa_words.describe_gauge(crossed(crossed_layout(frame))).next_step["en"]


def test_an_interaction_that_counts_is_said():
    frame = rows(operators=3, parts=10, trials=3)
    frame["value"] += np.where((frame["operator"] == "B") & (frame["part"] % 2 == 0), 30.0, 0.0)

    answer = msa_words.describe_gauge(crossed(crossed_layout(frame)))

    assert "interaction, p < 0.001" in answer.text["en"]
    assert "interaction chart" in answer.next_step["en"]


def test_a_negative_component_is_said():
    frame = rows(operators=3, parts=10, trials=3, seed=2)
    study = nested(nested_layout(frame))

    assert study.negative == ("operator",)
    assert "was negative and is taken as zero" in msa_words.describe_gauge(study).text["en"]
    assert "negative_operator" in msa_words.notes_of_gauge(study)["note"].tolist()


def test_an_unknown_use_is_refused():
    with pytest.raises(Invalid, match="both, process, product"):
        msa_words.describe_gauge(crossed(crossed_layout(rows())), use="show")
