"""What a prognosis says, in words for the shop floor, in English and Chinese.

Chooses sentences from what ``rul`` found; computes nothing of its own.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.errors import Refused
from workbench.methods.rul import Comparison, Prognosis
from workbench.methods.rul_data import Bilingual, match_truth, read_tables

Text = dict[str, str]
NAMED = 5  # units named in a sentence; the table has them all


@dataclass(frozen=True)
class Answer:
    """A verdict in one sentence, and what to do next."""

    code: str
    level: str
    text: Text
    next_step: Text


def problem(
    history: pd.DataFrame, fleet: pd.DataFrame, truth: pd.DataFrame | None = None
) -> dict[str, Any] | None:
    """Say why tables cannot carry a prognosis, and what would help, as arguments of ``wb.refuse``.

    Parameters
    ----------
    history, fleet, truth : DataFrame
        As for ``rul.predict_remaining_life`` and ``rul.compare_with_truth``.

    Returns
    -------
    dict or None
        code, text, remedy and, where it is a number, need and have; None: nothing stands in the way.

    Source
    ------
    See ``rul_data``.
    """
    try:
        tables = read_tables(history, fleet)
        if truth is not None:
            match_truth(truth, list(tables.fleet["unit"].unique()))
    except Bilingual as error:
        return _refusal(error)
    return None


def _refusal(error: Bilingual) -> dict[str, Any]:
    en = str(Refused(error.subject, given=error.given, expected=error.expected))
    return {
        "code": error.code,
        "need": getattr(error, "need", None),
        "have": getattr(error, "have", None),
        "text": {"en": en[:1].upper() + en[1:], "zh": error.zh_text},
        "remedy": {"en": (error.hint or "")[:1].upper() + (error.hint or "")[1:], "zh": error.zh_remedy},
    }


def describe(prognosis: Prognosis, *, horizon: float, confidence: float) -> Answer:
    """Say which units are at risk first, how far to trust it, and what to do next.

    Parameters
    ----------
    prognosis : Prognosis
    horizon : float
        Cycles within which a unit counts as at risk.
    confidence : float
        Of the intervals, in (0, 1).

    Returns
    -------
    Answer

    Source
    ------
    Own wording.
    """
    if not prognosis.is_useful:
        return _weak(prognosis)
    trust = _trust(prognosis)
    first = prognosis.predictions.iloc[0]
    if prognosis.at_risk.empty:
        return _calm(prognosis, first, trust, horizon)
    return _risky(prognosis, first, trust, horizon=horizon, confidence=confidence)


def _weak(prognosis: Prognosis) -> Answer:
    error, blind = prognosis.whole_life.rmse, prognosis.whole_life_blind
    return Answer(
        code="weak_model",
        level="warning",
        text={
            "en": f"The sensors do not tell remaining life: on units held out the error is {error:.0f} "
            f"cycles, and {blind:.0f} without any sensor. Do not plan by these predictions.",
            "zh": f"传感器不能反映剩余寿命：在留出的单元上误差为 {error:.0f} 个循环，"
            f"而不用传感器时为 {blind:.0f} 个循环。请勿按这些预测安排维修。",
        },
        next_step={
            "en": "Check that every unit of the history ends with its failure and that a sensor follows "
            "wear; until then plan by the statistics of lives.",
            "zh": "请确认历史表中每个单元都记录到失效为止，且有传感器随磨损变化；"
            "在此之前请按寿命统计安排维修。",
        },
    )


def _risky(
    prognosis: Prognosis, first: pd.Series, trust: Text, *, horizon: float, confidence: float
) -> Answer:
    risky = prognosis.at_risk
    count, total = len(risky), len(prognosis.predictions)
    names = ", ".join(str(unit) for unit in risky["unit"].head(NAMED))
    more_en, more_zh = (", …", " 等") if count > NAMED else ("", "")
    span = f"{first['low']:.0f} – {first['high']:.0f}"
    return Answer(
        code="at_risk",
        level="bad",
        text={
            "en": f"{count} of {total} units may fail within {horizon:g} cycles, "
            f"worst first: {names}{more_en}. "
            f"Unit {first['unit']} has about {first['rul']:.0f} cycles left "
            f"({confidence:.0%} interval {span}). {trust['en']}",
            "zh": f"{total} 个单元中有 {count} 个可能在 {horizon:g} 个循环内失效，"
            f"最差在前：{names}{more_zh}。单元 {first['unit']} 约剩 {first['rul']:.0f} 个循环"
            f"（{confidence:.0%} 区间 {span}）。{trust['zh']}",
        },
        next_step={
            "en": f"Inspect unit {first['unit']} first: by its lower bound {_within(first)['en']}. "
            "Order parts for the others in this order.",
            "zh": f"先检查单元 {first['unit']}：按其下限，{_within(first)['zh']}。其余单元按此顺序准备备件。",
        },
    )


def _within(first: pd.Series) -> Text:
    cycles = int(first["low"])
    if cycles < 1:
        return {"en": "it may fail at any time", "zh": "随时可能失效"}
    return {"en": f"service is due within {cycles} cycles", "zh": f"应在 {cycles} 个循环内维修"}


def _calm(prognosis: Prognosis, first: pd.Series, trust: Text, horizon: float) -> Answer:
    again = max(1, int(first["low"] - horizon))
    return Answer(
        code="none_at_risk",
        level="good",
        text={
            "en": f"None of {len(prognosis.predictions)} units is expected to fail within {horizon:g} "
            f"cycles; the first, unit {first['unit']}, has about {first['rul']:.0f} left. {trust['en']}",
            "zh": f"{len(prognosis.predictions)} 个单元预计在 {horizon:g} 个循环内都不会失效；"
            f"最早的单元 {first['unit']} 约剩 {first['rul']:.0f} 个循环。{trust['zh']}",
        },
        next_step={
            "en": f"Look again with new data in {again} cycles at the latest.",
            "zh": f"最迟在 {again} 个循环后用新数据再运行一次。",
        },
    )


def _trust(prognosis: Prognosis) -> Text:
    """Say how large the error is on units the model had not seen, and what is doubtful."""
    worn = prognosis.cv_worn.rmse if prognosis.cv_worn else prognosis.cv.rmse
    doubtful = int((prognosis.predictions["note"] != "ok").sum())
    en = f"Once wear shows, predictions are off by {worn:.0f} cycles (RMSE, units held out)."
    zh = f"磨损可见后，预测误差约 {worn:.0f} 个循环（留出单元的均方根误差）。"
    if doubtful:
        en += f" {doubtful} prediction(s) deserve less trust: see the note."
        zh += f"有 {doubtful} 个预测可信度较低，见备注。"
    return {"en": en, "zh": zh}


def meaning(prognosis: Prognosis) -> Text:
    """Explain the cross-validated error next to its number.

    Parameters
    ----------
    prognosis : Prognosis

    Returns
    -------
    dict
        en, zh

    Source
    ------
    Own wording.
    """
    n, units = prognosis.cv.n, prognosis.failed
    return {
        "en": f"Typical miss in cycles on {units} units held out whole, each cut off {n // units} times "
        f"at ages like the fleet's. The best single number would miss by {prognosis.constant.rmse:.0f}, "
        f"age alone by {prognosis.age_only.rmse:.0f}.",
        "zh": f"{units} 个整体留出的单元上的典型误差（循环），每个单元按在役单元的年龄截断 {n // units} 次。"
        f"只猜一个常数的误差为 {prognosis.constant.rmse:.0f}，只按年龄预测为 {prognosis.age_only.rmse:.0f}。",
    }


def score_table(prognosis: Prognosis, comparison: Comparison | None = None) -> pd.DataFrame:
    """List the errors of the model beside those of guesses that know less.

    Parameters
    ----------
    prognosis : Prognosis
    comparison : Comparison, optional

    Returns
    -------
    DataFrame
        data (held_out, truth), predictor (model, age_only, constant), n, rmse, mae, bias (cycles),
        nasa_score (sum over n).

    Source
    ------
    See ``rul_metrics.score``.
    """
    rows = [
        ("held_out", "model", prognosis.cv),
        ("held_out", "age_only", prognosis.age_only),
        ("held_out", "constant", prognosis.constant),
    ]
    if comparison is not None:
        rows += [("truth", "model", comparison.model), ("truth", "constant", comparison.constant)]
    return pd.DataFrame(
        {"data": data, "predictor": who, "n": s.n, "rmse": s.rmse, "mae": s.mae, "bias": s.bias}
        | {"nasa_score": s.nasa_score}
        for data, who, s in rows
    )
