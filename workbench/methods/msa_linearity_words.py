"""What a study of linearity and bias says, in words for the shop floor, and why there is none.

Decides that a gauge is right when zero lies within the band of the line over the whole range, as AIAG asks.
"""

from typing import Any

import pandas as pd

from workbench.errors import Invalid, NoSpread, TooFew
from workbench.methods.chart_words import Answer, Text
from workbench.methods.msa_linearity import Linearity, linearity
from workbench.methods.spc_words import decimals_for

NAMED_PARTS = 4


def problem(frame: pd.DataFrame, **options: Any) -> dict[str, Any] | None:
    """Say why there can be no study of linearity, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame
    **options
        See ``msa_linearity.linearity``.

    Returns
    -------
    dict or None

    Source
    ------
    See ``msa_linearity``.
    """
    if "reference" not in frame:
        return {"code": "no_reference", **_NO_REFERENCE}
    try:
        linearity(frame, **options)
    except Invalid:
        return {"code": "limits_unclear", **_NOT_POSITIVE}
    except NoSpread:
        return {"code": "no_spread", **_NO_SPREAD}
    except TooFew as error:
        return {"code": "too_few", "need": error.need, "have": error.have, **_too_few(error)}
    return None


def describe_linearity(study: Linearity, *, unit: str | None = None) -> Answer:
    """Say in one sentence whether a gauge is right along its range, and what to do next.

    Parameters
    ----------
    study : Linearity
    unit : str, optional

    Returns
    -------
    Answer
        ``right`` (good), ``not_linear`` (bad: the bias changes along the range) or ``biased`` (warning: it
        is there, but does not change).

    Source
    ------
    AIAG MSA, 4th ed., III-B: the line of zero bias must lie within the confidence bands.
    """
    level_of_p = 1 - study.confidence
    if study.slope.p < level_of_p:
        code, level = "not_linear", "bad"
    elif study.bias.p < level_of_p or not study.zero_inside:
        code, level = "biased", "warning"
    else:
        code, level = "right", "good"
    return Answer(
        code, level, _join(_OPENINGS[code], _sentence(study, code, unit), _parts(study)), _NEXT[code]
    )


def _sentence(study: Linearity, code: str, unit: str | None) -> Text:
    places = decimals_for(study.sigma)
    suffix = f" {unit}" if unit else ""
    if code == "not_linear":
        ends = study.parts["reference"].to_numpy(dtype=float)[[0, -1]]
        low, high = (_off(bias, places, suffix) for bias in study.line(ends))
        return {
            "en": f"it shows {low['en']} at {ends[0]:g} and {high['en']} at {ends[1]:g}.",
            "zh": f"在 {ends[0]:g} 处{low['zh']}，在 {ends[1]:g} 处{high['zh']}。",
        }
    size, p = _off(study.bias.mean, places, suffix), study.bias.p
    likely = f"{p:.3f}" if p >= 0.001 else "< 0.001"
    return {
        "en": f"on average it shows {size['en']} (p {likely}).",
        "zh": f"平均{size['zh']}（p {likely}）。",
    }


def _off(bias: float, places: int, suffix: str) -> Text:
    size = f"{abs(bias):.{places}f}{suffix}"
    en, zh = ("much", "大") if bias > 0 else ("little", "小")
    return {"en": f"{size} too {en}", "zh": f"偏{zh} {size}"}


def _parts(study: Linearity) -> Text:
    """Name the parts on which a bias can be seen."""
    found = study.parts.loc[study.parts["p"] < 1 - study.confidence, "part"].tolist()
    if not found:
        return {"en": "No single part shows a bias.", "zh": "没有单个零件显示偏倚。"}
    en, zh = ", ".join(found[:NAMED_PARTS]), "、".join(found[:NAMED_PARTS])
    more = len(found) - NAMED_PARTS
    return {
        "en": f"A bias can be seen on part {en}{f' and {more} more' if more > 0 else ''}.",
        "zh": f"零件 {zh}{f' 及另外 {more} 个零件' if more > 0 else ''}显示偏倚。",
    }


