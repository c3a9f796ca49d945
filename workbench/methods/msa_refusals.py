"""Why there is no gauge study, and what would help, in English and Chinese.

Decides the words of a refusal; what is refused is decided where it is raised.
"""

from typing import Any

import pandas as pd

from workbench.errors import Invalid, NoSpread, Refused, TooFew
from workbench.methods.chart_words import Text
from workbench.methods.msa_model import Allowed
from workbench.methods.msa_study import OtherDesign, Unbalanced, crossed_layout, nested_layout


def problem(
    frame: pd.DataFrame, *, nested: bool = False, incomplete: str = "refuse", repeats: int = 1, **limits: Any
) -> dict[str, Any] | None:
    """Say why there can be no gauge study, and what would help, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame
        See ``msa_study.crossed_layout``.
    nested : bool, default False
        Whether each operator measured parts of his own.
    incomplete : {"refuse", "leave_out"}
    repeats : int, default 1
        Trials that the method needs.
    **limits
        See ``msa_model.Allowed``.

    Returns
    -------
    dict or None

    Source
    ------
    See ``msa_study`` and ``msa_model.Allowed``.
    """
    try:
        Allowed(**limits)
        layout = (nested_layout if nested else crossed_layout)(frame, incomplete=incomplete)
    except Invalid as error:
        return {"code": "limits_unclear", **_limits_unclear(error)}
    except Refused as error:
        return _refusal(error)
    if layout.shape[2] < repeats:
        return _refusal(TooFew("measurements of each part", need=repeats, have=layout.shape[2]))
    return None


def _refusal(error: Refused) -> dict[str, Any]:
    if isinstance(error, Unbalanced):
        return {"code": "unbalanced", **_unbalanced(error)}
    if isinstance(error, OtherDesign):
        return {"code": "nested_design", **_OTHER_DESIGN}
    if isinstance(error, NoSpread):
        return {"code": "no_spread", **_NO_SPREAD}
    if isinstance(error, TooFew):
        return {"code": "too_few", "need": error.need, "have": error.have, **_too_few(error)}
    raise error


def _unbalanced(error: Unbalanced) -> dict[str, Text]:
    named, more = "; ".join(error.cells[:3]), len(error.cells) - 3
    en, zh = (f" and {more} more", f"及另外 {more} 处") if more > 0 else ("", "")
    return {
        "text": {
            "en": f"The study is not complete: {named}{en}; expected {error.trials} measurements each.",
            "zh": f"数据不完整：{named}{zh}；每处应有 {error.trials} 次测量。",
        },
        "remedy": {
            "en": "Measure what is missing, or set 'Incomplete parts' to leave them out.",
            "zh": "请补测缺少的数据，或将“不完整的零件”设为剔除。",
        },
    }


def _limits_unclear(error: Invalid) -> dict[str, Text]:
    return {
        "text": {
            "en": f"The limits cannot be used: {error}.",
            "zh": f"限值无法使用：{_LIMITS[error.subject]}为 {error.given}，与其他限值不符或不为正数。",
        },
        "remedy": {
            "en": "Enter either the width of the tolerance, or its limits with the lower below the upper.",
            "zh": "请只输入公差宽度，或输入规格限并保证下限小于上限。",
        },
    }


def _too_few(error: TooFew) -> dict[str, Text]:
    zh = {
        "complete parts": "完整的零件",
        "measurements": "测量值",
        "operators": "操作员",
        "measurements of each part": "每个零件的测量次数",
    }[error.subject]
    return {
        "text": {
            "en": f"Too few {error.subject}: {error.have}, at least {error.need} are needed.",
            "zh": f"{zh}太少：只有 {error.have}，至少需要 {error.need}。",
        },
        "remedy": {
            "en": "Measure 10 parts by 3 operators, 3 times each, in random order; 5 × 2 × 2 is the least.",
            "zh": "建议 10 个零件、3 名操作员、各测 3 次，随机顺序；最少 5 × 2 × 2。",
        },
    }


_LIMITS = {
    "tolerance": "公差宽度",
    "historical_sigma": "过程标准差",
    "multiplier": "标准差倍数",
    "lower limit": "规格下限",
}
_NO_SPREAD: dict[str, Text] = {
    "text": {"en": "All values are equal.", "zh": "所有数值相同。"},
    "remedy": {
        "en": "Record more decimals, or use a gauge with a finer resolution.",
        "zh": "请记录更多小数位，或使用分辨力更高的量具。",
    },
}
_OTHER_DESIGN: dict[str, Text] = {
    "text": {
        "en": "No part was measured by two operators, so this is a nested study.",
        "zh": "没有零件被两名操作员测量，属于嵌套型研究。",
    },
    "remedy": {
        "en": "Open 'Gauge study, nested' with the same table, or let every operator measure every part.",
        "zh": "请用同一数据表打开“嵌套型量具研究”，或让每名操作员测量每个零件。",
    },
}
