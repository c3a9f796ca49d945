"""Which factors move a result: learnt on one part of the rows, tested on rows that were not learnt from.

Decides what counts as found: a factor whose mixing up makes predictions of unseen rows worse than chance.
Without a model that beats the baseline nothing counts.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score

from workbench.errors import Invalid
from workbench.methods.drivers_confounding import families
from workbench.methods.drivers_data import LEAST_GROUPS, Problem, TooFewGroups
from workbench.methods.drivers_partial import add_directions, partial_curves

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]
SPLITS = ("auto", "group", "time", "random")
BLOCKS = (
    20  # of rows that follow each other, taken as one observation when neighbours may resemble each other
)
SHOWN = 8  # factors whose curve is computed
RESEMBLING = 0.2  # correlation of neighbouring results from which on their order matters


@dataclass(frozen=True)
class DriverPlan:
    """How to look for drivers; the names are the template's parameters.

    Attributes
    ----------
    split : str
        group, time (blocks of rows that follow each other), random, or auto: by group, else by time where
        there are times or neighbouring results resemble each other, else at random.
    folds : int
    repeats : int
        How often a factor is mixed up per fold.
    alpha : float
        Chance of a false driver in all, when there is none.
    correlated : float
        Association from which on factors are judged together.
    """

    split: str = "auto"
    folds: int = 5
    repeats: int = 10
    alpha: float = 0.05
    correlated: float = 0.8


@dataclass(frozen=True)
class Drivers:
    """What was found.

    Attributes
    ----------
    problem : Problem
    split : str
        The one used: group, time or random.
    score : float
        Share of the baseline's squared error that the model takes away on rows it did not learn from.
    p : float
        Of the model being no better than the baseline.
    error, baseline_error : float
        Mean absolute error of the model and of the baseline; of an event the squared error (Brier).
    auc : float or None
        Of an event: how often an event is ranked above a non-event.
    table : DataFrame
        One row per factor or family: factor, importance (percent of the baseline's error), low, high, p,
        found, folds (in which it helps), effect (span of the partial curve), direction.
    folds : DataFrame
        One row per fold: fold, rows, score.
    partial : DataFrame
        The average prediction along each of the strongest factors, see ``drivers_partial``.
    predicted : array of float, shape (n,)
        Each row predicted by the model that did not learn from it.
    """

    problem: Problem
    split: str
    score: float
    p: float
    error: float
    baseline_error: float
    auc: float | None
    table: pd.DataFrame
    folds: pd.DataFrame
    partial: pd.DataFrame
    predicted: Floats

    @property
    def found(self) -> pd.DataFrame:
        """The factors that count, the strongest first."""
        return self.table[self.table["found"]]


def find_drivers(problem: Problem, plan: DriverPlan | None = None) -> Drivers:
    """Find the factors that move a result.

    Parameters
    ----------
    problem : Problem
        See ``drivers_data.problem_from``.
    plan : DriverPlan, optional

    Returns
    -------
    Drivers

    Raises
    ------
    TooFewGroups
        If a split by groups is asked for and there are fewer than three.
    Invalid
        If the split is unknown.

    Source
    ------
    Boosted trees: Friedman (2001). Importance on unseen rows: Breiman (2001), Fisher, Rudin and Dominici
    (2019). Tests on groups or blocks of rows as single observations; factors by Holm (1979).
    """
    plan = plan or DriverPlan()
    split = _split(problem, plan)
    cluster = _clusters(problem, split)
    folds = list(_folds(problem, split, plan.folds))
    mixed = families(problem, plan.correlated)
    random = np.random.default_rng(1)
    predicted, baseline = np.full(problem.n, np.nan), np.full(problem.n, np.nan)
    harm = np.full((len(mixed), problem.n), np.nan)
    models = []
    x, y = problem.matrix, problem.result
    for train, test in folds:
        predict = _fit(problem, x[train], y[train])
        models.append(predict)
        predicted[test], baseline[test] = predict(x[test]), y[train].mean()
        squares = (y[test] - predicted[test]) ** 2
        for k, members in enumerate(mixed):
            harm[k, test] = _harm(predict, x[test], y[test], members, repeats=plan.repeats, random=random)
            harm[k, test] -= squares
    gain = (y - baseline) ** 2 - (y - predicted) ** 2
    total = float(((y - baseline) ** 2).mean())
    better = _worse_than_zero(gain, cluster)
    table = _table(problem, mixed, harm / total, cluster, folds)
    table["found"] = _holm(table["p"].to_numpy(), plan.alpha) & (better < plan.alpha)
    table = table.sort_values(["found", "importance"], ascending=False, kind="stable").reset_index(drop=True)
    strongest = [name for names in table["factor"] for name in names.split(" + ")][:SHOWN]
    partial = partial_curves(problem, models, strongest)
    add_directions(table, partial, problem)
    return Drivers(
        problem=problem,
        split=split,
        score=float(gain.sum() / ((y - baseline) ** 2).sum()),
        p=better,
        **_errors(problem, predicted, baseline),
        table=table,
        folds=_fold_table(folds, y, predicted, baseline),
        partial=partial,
        predicted=predicted,
    )


def _split(problem: Problem, plan: DriverPlan) -> str:
    if plan.split not in SPLITS:
        raise Invalid("split", given=repr(plan.split), expected=", ".join(SPLITS))
    groups = 0 if problem.group is None else int(problem.group.max()) + 1
    if plan.split == "group" and groups < LEAST_GROUPS:
        raise TooFewGroups("groups to test on", given=groups, expected=f"{LEAST_GROUPS} or more")
    if plan.split != "auto":
        return plan.split
    if groups >= LEAST_GROUPS:
        return "group"
    return "random" if problem.time is None and not _neighbours_resemble(problem.result) else "time"


def _neighbours_resemble(result: Floats) -> bool:
    apart = result - result.mean()
    value = float((apart[1:] * apart[:-1]).sum() / (apart**2).sum())
    return bool(value > max(RESEMBLING, 2.6 / np.sqrt(result.size)))


def _clusters(problem: Problem, split: str) -> Positions:
    """Return which rows count as one observation of a test."""
    if split == "group" and problem.group is not None:
        return problem.group
    if split == "time":
        return np.arange(problem.n) * min(BLOCKS, problem.n) // problem.n
    return np.arange(problem.n)


def _folds(problem: Problem, split: str, count: int) -> Iterator[tuple[Positions, Positions]]:
    rows = np.arange(problem.n)
    if split == "group" and problem.group is not None:
        sizes = np.bincount(problem.group)
        count = min(count, sizes.size)
        load, home = np.zeros(count), np.zeros(sizes.size, dtype=np.intp)
        order = np.argsort(-sizes + 1e-6 * np.random.default_rng(1).random(sizes.size))
        for group in order:  # the largest first, each into the emptiest fold
            home[group] = int(load.argmin())
            load[home[group]] += sizes[group]
        fold = home[problem.group]
    elif split == "time":
        fold = rows * count // problem.n
    else:
        fold = np.random.default_rng(1).permutation(rows) % count
    for k in range(count):
        yield rows[fold != k], rows[fold == k]


def _fit(problem: Problem, x: Floats, y: Floats) -> Callable[[Floats], Floats]:
    """Learn, and return what predicts: a number, or the chance of the event."""
    options: dict[str, Any] = {
        "max_iter": 80,
        "learning_rate": 0.08,
        "max_leaf_nodes": 8,
        "min_samples_leaf": int(np.clip(y.size // 40, 5, 40)),
        "l2_regularization": 1.0,
        "categorical_features": problem.is_word,
        "early_stopping": False,
        "random_state": 1,
    }
    if problem.event is None:
        model = HistGradientBoostingRegressor(**options).fit(x, y)
        return lambda rows: np.asarray(model.predict(rows), dtype=float)
    if y.min() == y.max():
        return lambda rows: np.full(len(rows), y[0])
    classifier = HistGradientBoostingClassifier(**options).fit(x, y)
    return lambda rows: np.asarray(classifier.predict_proba(rows)[:, 1], dtype=float)


def _harm(
    predict: Callable[[Floats], Floats],
    x: Floats,
    y: Floats,
    members: Sequence[int],
    *,
    repeats: int,
    random: np.random.Generator,
) -> Floats:
    """Return each row's mean squared error with some factors mixed up among rows."""
    total = np.zeros(y.size)
    for _ in range(repeats):
        mixed = x.copy()
        order = random.permutation(y.size)
        for member in members:
            mixed[:, member] = x[order, member]
        total += (y - predict(mixed)) ** 2
    return total / repeats


def _worse_than_zero(gain: Floats, cluster: Positions) -> float:
    """Return the p-value of a mean that is not above zero, from clusters as single observations."""
    mean, error, freedom = _mean_of(gain, cluster)
    return float(student.sf(mean / error, freedom)) if error > 0 else 1.0


def _mean_of(values: Floats, cluster: Positions) -> tuple[float, float, int]:
    """Return a mean, its standard error with clusters as observations, and the degrees of freedom."""
    mean = float(values.mean())
    sums = np.bincount(cluster, values - mean)
    used = int((np.bincount(cluster) > 0).sum())
    error = float(np.sqrt(used / (used - 1) * (sums**2).sum()) / values.size)
    return mean, error, used - 1


def _table(
    problem: Problem,
    mixed: list[list[int]],
    harm: Floats,
    cluster: Positions,
    folds: list[tuple[Positions, Positions]],
) -> pd.DataFrame:
    rows = []
    for members, worse in zip(mixed, harm, strict=True):
        mean, error, freedom = _mean_of(worse, cluster)
        reach = float(student.ppf(0.975, freedom)) * error
        rows.append(
            {
                "factor": " + ".join(problem.factors[member].name for member in members),
                "importance": 100 * mean,
                "low": 100 * (mean - reach),
                "high": 100 * (mean + reach),
                "p": float(student.sf(mean / error, freedom)) if error > 0 else 1.0,
                "folds": sum(float(worse[test].mean()) > 0 for _, test in folds),
            }
        )
    return pd.DataFrame(rows)


def _holm(p: Floats, alpha: float) -> NDArray[np.bool_]:
    """Return which p-values stay below alpha when all of them are looked at."""
    order = np.argsort(p, kind="stable")
    limits = alpha / (p.size - np.arange(p.size))
    passed = np.logical_and.accumulate(p[order] < limits)
    found = np.zeros(p.size, dtype=bool)
    found[order] = passed
    return found


def _errors(problem: Problem, predicted: Floats, baseline: Floats) -> dict[str, Any]:
    y = problem.result
    if problem.event is None:
        error, before = np.abs(y - predicted).mean(), np.abs(y - baseline).mean()
        return {"error": float(error), "baseline_error": float(before), "auc": None}
    error, before = ((y - predicted) ** 2).mean(), ((y - baseline) ** 2).mean()
    auc = float(roc_auc_score(y, predicted))
    return {"error": float(error), "baseline_error": float(before), "auc": auc}


def _fold_table(
    folds: list[tuple[Positions, Positions]], y: Floats, predicted: Floats, baseline: Floats
) -> pd.DataFrame:
    rows = []
    for number, (_, test) in enumerate(folds, 1):
        squares = ((y[test] - predicted[test]) ** 2).sum(), ((y[test] - baseline[test]) ** 2).sum()
        score = 100 * (1 - squares[0] / squares[1]) if squares[1] > 0 else np.nan
        rows.append({"fold": number, "rows": int(test.size), "score": float(score)})
    return pd.DataFrame(rows)
