"""What a type 1 study says, in words for the shop floor, and why there is none.

Decides that Cg and Cgk must both reach what was agreed, and from which resolution on a gauge is too coarse.
"""

import math
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import Invalid, TooFew
from workbench.methods.chart_words import Answer, Text
from workbench.methods.msa_type1 import ADVISED_VALUES, TypeOne, type_one
from workbench.methods.spc_words import decimals_for

COARSE = 5.0  # percent of the tolerance; VDA 5, ISO 22514-7
LIKELY = 0.05  # p-value below which a bias is said to be there


def known(frame: pd.DataFrame, column: str, given: float | None) -> float | None:
    """Return a number that is given, or else the one a column holds throughout.

    Parameters
    ----------
    frame : DataFrame
    column : str
    given : float or None
        A parameter; it wins.

    Returns
    -------
    float or None
        None when neither says it, or the column holds several numbers.

    Source
    ------
    None.

    Examples
    --------
    >>> known(pd.DataFrame({"tolerance": [0.1, 0.1]}), "tolerance", None)
    0.1
    """
    if given is not None or column not in frame:
        return given
    found = frame[column].dropna().unique()
    return float(found[0]) if len(found) == 1 else None


def problem(
    frame: pd.DataFrame, reference: float | None, tolerance: float | None, **options: Any
) -> dict[str, Any] | None:
    """Say why there can be no type 1 study, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame
        Column value.
    reference, tolerance : float or None
    **options
        See ``msa_type1.type_one``.

    Returns
    -------
    dict or None

    Source
    ------
    See ``msa_type1``.
    """
    if reference is None:
        return {"code": "no_reference", **_NO_REFERENCE}
    if tolerance is None:
        return {"code": "no_tolerance", **_NO_TOLERANCE}
    try:
        study = type_one(frame["value"].to_numpy(dtype=float), reference, tolerance, **options)
    except Invalid as error:
        return {"code": "limits_unclear", **_out_of_bounds(error)}
    except TooFew as error:
        return {"code": "too_few", "need": error.need, "have": error.have, **_too_few(error)}
    if np.ptp(study.values) == 0:
        return {"code": "no_spread", **_NO_SPREAD}
    return None


def describe_type_one(study: TypeOne, *, required: float = 1.33, unit: str | None = None) -> Answer:
    """Say in one sentence whether a gauge passes a type 1 study, and what to do next.

    Parameters
    ----------
    study : TypeOne
    required : float, default 1.33
        What Cg and Cgk must reach.
    unit : str, optional

    Returns
    -------
    Answer
        ``capable`` (good), ``coarse`` (warning: it passes, but the resolution is too coarse), ``biased``
        (bad: Cg passes, Cgk does not) or ``not_capable`` (bad).

    Source
    ------
    ISO 22514-7:2021; VDA 5; AIAG MSA, 4th ed., III-B.
    """
    fits = study.percent_resolution <= COARSE
    if study.cg < required:
        code, level = "not_capable", "bad"
    elif study.cgk < required:
        code, level = "biased", "bad"
    else:
        code, level = ("capable", "good") if fits else ("coarse", "warning")
    numbers = {
        "en": f"Cg is {study.cg:.2f} and Cgk {study.cgk:.2f} against {required:g} required.",
        "zh": f"Cg 为 {study.cg:.2f}，Cgk 为 {study.cgk:.2f}，要求 {required:g}。",
    }
    text = _join(_OPENINGS[code], numbers, _bias(study, unit), *_caveats(study, fits))
    return Answer(code, level, text, _NEXT[code])


def _bias(study: TypeOne, unit: str | None) -> Text:
    places = decimals_for(study.sigma)
    found = study.bias
    size = f"{abs(found.mean):.{places}f}{' ' + unit if unit else ''}"
    if found.p >= LIKELY:
        return {
            "en": f"A bias cannot be seen (p {found.p:.2f}).",
            "zh": f"未见显著偏倚（p {found.p:.2f}）。",
        }
    p = f"{found.p:.3f}" if found.p >= 0.001 else "< 0.001"
    en, zh = ("much", "大") if found.mean > 0 else ("little", "小")
    return {
        "en": f"It shows {size} too {en} (p {p}).",
        "zh": f"示值偏{zh} {size}（p {p}）。",
    }


def _caveats(study: TypeOne, fits: bool) -> list[Text]:
    rows: list[Text] = []
    if not fits:
        rows.append(
            {
                "en": f"Its steps are {study.percent_resolution:.0f} % of the tolerance, above {COARSE:g}.",
                "zh": f"分辨力为公差的 {study.percent_resolution:.0f}%，最多允许 {COARSE:g}%。",
            }
        )
    if study.values.size < ADVISED_VALUES:
        rows.append(
            {
                "en": f"Based on {study.values.size} measurements; {ADVISED_VALUES} to 50 are usual.",
                "zh": f"仅基于 {study.values.size} 次测量，通常需要 {ADVISED_VALUES} 至 50 次。",
            }
        )
    return rows


