"""What a Pareto analysis says, in words for the shop floor, in English and Chinese."""

import math
from typing import Any

import pandas as pd

from workbench.errors import Refused, TooFew
from workbench.methods.chart_words import Answer, Text, join, notes_table
from workbench.methods.pareto import (
    ImpossibleWeight,
    NoCause,
    NoPeriods,
    NoWeight,
    Pareto,
    ParetoPlan,
    pareto,
)

UNITS: dict[str, Text] = {
    "count": {"en": "events", "zh": "次"},
    "time": {"en": "min", "zh": "分钟"},
    "quantity": {"en": "", "zh": ""},
    "money": {"en": "", "zh": ""},
}


def attempt_pareto(
    frame: pd.DataFrame, plan: ParetoPlan
) -> tuple[Pareto, None] | tuple[None, dict[str, Any]]:
    """Rank causes, or say why not and what would help, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame
        See ``pareto.pareto``.
    plan : ParetoPlan

    Returns
    -------
    result, refusal : Pareto or None, dict or None
        One of the two.

    Source
    ------
    None.
    """
    try:
        return pareto(frame, plan), None
    except Refused as error:
        return None, _refusal(error)


def describe_pareto(found: Pareto, unit: str | None = None) -> Answer:
    """Say in one sentence where the loss comes from and what has become more frequent, and what to do next.

    Parameters
    ----------
    found : Pareto
    unit : str, optional
        Unit of quantity or cost, as it is to be shown.

    Returns
    -------
    Answer
        ``rising`` (warning) when a cause became more frequent, ``concentrated`` (info) when a few causes make
        most of the loss, else ``scattered`` (info).

    Source
    ------
    ISO 13053-2:2011.
    """
    few = _few(found, unit)
    if len(found.rising):
        return Answer("rising", "warning", join(_rising(found), few), _NEXT["rising"])
    steady = _steady(found)
    concentrated = len(found.vital) <= max(1, 0.5 * len(found.table))
    code = "concentrated" if concentrated else "scattered"
    return Answer(code, "info", join(few, steady), _NEXT[code])


def _few(found: Pareto, unit: str | None) -> Text:
    first, count = found.table.iloc[0], len(found.vital)
    own = UNITS[found.weight]
    suffix = {"en": f" {own['en'] or unit or ''}".rstrip(), "zh": own["zh"] or unit or ""}
    share = f"{100 * float(found.vital['share'].sum()):.0f} %"
    total = _thousands(found.total)
    top = f"{100 * first['share']:.0f} %"
    return {
        "en": f"{count} of {len(found.table)} causes make {share} of {total}{suffix['en']}; the first is "
        f"{first['reason']} with {top}.",
        "zh": f"{len(found.table)} 个原因中的 {count} 个占全部 {total} {suffix['zh']}的 {share}；"
        f"首位是 {first['reason']}，占 {top}。",
    }


def _rising(found: Pareto) -> Text:
    row = found.rising.iloc[0]
    more = len(found.rising[found.rising["scope"] == row["scope"]]) - 1
    asset = row["asset_id"]
    where = {"en": f" on {asset}" if asset else "", "zh": f"{asset} 的 " if asset else ""}
    since = f"{found.periods.cut:%Y-%m-%d}" if found.periods else ""
    if math.isinf(row["ratio"]):
        how = {"en": f"is new: {row['after']} times", "zh": f"首次出现：{row['after']} 次"}
    else:
        interval = f"{row['low']:.1f}", f"{row['high']:.1f}"
        how = {
            "en": f"happens {row['ratio']:.1f} times as often (between {interval[0]} and {interval[1]})",
            "zh": f"的发生频率是之前的 {row['ratio']:.1f} 倍（区间 {interval[0]} 至 {interval[1]}）",
        }
    text = {
        "en": f"Since {since} {row['reason']}{where['en']} {how['en']}.",
        "zh": f"自 {since} 起，{where['zh']}{row['reason']} {how['zh']}。",
    }
    if not more:
        return text
    return join(text, {"en": f"{more} more are rising.", "zh": f"另有 {more} 项上升。"})


