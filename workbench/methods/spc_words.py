"""What a control chart says, in words for the shop floor, in English and Chinese.

Chooses sentences from what ``spc`` and ``spc_change`` found; computes nothing of its own.
"""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.errors import NoSpread, Refused, TooFew
from workbench.methods.chart_words import Answer, Text, about_chance, about_few, join, notes_table, place
from workbench.methods.spc import NoSubgroups, chart_sigma
from workbench.methods.spc_change import Change, find_change
from workbench.methods.spc_model import RECOMMENDED_POINTS, ControlChart, Plan
from workbench.methods.spc_samples import Samples

RULE_TEXTS: dict[str, Text] = {
    "beyond_limits": {"en": "beyond the control limits", "zh": "超出控制限"},
    "run_7": {"en": "7 points in a row on one side of the centre line", "zh": "连续 7 点在中心线同一侧"},
    "run_8": {"en": "8 points in a row on one side of the centre line", "zh": "连续 8 点在中心线同一侧"},
    "run_9": {"en": "9 points in a row on one side of the centre line", "zh": "连续 9 点在中心线同一侧"},
    "trend_6": {"en": "6 points in a row rising or falling", "zh": "连续 6 点递增或递减"},
    "trend_7": {"en": "7 points in a row rising or falling", "zh": "连续 7 点递增或递减"},
    "alternating_14": {"en": "14 points in a row alternating up and down", "zh": "连续 14 点上下交替"},
    "two_of_three": {"en": "2 of 3 points beyond 2 sigma on one side", "zh": "3 点中有 2 点在同侧 2σ 以外"},
    "four_of_five": {"en": "4 of 5 points beyond 1 sigma on one side", "zh": "5 点中有 4 点在同侧 1σ 以外"},
    "within_15": {
        "en": "15 points in a row within 1 sigma of the centre",
        "zh": "连续 15 点在中心线 1σ 以内",
    },
    "outside_8": {"en": "8 points in a row beyond 1 sigma on either side", "zh": "连续 8 点在中心线 1σ 以外"},
}


@dataclass(frozen=True)
class Shift:
    """The change behind the signals: since which point (label, and time if known), and by how much."""

    change: Change
    since: str
    size: float


def decimals_for(sigma: float) -> int:
    """Return the decimals that show two significant digits of a standard deviation.

    Parameters
    ----------
    sigma : float
        > 0, any unit.

    Returns
    -------
    int
        Between 0 and 12.

    Source
    ------
    GUM (JCGM 100:2008), 7.2.6: uncertainties with at most two significant digits.

    Examples
    --------
    >>> decimals_for(0.0098)
    4
    """
    return min(12, max(0, 1 - math.floor(math.log10(sigma)))) if sigma > 0 else 6


def _place(chart: ControlChart, position: int) -> Text:
    kind = ("point", "点") if chart.samples.individuals else ("subgroup", "子组")
    return place(chart.points.iloc[position], kind)


def shift_of(chart: ControlChart) -> Shift | None:
    """Locate the lasting change behind the location signals of a chart.

    Parameters
    ----------
    chart : ControlChart

    Returns
    -------
    Shift or None
        None without location signals, or when they are single points.

    Source
    ------
    See ``spc_change.find_change``.
    """
    if not (chart.signals["chart"] == "location").any():
        return None
    change = find_change(chart.points["value"].to_numpy(dtype=float), chart.error)
    if change is None:
        return None
    return Shift(change, str(chart.points["subgroup"].iloc[change.first]), change.size)


def describe(chart: ControlChart, unit: str | None = None) -> Answer:
    """Say in one sentence whether a process is stable, and what to do next.

    Parameters
    ----------
    chart : ControlChart
    unit : str, optional
        Unit of the measurements, as it is to be shown.

    Returns
    -------
    Answer
        Code ``stable`` (good) or ``unstable`` (bad). Unstable names since when and by how much the mean
        changed, or the first signal where there is no lasting change.

    Source
    ------
    ISO 7870-2:2013: a signal asks for the special cause first, for new limits later.
    """
    caveat = join(_about_missing(chart), _about_limits(chart))
    if chart.n_signals == 0:
        return Answer("stable", "good", join(_stable(chart, unit), caveat), _KEEP)
    text = {
        "en": f"The process is not stable: {chart.n_signals} of {chart.n_points} points give a signal.",
        "zh": f"过程不稳定：{chart.n_points} 个点中有 {chart.n_signals} 个点发出信号。",
    }
    shift = shift_of(chart)
    if shift is not None:
        return Answer(
            "unstable",
            "bad",
            join(text, _changed(chart, shift.change, unit), caveat),
            _NEXT[shift.change.kind],
        )
    spread_only = not (chart.signals["chart"] == "location").any()
    next_step = _NEXT["spread" if spread_only else "points"]
    text = join(
        text, _first_signal(chart, spread_only), about_chance(chart.chance_signals, chart.n_points), caveat
    )
    return Answer("unstable", "bad", text, next_step)


