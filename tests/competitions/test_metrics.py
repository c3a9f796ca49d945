"""Metrics agree with published numbers, with scikit-learn, or with what one can count by hand."""

import doctest
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as judged

from workbench.competitions import metrics_classes, metrics_events, metrics_values
from workbench.competitions.metrics import METRICS
from workbench.competitions.rows import Rows

MODULES = (metrics_classes, metrics_events, metrics_values)
NAB_FILE = "realKnownCause/machine_temperature_system_failure"
NAB_DETECTORS = {  # threshold and score of the standard profile
    "numenta": (0.542187690735, 1.36013273774),
    "bayesChangePt": (0.984596252441, -3.3198993642),
    "windowedGaussian": (1.0, -4.0),
}


@pytest.fixture
def drawn() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("module", MODULES, ids=lambda one: one.__name__.rpartition(".")[2])
def test_the_examples_are_what_a_person_gets_by_hand(module):
    failed, tried = doctest.testmod(module)

    assert (failed, tried > 0) == (0, True)


def test_classes_score_as_scikit_learn_says(drawn):
    truth, predicted = (drawn.choice(["a", "b", "c"], 200) for _ in range(2))
    rows = Rows(truth, predicted)

    assert metrics_classes.f1(rows) == pytest.approx(judged.f1_score(truth, predicted, average="macro"))
    assert metrics_classes.f1(rows, positive="b") == pytest.approx(
        judged.f1_score(truth == "b", predicted == "b")
    )
    assert metrics_classes.mcc(rows) == pytest.approx(judged.matthews_corrcoef(truth, predicted))
    costs = {"a>b": 5.0, "b>c": 0.5, "c>c": 0.1}
    classes = ["a", "b", "c"]
    table = [[costs.get(f"{real}>{said}", float(real != said)) for said in classes] for real in classes]
    counted = judged.confusion_matrix(truth, predicted, labels=classes)
    assert metrics_classes.cost(rows, costs=costs) == pytest.approx((counted * np.array(table)).sum() / 200)


def test_rankings_with_ties_score_as_scikit_learn_and_scipy_say(drawn):
    relevant = drawn.integers(0, 2, 60).astype(float)
    gain = drawn.integers(0, 5, 60).astype(float)
    said = drawn.integers(0, 12, 60) / 4
    value = gain + drawn.normal(size=60)

    assert metrics_classes.auc(Rows(relevant, said)) == pytest.approx(judged.roc_auc_score(relevant, said))
    assert metrics_classes.ndcg(Rows(gain, said)) == pytest.approx(judged.ndcg_score([gain], [said]))
    assert metrics_classes.ndcg(Rows(gain, said), k=10) == pytest.approx(
        judged.ndcg_score([gain], [said], k=10)
    )
    assert metrics_classes.mean_average_precision(Rows(relevant, said)) == pytest.approx(
        judged.average_precision_score(relevant, said)
    )
    assert metrics_classes.spearman(Rows(value, said)) == pytest.approx(
        stats.spearmanr(value, said).statistic
    )


def test_values_score_as_scikit_learn_says(drawn):
    truth, predicted = drawn.normal(100, 20, 50), drawn.normal(100, 20, 50)
    rows = Rows(truth, predicted)

    assert metrics_values.rmse(rows) == pytest.approx(judged.root_mean_squared_error(truth, predicted))
    assert metrics_values.mae(rows) == pytest.approx(judged.mean_absolute_error(truth, predicted))
    assert metrics_values.nasa(rows) == pytest.approx(
        sum(np.exp(d / 10 if d >= 0 else -d / 13) - 1 for d in predicted - truth)
    )


def test_errors_of_series_are_averaged_over_series_and_not_over_rows():
    rows = Rows(
        truth=np.array([100.0, 100.0, 100.0]),
        predicted=np.array([100.0, 300.0, 100.0]),
        group=np.array(["a", "a", "b"]),
        scale=np.array([50.0, 50.0, 1.0]),
    )

    assert metrics_values.smape(rows) == pytest.approx((50 + 0) / 2)
    assert metrics_values.mase(rows) == pytest.approx((200 / 2 / 50 + 0) / 2)


def test_alpha_lambda_looks_at_each_unit_at_its_share_of_life():
    # One unit that fails at 100: half of the way it is said to have 60 left, 50 are right.
    time = np.arange(0.0, 100.0, 10.0)
    truth = 100 - time
    predicted = truth + np.where(time == 50, 10, 1000)
    unit = Rows(truth, predicted, group=np.full(10, "u"), time=time)

    assert metrics_values.alpha_lambda(unit, alpha=0.2, lambda_=0.5) == 1
    assert metrics_values.alpha_lambda(unit, alpha=0.19, lambda_=0.5) == 0
    assert metrics_values.alpha_lambda(unit, alpha=0.2) == pytest.approx(0.1)


@pytest.mark.parametrize("name", NAB_DETECTORS)
def test_nab_scores_are_those_that_the_benchmark_published(reference: Path, name: str):
    threshold, published = NAB_DETECTORS[name]
    folder, _, file = NAB_FILE.partition("/")
    frame = pd.read_csv(reference / "nab/results" / name / folder / f"{name}_{file}.csv.gz")
    windows = json.loads((reference / "nab/labels/combined_windows.json").read_text())[f"{NAB_FILE}.csv"]
    stamps = pd.to_datetime(frame["timestamp"])
    truth = np.zeros(len(frame))
    for number, (first, last) in enumerate(windows, 1):
        truth[(stamps >= pd.Timestamp(first)) & (stamps <= pd.Timestamp(last))] = number

    score, events = metrics_events.nab_part(
        truth, frame["anomaly_score"].to_numpy() >= threshold, fp=0.11, fn=1.0, probation=0.15
    )

    assert score == pytest.approx(published, abs=1e-6)
    assert events == len(windows)


def test_nab_is_100_for_alarms_at_once_and_0_for_silence():
    truth = np.r_[np.zeros(50), np.ones(10), np.zeros(30), np.ones(10)]
    at_once = np.zeros(100)
    at_once[[50, 90]] = 1

    assert metrics_events.nab(Rows(truth, at_once)) == pytest.approx(100)
    assert metrics_events.nab(Rows(truth, np.zeros(100))) == 0
    # one false alarm before any event costs 0.11 of a perfect 2, on the scale from -2 to 2
    at_once[40] = 1
    assert metrics_events.nab(Rows(truth, at_once)) == pytest.approx(100 - 100 * 0.11 / 4)


def test_range_f1_punishes_pieces():
    truth = np.r_[np.zeros(5), np.ones(10), np.zeros(5)]
    whole, pieces = truth.copy(), truth.copy()
    pieces[[8, 11]] = 0  # 8 of 10 rows in three pieces

    recall, precision = 0.5 + 0.5 * 0.8 / 3, 1.0
    assert metrics_events.range_f1(Rows(truth, whole)) == 1
    assert metrics_events.range_f1(Rows(truth, pieces)) == pytest.approx(
        2 * recall * precision / (recall + precision)
    )


def test_every_metric_says_where_it_is_from_in_both_languages():
    for name, metric in METRICS.items():
        assert metric.source, name
        assert metric.en, name
        assert metric.zh, name
        assert metric.direction in {"min", "max"}