def _steady(found: Pareto) -> Text:
    if found.periods is None:
        return {
            "en": "Without times of at least some days nothing can be said about what is rising.",
            "zh": "没有足够天数的时间信息，无法判断哪些原因在上升。",
        }
    falling = int((found.changes["change"] == "falling").sum())
    since = f"{found.periods.cut:%Y-%m-%d}"
    if falling:
        return {
            "en": f"Nothing has become more frequent since {since}; {falling} became rarer.",
            "zh": f"自 {since} 起没有原因变得更频繁；{falling} 项变少。",
        }
    return {
        "en": f"No cause has become more or less frequent since {since} beyond chance.",
        "zh": f"自 {since} 起，各原因的频率变化均未超出随机波动。",
    }


def _thousands(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.4g}"


def pareto_notes(found: Pareto) -> pd.DataFrame:
    """List what had to be done to the data: note (a code) and count.

    Parameters
    ----------
    found : Pareto

    Returns
    -------
    DataFrame
        Columns note (str) and count (int).

    Source
    ------
    None: honesty.
    """
    return notes_table(found.notes)


def _refusal(error: Refused) -> dict[str, Any]:
    if isinstance(error, NoPeriods):
        text = {
            "en": f"A later period from {error.given} leaves less than two days on one side.",
            "zh": f"以 {error.given} 为后期起点时，有一侧不足两天。",
        }
        remedy = {"en": f"Choose {error.expected}.", "zh": "请选择离数据首尾至少两天的日期，或留空。"}
        return {"code": "no_periods", "text": text, "remedy": remedy}
    if isinstance(error, ImpossibleWeight):
        text = {
            "en": f"{error.rows} events have a value below zero, or end before they start.",
            "zh": f"{error.rows} 个事件的数值小于零，或结束早于开始。",
        }
        return {"code": "impossible_weight", "have": error.rows, "need": 0, "text": text, "remedy": _CORRECT}
    if isinstance(error, NoCause):
        return {"code": "no_cause", **_NO_CAUSE}
    if isinstance(error, NoWeight):
        return {"code": "no_weight", **_NO_WEIGHT}
    if isinstance(error, TooFew):
        return {"code": "no_events", "need": 1, "have": 0, **_NO_EVENTS}
    raise error


_NEXT: dict[str, Text] = {
    "rising": {
        "en": "Look into the rising cause first, while it is fresh: what was changed at that time? Then "
        "take the "
        "first cause of the chart.",
        "zh": "先趁新查清上升的原因：当时发生了什么变化？然后处理图中的首位原因。",
    },
    "concentrated": {
        "en": "Work on the first cause only: ask five times why, change one thing, and compare again "
        "after it.",
        "zh": "先只解决首位原因：连问五个为什么，每次只改一处，改后再比较。",
    },
    "scattered": {
        "en": "No few causes stand out: regroup them (by machine, product or shift), or weigh by time or "
        "money.",
        "zh": "没有突出的少数原因：请换一种分组（按设备、产品或班次），或按时间、金额加权。",
    },
}
_CORRECT: Text = {
    "en": "Correct these rows: exchange start and end, or fill in the true value.",
    "zh": "请更正这些行：对调开始与结束时间，或填写真实数值。",
}
_NO_CAUSE: dict[str, Text] = {
    "text": {"en": "The column whose values are to be ranked is not mapped.", "zh": "没有映射要排序的列。"},
    "remedy": {"en": "Map it, or rank by reason.", "zh": "请映射该列，或按原因排序。"},
}
_NO_WEIGHT: dict[str, Text] = {
    "text": {
        "en": "The column that this weight needs is not mapped.",
        "zh": "没有映射该加权方式所需的列。",
    },
    "remedy": {
        "en": "Map start and end (or minutes), quantity or cost; or weigh by count.",
        "zh": "请映射开始与结束时间（或分钟数）、数量或金额；或按次数加权。",
    },
}
_NO_EVENTS: dict[str, Text] = {
    "text": {"en": "There is no event that weighs anything.", "zh": "没有任何有效的事件。"},
    "remedy": {
        "en": "Choose rows that hold events, or weigh by count.",
        "zh": "请选择包含事件的数据，或按次数加权。",
    },
}
