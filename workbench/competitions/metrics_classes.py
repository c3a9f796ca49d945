"""Metrics of predicted classes, and of scores that rank cases by how likely they are of one."""

from collections.abc import Mapping

import numpy as np

from workbench.competitions.rows import Array, Rows


def f1(rows: Rows, *, positive: str = "") -> float:
    """F1 of one class, or the plain mean over all classes that occur.

    >>> f1(Rows(np.array(["1", "1", "0"]), np.array(["1", "0", "0"])), positive="1")
    0.6666666666666666
    """
    classes = [positive] if positive else sorted({*rows.truth.tolist(), *rows.predicted.tolist()})
    return float(np.mean([_f1(rows.truth == one, rows.predicted == one) for one in classes]))


def _f1(truth: Array, predicted: Array) -> float:
    hits = int(np.sum(truth & predicted))
    named = int(np.sum(truth)) + int(np.sum(predicted))
    return 2 * hits / named if named else 0.0


def mcc(rows: Rows) -> float:
    """Correlation of Matthews, for any number of classes; 0 where one side has only one class.

    >>> round(mcc(Rows(np.array(["1", "1", "1", "0"]), np.array(["1", "0", "1", "1"]))), 4)
    -0.3333
    """
    classes, codes = np.unique(np.concatenate([rows.truth, rows.predicted]), return_inverse=True)
    truth, predicted = codes[: len(rows)], codes[len(rows) :]
    n = float(len(rows))
    right = float(np.sum(truth == predicted))
    real = np.bincount(truth, minlength=len(classes)).astype(float)
    said = np.bincount(predicted, minlength=len(classes)).astype(float)
    spread = (n * n - real @ real) * (n * n - said @ said)
    return float((right * n - real @ said) / np.sqrt(spread)) if spread > 0 else 0.0


def cost(rows: Rows, *, costs: Mapping[str, float] | None = None) -> float:
    """Mean cost of a case: ``costs`` names pairs as ``truth>predicted``; a wrong pair not named costs 1.

    >>> cost(Rows(np.array(["bad", "good"]), np.array(["good", "bad"])), costs={"bad>good": 10})
    5.5
    """
    table = costs or {}
    pairs = zip(rows.truth.tolist(), rows.predicted.tolist(), strict=True)
    return float(np.mean([table.get(f"{real}>{said}", float(real != said)) for real, said in pairs]))


def auc(rows: Rows) -> float:
    """Area under the ROC curve: how often a positive case ranks above a negative one, ties counted half.

    >>> auc(Rows(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.35, 0.8])))
    0.75
    """
    positive = rows.truth > 0
    n, m = int(positive.sum()), int((~positive).sum())
    return (
        float((ranks(rows.predicted)[positive].sum() - n * (n + 1) / 2) / (n * m)) if n * m else float("nan")
    )


def ranks(values: Array) -> Array:
    """Return ranks from 1, equal values sharing their mean."""
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    mean: Array = (ends - (counts - 1) / 2)[codes]
    return mean


def spearman(rows: Rows) -> float:
    """Rank correlation of each group, and of these the mean; 0 where nothing is ranked.

    >>> spearman(Rows(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0])))
    0.5
    """
    return float(np.mean([_correlation(ranks(one.truth), ranks(one.predicted)) for one in rows.by_group()]))


def _correlation(first: Array, second: Array) -> float:
    a, b = first - first.mean(), second - second.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0


def ndcg(rows: Rows, *, k: int = 0) -> float:
    """Discounted gain of the best ``k`` of each group over the best possible; the truth is the gain.

    Equal scores share the mean of their gains, so that the order of rows does not matter.

    >>> round(ndcg(Rows(np.array([10.0, 0, 0, 1, 5]), np.array([0.1, 0.2, 0.3, 4, 70]))), 4)
    0.6957
    """
    found = [_ndcg(one, k or len(one)) for one in rows.by_group()]
    return float(np.mean(found))


def _ndcg(rows: Rows, k: int) -> float:
    discount = 1 / np.log2(np.arange(2, len(rows) + 2))
    discount[k:] = 0
    best = float(np.sort(rows.truth)[::-1] @ discount)
    _, codes, counts = np.unique(-rows.predicted, return_inverse=True, return_counts=True)
    gains = np.bincount(codes, weights=rows.truth) / counts
    ends = np.cumsum(counts)
    shares = np.add.reduceat(discount, ends - counts)
    return float(gains @ shares) / best if best > 0 else 0.0


def mean_average_precision(rows: Rows) -> float:
    """Average precision of each group that has a relevant case (truth above 0), and of these the mean.

    >>> round(mean_average_precision(Rows(np.array([0.0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))), 4)
    0.8333
    """
    found = [_average_precision(one) for one in rows.by_group() if np.any(one.truth > 0)]
    return float(np.mean(found)) if found else float("nan")


def _average_precision(rows: Rows) -> float:
    _, codes, counts = np.unique(-rows.predicted, return_inverse=True, return_counts=True)
    hits = np.bincount(codes, weights=(rows.truth > 0).astype(float))
    precision = np.cumsum(hits) / np.cumsum(counts)
    return float(hits @ precision / hits.sum())
