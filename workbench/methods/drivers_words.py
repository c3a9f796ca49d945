"""What the search for drivers found, in words for the shop floor, in English and Chinese.

Chooses sentences; whether a factor counts is decided in ``drivers``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.errors import Refused, TooFew, WorkbenchError
from workbench.methods.chart_words import Answer, Text, join
from workbench.methods.drivers import DriverPlan, Drivers, find_drivers
from workbench.methods.drivers_confounding import confounding, leaks
from workbench.methods.drivers_data import NoFactors, NoResult, TooFewGroups, problem_from, without

NAMED = 3
WEAK = 0.1  # a model that explains less than this share is a hint, not an explanation


@dataclass(frozen=True)
class Search:
    """A finished search: what was found, what is confounded, and which columns knew too much."""

    drivers: Drivers
    confounded: pd.DataFrame
    leaks: list[str]


def search(
    frame: pd.DataFrame, plan: DriverPlan, *, keep_leaks: bool = False, **choices: Any
) -> tuple[Search | None, dict[str, Any] | None]:
    """Look for drivers, or say why that cannot be done, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame
        See ``drivers_data.problem_from``.
    plan : DriverPlan
    keep_leaks : bool, default False
        Keep factors that know the result too well.
    **choices
        Of ``drivers_data.problem_from``.

    Returns
    -------
    Search or None, dict or None

    Source
    ------
    See ``drivers.find_drivers``.
    """
    try:
        problem = problem_from(frame, **choices)
        known = [] if keep_leaks else leaks(problem)
        confounded = confounding(problem, plan.correlated)
        if known:
            problem = without(problem, known, "leak")
        if not problem.factors:
            raise NoFactors("every column knows the result too well", given=", ".join(known))
        return Search(find_drivers(problem, plan), confounded, known), None
    except WorkbenchError as error:
        return None, _refusal(error)


def _refusal(error: WorkbenchError) -> dict[str, Any]:
    for kind, code in (
        (TooFew, "too_few_rows"),
        (NoResult, "no_result"),
        (NoFactors, "no_factors"),
        (TooFewGroups, "too_few_groups"),
    ):
        if isinstance(error, kind):
            asked = {"need": error.need, "have": error.have} if isinstance(error, TooFew) else {}
            return {"code": code, **asked, **_REFUSALS[code]}
    if isinstance(error, Refused):
        raise error
    given = str(error.given or "")
    text = {"en": str(error), "zh": f"列名或选项无效：{given}。"}
    return {"code": "unknown_column", "text": text, "remedy": _REFUSALS["unknown_column"]["remedy"]}


def describe_drivers(found: Search, unit: str | None = None) -> Answer:
    """Say in one sentence what moves the result, and what to do next.

    Parameters
    ----------
    found : Search
    unit : str, optional

    Returns
    -------
    Answer
        ``drivers_found`` (good), ``confounded`` (warning: the strongest cannot be told from another factor,
        from time or from the group), ``weak`` (warning: less than a tenth explained) or ``nothing_found``
        (warning).

    Source
    ------
    See ``drivers.find_drivers``.
    """
    drivers = found.drivers
    caveats = (_about_split(drivers), _about_leaks(found.leaks))
    if drivers.found.empty:
        return Answer("nothing_found", "warning", join(_nothing(drivers), *caveats), _NEXT["nothing_found"])
    mixed_up = _confounded(found)
    code = "confounded" if mixed_up else "weak" if drivers.score < WEAK else "drivers_found"
    level = "good" if code == "drivers_found" else "warning"
    return Answer(code, level, join(_strongest(drivers, unit), mixed_up, *caveats), _NEXT[code])


def _nothing(drivers: Drivers) -> Text:
    n, k = drivers.problem.n, len(drivers.problem.factors)
    return {
        "en": f"Nothing found: on rows it had not seen, a model of {k} factors and {n} rows is no better "
        "than the mean. Differences in the result look like noise, or their cause was not recorded.",
        "zh": f"未发现主要因素：由 {k} 个因素、{n} 行数据建立的模型，在未参与学习的数据上并不优于均值。"
        "结果的差异像是随机波动，或真正的原因没有记录。",
    }


def _strongest(drivers: Drivers, unit: str | None) -> Text:
    count = len(drivers.found)
    parts = [_moves(row, drivers, unit) for _, row in drivers.found.head(NAMED).iterrows()]
    share = f"{100 * drivers.score:.0f} %"
    many = "factor moves" if count == 1 else "factors move"
    return {
        "en": f"{count} {many} the result: {'; '.join(part['en'] for part in parts)}. Together all factors "
        f"explain {share} of its variance on rows not learnt from.",
        "zh": f"有 {count} 个因素影响结果：{'；'.join(part['zh'] for part in parts)}。"
        f"全部因素共解释未参与学习数据中方差的 {share}。",
    }


def _moves(row: pd.Series, drivers: Drivers, unit: str | None) -> Text:
    name, size = str(row["factor"]), float(row["effect"])
    if not size > 0:
        return {"en": name, "zh": name}
    if drivers.problem.event is not None:
        amount = f"{100 * size:.0f} %"
    else:
        amount = f"{size:.3g}" + (f" {unit}" if unit else "")
    said = {
        "up": ("higher raises it by up to", "越高结果越大，最多相差"),
        "down": ("higher lowers it by up to", "越高结果越小，最多相差"),
        "bent": ("moves it, not in one direction, by up to", "影响方向不单一，最多相差"),
        "level": ("its levels differ by up to", "各水平最多相差"),
    }[str(row["direction"])]
    return {"en": f"{name} ({said[0]} {amount})", "zh": f"{name}（{said[1]} {amount}）"}


def _confounded(found: Search) -> Text | None:
    """Say what the strongest factor cannot be told from."""
    members = str(found.drivers.found["factor"].iloc[0]).split(" + ")
    table = found.confounded
    touched = table[table["aliased"] & (table["factor"].isin(members) | table["with"].isin(members))]
    if touched.empty:
        return None
    row = touched.iloc[0]
    one, other = str(row["factor"]), str(row["with"])
    if row["kind"] == "time":
        return {
            "en": f"But {one} changed with time: anything else that changed with time explains as much.",
            "zh": f"但 {one} 随时间变化：任何随时间变化的因素都可能是原因。",
        }
    if row["kind"] == "group":
        return {
            "en": f"But {one} changes only from group to group: other differences of groups explain as much.",
            "zh": f"但 {one} 只在组与组之间变化：组间的其他差异也可能是原因。",
        }
    return {
        "en": f"But {one} and {other} always change together: these rows cannot tell which one it is.",
        "zh": f"但 {one} 与 {other} 总是同时变化：现有数据无法区分是哪一个。",
    }


def _about_split(drivers: Drivers) -> Text:
    k = len(drivers.folds)
    return {
        "group": {
            "en": f"Tested on whole groups that were not learnt from, {k} times.",
            "zh": f"用未参与学习的整组数据检验 {k} 次。",
        },
        "time": {
            "en": f"Tested on {k} stretches of time, each predicted from the others.",
            "zh": f"按时间分为 {k} 段，每段由其余各段预测。",
        },
        "random": {
            "en": f"Tested on random parts of the rows, {k} times; name a group or time column if rows of "
            "one batch resemble each other.",
            "zh": f"用随机抽取的数据检验 {k} 次；若同一批次的行彼此相似，请指定组或时间列。",
        },
    }[drivers.split]


def _about_leaks(names: Sequence[str]) -> Text | None:
    if not names:
        return None
    return {
        "en": f"Left out, because they know the result too well to be causes: {', '.join(names)}.",
        "zh": f"以下各列与结果过于吻合，不像原因，已排除：{'、'.join(names)}。",
    }


def excluded_of(found: Search) -> pd.DataFrame:
    """List the columns that are no factors: column and reason (a code).

    Parameters
    ----------
    found : Search

    Returns
    -------
    DataFrame

    Source
    ------
    None.
    """
    given = found.drivers.problem.excluded
    return pd.DataFrame({"column": list(given), "reason": list(given.values())}, dtype=str)


def tiles(found: Search, unit: str | None = None) -> list[dict[str, Any]]:
    """List the numbers to show, as arguments of ``wb.kpi``.

    Parameters
    ----------
    found : Search
    unit : str, optional

    Returns
    -------
    list of dict

    Source
    ------
    See ``drivers.Drivers``.
    """
    drivers = found.drivers
    top = None if drivers.found.empty else str(drivers.found["factor"].iloc[0])
    numbers: dict[str, Any] = {
        "drivers": len(drivers.found),
        "top_driver": top,
        "score": 100 * drivers.score,
        "score_p": drivers.p,
        "error": drivers.error,
        "baseline_error": drivers.baseline_error,
        "auc": drivers.auc,
        "rows": drivers.problem.n,
        "factors": len(drivers.problem.factors),
        "leaks": len(found.leaks),
    }
    units = {"score": "%"}
    if drivers.problem.event is None:
        units |= {"error": unit or "", "baseline_error": unit or ""}
    return [
        {"name": name, "value": value, "unit": units.get(name) or None} for name, value in numbers.items()
    ]


_NEXT: dict[str, Text] = {
    "drivers_found": {
        "en": "Confirm the strongest factors by a planned trial (experiment: design) before changing a "
        "setting: this shows what goes together, not what causes what.",
        "zh": "在调整参数前，请用试验设计验证最强的因素：本分析显示的是相关，不等于因果。",
    },
    "confounded": {
        "en": "Change one of them alone, in a planned trial or on one machine, and look again.",
        "zh": "请在试验设计中或在一台设备上只改变其中一个因素，再重新分析。",
    },
    "weak": {
        "en": "Most of the variance has another cause: record more (material, tool, temperature), and check "
        "the gauge.",
        "zh": "大部分差异另有原因：请记录更多因素（材料、刀具、温度），并检查量具。",
    },
    "nothing_found": {
        "en": "Check the gauge first, then record what has not been recorded: material batch, tool, ambient "
        "conditions.",
        "zh": "先检查量具，再记录尚未记录的因素：材料批次、刀具、环境条件。",
    },
}
_REFUSALS: dict[str, dict[str, Text]] = {
    "too_few_rows": {
        "text": {
            "en": "There are too few rows, or too few of the event, to test anything.",
            "zh": "数据行数或事件次数太少，无法检验。",
        },
        "remedy": {
            "en": "Add older rows: 50 with a result are needed, of an event 10 with it and 10 without.",
            "zh": "请补充更早的数据：至少 50 行有结果；若为事件，发生与未发生各至少 10 行。",
        },
    },
    "no_result": {
        "text": {
            "en": "The result does not vary, or has more than two kinds.",
            "zh": "结果没有变化，或超过两种类别。",
        },
        "remedy": {
            "en": "Map a column of numbers or of two kinds, or name the event to explain.",
            "zh": "请选择数值列或只有两种类别的列，或指定要解释的事件。",
        },
    },
    "no_factors": {
        "text": {"en": "No column is left that could be a cause.", "zh": "没有可作为原因的列。"},
        "remedy": {
            "en": "Add columns that describe how each part was made; identifiers, constants and copies of "
            "the result do not count.",
            "zh": "请添加描述生产条件的列；标识号、常量和结果的副本不能作为因素。",
        },
    },
    "too_few_groups": {
        "text": {
            "en": "There are fewer than three groups to test on.",
            "zh": "用于检验的组少于三个。",
        },
        "remedy": {
            "en": "Choose another split, or map the column that names batches or lots.",
            "zh": "请选择其他划分方式，或指定批次列。",
        },
    },
    "unknown_column": {
        "text": {"en": "A column does not exist.", "zh": "列不存在。"},
        "remedy": {
            "en": "Write the names of columns as the table has them.",
            "zh": "请按数据表中的列名填写。",
        },
    },
}