def tiles(study: TypeOne, *, required: float) -> list[dict[str, Any]]:
    """List the numbers without a unit, as arguments of ``wb.kpi``.

    Parameters
    ----------
    study : TypeOne
    required : float

    Returns
    -------
    list of dict

    Source
    ------
    See ``describe_type_one``.
    """
    return [
        {"name": "cg", "value": study.cg, "target": required},
        {"name": "cgk", "value": study.cgk, "target": required},
        {"name": "percent_repeatability", "value": study.percent_repeatability},
        {"name": "percent_bias", "value": study.percent_bias if math.isfinite(study.percent_bias) else None},
        {"name": "percent_resolution", "value": study.percent_resolution, "target": COARSE},
        {"name": "t", "value": study.bias.t},
        {"name": "p", "value": study.bias.p},
        {"name": "values", "value": study.values.size},
    ]


def numbers(study: TypeOne, *, required: float) -> pd.DataFrame:
    """List what was computed, one number per row: quantity (a code) and value.

    Parameters
    ----------
    study : TypeOne
    required : float

    Returns
    -------
    DataFrame

    Source
    ------
    See ``msa_type1``.
    """
    part = study.share / 100 * study.tolerance
    for_cg, for_cgk = study.needed_tolerance(required)
    rows = [
        ("reference", study.reference),
        ("mean", float(study.values.mean())),
        ("bias", study.bias.mean),
        ("bias_low", study.bias.low),
        ("bias_high", study.bias.high),
        ("sigma", study.sigma),
        ("variation", study.variation),
        ("tolerance", study.tolerance),
        ("band_low", study.reference - part / 2),
        ("band_high", study.reference + part / 2),
        ("resolution", study.resolution),
        ("tolerance_for_cg", for_cg),
        ("tolerance_for_cgk", for_cgk),
        ("missing", float(study.missing)),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value"])


def _out_of_bounds(error: Invalid) -> dict[str, Text]:
    zh = {"tolerance": "公差", "share": "公差占比", "multiplier": "标准差倍数", "resolution": "分辨力"}
    return {
        "text": {"en": f"The study cannot be made: {error}.", "zh": f"{zh[error.subject]}必须大于 0。"},
        "remedy": {"en": "Enter a number above zero.", "zh": "请输入大于 0 的数值。"},
    }


def _too_few(error: TooFew) -> dict[str, Text]:
    return {
        "text": {
            "en": f"Only {error.have} measurements; a type 1 study needs {error.need}.",
            "zh": f"只有 {error.have} 次测量，第一类研究至少需要 {error.need} 次。",
        },
        "remedy": {
            "en": "Measure the same part 50 times at the same spot, taking it out in between; 25 at least.",
            "zh": "请在同一位置对同一零件测量 50 次（至少 25 次），每次重新装夹。",
        },
    }


def _join(*texts: Text) -> Text:
    return {"en": " ".join(text["en"] for text in texts), "zh": "".join(text["zh"] for text in texts)}


_OPENINGS: dict[str, Text] = {
    "capable": {"en": "The gauge passes:", "zh": "量具合格："},
    "coarse": {"en": "The gauge passes, but its display is too coarse:", "zh": "量具合格，但分辨力不足："},
    "biased": {"en": "The gauge repeats well but is not right:", "zh": "量具重复性好，但有偏倚："},
    "not_capable": {"en": "The gauge does not repeat well enough:", "zh": "量具重复性不足："},
}
_NEXT: dict[str, Text] = {
    "capable": {
        "en": "Go on with a study of several parts and operators.",
        "zh": "可继续进行多零件、多操作员的研究。",
    },
    "coarse": {
        "en": "Use a gauge or a display with finer steps, then repeat the study.",
        "zh": "请使用分辨力更高的量具或显示，再重新研究。",
    },
    "biased": {
        "en": "Set the gauge with the master part, check the master's certificate, then repeat the study.",
        "zh": "用标准件重新校准量具，核对标准件证书，再重新研究。",
    },
    "not_capable": {
        "en": "Check clamping, contact, temperature and the measuring spot; then repeat the study.",
        "zh": "检查装夹、接触、温度和测量位置，再重新研究。",
    },
}
_NO_REFERENCE: dict[str, Text] = {
    "text": {"en": "The true size of the part is not given.", "zh": "未给出零件的参考值。"},
    "remedy": {
        "en": "Enter the reference from the calibration certificate, or map a column that holds it.",
        "zh": "请输入校准证书上的参考值，或映射包含参考值的列。",
    },
}
_NO_TOLERANCE: dict[str, Text] = {
    "text": {"en": "The tolerance is not given.", "zh": "未给出公差。"},
    "remedy": {
        "en": "Enter the width of the tolerance (upper minus lower limit), or map a column that holds it.",
        "zh": "请输入公差宽度（上限减下限），或映射包含公差的列。",
    },
}
_NO_SPREAD: dict[str, Text] = {
    "text": {"en": "All measurements are equal.", "zh": "所有测量值相同。"},
    "remedy": {
        "en": "The steps of the display are too coarse to see the gauge vary: record more decimals.",
        "zh": "显示分辨力过低，看不出量具变差：请记录更多小数位。",
    },
}
