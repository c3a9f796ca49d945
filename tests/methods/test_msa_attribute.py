"""Agreement of judgements equals JASP's, Fleiss' and AIAG's counting, and a slow count of pairs."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from workbench.errors import TooFew
from workbench.methods import msa_attribute_words as words
from workbench.methods.msa_attribute import agreement
from workbench.methods.msa_judgements import UnknownRating, judgements
from workbench.methods.msa_kappa import cohen, concordance, fleiss, rate
from workbench.methods.msa_study import Unbalanced, with_reference
from workbench.methods.msa_wide import joined

KAPPA = "jasp_quality/msaAttributeKappa_long.csv"


@pytest.fixture
def jasp(reference):
    names = {"Part": "part", "Operator": "operator", "Results": "value", "Reference": "reference"}
    frame = pd.read_csv(reference / KAPPA)[list(names)].rename(columns=names)
    return agreement(judgements(frame))


def rows(seed=0, operators=3, parts=12, trials=2, grades=("NG", "OK"), slip=0.1):
    """Judgements that are right but for a share of slips."""
    random = np.random.default_rng(seed)
    found = []
    for part in range(parts):
        known = grades[part % len(grades)]
        for operator in "ABC"[:operators]:
            for trial in range(trials):
                other = grades[random.integers(len(grades))]
                value = other if random.random() < slip else known
                found.append((part, operator, trial, value, known))
    return pd.DataFrame(found, columns=["part", "operator", "trial", "value", "reference"])


# --- published numbers ----------------------------------------------------------------------------------


def test_kappas_equal_jasp(jasp, published):
    cohens = [*jasp.kappa_cohen, jasp.kappa_standard]
    assert cohens == published(KAPPA, "Cohen kappa appraiser vs standard BL, EG, MH, all")
    with_standard = [*jasp.kappa_fleiss, jasp.fleiss_standard]
    assert with_standard == published(KAPPA, "Fleiss kappa vs standard BL, EG, MH, all")
    assert list(jasp.kappa_within) == published(KAPPA, "Fleiss kappa within BL, EG, MH")
    assert jasp.kappa_between == published(KAPPA, "Fleiss kappa between appraisers")


def test_shares_and_intervals_equal_jasp(jasp, published):
    assert [r.percent for r in jasp.within] == published(KAPPA, "percent agreement within BL, EG, MH")
    assert jasp.effectiveness[0][:3] == pytest.approx((73.33, 44.9, 92.213), abs=0.006)
    assert jasp.between[:3] == pytest.approx((60, 32.287, 83.664), abs=0.006)
    assert jasp.all_right[:3] == pytest.approx((46.67, 21.267, 73.414), abs=0.006)
    assert [r.percent for r in jasp.false_alarm] == pytest.approx([26.67, 16.67, 10], abs=0.006)
    assert [r.percent for r in jasp.miss] == pytest.approx([20, 20, 66.67], abs=0.006)


def test_the_example_of_fleiss_is_met():
    """Ten subjects, 14 raters, five grades; the textbook gives 0.210."""
    counts = [
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    ]  # fmt: skip
    ratings = np.array([np.repeat(range(5), row) for row in counts])

    assert fleiss(ratings, 5) == pytest.approx(0.210, abs=5e-4)


# --- naive oracles --------------------------------------------------------------------------------------


def test_fleiss_equals_a_count_of_agreeing_pairs():
    ratings = np.random.default_rng(3).integers(0, 3, (9, 4))
    pairs = [[a == b for a, b in combinations(row, 2)] for row in ratings.tolist()]
    alike = sum(sum(row) / len(row) for row in pairs) / len(pairs)
    everything = ratings.ravel().tolist()
    chance = sum((everything.count(grade) / len(everything)) ** 2 for grade in range(3))

    assert fleiss(ratings, 3) == pytest.approx((alike - chance) / (1 - chance))


def test_cohen_equals_a_table_filled_by_hand():
    random = np.random.default_rng(4)
    first, second = random.integers(0, 3, 40), random.integers(0, 3, 40)
    table = [[0] * 3 for _ in range(3)]
    for one, other in zip(first, second, strict=True):
        table[one][other] += 1
    seen = sum(table[g][g] for g in range(3)) / 40
    chance = sum(sum(table[g]) * sum(row[g] for row in table) for g in range(3)) / 1600

    assert cohen(first, second, 3) == pytest.approx((seen - chance) / (1 - chance))


def test_concordance_without_ties_follows_from_the_mean_rank_correlation():
    random = np.random.default_rng(5)
    ratings = np.column_stack([random.permutation(8) for _ in range(4)])
    mean = np.mean([spearmanr(ratings[:, a], ratings[:, b]).statistic for a, b in combinations(range(4), 2)])

    assert concordance(ratings)[0] == pytest.approx((1 + 3 * mean) / 4)


def test_rates_equal_a_slow_count():
    frame = rows(seed=6, slip=0.4)
    found = agreement(judgements(frame))
    for at, operator in enumerate("ABC"):
        own = frame[frame["operator"] == operator]
        missed = sum((own["reference"] == "NG") & (own["value"] == "OK"))
        right = sum(all(group["value"] == group["reference"]) for _, group in own.groupby("part"))
        assert (found.miss[at].hits, found.miss[at].of) == (missed, sum(own["reference"] == "NG"))
        assert found.effectiveness[at].hits == right


# --- invariances ----------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 5000), st.randoms(use_true_random=False))
def test_neither_order_nor_names_matter(seed, random):
    frame = rows(seed=seed, slip=0.3)
    order = list(range(len(frame)))
    random.shuffle(order)
    names = {"NG": "b", "OK": "a"}
    other = frame.iloc[order].replace({"value": names, "reference": names})
    other = other.assign(part=99 - other["part"], operator=other["operator"].str.lower())

    here, there = agreement(judgements(frame)), agreement(judgements(other, good="a"))

    assert there.kappa_between == pytest.approx(here.kappa_between, nan_ok=True)
    assert there.kappa_cohen == pytest.approx(here.kappa_cohen, nan_ok=True)
    assert [r.hits for r in there.miss] == [r.hits for r in here.miss]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 5000), st.floats(0.0, 1.0))
def test_coefficients_stay_within_their_bounds(seed, slip):
    found = agreement(judgements(rows(seed=seed, grades=("1", "2", "3"), slip=slip)))

    assert found.judgements.ordered
    for value in (*found.kappa_within, *found.kappa_cohen, found.kappa_between):
        assert np.isnan(value) or -1 <= value <= 1 + 1e-12
    for value in (*found.kendall_within, found.kendall_between):
        assert np.isnan(value) or 0 <= value <= 1 + 1e-12


def test_full_agreement_is_one():
    found = agreement(judgements(rows(grades=("1", "2", "3"), slip=0.0)))

    assert found.kappa_between == found.kappa_standard == found.kendall_all == pytest.approx(1.0)
    assert found.kendall_between == pytest.approx(1.0)
    assert found.disputed.empty


@pytest.mark.parametrize(("hits", "of"), [(0, 10), (10, 10), (3, 10)])
def test_an_interval_holds_its_share_and_covers_what_it_promises(hits, of):
    found = rate(hits, of)
    assert 0 <= found.low <= found.percent <= found.high <= 100


def test_a_rate_of_nothing_is_unknown():
    assert np.isnan(rate(0, 0).percent)


# --- arrangement ----------------------------------------------------------------------------------------


def test_a_wide_table_and_a_table_of_standards_give_the_same_answer():
    frame = rows()
    wide = frame.pivot(index=["part", "operator"], columns="trial", values="value").reset_index()
    wide = wide.rename(columns={0: "value", 1: "Repeat.2"}).rename_axis(columns=None)
    known = frame.drop_duplicates("part")[["part", "reference"]].rename(columns={"reference": "value"})

    found = agreement(judgements(with_reference(joined(wide, "Repeat.1"), known)))

    assert found.table.equals(agreement(judgements(frame)).table)


def test_words_in_order_give_kendalls_coefficients():
    frame = rows(grades=("poor", "fair", "good"))

    assert not judgements(frame).ordered
    assert agreement(judgements(frame, grades=["poor", "fair", "good"])).kendall_between > 0.5


def test_good_is_recognised_by_name_or_named():
    assert judgements(rows()).good == 1
    assert judgements(rows(grades=("kept", "scrapped"))).good is None
    assert judgements(rows(grades=("kept", "scrapped")), good="kept").good == 0


def test_what_cannot_carry_a_study_is_refused():
    with pytest.raises(Unbalanced, match=r"0 × A \(1\)"):
        judgements(rows().drop(index=0))
    with pytest.raises(Unbalanced, match="2 standards"):
        judgements(rows().assign(reference=lambda f: np.where(f.index == 0, "OK", f["reference"])))
    with pytest.raises(UnknownRating, match="expected NG, OK"):
        judgements(rows(), good="fine")
    with pytest.raises(UnknownRating, match="name every grade"):
        judgements(rows(), grades=["OK", "bad"])
    with pytest.raises(TooFew):
        judgements(rows(parts=1))


# --- words ----------------------------------------------------------------------------------------------


def told(frame, **choices):
    return words.describe_agreement(agreement(judgements(frame, **choices)))


def test_the_weakest_inspector_decides():
    frame = rows(parts=40, slip=0.0)
    assert told(frame).code == "acceptable"

    lenient = (frame["operator"] == "B") & frame["part"].isin([0, 2])
    frame.loc[lenient, "value"] = "OK"
    answer = told(frame)

    assert (answer.code, answer.level) == ("unacceptable", "bad")
    assert answer.text["en"].startswith("The inspection cannot be relied on: B passes 10.0 % of bad parts")
    assert "(0, 2)" in answer.next_step["en"]


def test_a_single_slip_is_only_just_usable():
    frame = rows(parts=40, trials=1, slip=0.0)
    frame.loc[(frame["operator"] == "B") & (frame["part"] == 0), "value"] = "OK"
    assert told(frame).code == "marginal"


@pytest.mark.parametrize(("slip", "code"), [(0.0, "acceptable"), (0.35, "marginal"), (1.0, "unacceptable")])
def test_without_a_standard_kappa_decides_and_the_doubt_is_said(slip, code):
    answer = told(rows(parts=60, slip=slip).drop(columns="reference"))

    assert answer.code == code
    assert "nobody knows who is right" in answer.text["en"]


@pytest.mark.parametrize(
    ("frame", "choices", "code"),
    [
        (rows().drop(index=0), {}, "unbalanced"),
        (rows(), {"good": "fine"}, "unknown_rating"),
        (rows(parts=1), {}, "too_few"),
        (rows().assign(value="OK", reference="OK"), {}, "one_rating"),
    ],
)
def test_each_refusal_names_a_remedy_in_both_languages(frame, choices, code):
    found = words.problem(frame, **choices)

    assert found["code"] == code
    assert all(found[part][language] for part in ("text", "remedy") for language in ("en", "zh"))


def test_what_cannot_be_said_is_noted():
    notes = words.notes_of_agreement(agreement(judgements(rows().drop(columns="reference"))))["note"].tolist()
    assert notes == ["no_standard", "no_order"]
    assert words.problem(rows()) is None
