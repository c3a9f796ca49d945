"""Remaining useful life: how many cycles each running unit has left, learnt from units that failed.

Decides nothing about maintenance. Every error it states comes from units that were held out whole and cut
off at ages like the fleet's; no window of a held-out unit is ever used to learn.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Invalid
from workbench.methods.rul_conditions import Conditions, Indices, learn_conditions
from workbench.methods.rul_cuts import Cuts, age_only, choose_cuts
from workbench.methods.rul_data import Tables, match_truth, read_tables
from workbench.methods.rul_features import Unit, features, units
from workbench.methods.rul_metrics import Floats, HeldOut, Score, constant_score, intervals, score
from workbench.methods.rul_model import Blend, choose_cap, fit_blend, predict_for_caps

FOLDS, CUTS_PER_UNIT, CUTS_ANYWHERE = 5, 10, 5
ROWS_TO_LEARN = 8_000  # neighbouring rows say the same; more rows cost time and bring nothing
SHORT_HISTORY = 10  # cycles below which a unit's own trend cannot be seen
MISSING_SHARE = 0.3
NO_WEAR_SHARE = 0.9  # of the cap: above it the sensors show no wear yet
USEFUL_SHARE = 0.9
CAPS = np.arange(0.35, 1.3, 0.05)  # caps tried, as shares of the median life


@dataclass(frozen=True)
class Prognosis:
    """What is known of a fleet's remaining life; all lives, errors and windows in cycles."""

    predictions: pd.DataFrame  # unit, cycle, rul, low, high, state, note: one row per unit, worst first
    sensors: pd.DataFrame  # sensor, role, strength: what was used, and how closely it follows wear
    held_out: HeldOut
    cv: Score  # error on held-out units
    cv_worn: Score | None  # the same where wear showed (prediction below nine tenths of the cap)
    age_only: Score  # error on the same cuts when only the age is used
    constant: Score  # error on the same cuts of the best single number
    coverage: float  # share of held-out truths inside their interval
    whole_life: Score  # error on held-out units cut anywhere in life, within the cap: can sensors tell at all
    whole_life_blind: float  # RMSE on those cuts without sensors: age alone or one number, the better
    cap: float
    conditions: int  # operating conditions found
    failed: int  # units in the history

    @property
    def at_risk(self) -> pd.DataFrame:
        """The units whose lower bound lies within the horizon, worst first."""
        return self.predictions[self.predictions["state"] == "at_risk"]

    @property
    def is_useful(self) -> bool:
        """Whether, over whole lives, sensors beat age and the best single number by a tenth."""
        return self.whole_life.rmse < USEFUL_SHARE * self.whole_life_blind


@dataclass(frozen=True)
class Comparison:
    """How predictions compare with what came true; errors in cycles."""

    units: pd.DataFrame  # unit, rul, low, high, true, error (predicted - true): units with a truth
    model: Score
    constant: Score  # the best single number for these units, chosen with hindsight
    coverage: float  # share of truths inside their interval


@dataclass(frozen=True)
class _Plan:
    """How to look and how to answer; see ``predict_remaining_life``."""

    cap: float | None
    window: int
    confidence: float
    horizon: float
    seed: int

    def __post_init__(self) -> None:
        if self.cap is not None and not self.cap > 0:
            raise Invalid(
                "cap", given=self.cap, expected="a number of cycles above 0, or nothing to learn it"
            )
        if self.window < 6:
            raise Invalid("window", given=self.window, expected="at least 6 cycles")
        if not self.horizon >= 0:
            raise Invalid("horizon", given=self.horizon, expected="0 cycles or more")
        if not 0 < self.confidence < 1:
            raise Invalid("confidence", given=self.confidence, expected="a share between 0 and 1")


@dataclass(frozen=True)
class _Fold:
    """What one model learns from, and the cuts of the units it never sees."""

    conditions: Conditions
    learn: Floats  # features, shape (n, p)
    learn_rul: Floats  # cycles, shape (n,)
    ask: Floats  # features of the held-out cuts, shape (m, p)
    cuts: Indices  # which cuts those are, shape (m,)


