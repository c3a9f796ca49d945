"""Why there is no sampling plan, and what would help; and how results written by people are read.

Decides the words of a refusal and which words mean accepted.
"""

from typing import Any

import pandas as pd

from workbench.errors import Invalid
from workbench.methods.chart_words import Text
from workbench.methods.sampling_switching import ByCount, Rule
from workbench.methods.sampling_tables import LARGEST_PERCENT, SEVERITIES, aql_index, plan_for
from workbench.methods.sampling_variables import ByMeasurement, matched_plan

ACCEPTED = {"accepted", "accept", "ok", "pass", "passed", "yes", "true", "1", "合格", "接收", "允收", "通过"}
REJECTED = {
    "rejected",
    "reject",
    "ng",
    "fail",
    "failed",
    "no",
    "false",
    "0",
    "不合格",
    "拒收",
    "不接收",
    "退货",
}


def chosen_rule(method: str, *, lower: float | None, upper: float | None, sigma: float | None) -> Rule:
    """Return how lots are judged.

    Parameters
    ----------
    method : {"attributes", "s", "sigma"}
    lower, upper, sigma : float or None

    Returns
    -------
    Rule

    Source
    ------
    ISO 2859-1; ISO 3951-1.

    Examples
    --------
    >>> chosen_rule("attributes", lower=None, upper=None, sigma=None)
    ByCount()
    """
    if method == "attributes":
        return ByCount()
    return ByMeasurement(lower, upper, sigma if method == "sigma" else None)


def judged(frame: pd.DataFrame, *, lot_size: int) -> pd.DataFrame:
    """Bring lots into the shape ``sampling_switching.walk`` reads.

    Parameters
    ----------
    frame : DataFrame
        lot_id; optional lot_size, n, defects, result, mean, sd.
    lot_size : int
        For lots that do not say it.

    Returns
    -------
    DataFrame

    Source
    ------
    None.

    Examples
    --------
    >>> judged(pd.DataFrame({"lot_id": ["a"], "result": ["合格"]}), lot_size=90)["accepted"].tolist()
    [True]
    """
    lots = frame.rename(columns={"lot_id": "lot"})
    sizes = lots["lot_size"] if "lot_size" in lots else pd.Series(float("nan"), index=lots.index)
    lots = lots.assign(lot_size=sizes.astype(float).fillna(lot_size).astype(int))
    if "result" not in lots:
        return lots
    said = [_said(value) for value in lots["result"]]
    return lots.assign(accepted=pd.Series(said, index=lots.index, dtype=object))


def problem(
    frame: pd.DataFrame | None,
    method: str,
    *,
    lower: float | None = None,
    upper: float | None = None,
    sigma: float | None = None,
    **choices: Any,
) -> dict[str, Any] | None:
    """Say why there can be no plan, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame or None
    method : {"attributes", "s", "sigma"}
    lower, upper, sigma : float or None
    **choices
        lot_size, level, aql, severity.

    Returns
    -------
    dict or None

    Source
    ------
    See ``sampling_tables``.
    """
    try:
        aql_index(choices["aql"])
    except Invalid as error:
        return {"code": "aql_unknown", **_unknown_aql(error)}
    if method != "attributes":
        refused = _cannot_measure(choices, method, no_limits=lower is None and upper is None, sigma=sigma)
        if refused:
            return refused
    return None if frame is None else _cannot_judge(frame, method, choices["lot_size"])


def _cannot_measure(
    choices: dict[str, Any], method: str, *, no_limits: bool, sigma: float | None
) -> dict[str, Any] | None:
    if no_limits:
        return {"code": "no_limits", **_NO_LIMITS}
    if method == "sigma" and sigma is None:
        return {"code": "no_sigma", **_NO_SIGMA}
    if choices["aql"] > LARGEST_PERCENT:
        return {"code": "aql_unknown", **_NOT_MEASURED}
    try:
        for severity in SEVERITIES:
            plan = plan_for(choices["lot_size"], choices["level"], choices["aql"], severity)
            if plan.whole_lot:
                return {"code": "plan_unusable", **_WHOLE_LOT}
            matched_plan(plan, known_sigma=method == "sigma")
    except Invalid:
        return {"code": "plan_unusable", **_TOO_LARGE}
    return None