def _stable(chart: ControlChart, unit: str | None) -> Text:
    places, suffix = decimals_for(chart.error), f" {unit}" if unit else ""
    low, high = f"{chart.lcl:.{places}f}", f"{chart.ucl:.{places}f}{suffix}"
    reference = f"{chart.reference:.{places}f}{suffix}"
    text = {
        "en": f"The process is stable: none of {chart.n_points} points gives a signal.",
        "zh": f"过程稳定：{chart.n_points} 个点均无异常信号。",
    }
    if chart.chart == "cusum":
        return join(
            text, {"en": f"No lasting shift away from {reference}.", "zh": f"均值未持续偏离 {reference}。"}
        )
    what = {
        "imr": ("Single values", "单值"),
        "ewma": ("Weighted averages", "加权平均值"),
    }.get(chart.chart, ("Subgroup means", "子组均值"))
    return join(
        text,
        {
            "en": f"{what[0]} are expected between {low} and {high}.",
            "zh": f"{what[1]}应在 {low} 至 {high} 之间。",
        },
    )


def _changed(chart: ControlChart, change: Change, unit: str | None) -> Text:
    places = decimals_for(chart.error)
    size = f"{abs(change.size):.{places}f}{f' {unit}' if unit else ''}"
    share = f"{abs(change.size) / chart.sigma:.1f}"
    up = change.size > 0
    first, last = _place(chart, change.first), _place(chart, change.last)
    if change.kind == "drift":
        return {
            "en": f"The mean drifts {'upwards' if up else 'downwards'}: by {size} "
            f"({share} standard deviations) from {first['en']} to {last['en']}.",
            "zh": f"均值持续{'上升' if up else '下降'}：从{first['zh']}到{last['zh']}"
            f"变化 {size}（{share} 倍标准差）。",
        }
    if change.kind == "episode":
        return {
            "en": f"From {first['en']} to {last['en']} the mean was {size} ({share} standard deviations) "
            f"{'higher' if up else 'lower'} than before and after.",
            "zh": f"从{first['zh']}到{last['zh']}，均值比前后{'偏高' if up else '偏低'} {size}"
            f"（{share} 倍标准差）。",
        }
    return {
        "en": f"Since {first['en']} the mean is {size} ({share} standard deviations) "
        f"{'higher' if up else 'lower'} than before.",
        "zh": f"自{first['zh']}起，均值比之前{'偏高' if up else '偏低'} {size}（{share} 倍标准差）。",
    }


def _first_signal(chart: ControlChart, spread_only: bool) -> Text:
    first = chart.signals.iloc[0]
    place = _place(chart, int(first["point"]) - 1)
    rule = RULE_TEXTS[str(first["rule"])]
    if spread_only:
        return {
            "en": f"The mean is steady, the spread is not: first at {place['en']}.",
            "zh": f"均值平稳，但离散程度异常：首次出现在{place['zh']}。",
        }
    return {
        "en": f"First at {place['en']}: {rule['en']}. No lasting change of the mean.",
        "zh": f"首次出现在{place['zh']}：{rule['zh']}。均值没有持续变化。",
    }


def _about_missing(chart: ControlChart) -> Text | None:
    missing = chart.samples.notes.get("missing_values", 0)
    if not missing:
        return None
    return {"en": f"{missing} missing values were left out.", "zh": f"{missing} 个缺失值未计入。"}


def _about_limits(chart: ControlChart) -> Text | None:
    return about_few(len(chart.samples.baseline), RECOMMENDED_POINTS) if chart.preliminary else None


def notes_of(chart: ControlChart) -> pd.DataFrame:
    """List what had to be done to the data before it could be charted: note (a code) and count.

    Parameters
    ----------
    chart : ControlChart

    Returns
    -------
    DataFrame
        Columns note (str) and count (int).

    Source
    ------
    None: honesty.
    """
    notes = dict(chart.samples.notes)
    if chart.preliminary:
        notes["preliminary_limits"] = len(chart.samples.baseline)
    return notes_table(notes)