def predict_remaining_life(
    history: pd.DataFrame,
    fleet: pd.DataFrame,
    *,
    cap: float | None = None,
    window: int = 30,
    confidence: float = 0.9,
    horizon: float = 30.0,
    seed: int = 1,
) -> Prognosis:
    """Learn wear from units that failed and predict the cycles that running units have left.

    Sensors are freed of the operating condition, looked at through windows, and regressed on the
    cycles left; the prediction is the mean of the models of all folds. Use it when sensors follow wear;
    when only lives are known, fit a Weibull distribution instead.

    Parameters
    ----------
    history : DataFrame
        ``unit``, ``cycle`` (cycles) and sensors (any unit), one row per cycle, each unit until it failed.
    fleet : DataFrame
        The same columns for units still running; each is judged at its last cycle.
    cap : float, optional
        Longest life that is told apart, cycles; None: learnt from held-out units.
    window : int
        Cycles looked back over for level and trend, >= 6.
    confidence : float
        Share of units whose remaining life shall lie in the interval, in (0, 1).
    horizon : float
        Cycles ahead for which maintenance can still be planned: a unit is at risk when its lower bound
        lies within it.
    seed : int
        Same seed, same answer.

    Returns
    -------
    Prognosis

    Raises
    ------
    Invalid
        If a parameter is out of range.
    Refused
        If the tables cannot carry a prediction: see ``rul_data.read_tables``.

    Source
    ------
    A. Saxena et al., PHM 2008 (task and protocol); F. O. Heimes, PHM 2008 (capped target, conditions);
    ISO 13381-1 (prognosis with stated confidence).
    """
    plan = _Plan(cap=cap, window=window, confidence=confidence, horizon=horizon, seed=seed)
    tables = read_tables(history, fleet)
    lives, cuts, today = _cut(tables, seed)
    folds = [_prepare(tables, cuts, held, plan) for held in _parts(lives.size, seed)]
    true = lives[cuts.unit] - cuts.age
    chosen = plan.cap or _learn_cap(folds, true, cuts, today)
    models = [fit_blend(fold.learn, fold.learn_rul, cap=chosen, seed=seed) for fold in folds]
    predicted = np.empty(true.size)
    for fold, model in zip(folds, models, strict=True):
        predicted[fold.cuts] = model.predict(fold.ask)
    blind, within = age_only(cuts.age, lives, own=lives[cuts.unit]), np.minimum(true, chosen)
    names = np.sort(tables.history["unit"].unique())
    held_out = HeldOut(unit=names[cuts.unit[today]], predicted=predicted[today], true=true[today])
    low, high = intervals(held_out, held_out.predicted, confidence=confidence, without=held_out.unit)
    return Prognosis(
        predictions=_answer(tables, list(zip(folds, models, strict=True)), held_out, lives, plan),
        sensors=_sensors(tables, folds[0]),
        held_out=held_out,
        cv=score(held_out.predicted, held_out.true),
        cv_worn=_score_where(held_out, held_out.predicted < NO_WEAR_SHARE * chosen),
        age_only=score(blind[today], held_out.true),
        constant=constant_score(held_out.true),
        coverage=float(np.mean((low <= held_out.true) & (held_out.true <= high))),
        whole_life=score(predicted[~today], within[~today]),
        whole_life_blind=min(
            score(np.minimum(blind, chosen)[~today], within[~today]).rmse, constant_score(within[~today]).rmse
        ),
        cap=float(chosen),
        conditions=folds[0].conditions.count,
        failed=lives.size,
    )