def _cannot_judge(frame: pd.DataFrame, method: str, lot_size: int) -> dict[str, Any] | None:
    needed = {"attributes": ["defects"], "s": ["mean", "sd"], "sigma": ["mean"]}[method]
    if any(name not in frame or frame[name].isna().any() for name in needed):
        return {"code": "no_counts", **(_NO_COUNTS if method == "attributes" else _NO_MEANS)}
    if "lot_size" in frame and (frame["lot_size"].fillna(lot_size) < 2).any():
        return {"code": "lot_too_small", **_LOT_TOO_SMALL}
    try:
        judged(frame, lot_size=lot_size)
    except Invalid as error:
        return {"code": "result_unclear", **_unclear(error)}
    return None


def _said(value: Any) -> bool | None:
    word = "" if value is None or pd.isna(value) else str(value).strip().lower()
    if not word:
        return None
    if word in ACCEPTED or word in REJECTED:
        return word in ACCEPTED
    raise Invalid("result", given=repr(value), expected="accepted or rejected")


def _unknown_aql(error: Invalid) -> dict[str, Text]:
    near = (error.hint or "").rsplit(" ", 1)[-1]
    return {
        "text": {
            "en": f"There is no plan for an AQL of {error.given}.",
            "zh": f"标准中没有 AQL 为 {error.given} 的方案。",
        },
        "remedy": {
            "en": f"Take a preferred value; the nearest is {near}.",
            "zh": f"请选用优先值，最接近的是 {near}。",
        },
    }


def _unclear(error: Invalid) -> dict[str, Text]:
    return {
        "text": {
            "en": f"The result {error.given} is neither accepted nor rejected.",
            "zh": f"结果 {error.given} 无法判定为接收或不接收。",
        },
        "remedy": {
            "en": "Write 'accepted' or 'rejected', or leave the cell empty to decide by the count.",
            "zh": "请填写“接收”或“不接收”，或留空由不合格数判定。",
        },
    }


_NO_LIMITS: dict[str, Text] = {
    "text": {"en": "No specification limit is given.", "zh": "未给出规格限。"},
    "remedy": {"en": "Enter the lower or the upper limit.", "zh": "请输入规格下限或上限。"},
}
_NO_SIGMA: dict[str, Text] = {
    "text": {"en": "The σ-method needs the known sigma.", "zh": "σ 法需要已知的过程标准差。"},
    "remedy": {
        "en": "Enter sigma from a stable control chart, or take the s-method.",
        "zh": "请输入受控控制图得到的标准差，或改用 s 法。",
    },
}
_NOT_MEASURED: dict[str, Text] = {
    "text": {
        "en": "Above 10 an AQL counts nonconformities, which cannot be measured.",
        "zh": "AQL 大于 10 时为每百单位不合格数，不适用计量抽样。",
    },
    "remedy": {
        "en": "Choose an AQL up to 10, or counting.",
        "zh": "请选择不大于 10 的 AQL，或改用计数抽样。",
    },
}
_WHOLE_LOT: dict[str, Text] = {
    "text": {"en": "The lot is as small as the sample by counting.", "zh": "批量不大于计数样本量。"},
    "remedy": {"en": "Inspect every item, or choose counting.", "zh": "请全检，或改用计数抽样。"},
}
_TOO_LARGE: dict[str, Text] = {
    "text": {
        "en": "No plan by measurement of up to 2000 items protects both sides.",
        "zh": "2000 件以内没有可用的计量方案。",
    },
    "remedy": {"en": "Choose a lower level or counting.", "zh": "请选择较低的检验水平，或改用计数抽样。"},
}
_NO_COUNTS: dict[str, Text] = {
    "text": {
        "en": "The number of nonconforming items is missing for some lots.",
        "zh": "部分批缺少不合格品数。",
    },
    "remedy": {
        "en": "Map the column with the nonconforming items of the sample and fill its gaps.",
        "zh": "请映射样本不合格品数所在的列，并补全空缺。",
    },
}
_NO_MEANS: dict[str, Text] = {
    "text": {"en": "Mean or standard deviation is missing for some lots.", "zh": "部分批缺少均值或标准差。"},
    "remedy": {
        "en": "Map mean and standard deviation of each lot's sample and fill the gaps.",
        "zh": "请映射各批样本的均值和标准差，并补全空缺。",
    },
}
_LOT_TOO_SMALL: dict[str, Text] = {
    "text": {"en": "A lot has fewer than 2 items.", "zh": "有批的批量小于 2。"},
    "remedy": {"en": "Correct the lot size, or leave it empty.", "zh": "请更正批量，或将其留空。"},
}
