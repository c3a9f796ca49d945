"""Why counts cannot be charted and what would help, and what was done to them, in English and Chinese."""

from typing import Any

import pandas as pd

from workbench.errors import NoSpread, Refused, TooFew
from workbench.methods.attribute import (
    RECOMMENDED_POINTS,
    AttributeChart,
    AttributePlan,
    NoEvents,
)
from workbench.methods.attribute_samples import ImpossibleCounts, NoCount, NoSize, arrange
from workbench.methods.attribute_stages import staged_chart
from workbench.methods.chart_words import Text, notes_table


def attribute_notes(chart: AttributeChart) -> pd.DataFrame:
    """List what had to be done to the data before it could be charted: note (a code) and count.

    Parameters
    ----------
    chart : AttributeChart

    Returns
    -------
    DataFrame
        Columns note (str) and count (int).

    Source
    ------
    None: honesty.
    """
    notes = dict(chart.inspections.notes)
    if chart.preliminary:
        notes["preliminary_limits"] = chart.limit_points
    return notes_table(notes)


def attempt(
    frame: pd.DataFrame, chart: str, plan: AttributePlan
) -> tuple[AttributeChart, None] | tuple[None, dict[str, Any]]:
    """Chart inspections, or say why not and what would help, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame
        See ``attribute_samples.arrange``.
    chart : str
    plan : AttributePlan

    Returns
    -------
    chart, refusal : AttributeChart or None, dict or None
        One of the two. The refusal has code, text, remedy and, where it is a number, need and have.

    Source
    ------
    None.
    """
    try:
        return staged_chart(arrange(frame, chart), plan), None
    except Refused as error:
        refusal, stage = _refusal(error), "".join(getattr(error, "__notes__", []))
        if stage:
            named = {"en": f"Stage {stage}: ", "zh": f"阶段 {stage}："}
            refusal["text"] = {language: named[language] + text for language, text in refusal["text"].items()}
        return None, refusal


def _refusal(error: Refused) -> dict[str, Any]:
    if isinstance(error, TooFew):
        text = {
            "en": f"Only {error.have} usable points; limits need {error.need}.",
            "zh": f"只有 {error.have} 个可用点，计算控制限至少需要 {error.need} 个。",
        }
        return {
            "code": "too_few_points",
            "need": error.need,
            "have": error.have,
            "text": text,
            "remedy": _MORE,
        }
    if isinstance(error, ImpossibleCounts):
        return _impossible(error)
    for kind, code in (
        (NoCount, "no_count"),
        (NoSize, "no_size"),
        (NoEvents, "no_events"),
        (NoSpread, "no_spread"),
    ):
        if isinstance(error, kind):
            return {"code": code, **_REFUSALS[code]}
    raise error


def _impossible(error: ImpossibleCounts) -> dict[str, Any]:
    what = _IMPOSSIBLE[error.kind]
    text = {
        "en": f"{error.rows} rows have {what['text']['en']}.",
        "zh": f"{error.rows} 行{what['text']['zh']}。",
    }
    return {
        "code": "impossible_counts",
        "have": error.rows,
        "need": 0,
        "text": text,
        "remedy": what["remedy"],
    }


_MORE: Text = {
    "en": f"Collect more samples ({RECOMMENDED_POINTS} are recommended), mark more rows as baseline, or "
    "enter the "
    "known level.",
    "zh": f"请收集更多样本（建议 {RECOMMENDED_POINTS} 个），标记更多基准行，或输入已知水平。",
}
_REFUSALS: dict[str, dict[str, Text]] = {
    "no_count": {
        "text": {"en": "There is no column of counts.", "zh": "没有计数列。"},
        "remedy": {
            "en": "Map the number of defectives or defects; for a t chart the time between events, or the "
            "times "
            "of the events themselves.",
            "zh": "请映射不合格品数或缺陷数；t 图请映射事件之间的时间，或事件发生的时间。",
        },
    },
    "no_size": {
        "text": {
            "en": "This chart divides by what was inspected, and nothing says how much that was.",
            "zh": "该控制图需要检验数，但没有提供。",
        },
        "remedy": {
            "en": "Map the number of items or units inspected, or choose the c chart for samples of equal "
            "size.",
            "zh": "请映射检验数；若每次检验数相同，可改用 c 图。",
        },
    },
    "no_events": {
        "text": {
            "en": "Nothing at all, or everything, was found defective: there is no rate to hold points to.",
            "zh": "没有发现任何不合格，或全部不合格：无法建立控制限。",
        },
        "remedy": {
            "en": "Enter the known level, gather larger samples, or chart what lies between rare events "
            "with g "
            "or t.",
            "zh": "请输入已知水平，加大样本量，或用 g 图、t 图分析稀有事件的间隔。",
        },
    },
    "no_spread": {
        "text": {"en": "The times between events do not differ.", "zh": "事件之间的时间完全相同。"},
        "remedy": {
            "en": "Record the times more finely, or enter the shape of their distribution.",
            "zh": "请更精细地记录时间，或输入分布的形状参数。",
        },
    },
}
_IMPOSSIBLE: dict[str, dict[str, Text]] = {
    "negative_counts": {
        "text": {"en": "a count below zero", "zh": "的计数小于零"},
        "remedy": {"en": "Correct these rows or leave them out.", "zh": "请更正或去掉这些行。"},
    },
    "broken_counts": {
        "text": {"en": "a count that is not a whole number", "zh": "的计数不是整数"},
        "remedy": {
            "en": "Map the number found, not a share or a mean; for times between events choose the t chart.",
            "zh": "请映射实际个数，而不是比率或均值；如为事件间隔时间，请选择 t 图。",
        },
    },
    "more_than_inspected": {
        "text": {"en": "more defective items than were inspected", "zh": "的不合格品数多于检验数"},
        "remedy": {
            "en": "If one item can have several defects choose the u or c chart; otherwise check both "
            "columns.",
            "zh": "若一件产品可有多个缺陷，请选择 u 图或 c 图；否则请检查这两列。",
        },
    },
}