def problem(samples: Samples, plan: Plan) -> dict[str, Any] | None:
    """Say why samples cannot be charted, and what would help, as arguments of ``wb.refuse``.

    Parameters
    ----------
    samples, plan
        From ``spc.prepare``.

    Returns
    -------
    dict or None
        code, text, remedy and, where it is a number, need and have; None: nothing stands in the way.

    Source
    ------
    See ``spc.chart_sigma``.
    """
    try:
        chart_sigma(samples, plan)
    except Refused as error:
        return _refusal(error, samples)
    return None


def _refusal(error: Refused, samples: Samples) -> dict[str, Any]:
    if isinstance(error, NoSubgroups):
        return {"code": "no_subgroups", **_REFUSALS["no_subgroups"]}
    if isinstance(error, NoSpread):
        return {"code": "no_spread", **_REFUSALS["no_spread"]}
    if not isinstance(error, TooFew):
        raise error
    whole = not samples.points["baseline"].all()
    text = {
        "en": f"Only {error.have} usable {'baseline ' if whole else ''}points; limits need {error.need}.",
        "zh": f"只有 {error.have} 个可用{'基准' if whole else ''}点，计算控制限至少需要 {error.need} 个。",
    }
    remedy = _REFUSALS["too_few_baseline" if whole else "too_few_subgroups"]["remedy"]
    return {
        "code": "too_few_subgroups",
        "need": error.need,
        "have": error.have,
        "text": text,
        "remedy": remedy,
    }


_KEEP: Text = {
    "en": "Keep these limits in force and react to signals only; do not readjust after single values.",
    "zh": "继续使用这组控制限，只在出现信号时采取行动；不要因单个数值而调整设备。",
}
_NEXT: dict[str, Text] = {
    "step": {
        "en": "Ask what changed at that time: tool, material batch, setting, operator, gauge. Correct it, "
        "then compute new limits from a stable period.",
        "zh": "查明当时发生了什么变化：刀具、材料批次、参数、人员或量具。"
        "纠正后，用稳定时段的数据重新计算控制限。",
    },
    "drift": {
        "en": "Look for what wears or warms up: tool, nozzle, temperature, bath. Shorten its change interval "
        "or compensate for it.",
        "zh": "查找逐渐磨损或升温的因素：刀具、喷嘴、温度、槽液。缩短更换周期，或进行补偿。",
    },
    "episode": {
        "en": "Find out in the shift log what was different during this time, and keep it from coming back.",
        "zh": "查看交接班记录，找出该时段与平时有何不同，并防止再次发生。",
    },
    "points": {
        "en": "Measure these parts again first. If the values hold, look for the cause at just these points "
        "in the shift log.",
        "zh": "先复测这些零件。如果数值无误，再在交接班记录中查找这些点的原因。",
    },
    "spread": {
        "en": "Check clamping, gauge and mixed material: they change the spread without moving the mean.",
        "zh": "检查装夹、量具和混料：它们会改变离散程度而不影响均值。",
    },
}
_REFUSALS: dict[str, dict[str, Text]] = {
    "no_subgroups": {
        "text": {
            "en": "This chart needs subgroups of at least 2 values, and each value stands alone.",
            "zh": "该控制图要求每个子组至少 2 个数值，而现在每个数值各自独立。",
        },
        "remedy": {
            "en": "Choose a subgroup column, set a subgroup size of 2 or more, or choose the I-MR chart.",
            "zh": "选择子组列，或将子组大小设为 2 以上，或改用单值-移动极差图。",
        },
    },
    "no_spread": {
        "text": {
            "en": "The values within subgroups do not differ, so there is no spread to compute limits from.",
            "zh": "子组内的数值完全相同，没有离散程度可用于计算控制限。",
        },
        "remedy": {
            "en": "Record the values with more decimals, check the sensor, or enter a known sigma.",
            "zh": "请记录更多小数位，检查传感器，或输入已知的标准差。",
        },
    },
    "too_few_subgroups": {
        "remedy": {
            "en": "Collect more data (25 points are recommended). If a subgroup label comes back every shift "
            "or day, map a column that is new for every sample, or give a subgroup size instead.",
            "zh": "请收集更多数据（建议 25 个点）。如果子组标签每班或每天重复，"
            "请改选每次抽样都不同的列，或直接给出子组大小。",
        },
    },
    "too_few_baseline": {
        "remedy": {
            "en": "Mark more rows as baseline, leave the baseline column out, "
            "or enter both target and sigma.",
            "zh": "标记更多基准行，或不使用基准列，或同时输入目标值和标准差。",
        },
    },
}
