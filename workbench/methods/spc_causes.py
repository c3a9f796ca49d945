"""Explain a point: what its pattern looks like, and what usually causes it on a shop floor.

Chooses texts by rule and chart; computes nothing of its own.
"""

import numpy as np
import pandas as pd

from workbench.methods.chart_words import Text
from workbench.methods.spc_model import ControlChart

RULE_TEXTS: dict[str, Text] = {
    "beyond_limits": {"en": "beyond the control limits", "zh": "超出控制限"},
    "run_7": {"en": "7 points in a row on one side of the centre line", "zh": "连续 7 点在中心线同一侧"},
    "run_8": {"en": "8 points in a row on one side of the centre line", "zh": "连续 8 点在中心线同一侧"},
    "run_9": {"en": "9 points in a row on one side of the centre line", "zh": "连续 9 点在中心线同一侧"},
    "trend_6": {"en": "6 points in a row rising or falling", "zh": "连续 6 点递增或递减"},
    "trend_7": {"en": "7 points in a row rising or falling", "zh": "连续 7 点递增或递减"},
    "trend_8": {"en": "8 points in a row rising or falling", "zh": "连续 8 点递增或递减"},
    "alternating_14": {"en": "14 points in a row alternating up and down", "zh": "连续 14 点上下交替"},
    "alternating_15": {"en": "15 points in a row alternating up and down", "zh": "连续 15 点上下交替"},
    "two_of_three": {"en": "2 of 3 points beyond 2 sigma on one side", "zh": "3 点中有 2 点在同侧 2σ 以外"},
    "four_of_five": {"en": "4 of 5 points beyond 1 sigma on one side", "zh": "5 点中有 4 点在同侧 1σ 以外"},
    "within_15": {
        "en": "15 points in a row within 1 sigma of the centre",
        "zh": "连续 15 点在中心线 1σ 以内",
    },
    "outside_8": {"en": "8 points in a row beyond 1 sigma on either side", "zh": "连续 8 点在中心线 1σ 以外"},
    "middle_third": {
        "en": "of 25 points more than 90 % or at most 40 % in the middle third of the limits",
        "zh": "25 点中有 90% 以上或不足 40%（含）落在控制限中间三分之一区域",
    },
}

PATTERNS: dict[str, Text] = {
    "single": {
        "en": "One point stands far away from all others.",
        "zh": "单个点明显偏离其他点。",
    },
    "level": {
        "en": "The points have moved to a new level and stay there.",
        "zh": "各点移到新的水平并保持不变。",
    },
    "trend": {
        "en": "Each point lies higher (or lower) than the one before, like stairs.",
        "zh": "各点依次升高（或降低），呈阶梯状。",
    },
    "alternating": {
        "en": "The points go up and down in turn, like the teeth of a saw.",
        "zh": "各点一上一下交替，呈锯齿状。",
    },
    "near_limit": {
        "en": "Several points crowd towards one limit, none or few beyond it.",
        "zh": "多个点聚集在一侧控制限附近，但很少超出。",
    },
    "hugging": {
        "en": "The points cling to the centre line, far quieter than the limits allow.",
        "zh": "各点紧贴中心线，波动远小于控制限允许的范围。",
    },
    "mixture": {
        "en": "The points lie high and low, and none near the centre line.",
        "zh": "各点或高或低，中心线附近没有点。",
    },
    "third": {
        "en": "Too many or too few points lie in the middle third between the limits.",
        "zh": "落在控制限中间三分之一区域的点过多或过少。",
    },
    "wider": {
        "en": "The values behind this point differ more than usual.",
        "zh": "该点对应的数值之间差异比平时大。",
    },
    "narrower": {
        "en": "The values behind this point differ less than usual.",
        "zh": "该点对应的数值之间差异比平时小。",
    },
    "small_shift": {
        "en": "Many small deviations to one side have added up.",
        "zh": "许多同一方向的小偏差累积起来。",
    },
}

