"""What a table's health means: the verdict in one sentence, what to do next, and which analyses it carries.

Limits are stated here once; the figures they are applied to come from ``health``.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.methods.health import Health, is_number

Words = dict[str, str]

COMPLETE, USABLE = 99.0, 90.0  # completeness, %, for a good table and for one that can be used with care
DUPLICATES_GOOD, DUPLICATES_USABLE = 0.1, 5.0  # duplicate rate, %
AFFECTED_GOOD = 0.001  # share of readings that lie in a defect
LEVELS = {"ready": "good", "usable_with_care": "warning", "not_ready": "bad"}
CHECKS: dict[str, Words] = {
    "missing": {"one": "missing value", "en": "missing values", "zh": "个缺失值"},
    "missing_time": {"one": "row without a time", "en": "rows without a time", "zh": "行缺少时间"},
    "duplicate": {"one": "duplicate", "en": "duplicates", "zh": "行重复"},
    "gap": {"one": "gap", "en": "gaps", "zh": "处时间中断"},
    "flatline": {"one": "flatline", "en": "flatlines", "zh": "处平直段"},
    "spike": {"one": "spike", "en": "spikes", "zh": "个尖峰"},
    "out_of_range": {"one": "value out of range", "en": "values out of range", "zh": "个超范围值"},
    "unit_suspect": {"one": "unit suspect", "en": "unit suspects", "zh": "处疑似单位混用"},
}
ANALYSES: dict[str, Words] = {
    "control_chart": {"en": "a control chart", "zh": "控制图"},
    "capability": {"en": "a capability study", "zh": "过程能力分析"},
    "forecast": {"en": "a forecast", "zh": "预测"},
    "trend": {"en": "a trend", "zh": "趋势分析"},
}
NEXT: dict[str, Words] = {
    "unit_suspect": {
        "en": "Bring {where} to one unit first: the findings say from when to when and by which ratio.",
        "zh": "先将{where}统一为一种单位：发现表列出了起止时间和比值。",
    },
    "out_of_range": {
        "en": "Replace fill values and implausible readings of {where} by empty cells, or correct the range.",
        "zh": "将{where}的填充值和不合理读数改为空单元格，或修正合理范围。",
    },
    "missing_time": {
        "en": "Give each row a time, or leave the time column out.",
        "zh": "为每行补上时间，或不使用时间列。",
    },
    "duplicate": {
        "en": "Find out why rows arrive twice, then keep one of each.",
        "zh": "查明重复到达的原因，每组只保留一行。",
    },
    "missing": {
        "en": "Look at {where} first: most values are missing there.",
        "zh": "先检查{where}：缺失值最多。",
    },
    "gap": {
        "en": "Ask what happened in the longest pause of {where}: machine off, or the connection?",
        "zh": "查明{where}最长中断的原因：停机还是通信中断？",
    },
    "flatline": {
        "en": "Check the sensor of {where}: its reading stood still.",
        "zh": "检查{where}的传感器：读数停滞不动。",
    },
    "spike": {
        "en": "Look at the largest spikes of {where}: real events, or the wiring?",
        "zh": "查看{where}最大的尖峰：真实事件还是接线问题？",
    },
}


@dataclass(frozen=True)
class Verdict:
    """The answer in one sentence and the next step, in both languages."""

    code: str
    level: str
    text: Words
    next_step: Words


def _code(health: Health) -> str:
    severe = set(health.findings.loc[health.findings["severity"] == "bad", "check"])
    if (
        health.completeness < USABLE
        or health.duplicate_rate > DUPLICATES_USABLE
        or severe & {"unit_suspect", "missing_time"}
        or health.out_of_range_count > 0.01 * health.columns["readings"].sum()
    ):
        return "not_ready"
    if (
        health.completeness < COMPLETE
        or health.duplicate_rate > DUPLICATES_GOOD
        or health.affected > AFFECTED_GOOD
        or health.out_of_range_count
        or health.flatline_count
    ):
        return "usable_with_care"
    return "ready"


def _found(health: Health) -> list[str]:
    """Return the checks that found something, the gravest first."""
    found = set(health.findings["check"])
    return [check for check in ("unit_suspect", *(c for c in NEXT if c != "unit_suspect")) if check in found]


def _where(health: Health, check: str, language: str) -> str:
    """Name the tag or column with the most of a defect."""
    rows = health.findings[health.findings["check"] == check]
    by_place = rows.groupby(["tag", "column"])["count"].sum()
    tag, column = by_place.index[int(by_place.argmax())]
    only = rows["column"].nunique() == 1 and tag  # the one column of a long table says nothing
    names = [name for name in (tag, "" if only else column) if name]
    return " · ".join(names) or {"en": "the table", "zh": "该表"}[language]


def _list(health: Health, language: str) -> str:
    """Say how many of what, in one phrase."""
    found = health.findings[health.findings["check"].isin(list(NEXT))]
    counts = {"gap": health.gap_count, "flatline": health.flatline_count, "spike": health.spike_count}
    counts |= {"out_of_range": health.out_of_range_count, "unit_suspect": health.unit_suspect_count}
    rows = found.groupby("check")["count"].sum()
    parts = []
    for check in _found(health):
        count = counts.get(check) or int(rows[check])
        words = CHECKS[check]["one" if count == 1 and language == "en" else language]
        parts.append(f"{count} {words}")
    return "、".join(parts) if language == "zh" else ", ".join(parts)


def _go_on(health: Health, language: str) -> str:
    """Name the analyses that the table carries."""
    able = readiness(health)
    names = [ANALYSES[name][language] for name in able.loc[able["answer"] == "yes", "analysis"]]
    if not names:
        more = {
            "en": "Collect more readings: 25 carry a control chart.",
            "zh": "请积累更多数据：25 个读数可做控制图。",
        }
        return more[language]
    if language == "zh":
        return f"可继续进行{'、'.join(names)}。"
    return f"Go on with {', '.join(names[:-1]) + ' or ' if names[1:] else ''}{names[-1]}."


def problem(frame: pd.DataFrame) -> dict[str, Any] | None:
    """Say why a table cannot be checked at all, as the arguments of a refusal.

    Parameters
    ----------
    frame : DataFrame

    Returns
    -------
    dict or None

    Examples
    --------
    >>> problem(pd.DataFrame({"name": ["a", "b"]}))["code"]
    'no_numbers'
    """
    if not len(frame):
        return {
            "code": "no_rows",
            "need": 1,
            "have": 0,
            "text": {"en": "The table has no rows.", "zh": "该表没有数据行。"},
            "remedy": {"en": "Import data into it, then run again.", "zh": "导入数据后再运行。"},
        }
    if any(is_number(frame[name]) for name in frame.columns):
        return None
    names = ", ".join(str(name) for name in frame.columns if name not in {"ts", "tag"}) or "–"
    return {
        "code": "no_numbers",
        "need": 1,
        "have": 0,
        "text": {"en": f"No column holds numbers: {names}.", "zh": f"没有数值列：{names}。"},
        "remedy": {
            "en": "Choose a table with measurements, or import the file again with its numbers as numbers.",
            "zh": "请选择含测量值的表，或重新导入并将数字识别为数值。",
        },
    }


def verdict(health: Health) -> Verdict:
    """Say whether the table can carry an analysis.

    Parameters
    ----------
    health : Health

    Returns
    -------
    Verdict
        ``ready``: at least 99 % complete, at most 0.1 % duplicates, at most one reading in a thousand in a
        defect, none stuck or out of range. ``not_ready``: less than 90 % complete, more than 5 % duplicates,
        a unit suspect, rows without a time, or more than 1 % out of range. Else ``usable_with_care``.

    Examples
    --------
    >>> from workbench.methods.health import assess
    >>> verdict(assess(pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [2.0, 4.0, 3.0]}))).code
    'ready'
    """
    code, found = _code(health), _found(health)
    opening = {
        "ready": {"en": "The data is ready", "zh": "数据可用"},
        "usable_with_care": {"en": "The data can be used with care", "zh": "数据需谨慎使用"},
        "not_ready": {"en": "The data is not ready for an analysis", "zh": "数据尚不能用于分析"},
    }[code]
    listed = {"en": _list(health, "en") or "no defects", "zh": _list(health, "zh") or "未发现缺陷"}
    text = {
        "en": f"{opening['en']}: {health.completeness:.1f} % complete; {listed['en']}.",
        "zh": f"{opening['zh']}：完整率 {health.completeness:.1f} %；{listed['zh']}。",
    }
    step = {
        language: NEXT[found[0]][language].format(where=_where(health, found[0], language))
        if found and code != "ready"
        else _go_on(health, language)
        for language in ("en", "zh")
    }
    return Verdict(code=code, level=LEVELS[code], text=text, next_step=step)


def readiness(health: Health) -> pd.DataFrame:
    """Say which analyses the table carries today, and what the others lack.

    Parameters
    ----------
    health : Health

    Returns
    -------
    DataFrame
        analysis, answer (yes, with_care, no), reason: codes.

    Examples
    --------
    >>> from workbench.methods.health import assess
    >>> readiness(assess(pd.DataFrame({"a": [1.0, 2.0, 3.0]})))["reason"].unique().tolist()
    ['too_few', 'no_time']
    """
    most = int(
        (health.columns["readings"] - health.columns["missing"])[health.columns["median"].notna()].max()
    )
    defects = "units" if health.unit_suspect_count else "defects" if _code(health) != "ready" else ""
    timed = "" if health.interval_s is not None else "no_time"
    gaps = "gaps" if health.record_completeness is not None and health.record_completeness < 95 else ""
    rows = []
    for analysis, needed, lacks in (
        ("control_chart", 25, ""),
        ("capability", 100, ""),
        ("forecast", 36, timed),
        ("trend", 100, timed),
    ):
        no = lacks or ("too_few" if most < needed else "")
        care = defects or (gaps if analysis in {"forecast", "trend"} else "")
        answer = "no" if no else "with_care" if care else "yes"
        rows.append({"analysis": analysis, "answer": answer, "reason": no or care or "none"})
    return pd.DataFrame(rows)