def compare_with_truth(predictions: pd.DataFrame, truth: pd.DataFrame) -> Comparison:
    """Score predictions by the official protocol: one value per unit, truth not capped.

    Parameters
    ----------
    predictions : DataFrame
        As in ``Prognosis``.
    truth : DataFrame
        ``rul`` (cycles), optionally ``unit``; see ``rul_data.match_truth``.

    Returns
    -------
    Comparison

    Raises
    ------
    TruthMismatch
        If truth and units cannot be matched.

    Source
    ------
    C-MAPSS readme and A. Saxena et al., PHM 2008.
    """
    rows = predictions.sort_values("unit", kind="stable", ignore_index=True)
    rows = rows[["unit", "rul", "low", "high"]].assign(true=match_truth(truth, list(rows["unit"])))
    rows = rows[rows["true"].notna()].reset_index(drop=True)
    rows["error"] = rows["rul"] - rows["true"]
    inside = (rows["low"] <= rows["true"]) & (rows["true"] <= rows["high"])
    return Comparison(
        units=rows,
        model=score(rows["rul"], rows["true"]),
        constant=constant_score(rows["true"]),
        coverage=float(inside.mean()),
    )


def _score_where(held_out: HeldOut, which: NDArray[np.bool_]) -> Score | None:
    return score(held_out.predicted[which], held_out.true[which]) if which.any() else None


def _cut(tables: Tables, seed: int) -> tuple[Floats, Cuts, NDArray[np.bool_]]:
    """Return known lives, where they are cut (at recorded cycles), and which cuts look like today's fleet."""
    cycles = [part.to_numpy(dtype=float) for _, part in tables.history.groupby("unit", sort=True)["cycle"]]
    lives = np.array([cycle[-1] for cycle in cycles])
    ages = tables.fleet.groupby("unit", sort=True)["cycle"].max().to_numpy(dtype=float)
    random = np.random.default_rng(seed)
    drawn = [
        choose_cuts(lives, ages, per_unit=CUTS_PER_UNIT, random=random),
        choose_cuts(lives, np.empty(0), per_unit=CUTS_ANYWHERE, random=random),
    ]
    unit = np.concatenate([cuts.unit for cuts in drawn])
    wanted = np.concatenate([cuts.age for cuts in drawn])
    row = [np.searchsorted(cycles[u], age, side="right") - 1 for u, age in zip(unit, wanted, strict=True)]
    age = np.array([cycles[u][max(0, at)] for u, at in zip(unit, row, strict=True)])
    return lives, Cuts(unit=unit, age=age), np.arange(unit.size) < drawn[0].unit.size


