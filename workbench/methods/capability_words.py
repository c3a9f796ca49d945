"""What a capability study says, in words for the shop floor, in English and Chinese.

Stability comes first: an unstable process has no capability to promise.
"""

from typing import Any

import pandas as pd

from workbench.errors import Invalid
from workbench.methods.capability import (
    MINIMUM_VALUES,
    RECOMMENDED_VALUES,
    Capability,
    NoLimits,
    Tolerance,
)
from workbench.methods.chart_words import Answer, Text, join
from workbench.methods.spc_model import ControlChart, Plan
from workbench.methods.spc_refusals import problem as chart_problem
from workbench.methods.spc_samples import Samples
from workbench.methods.spc_words import describe, notes_of


def studied(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows a study is about: the baseline, or all of them.

    Parameters
    ----------
    frame : DataFrame
        See ``spc_samples.arrange``.

    Returns
    -------
    DataFrame
        Without the column ``baseline``.

    Source
    ------
    None.

    Examples
    --------
    >>> studied(pd.DataFrame({"value": [1.0, 2.0], "baseline": [True, False]}))["value"].tolist()
    [1.0]
    """
    if "baseline" not in frame:
        return frame
    chosen = frame["baseline"].eq(True).fillna(False).astype(bool)
    return frame[chosen].drop(columns="baseline")


def problem(
    samples: Samples, plan: Plan, *, lsl: float | None, usl: float | None, target: float | None = None
) -> dict[str, Any] | None:
    """Say why there can be no capability study, and what would help, as arguments of ``wb.refuse``.

    Parameters
    ----------
    samples, plan
        From ``spc.prepare``.
    lsl, usl, target : float or None
        Specification limits and target.

    Returns
    -------
    dict or None

    Source
    ------
    See ``capability.Tolerance`` and ``spc.chart_sigma``.
    """
    try:
        Tolerance(lsl, usl, target)
    except NoLimits:
        return {"code": "no_limits", **_NO_LIMITS}
    except Invalid:
        return {"code": "limits_out_of_order", **_out_of_order(lsl, usl, target)}
    if samples.values.size < MINIMUM_VALUES:
        have = int(samples.values.size)
        text = {
            "en": f"Only {have} usable values; a capability study needs {MINIMUM_VALUES}.",
            "zh": f"只有 {have} 个可用数值，能力分析至少需要 {MINIMUM_VALUES} 个。",
        }
        return {"code": "too_few_values", "need": MINIMUM_VALUES, "have": have, "text": text, "remedy": _MORE}
    return chart_problem(samples, plan)


def _out_of_order(lsl: float | None, usl: float | None, target: float | None) -> dict[str, Text]:
    given = ("–" if value is None else f"{value:g}" for value in (lsl, target, usl))
    low, aim, high = given
    return {
        "text": {
            "en": f"Lower limit {low}, target {aim} and upper limit {high} are not in this order.",
            "zh": f"下限 {low}、目标值 {aim}、上限 {high} 的大小顺序不对。",
        },
        "remedy": {
            "en": "Check the limits: the lower one must be below the upper one, and the target between them.",
            "zh": "请检查规格限：下限须小于上限，目标值须介于两者之间。",
        },
    }


def describe_capability(
    study: Capability, chart: ControlChart, *, required: float = 1.33, unit: str | None = None
) -> Answer:
    """Say in one sentence whether a process meets its tolerance, and what to do next.

    Parameters
    ----------
    study : Capability
    chart : ControlChart
        Of the same values.
    required : float, default 1.33
        The Cpk that was agreed.
    unit : str, optional
        Unit of the measurements, as it is to be shown.

    Returns
    -------
    Answer
        ``unstable`` (bad), ``capable`` (good), ``capable_if_normal`` (warning: normality is rejected),
        ``marginal`` (warning: 1 <= Cpk < required) or ``not_capable`` (bad).

    Source
    ------
    AIAG SPC, 2nd ed., chapter IV: indices are meaningful for a stable process with normal values.
    """
    if chart.n_signals:
        return _unstable(study, chart, unit)
    cpk = study.within.pk
    sentence = {
        "en": f"Cpk is {cpk.value:.2f} (between {cpk.low:.2f} and {cpk.high:.2f}) against {required:g} "
        f"required; about {_ppm(study.ppm_overall.total)} parts per million fall outside.",
        "zh": f"Cpk 为 {cpk.value:.2f}（区间 {cpk.low:.2f} 至 {cpk.high:.2f}），要求 {required:g}；"
        f"预计每百万件约 {_ppm(study.ppm_overall.total)} 件超差。",
    }
    code = "capable" if cpk.value >= required else "marginal" if cpk.value >= 1 else "not_capable"
    if code == "capable" and study.normality.rejected:
        code = "capable_if_normal"
    opening, level = _OPENINGS[code]
    caveats = _caveats(study, certain=cpk.low >= required or code != "capable")
    next_step = _OFF_CENTRE if code in ("marginal", "not_capable") and _centring_helps(study) else _NEXT[code]
    return Answer(code, level, join(opening, sentence, *caveats), next_step)


def tiles(study: Capability, chart: ControlChart, *, required: float) -> list[dict[str, Any]]:
    """List the indices to show, as arguments of ``wb.kpi``: name, value, low, high, target, note.

    Parameters
    ----------
    study : Capability
    chart : ControlChart
    required : float
        The Cpk that was agreed.

    Returns
    -------
    list of dict
        An index that has no meaning here (one limit, no target) has the value None.

    Source
    ------
    See ``describe_capability``.
    """
    short, long = study.within, study.overall
    found = {"cpk": short.pk, "cp": short.p, "cpl": short.pl, "cpu": short.pu, "cpm": study.cpm}
    found |= {"pp": long.p, "ppk": long.pk, "ppl": long.pl, "ppu": long.pu}
    rows = []
    for name, index in found.items():
        numbers: dict[str, Any] = index._asdict() if index else {"value": None}
        target = required if name == "cpk" else None
        note = _CPM_FROM[study.cpm_sigma] if name == "cpm" else None
        if chart.n_signals and name in ("cpk", "cp", "cpl", "cpu"):
            note = _NO_PROMISE
        rows.append({"name": name, **numbers, "target": target, "note": note})
    return rows


def notes_of_study(chart: ControlChart, frame: pd.DataFrame) -> pd.DataFrame:
    """List what had to be done to the data: note (a code) and count, as ``spc_words.notes_of``.

    Parameters
    ----------
    chart : ControlChart
    frame : DataFrame
        The rows as they were read.

    Returns
    -------
    DataFrame

    Source
    ------
    None: honesty.
    """
    notes = notes_of(chart)
    left_out = len(frame) - len(studied(frame))
    if left_out:
        more = pd.DataFrame({"note": ["outside_baseline"], "count": [left_out]})
        notes = pd.concat([notes, more], ignore_index=True)
    return notes


def _unstable(study: Capability, chart: ControlChart, unit: str | None) -> Answer:
    answer = describe(chart, unit)
    opening = {
        "en": "No capability can be promised yet, because the process is not stable.",
        "zh": "过程不稳定，目前无法给出能力承诺。",
    }
    rest = {
        "en": answer.text["en"].removeprefix("The process is not stable: "),
        "zh": answer.text["zh"].removeprefix("过程不稳定："),
    }
    performance = {
        "en": f"What was delivered: Ppk {study.overall.pk.value:.2f}.",
        "zh": f"实际交付水平：Ppk {study.overall.pk.value:.2f}。",
    }
    return Answer("unstable", "bad", join(opening, rest, performance), answer.next_step)


def _caveats(study: Capability, *, certain: bool) -> list[Text]:
    found = []
    if not certain:
        found.append(
            {
                "en": "The lower end of the interval is below the requirement: more data would tell.",
                "zh": "置信区间下限低于要求，需更多数据确认。",
            }
        )
    if study.normality.rejected:
        p = f"{study.normality.p:.3f}" if study.normality.p >= 0.001 else "< 0.001"
        found.append(
            {
                "en": f"The values are not normally distributed (Anderson-Darling p {p}), so Cpk and the "
                "expected share may mislead.",
                "zh": f"数值不服从正态分布（Anderson-Darling p {p}），Cpk 和预计超差率可能失真。",
            }
        )
    if study.n < RECOMMENDED_VALUES:
        found.append(
            {
                "en": f"Based on {study.n} values; {RECOMMENDED_VALUES} are recommended.",
                "zh": f"仅基于 {study.n} 个数值，建议 {RECOMMENDED_VALUES} 个。",
            }
        )
    return found


def _centring_helps(study: Capability) -> bool:
    """Tell whether the mean is off centre by enough to cost a tenth of Cpk."""
    return study.within.p is not None and study.within.pk.value < 0.9 * study.within.p.value


def _ppm(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 0.05 else "0"


_MORE: Text = {
    "en": "Measure more parts: 100 values, as 25 subgroups, are recommended.",
    "zh": "请测量更多零件：建议 100 个数值，分为 25 个子组。",
}
_NO_PROMISE: Text = {
    "en": "Not a promise: the process is not stable.",
    "zh": "不能作为承诺：过程不稳定。",
}
_CPM_FROM: dict[str, Text] = {
    "within": {"en": "from sigma within subgroups, as qcc", "zh": "由子组内标准差计算，同 qcc"},
    "overall": {"en": "from sigma overall, as Minitab", "zh": "由总体标准差计算，同 Minitab"},
}
_NO_LIMITS: dict[str, Text] = {
    "text": {"en": "Neither specification limit is given.", "zh": "未给出任何规格限。"},
    "remedy": {
        "en": "Enter the lower limit, the upper limit, or both, as on the drawing.",
        "zh": "请按图纸输入下限、上限，或两者。",
    },
}
_OPENINGS: dict[str, tuple[Text, str]] = {
    "capable": ({"en": "The process is stable and capable:", "zh": "过程稳定且能力充足："}, "good"),
    "capable_if_normal": (
        {
            "en": "The process is stable and looks capable, with a doubt:",
            "zh": "过程稳定，能力看似充足，但存疑：",
        },
        "warning",
    ),
    "marginal": (
        {"en": "The process is stable, but its capability is tight:", "zh": "过程稳定，但能力偏紧："},
        "warning",
    ),
    "not_capable": ({"en": "The process is stable but not capable:", "zh": "过程稳定，但能力不足："}, "bad"),
}
_OFF_CENTRE: Text = {
    "en": "Centre the process first: the mean is off the middle of the tolerance, and moving it costs least.",
    "zh": "先调整过程中心：均值偏离公差中心，调中心成本最低。",
}
_NEXT: dict[str, Text] = {
    "capable": {
        "en": "Keep the control chart running; sampling may be reduced.",
        "zh": "继续使用控制图监控，可适当减少抽样。",
    },
    "capable_if_normal": {
        "en": "Look at the histogram and the probability plot: mixed machines, sorting or a physical bound?",
        "zh": "查看直方图和概率图：是否混有不同设备、经过筛选，或存在物理边界？",
    },
    "marginal": {
        "en": "Reduce the spread (clamping, tool, material) or tighten the checks; keep watching the chart.",
        "zh": "减小离散程度（装夹、刀具、材料）或加强检验，并持续观察控制图。",
    },
    "not_capable": {
        "en": "Check every part until the spread is reduced; the process alone does not hold the tolerance.",
        "zh": "在减小离散程度之前应全数检验；仅靠过程本身无法满足公差。",
    },
}