def tiles(study: Linearity) -> list[dict[str, Any]]:
    """List the numbers without a unit, as arguments of ``wb.kpi``.

    Parameters
    ----------
    study : Linearity

    Returns
    -------
    list of dict

    Source
    ------
    See ``msa_linearity``.
    """
    note = _NO_PROCESS if study.process_variation is None else None
    slope = study.slope
    return [
        {"name": "percent_linearity", "value": study.percent_linearity},
        {"name": "percent_bias", "value": study.percent_bias, "note": note},
        {"name": "slope", "value": slope.mean, "low": slope.low, "high": slope.high},
        {"name": "slope_p", "value": slope.p},
        {"name": "slope_t", "value": slope.t},
        {"name": "intercept_p", "value": study.intercept.p},
        {"name": "bias_p", "value": study.bias.p},
        {"name": "r_squared", "value": study.r_squared},
    ]


def notes_of_linearity(study: Linearity) -> pd.DataFrame:
    """List what was done to the rows: note (a code) and count.

    Parameters
    ----------
    study : Linearity

    Returns
    -------
    DataFrame

    Source
    ------
    None: honesty.
    """
    rows = [("missing_values", study.missing)] if study.missing else []
    return pd.DataFrame(rows, columns=["note", "count"])


def _too_few(error: TooFew) -> dict[str, Text]:
    zh = {
        "parts of different size": "不同尺寸的零件",
        "measurements of each part": "每个零件的测量次数",
    }[error.subject]
    return {
        "text": {
            "en": f"Too few {error.subject}: {error.have}, at least {error.need} are needed.",
            "zh": f"{zh}太少：只有 {error.have}，至少需要 {error.need}。",
        },
        "remedy": {
            "en": "Measure 5 parts that span the range, 10 or more times each; know the true size of each.",
            "zh": "建议选取覆盖量程的 5 个零件，各测 10 次以上，并已知每个零件的参考值。",
        },
    }


def _join(*texts: Text) -> Text:
    return {"en": " ".join(text["en"] for text in texts), "zh": "".join(text["zh"] for text in texts)}


_OPENINGS: dict[str, Text] = {
    "right": {"en": "The gauge is right along its range:", "zh": "量具在整个量程内准确："},
    "biased": {
        "en": "The gauge is off by about the same everywhere:",
        "zh": "量具在整个量程内偏差大致相同：",
    },
    "not_linear": {"en": "The error of the gauge changes along its range:", "zh": "量具误差随量程变化："},
}
_NEXT: dict[str, Text] = {
    "right": {
        "en": "Go on with a study of several operators.",
        "zh": "可继续进行多操作员的研究。",
    },
    "biased": {
        "en": "Set the gauge with a master, or correct the reading by this amount, then repeat the study.",
        "zh": "用标准件重新校准，或按此偏差修正读数，再重新研究。",
    },
    "not_linear": {
        "en": "Calibrate at both ends of the range, check wear and the master parts, then repeat the study.",
        "zh": "在量程两端校准，检查磨损和标准件，再重新研究。",
    },
}
_NO_PROCESS: Text = {"en": "no process variation given", "zh": "未给出过程变差"}
_NO_REFERENCE: dict[str, Text] = {
    "text": {"en": "The true sizes of the parts are not given.", "zh": "未给出零件的参考值。"},
    "remedy": {
        "en": "Map the column with the reference, or choose a table with part and reference value.",
        "zh": "请映射参考值列，或选择包含零件和参考值的数据表。",
    },
}
_NOT_POSITIVE: dict[str, Text] = {
    "text": {"en": "The process variation must be above zero.", "zh": "过程变差必须大于 0。"},
    "remedy": {
        "en": "Enter six sigma of the process, or leave it empty.",
        "zh": "请输入过程的 6 倍标准差，或留空。",
    },
}
_NO_SPREAD: dict[str, Text] = {
    "text": {"en": "Repeated measurements never differ.", "zh": "重复测量值没有差异。"},
    "remedy": {
        "en": "Record more decimals, or use a gauge with finer steps.",
        "zh": "请记录更多小数位，或使用分辨力更高的量具。",
    },
}