def _parts(n_units: int, seed: int) -> list[Indices]:
    """Split units at random into folds of at least two."""
    order = np.random.default_rng([seed, 1]).permutation(n_units).astype(np.int64)
    return np.array_split(order, min(FOLDS, n_units // 2))


def _prepare(tables: Tables, cuts: Cuts, held: Indices, plan: _Plan) -> _Fold:
    """Learn conditions and features from all units but the held-out ones, then look at those."""
    code = tables.history["unit"].factorize(sort=True)[0]
    out = np.isin(code, held)
    rows = tables.history[~out]
    life = rows.groupby("unit")["cycle"].transform("max").to_numpy(dtype=float)
    start = rows.groupby("unit")["cycle"].transform("min").to_numpy(dtype=float)
    cycle = rows["cycle"].to_numpy(dtype=float)
    position = (cycle - start) / np.maximum(life - start, 1e-9)
    conditions = learn_conditions(rows, tables.sensors, position)
    random = np.random.default_rng([plan.seed, 2])
    share = min(1.0, ROWS_TO_LEARN / len(rows))
    learn, rul = [], []
    for unit in units(rows, conditions, window=plan.window):
        at = np.flatnonzero(random.random(unit.cycle.size) < share)
        learn.append(features(unit, at, window=plan.window))
        rul.append(unit.cycle[-1] - unit.cycle[at])
    ask, which = [], []
    for unit, number in zip(
        units(tables.history[out], conditions, window=plan.window), np.sort(held), strict=True
    ):
        mine = np.flatnonzero(cuts.unit == number)
        at = np.searchsorted(unit.cycle, cuts.age[mine])
        ask.append(features(unit, at, window=plan.window))
        which.append(mine)
    return _Fold(
        conditions=conditions,
        learn=np.vstack(learn),
        learn_rul=np.concatenate(rul),
        ask=np.vstack(ask),
        cuts=np.concatenate(which),
    )


def _learn_cap(folds: list[_Fold], true: Floats, cuts: Cuts, today: NDArray[np.bool_]) -> float:
    caps = CAPS * float(np.median(cuts.age + true))
    predicted = np.empty((true.size, caps.size))
    for fold in folds:
        predicted[fold.cuts] = predict_for_caps(fold.learn, fold.learn_rul, fold.ask, caps=caps, seed=1)
    return round(choose_cap(predicted[today], true[today], cuts.unit[today], caps), 1)


def _answer(
    tables: Tables, models: list[tuple[_Fold, Blend]], held_out: HeldOut, lives: Floats, plan: _Plan
) -> pd.DataFrame:
    """Predict each running unit at its last cycle, with its interval, state and reservations."""
    guesses = []
    for fold, model in models:
        seen = list(units(tables.fleet, fold.conditions, window=plan.window))
        last = [features(unit, np.array([unit.cycle.size - 1]), window=plan.window) for unit in seen]
        guesses.append(model.predict(np.vstack(last)))
    rul = np.mean(guesses, axis=0)
    low, high = intervals(held_out, rul, confidence=plan.confidence)
    cycle = np.array([unit.cycle[-1] for unit in seen])
    notes = [_note(unit, lives) for unit in seen]
    for index, note in enumerate(notes):
        if note != "ok":
            low[index], high[index] = _wider(low[index], high[index], cycle[index], lives, plan.confidence)
    cap = models[0][1].cap
    state = np.where(rul >= NO_WEAR_SHARE * cap, "no_wear", "wearing")
    frame = pd.DataFrame(
        {"unit": [unit.name for unit in seen], "cycle": cycle, "rul": rul, "low": low, "high": high}
    )
    frame["state"] = np.where(low <= plan.horizon, "at_risk", state)
    frame["note"] = notes
    return frame.sort_values(["low", "rul"], kind="stable", ignore_index=True)


def _note(unit: Unit, lives: Floats) -> str:
    """Say why a prediction deserves less trust, if it does."""
    if unit.cycle.size < SHORT_HISTORY:
        return "short_history"
    if unit.outside:
        return "unseen_condition"
    if unit.missing > MISSING_SHARE:
        return "missing_readings"
    return "older_than_known" if unit.cycle[-1] >= lives.max() else "ok"


def _wider(low: float, high: float, age: float, lives: Floats, confidence: float) -> tuple[float, float]:
    """Widen an interval to what the age alone would allow."""
    rest = lives[lives > age] - age
    if not rest.size:
        return 0.0, high
    ends = np.quantile(rest, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(min(low, ends[0])), float(max(high, ends[1]))


def _sensors(tables: Tables, fold: _Fold) -> pd.DataFrame:
    """List every numeric column: its role, and how closely its smoothed level follows remaining life."""
    names = fold.conditions.sensors
    level = fold.learn[:, len(names) : 2 * len(names)]
    strength = {name: _strength(level[:, i], fold.learn_rul) for i, name in enumerate(names)}
    roles = dict.fromkeys(names, "sensor") | dict.fromkeys(fold.conditions.columns, "condition")
    roles |= {name: "constant" for name in tables.sensors if name not in roles} | tables.skipped
    frame = pd.DataFrame({"sensor": list(roles), "role": list(roles.values())})
    frame["strength"] = frame["sensor"].map(strength).astype(float)
    return frame.sort_values("strength", ascending=False, kind="stable", ignore_index=True)


def _strength(level: Floats, rul: Floats) -> float:
    """Rank correlation with remaining life, also when a sensor leaves its usual level to both sides."""
    ranks = [pd.Series(values).rank() for values in (level, np.abs(level), rul)]
    if min(rank.std() for rank in ranks) == 0:
        return 0.0
    return float(max(abs(ranks[0].corr(ranks[2])), abs(ranks[1].corr(ranks[2]))))
