"""Why measurements cannot be charted, and what would help, in both languages, as arguments of ``wb.refuse``.

Chooses texts from what ``spc`` refuses; computes nothing of its own.
"""

from typing import Any

import pandas as pd

from workbench.errors import NoSpread, Refused, TooFew
from workbench.methods.chart_words import Text
from workbench.methods.spc import NoSubgroups, NoTimes, UnfitSigma, chart_sigma, least_points, prepare
from workbench.methods.spc_model import Plan
from workbench.methods.spc_samples import Samples
from workbench.methods.spc_short_run import SHORT_RUNS, NoParts, PartNoSpread, PartTooFew


def missing(frame: pd.DataFrame, plan: Plan) -> dict[str, Any] | None:
    """Say which column a plan cannot do without, or which part of a short run is too short.

    Parameters
    ----------
    frame : DataFrame
        As for ``spc.prepare``.
    plan : Plan

    Returns
    -------
    dict or None
        See ``problem``; None: the measurements can be arranged.

    Source
    ------
    See ``spc.prepare``.
    """
    if not plan.subgroup_minutes and plan.chart not in SHORT_RUNS:
        return None
    try:
        prepare(frame, plan)
    except Refused as error:
        return _refusal(error, None, "")
    return None


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
    for label, at in samples.stages.items():
        part = samples.stage(at)
        try:
            chart_sigma(part, plan.of(label), need=least_points(samples, plan))
        except Refused as error:
            return _refusal(error, part, label)
    return None


def _refusal(error: Refused, samples: Samples | None, stage: str) -> dict[str, Any]:
    if isinstance(error, PartTooFew | PartNoSpread):
        return _of_part(error)
    for kind in (NoSubgroups, NoTimes, NoParts, UnfitSigma):
        if isinstance(error, kind):
            return {"code": error.code, **_REFUSALS[error.code]}
    if isinstance(error, NoSpread):
        return {"code": "no_spread", **_in_stage(_REFUSALS["no_spread"], stage)}
    if not isinstance(error, TooFew) or samples is None:
        raise error
    whole = not samples.points["baseline"].all()
    text = {
        "en": f"Only {error.have} usable {'baseline ' if whole else ''}points; limits need {error.need}.",
        "zh": f"只有 {error.have} 个可用{'基准' if whole else ''}点，计算控制限至少需要 {error.need} 个。",
    }
    remedy = _REFUSALS["too_few_baseline" if whole else "too_few_subgroups"]["remedy"]
    if stage and not whole:
        remedy = _REFUSALS["too_few_in_stage"]["remedy"]
    numbers = {"code": "too_few_subgroups", "need": error.need, "have": error.have}
    return numbers | _in_stage({"text": text, "remedy": remedy}, stage)


def _in_stage(texts: dict[str, Text], stage: str) -> dict[str, Text]:
    if not stage:
        return texts
    named = {"en": f"Stage {stage}: ", "zh": f"阶段 {stage}："}
    return {**texts, "text": {language: named[language] + text for language, text in texts["text"].items()}}


def _of_part(error: PartTooFew | PartNoSpread) -> dict[str, Any]:
    named = {"en": f"Part {error.part}: ", "zh": f"零件 {error.part}："}
    if isinstance(error, PartNoSpread):
        text = _REFUSALS["no_spread"]["text"]
        texts = {language: named[language] + sentence for language, sentence in text.items()}
        return {"code": "no_spread", "text": texts, "remedy": _REFUSALS["no_spread"]["remedy"]}
    text = {
        "en": f"{named['en']}only {error.have} usable points; a sigma of its own needs {error.need}.",
        "zh": f"{named['zh']}只有 {error.have} 个可用点，单独估计标准差至少需要 {error.need} 个。",
    }
    numbers = {"code": "too_few_subgroups", "need": error.need, "have": error.have}
    return {**numbers, "text": text, "remedy": _REFUSALS["too_few_of_part"]["remedy"]}


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
    "too_few_in_stage": {
        "remedy": {
            "en": "Join this stage with its neighbour, leave its rows out, or chart without the "
            "stage column.",
            "zh": "将该阶段与相邻阶段合并，或去掉这些行，或不使用阶段列。",
        },
    },
    "too_few_of_part": {
        "remedy": {
            "en": "Use the target chart, whose parts share one sigma, enter a known sigma, or "
            "collect more parts.",
            "zh": "改用目标值图（各零件共用标准差），或输入已知标准差，或收集更多数据。",
        },
    },
    "no_parts": {
        "text": {
            "en": "A short-run chart needs to know which part each value belongs to.",
            "zh": "短期生产控制图需要知道每个数值属于哪种零件。",
        },
        "remedy": {
            "en": "Map a column with the part or product, or choose another chart.",
            "zh": "请映射零件或产品列，或选择其他控制图。",
        },
    },
    "no_times": {
        "text": {
            "en": "Subgroups by windows of time need the time of each value, and there is none.",
            "zh": "按时间段分组需要每个数值的时间，而数据中没有时间。",
        },
        "remedy": {
            "en": "Map a time column, or set the window to 0 and give a subgroup size or column.",
            "zh": "请映射时间列，或将时间段设为 0 并指定子组大小或子组列。",
        },
    },
    "unfit_sigma": {
        "text": {
            "en": "This way of estimating sigma does not fit: ranges and deviations need subgroups, moving "
            "ranges need single values.",
            "zh": "所选标准差估计方法不适用：极差和标准差法需要子组，移动极差法需要单个数值。",
        },
        "remedy": {
            "en": "Leave the estimate of sigma on automatic, or choose one that fits the chart.",
            "zh": "将标准差估计方法设为自动，或选择与控制图相符的方法。",
        },
    },
}
