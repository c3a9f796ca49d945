"""What a capability study says, in words for the shop floor, in English and Chinese.

Stability comes first: an unstable process has no capability to promise.
"""

from typing import Any

import pandas as pd

from workbench.errors import Invalid
from workbench.methods.capability import MINIMUM_VALUES, RECOMMENDED_VALUES
from workbench.methods.capability_checks import beyond_bounds, peaks, resolution, steps
from workbench.methods.capability_laws import Study
from workbench.methods.capability_model import Capability, Index, NoLimits, StudyPlan, Tolerance
from workbench.methods.chart_words import Answer, Text, join
from workbench.methods.distribution_words import about_choice, model_name, problem_of
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
    samples: Samples,
    plan: Plan,
    *,
    limits: dict[str, Any],
    study: StudyPlan | None = None,
) -> dict[str, Any] | None:
    """Say why there can be no capability study, and what would help, as arguments of ``wb.refuse``.

    Parameters
    ----------
    samples, plan
        From ``spc.prepare``.
    limits : dict
        The arguments of ``Tolerance``.
    study : StudyPlan, optional
        Whose distribution must be able to describe the values.

    Returns
    -------
    dict or None

    Source
    ------
    See ``capability.Tolerance`` and ``spc.chart_sigma``.
    """
    try:
        Tolerance(**limits)
    except NoLimits:
        given = limits.get("lower") is not None or limits.get("upper") is not None
        return {"code": "no_limits", **(_ONLY_BOUNDS if given else _NO_LIMITS)}
    except Invalid:
        shown = (limits.get(name) for name in ("lower", "upper", "target"))
        return {"code": "limits_out_of_order", **_out_of_order(*shown)}
    if samples.values.size < MINIMUM_VALUES:
        have = int(samples.values.size)
        text = {
            "en": f"Only {have} usable values; a capability study needs {MINIMUM_VALUES}.",
            "zh": f"只有 {have} 个可用数值，能力分析至少需要 {MINIMUM_VALUES} 个。",
        }
        return {"code": "too_few_values", "need": MINIMUM_VALUES, "have": have, "text": text, "remedy": _MORE}
    return chart_problem(samples, plan) or problem_of(samples, study or StudyPlan())


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
    study: Capability,
    chart: ControlChart,
    *,
    required: float = 1.33,
    unit: str | None = None,
    choice: Study | None = None,
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
    choice : Study, optional
        How the distribution was chosen, and which one would fit.

    Returns
    -------
    Answer
        ``unstable`` (bad), ``capable`` (good), ``capable_if_normal`` (warning: the values speak against the
        distribution), ``marginal`` (warning: 1 <= Cpk < required), ``not_capable`` (bad) or ``undecided``
        (warning: no index has a meaning).

    Source
    ------
    AIAG SPC, 2nd ed., chapter IV: indices are meaningful for a stable process with normal values.
    """
    if chart.n_signals:
        return _unstable(study, chart, unit)
    name, index = study.headline
    if index is None:
        return Answer("undecided", "warning", _UNDECIDED, _NEXT["capable_if_normal"])
    code = "capable" if index.value >= required else "marginal" if index.value >= 1 else "not_capable"
    if code == "capable" and study.model.rejected:
        code = "capable_if_normal"
    opening, level = _OPENINGS[code]
    caveats = _caveats(study, choice, certain=not index.low < required or code != "capable")
    next_step = _OFF_CENTRE if code in ("marginal", "not_capable") and _centring_helps(study) else _NEXT[code]
    return Answer(code, level, join(opening, _reached(study, name, index, required), *caveats), next_step)


def _reached(study: Capability, name: str, index: Index, required: float) -> Text:
    """Say how much there is of what was asked for."""
    ppm, interval = _ppm(study.ppm_overall.total), index.low == index.low
    en = f"{name} is {index.value:.2f}"
    zh = f"{name} 为 {index.value:.2f}"
    if interval:
        en += f" (between {index.low:.2f} and {index.high:.2f})"
        zh += f"（区间 {index.low:.2f} 至 {index.high:.2f}）"
    if study.model.family != "normal":
        kind = model_name(study.model.family)
        en, zh = f"By the {kind['en']}, {en}", f"按{kind['zh']}，{zh}"
    return {
        "en": f"{en} against {required:g} required; about {ppm} parts per million fall outside.",
        "zh": f"{zh}，要求 {required:g}；预计每百万件约 {ppm} 件超差。",
    }


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
        if study.within.pk is None and name in WITHIN:
            note = _NO_WITHIN
        elif chart.n_signals and name in WITHIN:
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
    performance = (
        {
            "en": f"What was delivered: Ppk {study.overall.pk.value:.2f}.",
            "zh": f"实际交付水平：Ppk {study.overall.pk.value:.2f}。",
        }
        if study.overall.pk
        else None
    )
    return Answer("unstable", "bad", join(opening, rest, performance), answer.next_step)


def _caveats(study: Capability, choice: Study | None, *, certain: bool) -> list[Text]:
    found: list[Text] = []
    if not certain:
        found.append(
            {
                "en": "The lower end of the interval is below the requirement: more data would tell.",
                "zh": "置信区间下限低于要求，需更多数据确认。",
            }
        )
    found += about_choice(study, choice)
    found += _surprises(study)
    if study.n < RECOMMENDED_VALUES:
        found.append(
            {
                "en": f"Based on {study.n} values; {RECOMMENDED_VALUES} are recommended.",
                "zh": f"仅基于 {study.n} 个数值，建议 {RECOMMENDED_VALUES} 个。",
            }
        )
    return found


def _surprises(study: Capability) -> list[Text]:
    """Say what about the values puts any index into doubt."""
    found = []
    if peaks(study.values) > 1:
        found.append(_TWO_PEAKS)
    if steps(study) < 10:
        step = f"{resolution(study.values):g}"
        found.append(
            {
                "en": f"The gauge reads in steps of {step}, too coarse for this spread and tolerance.",
                "zh": f"量具分度值为 {step}，相对于离散程度和公差过粗。",
            }
        )
    beyond = beyond_bounds(study)
    if beyond:
        found.append(
            {
                "en": f"{beyond} values lie beyond a physical bound: check the gauge or the bound.",
                "zh": f"有 {beyond} 个数值超出物理边界：请检查量具或边界设置。",
            }
        )
    return found


def _centring_helps(study: Capability) -> bool:
    """Tell whether the mean is off centre by enough to cost a tenth of the index."""
    used = study.within if study.within.pk is not None else study.overall
    return used.p is not None and used.pk is not None and used.pk.value < 0.9 * used.p.value


def _ppm(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 0.05 else "0"


WITHIN = ("cpk", "cp", "cpl", "cpu", "cpm")
_NO_WITHIN: Text = {
    "en": "Not defined: this distribution has no spread within subgroups; see Ppk.",
    "zh": "无定义：该分布没有子组内离散，请看 Ppk。",
}
_TWO_PEAKS: Text = {
    "en": "The values have two peaks: machines, cavities or materials seem to be mixed. Study each alone.",
    "zh": "数值呈双峰：可能混有两台设备、两个型腔或两种材料，请分别分析。",
}
_UNDECIDED: Text = {
    "en": "No index can be computed: the distribution has no spread towards the limits given.",
    "zh": "无法计算能力指数：该分布在所给规格限方向上没有离散。",
}
_ONLY_BOUNDS: dict[str, Text] = {
    "text": {
        "en": "Every limit given is a physical bound, which no part can miss.",
        "zh": "所给的规格限都是物理边界，零件不可能超出。",
    },
    "remedy": {
        "en": "Enter the limit that parts can miss, or do not mark it as a physical bound.",
        "zh": "请输入零件可能超出的规格限，或取消“物理边界”标记。",
    },
}
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
