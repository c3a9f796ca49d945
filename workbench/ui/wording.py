"""Why something was refused, in the visitor's language: errors are records, their parts can be translated."""

import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import WorkbenchError
from workbench.ui.phrases_competitions import COMPETITION_PATTERNS, COMPETITION_PHRASES
from workbench.ui.phrases_import import IMPORT_PATTERNS, IMPORT_PHRASES
from workbench.ui.phrases_limits import LIMIT_PHRASES
from workbench.ui.phrases_query import QUERY_PATTERNS, QUERY_PHRASES
from workbench.ui.phrases_tables import TABLE_PHRASES
from workbench.ui.view import View
from workbench.ui.wording_connectors import CONNECTOR_PATTERNS, CONNECTOR_PHRASES

# What the import of files says; anything else is shown as it is, which beats hiding it.
PHRASES = TABLE_PHRASES | {
    **COMPETITION_PHRASES,
    "0 bytes": "0 字节",
    "a PDF document": "PDF 文档",
    "a picture": "图片",
    "an archive": "压缩包",
    "a web page": "网页",
    "not Parquet": "并非 Parquet",
    "a damaged Parquet file": "损坏的 Parquet 文件",
    "a header without rows": "只有表头、没有数据行",
    "a file that cannot be read": "无法读取的文件",
    "more than 4 GB unpacked": "解压后超过 4 GB",
    "content that is not a table": "不是表格的内容",
    "no text at all": "没有任何文字",
    "a damaged or unknown file": "损坏或未知的文件",
    "protected by a password": "有密码保护",
    "only empty sheets": "只有空工作表",
    "a file with rows": "有数据行的文件",
    "a file this user may read": "本用户可读的文件",
    "a folder this user may write": "本用户可写的文件夹",
    "a table: CSV, Excel or Parquet": "表格：CSV、Excel 或 Parquet",
    "what its ending says": "与扩展名一致的内容",
    "a smaller file": "更小的文件",
    "a sheet with rows": "有数据行的工作表",
    "open it in Excel and save it as xlsx": "请用 Excel 打开并另存为 xlsx",
    "open it in Excel and save it again": "请用 Excel 打开后重新保存",
    "export it again": "请重新导出",
    "save it again": "请重新保存",
    "save it without a password": "请取消密码后保存",
    "map another column": "请选择其他列",
    "map another column or correct the data": "请选择其他列，或改正数据",
    "other rows or units": "不同的行或单位",
    "the rows that the run had": "该运行所用的行",
    "the name stands for something new: run the template on it anew": "该名称下的数据已变：请重新运行该模板",
    "send the request again when it is back": "请在服务恢复后重试",
    "no rows": "没有数据行",
    "at least one": "至少一行",
    "nothing": "空",
    "a table": "一张数据表",
    "a number": "数字",
    "a column of times": "时间列",
    "two different things": "两项不同的内容",
    "at least one value on every axis": "每一项至少一个取值",
    "choose another column": "请选择其他列",
    "take longer periods": "请选择更长的时段",
    "name the values, or take the largest few": "请选定取值",
    "choose a value that the column has, or remove the filter": "请选择该列中存在的取值，或移除筛选",
    "choose fewer values, or raise WORKBENCH_SWEEP_RUNS": "请减少取值，或调高 WORKBENCH_SWEEP_RUNS",
    # schedules and alarms
    "five fields: minute hour day month weekday, e.g. 0 6 * * 1-5": (
        "五个字段：分 时 日 月 星期，例如 0 6 * * 1-5"
    ),
    "a day that exists": "存在的日期",
    "an IANA name, e.g. Asia/Shanghai or Europe/Berlin": "IANA 时区名，例如 Asia/Shanghai",
    "a time, e.g. 06:00": "时刻，例如 06:00",
    "a name that no other schedule has": "与其他定时计划不同的名称",
    "a name that no other rule has": "与其他报警不同的名称",
    "a name of 1 to 80 characters": "1 至 80 个字符的名称",
    "begin and end, e.g. 22:00-06:00": "开始和结束时刻，例如 22:00-06:00",
    "a begin and another end": "开始与结束时刻不同",
    "one limit": "一个界限",
    "two limits, low and high": "下限和上限两个界限",
    "no limit": "没有界限",
    "the low limit below the high one": "下限小于上限",
    "as many limits to clear at as to raise at": "解除值与界限数量相同",
    "limits to clear at on the good side of those to raise at": "解除值位于界限的正常一侧",
    "no service": "未知服务",
    "an Apprise address, e.g. mailtos://user:password@mail.plant.com?to=me@plant.com": (
        "通知地址，例如 mailtos://user:password@mail.plant.com?to=me@plant.com"
    ),
    "see docs/how-to/schedule-and-alarm.md for mail, DingTalk, WeCom, Feishu, Teams and Slack": (
        "邮件、钉钉、企业微信、飞书等写法见下方示例"
    ),
    "wait for its end": "请等它结束",
}
PHRASES |= LIMIT_PHRASES | IMPORT_PHRASES | QUERY_PHRASES
# What carries a number or a name.
PATTERNS = (
    (re.compile(r"at least (\d+)"), "至少 {}"),
    (re.compile(r"at most (\d+)"), "最多 {}"),
    (re.compile(r"more than (\d+)"), "超过 {}"),
    (re.compile(r"(\d+) rows"), "{} 行"),
    (re.compile(r"(\d+) runs"), "{} 次运行"),
    (re.compile(r"nothing after (\S+) s"), "{} 秒内没有结果"),
    (re.compile(r"version (\d+)"), "版本 {}"),
    (re.compile(r"(?:damaged|missing) file (\S+)"), "损坏或缺失的文件 {}"),
    (re.compile(r"did you mean ('.*')\?"), "是否指 {}？"),
    *IMPORT_PATTERNS,
    *COMPETITION_PATTERNS,
    *((re.compile(pattern, re.DOTALL), chinese) for pattern, chinese in QUERY_PATTERNS),
)
PLACE = re.compile(r"(.*) \(line (\d+), column (\d+)\)", re.DOTALL)


