"""Why groups cannot be compared and what would help, and what was done to them, in English and Chinese."""

from typing import Any

import pandas as pd

from workbench.errors import NoSpread, Refused, TooFew
from workbench.methods.chart_words import Text, notes_table
from workbench.methods.groups import NoValues, TooManyGroups, arrange_groups
from workbench.methods.groups_compare import ComparePlan, Comparison, OneGroup, WrongTest, compare


def attempt_comparison(
    frame: pd.DataFrame, plan: ComparePlan, **arrangement: Any
) -> tuple[Comparison, None] | tuple[None, dict[str, Any]]:
    """Compare groups, or say why not and what would help, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame
        See ``groups.arrange_groups``.
    plan : ComparePlan
    **arrangement
        columns, missing_code and label of ``groups.arrange_groups``.

    Returns
    -------
    comparison, refusal : Comparison or None, dict or None
        One of the two.

    Source
    ------
    None.
    """
    try:
        return compare(arrange_groups(frame, **arrangement), plan), None
    except Refused as error:
        return None, _refusal(error)


def comparison_notes(found: Comparison) -> pd.DataFrame:
    """List what had to be done to the data: note (a code) and count.

    Parameters
    ----------
    found : Comparison

    Returns
    -------
    DataFrame
        Columns note (str) and count (int).

    Source
    ------
    None: honesty.
    """
    return notes_table(found.groups.notes)


def _refusal(error: Refused) -> dict[str, Any]:
    if isinstance(error, TooFew):
        return {"code": "too_few_values", "need": 2, "have": 0, **_REFUSALS["too_few_values"]}
    if isinstance(error, WrongTest):
        text = {
            "en": f"The test that was chosen is not for {error.groups} groups.",
            "zh": f"所选检验不适用于 {error.groups} 个组。",
        }
        return {
            "code": "wrong_test",
            "have": error.groups,
            "text": text,
            "remedy": _REFUSALS["wrong_test"]["remedy"],
        }
    kinds = (
        (OneGroup, "one_group"),
        (NoSpread, "no_spread"),
        (NoValues, "no_values"),
        (TooManyGroups, "too_many_groups"),
    )
    for kind, code in kinds:
        if isinstance(error, kind):
            return {"code": code, **_REFUSALS[code]}
    raise error


_REFUSALS: dict[str, dict[str, Text]] = {
    "too_few_values": {
        "text": {"en": "No group has two values.", "zh": "没有任何组含有两个以上数值。"},
        "remedy": {
            "en": "Map the column of groups so that several values share one label, or collect more values.",
            "zh": "请映射组别列，使多个数值共用一个标签，或收集更多数值。",
        },
    },
    "wrong_test": {
        "remedy": {
            "en": "Choose the automatic test, or one for this number of groups.",
            "zh": "请选择自动，或选择适合该组数的检验。",
        },
    },
    "one_group": {
        "text": {
            "en": "There is one group only and nothing to compare it with.",
            "zh": "只有一个组，没有可比较的对象。",
        },
        "remedy": {
            "en": "Map the column of groups, name the columns to compare, or enter a target.",
            "zh": "请映射组别列、指定要比较的列，或输入目标值。",
        },
    },
    "no_spread": {
        "text": {"en": "The values within the groups do not differ.", "zh": "组内数值完全相同。"},
        "remedy": {
            "en": "Record the values with more decimals, or check the gauge.",
            "zh": "请记录更多小数位，或检查量具。",
        },
    },
    "no_values": {
        "text": {"en": "There is no column of numbers to compare.", "zh": "没有可比较的数值列。"},
        "remedy": {
            "en": "Map the measured value and the group.",
            "zh": "请映射测量值和组别。",
        },
    },
    "too_many_groups": {
        "text": {"en": "There are more than 40 groups.", "zh": "组数超过 40。"},
        "remedy": {
            "en": "Take a coarser group, such as the machine instead of the part, or a part of the rows.",
            "zh": "请使用更粗的分组（例如按设备而不是按零件），或只分析部分数据。",
        },
    },
}
