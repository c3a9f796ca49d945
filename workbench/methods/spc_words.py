"""What a control chart says, in words for the shop floor, in English and Chinese.

Chooses sentences from what ``spc`` and ``spc_change`` found; computes nothing of its own.
"""

import math
from dataclasses import dataclass

import pandas as pd

from workbench.methods import frozen
from workbench.methods.chart_words import (
    Answer,
    Text,
    about_chance,
    about_few,
    about_stages,
    join,
    notes_table,
    place,
)
from workbench.methods.spc_autocorrelation import FARTHEST
from workbench.methods.spc_causes import RULE_TEXTS
from workbench.methods.spc_change import Change
from workbench.methods.spc_model import RECOMMENDED_POINTS, ControlChart


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
    change = chart.change
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
    caveat = join(
        frozen.about(chart.frozen, chart.new_stages),
        _about_dependence(chart),
        about_stages(chart.stages["stage"].tolist()),
        _about_missing(chart),
        _about_limits(chart),
    )
    if chart.n_signals == 0:
        return Answer("stable", "good", join(_stable(chart, unit), caveat), _KEEP)
    text = {
        "en": f"The process is not stable: {chart.n_signals} of {chart.n_points} points give a signal.",
        "zh": f"过程不稳定：{chart.n_points} 个点中有 {chart.n_signals} 个点发出信号。",
    }
    text = join(text, _about_phases(chart))
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
        "moving-average": ("Moving averages", "移动平均值"),
        "median": ("Subgroup medians", "子组中位数"),
        "short-run-z": ("Standardised values", "标准化值"),
        "short-run-target": ("Deviations from nominal", "与名义值的偏差"),
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
    return about_few(chart.limit_points, RECOMMENDED_POINTS) if chart.preliminary else None


def _about_phases(chart: ControlChart) -> Text | None:
    """Tell signals of the baseline, which put the limits into doubt, from those of later points."""
    if chart.n_signals == 0 or chart.frozen or chart.points["baseline"].all():
        return None
    new = chart.n_new_signals
    return {
        "en": f"{chart.n_signals - new} of them lie in the baseline that the limits come from (phase I), "
        f"{new} outside it (phase II).",
        "zh": f"其中 {chart.n_signals - new} 个在用于计算控制限的基准内（第一阶段），"
        f"{new} 个在基准之外（第二阶段）。",
    }


def _about_dependence(chart: ControlChart) -> Text | None:
    """Say that limits are not what they seem to be where neighbouring points resemble each other."""
    found = chart.dependence
    if found is None or not found.found:
        return None
    value = f"{found.beside_change:.2f}"
    if found.beside_change < 0:
        return {
            "en": f"Neighbouring points alternate (autocorrelation {value}): the limits are too wide. Look "
            "for two sources in turn, or for corrections after every part.",
            "zh": f"相邻点高低交替（自相关系数 {value}），控制限偏宽。请检查是否有两个来源交替，或逐件调整。",
        }
    every = found.apart or FARTHEST
    return {
        "en": f"Neighbouring points resemble each other (autocorrelation {value}): the limits are too narrow "
        f"and false alarms likely. Chart one value in {every}, or form subgroups over longer times.",
        "zh": f"相邻点彼此相似（自相关系数 {value}），控制限偏窄，容易误报。"
        f"请每 {every} 个数值取一个绘图，或按更长的时间段分组。",
    }


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
        notes["preliminary_limits"] = chart.limit_points
    if chart.dependence is not None and chart.dependence.found:
        notes["dependent_points"] = chart.dependence.apart or FARTHEST
    return notes_table(notes)


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
