"""What people are told: one message in both languages, about one change of one alarm."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from workbench.config import LANGUAGES, Language, Text, pick
from workbench.runs.record import RunRecord
from workbench.schedules.cron import read_zone
from workbench.schedules.rules import Change, Reading, Rule

HEADS: dict[str, Text] = {
    "raised": {"en": "Alarm", "zh": "报警"},
    "again": {"en": "Still in alarm", "zh": "仍在报警"},
    "cleared": {"en": "Cleared", "zh": "报警解除"},
    "digest": {"en": "From quiet hours", "zh": "免打扰时段汇总"},
    "test": {"en": "Test message", "zh": "测试消息"},
}
WORDS: dict[str, Text] = {
    "verdict": {"en": "Verdict", "zh": "结论"},
    "refusal": {"en": "No answer", "zh": "无法回答"},
    "error": {"en": "Error", "zh": "错误"},
    "state": {"en": "State of the run", "zh": "运行状态"},
    "alarm": {"en": "Alarm of the app", "zh": "应用报警"},
    "verdict_level": {"en": "Level of the verdict", "zh": "结论等级"},
    "rows": {"en": "Rows of {0}", "zh": "{0} 的行数"},
    "none": {"en": "none", "zh": "无"},
    "outside": {"en": "outside {0} to {1}", "zh": "超出 {0} 至 {1}"},
    "missing": {"en": "missing", "zh": "缺失"},
    "is": {"en": "is {0}", "zh": "为 {0}"},
    "active": {"en": "active", "zh": "触发"},
    "limit": {"en": "alarm when", "zh": "报警条件"},
    "time": {"en": "Time", "zh": "时间"},
    "open": {"en": "Open the run", "zh": "打开运行"},
    "tested": {
        "en": "This channel works: alarms of the workbench arrive here.",
        "zh": "通道可用：工作台的报警会发送到这里。",
    },
}
# Levels and states, as rules and readings name them.
VALUES: dict[str, Text] = {
    "good": {"en": "good", "zh": "良好"},
    "info": {"en": "information", "zh": "提示"},
    "warning": {"en": "warning", "zh": "警告"},
    "bad": {"en": "bad", "zh": "不良"},
    "succeeded": {"en": "done", "zh": "完成"},
    "refused": {"en": "refused", "zh": "无法回答"},
    "failed": {"en": "failed", "zh": "出错"},
    "timed_out": {"en": "too slow", "zh": "超时"},
    "over_limit": {"en": "too large", "zh": "超限"},
    "cancelled": {"en": "cancelled", "zh": "已取消"},
    "lost": {"en": "interrupted", "zh": "中断"},
    "not_started": {"en": "could not start", "zh": "未能启动"},
}


class Message(BaseModel):
    """A message in both languages."""

    kind: Literal["raised", "again", "cleared", "digest", "test"]
    title: Text
    body: Text
    key: str = ""  # names the event: whoever gets it twice can tell


def compose(
    rule: Rule,
    change: Change,
    reading: Reading,
    *,
    record: RunRecord,
    labels: Mapping[str, Any],
    now: datetime,
) -> Message:
    """Say what has changed: the alarm, the value and its limit, the verdict, the time."""
    body = {}
    for language in LANGUAGES:
        value = f"{measure(rule, labels, language)}: {shown(reading, language)}"
        limit = f"({WORDS['limit'][language]}: {condition(rule, language, reading.unit)})"
        local = now.astimezone(read_zone(rule.zone))
        lines = [
            pick(record.template.title, language) or record.template.id,
            f"{value} {limit}",
            *_answer(record, language),
            f"{WORDS['time'][language]}: {local:%Y-%m-%d %H:%M} {rule.zone}",
        ]
        body[language] = "\n".join(lines)
    return Message(kind=change, title=_both(change, rule.name), body={"en": body["en"], "zh": body["zh"]})


def tested(channel: str) -> Message:
    """Return the message of the test button."""
    return Message(kind="test", title=_both("test", channel), body=WORDS["tested"])


def digest(messages: list[Message]) -> Message:
    """Put what happened in quiet hours into one message, oldest first."""
    body = {
        language: "\n\n".join(f"{message.title[language]}\n{message.body[language]}" for message in messages)
        for language in LANGUAGES
    }
    title = _both("digest", str(len(messages)))
    return Message(kind="digest", title=title, body={"en": body["en"], "zh": body["zh"]})


def written(message: Message, language: str) -> tuple[str, str]:
    """Return title and body to send: both languages, the workspace's own first."""
    first: Language = "zh" if language == "zh" else "en"
    second: Language = "en" if first == "zh" else "zh"
    head = f"[{HEADS[message.kind][first]} {HEADS[message.kind][second]}]"
    subject = message.title[first].partition(": ")[2]
    key = f"\n\n#{message.key}" if message.key else ""
    return f"{head} {subject}", f"{message.body[first]}\n\n— — —\n\n{message.body[second]}{key}"


def measure(rule: Rule, labels: Mapping[str, Any], language: str) -> str:
    """Name what a rule looks at."""
    if rule.kind == "kpi":
        return pick(labels.get(f"kpis.{rule.on}"), language) or rule.on
    if rule.kind == "rows":
        return pick(WORDS["rows"], language).format(
            pick(labels.get(f"tables.{rule.on}"), language) or rule.on
        )
    if rule.kind == "alarm" and rule.on:
        return pick(labels.get(f"alarms.{rule.on}"), language) or rule.on
    return pick(WORDS["verdict_level" if rule.kind == "verdict" else rule.kind], language)


def condition(rule: Rule, language: str, unit: str | None = None) -> str:
    """Say when a rule raises."""
    numbers = [f"{limit:.6g}" for limit in rule.raise_at]
    symbol = f" {unit}" if unit else ""
    if rule.operator == "missing":
        return pick(WORDS["missing"], language)
    if rule.kind == "alarm":
        return pick(WORDS["active"], language)
    if rule.operator == "is":
        words = ("、" if language == "zh" else ", ").join(_value(word, language) for word in rule.words)
        return pick(WORDS["is"], language).format(words)
    if rule.operator == "outside":
        return pick(WORDS["outside"], language).format(*numbers) + symbol
    return f"{rule.operator.replace('>=', '≥').replace('<=', '≤')} {numbers[0]}{symbol}"


def shown(reading: Reading, language: str) -> str:
    """Show what a rule found."""
    value = reading.value
    if value is None or value is False or value != value:
        return pick(WORDS["none"], language)
    text = f"{value:.6g}" if isinstance(value, float) else _value(str(value), language)
    return f"{text} {reading.unit}" if reading.unit else text


def _value(word: str, language: str) -> str:
    return pick(VALUES.get(word), language) or word


def _both(kind: str, subject: str) -> Text:
    return {"en": f"{HEADS[kind]['en']}: {subject}", "zh": f"{HEADS[kind]['zh']}: {subject}"}


def _answer(record: RunRecord, language: str) -> list[str]:
    if record.verdict:
        lines = [f"{pick(WORDS['verdict'], language)}: {pick(record.verdict.text, language)}"]
        return lines + ([pick(record.verdict.next_step, language)] if record.verdict.next_step else [])
    if record.refusal:
        return [f"{pick(WORDS['refusal'], language)}: {pick(record.refusal.text, language)}"]
    if record.error:
        return [f"{pick(WORDS['error'], language)}: {record.error.message[:300]}"]
    return []