# Units are written by their symbols; these few are words.
UNITS = {
    "cycles": "循环",
    "points": "点",
    "rows": "行",
    "days": "天",
    "weeks": "周",
    "months": "月",
    "pieces": "件",
}


def unit(view: View, symbol: str | None) -> str:
    """Return a unit as the visitor writes it."""
    return UNITS.get(symbol or "", symbol or "") if view.language == "zh" else symbol or ""


def reason(view: View, error: WorkbenchError | Mapping[str, Any]) -> str:
    """Return an error's sentence in the visitor's language, as far as its parts are known."""
    record = error.record() if isinstance(error, WorkbenchError) else error
    if view.language == "en":
        return str(record.get("message") or "")
    given, expected, hint = (_phrase(record.get(part)) for part in ("given", "expected", "hint"))
    parts = [f"实际为{given}" if given else "", f"应为{expected}" if expected else ""]
    told = "，".join(part for part in parts if part)
    subject = str(record.get("subject") or "")
    if not told:
        return "；".join(part for part in (subject, hint) if part)
    named = (
        "" if subject.isascii() else f"{subject}："
    )  # a field of a form, which is named in Chinese already
    return f"{named}{told}{'；' + hint if hint else ''}。"


def phrase(view: View, text: str) -> str:
    """Return a fixed sentence in the visitor's language, where it is known."""
    return _phrase(text) if view.language == "zh" else text


def _phrase(text: Any) -> str:
    """Translate one part of an error, as far as it is known."""
    told = str(text or "")
    placed = PLACE.fullmatch(told)
    if placed:
        return f"{_phrase(placed[1])}（第 {placed[2]} 行第 {placed[3]} 列）"
    for pattern, chinese in (*PATTERNS, *CONNECTOR_PATTERNS):
        found = pattern.fullmatch(told)
        if found:
            return chinese.format(*found.groups())
    return PHRASES.get(told) or CONNECTOR_PHRASES.get(told, told)