CAUSES: dict[str, Text] = {
    "single": {
        "en": "Measuring or typing error, dirty part or gauge, wrong part, broken tool, a setting touched, "
        "power or air failure. Measure the part again first.",
        "zh": "测量或录入错误、零件或量具不洁、零件错混、刀具崩损、参数被改动、停电或断气。先复测该零件。",
    },
    "level": {
        "en": "New tool, new material batch, other operator or shift, changed setting, other fixture, "
        "recalibrated gauge. Ask what changed where the pattern begins.",
        "zh": "换刀、换料批、换人或换班、参数改动、更换夹具、量具重新校准。查明模式起始处发生了什么变化。",
    },
    "trend": {
        "en": "Tool wear, warming up, bath or filter used up, clogging nozzle, loosening clamp, drifting "
        "gauge. Look at tool life and temperature.",
        "zh": "刀具磨损、设备升温、槽液或滤芯消耗、喷嘴堵塞、夹具松动、量具漂移。检查刀具寿命和温度。",
    },
    "alternating": {
        "en": "Two machines, spindles, moulds or suppliers in turn, or an operator who corrects after every "
        "part. Chart each source by itself and stop correcting.",
        "zh": "两台设备、主轴、模腔或供应商交替，或操作者每件都调整。请分别绘图，并停止逐件调整。",
    },
    "near_limit": {
        "en": "The beginning of a shift of the mean: tool, batch, setting or operator. "
        "Take the next sample earlier.",
        "zh": "均值开始偏移的征兆：刀具、料批、参数或人员。请提前抽取下一个样本。",
    },
    "hugging": {
        "en": "Each subgroup mixes several sources, limits are old or computed wrongly, or values were "
        "rounded or smoothed. Sort by source and compute new limits; after a real improvement, too.",
        "zh": "子组内混有多个来源、控制限过旧或计算有误，或数值被修约、平滑。"
        "请按来源分层并重新计算控制限；若确有改善也应更新。",
    },
    "mixture": {
        "en": "Two populations on one chart: machines, spindles, cavities, suppliers, gauges. "
        "Chart them separately.",
        "zh": "一张图上混有两个总体：设备、主轴、模腔、供应商或量具。请分别绘图。",
    },
    "third": {
        "en": "Too many: mixed sources within subgroups, wrong limits, edited data. Too few: two "
        "populations, or a mean that wanders. Check how subgroups are taken.",
        "zh": "过多：子组内混有多个来源、控制限有误或数据被修改；"
        "过少：存在两个总体或均值游走。请检查抽样方式。",
    },
    "wider": {
        "en": "Loose clamping or bearing, mixed material, unstable gauge, untrained operator, damaged tool. "
        "Check clamping and gauge.",
        "zh": "夹具或轴承松动、混料、量具不稳、操作不熟练、刀具损坏。请检查装夹和量具。",
    },
    "narrower": {
        "en": "A real improvement worth keeping, a stuck gauge, rounded or copied values. "
        "Find out which before you rejoice.",
        "zh": "可能是值得保持的真实改善，也可能是量具卡滞、数值修约或照抄。请先弄清原因。",
    },
    "small_shift": {
        "en": "A slight new level or slow drift: setting, material, temperature, wear. "
        "Look back to where the pattern begins.",
        "zh": "轻微的水平变化或缓慢漂移：参数、材料、温度、磨损。请回查模式起始处。",
    },
}
_OF_RULE = {
    "beyond_limits": "single",
    "run": "level",
    "trend": "trend",
    "alternating": "alternating",
    "two_of_three": "near_limit",
    "four_of_five": "near_limit",
    "within": "hugging",
    "outside": "mixture",
    "middle_third": "third",
}


def pattern_of(rule: str, *, on_spread: bool = False, above: bool = True, remembers: bool = False) -> str:
    """Return the pattern that a signal belongs to.

    Parameters
    ----------
    rule : str
        One of ``spc_rules.RULES``.
    on_spread, above : bool
        Whether the signal is one of the lower chart, and on which side.
    remembers : bool
        Whether the chart is a moving average, EWMA or CUSUM.

    Returns
    -------
    str
        A key of ``PATTERNS`` and ``CAUSES``.

    Source
    ------
    Western Electric, Statistical Quality Control Handbook (1956), part B: interpretation of patterns.

    Examples
    --------
    >>> pattern_of("trend_6")
    'trend'
    """
    if on_spread:
        return "wider" if above else "narrower"
    if remembers:
        return "small_shift"
    return _OF_RULE.get(rule) or _OF_RULE[rule.split("_")[0]]


def explanations_of(chart: ControlChart) -> pd.DataFrame:
    """Explain every signal: its rule, what the pattern looks like, and the usual causes.

    Parameters
    ----------
    chart : ControlChart
        Judged.

    Returns
    -------
    DataFrame
        One row per signal: point, stage (if known), subgroup, rule, pattern and causes;
        the last two are keys of ``PATTERNS`` and ``CAUSES``.

    Source
    ------
    See ``pattern_of``.
    """
    signals = chart.signals
    wanted = ("point", "stage", "subgroup", "rule")
    rows = signals[[name for name in wanted if name in signals]].copy()
    codes = np.full(len(rows), "", dtype=object)
    on_spread = (signals["chart"] == "spread").to_numpy()
    above = (signals["side"] == "above").to_numpy()
    for rule in chart.rules:
        for side in (True, False):
            for below_chart in (True, False):
                here = (signals["rule"] == rule).to_numpy() & (above == side) & (on_spread == below_chart)
                codes[here] = pattern_of(
                    rule, on_spread=below_chart, above=side, remembers=chart.spread is None
                )
    rows["pattern"] = pd.Series(codes, index=rows.index, dtype=str)
    rows["causes"] = rows["pattern"]
    return rows
