"""Several runs that answer one question as one document: first what they say together, then each in full.

Decides which run speaks for all: the first, in the order of the question, that is bad or has no answer; else
the first that warns. Only when none does, the question is answered well, and the last run says what is next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from workbench.config import AnyText, Text, pick
from workbench.errors import Invalid, NotFound
from workbench.runs import export, printing, report
from workbench.runs.plain_words import plain
from workbench.runs.record import RunRecord
from workbench.templates.library import Library

WORDS = {
    "en": {
        "summary": "Summary", "question": "Question", "answer": "Answer", "next": "Next step",
        "state": "State", "good": "good", "info": "to know", "warning": "look into it", "bad": "act on it",
        "no_answer": "no answer",
    },
    "zh": {
        "summary": "总结", "question": "问题", "answer": "回答", "next": "下一步",
        "state": "状态", "good": "良好", "info": "供参考", "warning": "需关注", "bad": "需处理",
        "no_answer": "没有回答",
    },
}  # fmt: skip
ALL_WELL: Text = {
    "en": "Every question is answered, and no answer calls for action.",
    "zh": "各个问题均已回答，没有需要处理的情况。",
}
COLOURS = report.LEVEL_COLOURS | {"no_answer": report.LEVEL_COLOURS["warning"]}


@dataclass(frozen=True)
class Part:
    """One run of the question, and what its app calls things."""

    record: RunRecord
    title: AnyText
    question: AnyText
    labels: Mapping[str, Text] = field(default_factory=dict)

    def state(self, language: str) -> str:
        """Return its answer in a word or two, as its app calls it."""
        if self.record.status == "succeeded" and self.record.verdict:
            key = f"verdicts.{self.record.verdict.code}"
        else:
            key = f"refusals.{self.record.refusal.code}" if self.record.refusal else ""
        return pick(self.labels.get(key), language) or WORDS[language][answer_of(self.record).level]


@dataclass(frozen=True)
class Answer:
    """What one run says: its level (``no_answer`` where it found none), one sentence, the next step."""

    level: str
    text: AnyText
    next_step: AnyText | None


def answer_of(record: RunRecord) -> Answer:
    """Return what a run that has ended says."""
    if record.status == "succeeded" and record.verdict:
        return Answer(record.verdict.level, record.verdict.text, record.verdict.next_step)
    if record.status == "refused" and record.refusal:
        return Answer("no_answer", record.refusal.text, record.refusal.remedy)
    if record.status == "succeeded":
        return Answer("info", record.template.title or record.template.id, None)
    told = plain(record)
    return Answer("no_answer", told.text, told.next_step)


def conclusion(records: Sequence[RunRecord]) -> Answer:
    """Return what runs say together, in the order of the question."""
    answers = [answer_of(record) for record in records]
    for levels in ({"bad", "no_answer"}, {"warning"}):
        for one in answers:
            if one.level in levels:
                return one
    return Answer("good", ALL_WELL, answers[-1].next_step if answers else None)


def write(
    records: Sequence[RunRecord], kind: str, *, language: str, library: Library, title: AnyText = None
) -> bytes:
    """Return runs as one file: html, pdf or xlsx."""
    parts = [part_of(record, library) for record in records]
    if kind == "xlsx":
        return xlsx(parts, language, title=title)
    page = html(parts, language, title=title)
    return printing.pdf(page) if kind == "pdf" else page.encode("utf-8")


def part_of(record: RunRecord, library: Library) -> Part:
    """Return a run with what its app calls things."""
    title = record.template.title or record.template.id
    try:
        template = library.get(record.template.id)
    except (NotFound, Invalid):  # the run outlives its template, and a notebook given by path has none
        return Part(record, title, title)
    return Part(record, title, template.decision or title, template.labels())


def html(parts: Sequence[Part], language: str, *, title: AnyText = None) -> str:
    """Return runs as one self-contained page that begins with their answers."""
    heading = _title(parts, title, language)
    pages, drawn = [f"<h1>{report.escaped(heading)}</h1>", _summary(parts, language)], []
    for number, part in enumerate(parts, start=1):
        name = f"{number} · {pick(part.title, language)}"
        page, figures = report.body(
            part.record, language, labels=part.labels, title=name, prefix=f"{number}-"
        )
        pages.append(f"<section>{page}</section>")
        drawn += figures
    style = report.PRINTED + "@media print{section{break-before:page}}"
    return report.document(heading, pages, drawn, language=language, style=style)


def xlsx(parts: Sequence[Part], language: str, *, title: AnyText = None) -> bytes:
    """Return runs as one workbook: a sheet with their answers, then the sheets of each."""
    words = WORDS[language]
    whole = conclusion([part.record for part in parts])
    rows = [(_title(parts, title, language), words[whole.level], *_said(whole, language), "")]
    rows += [
        (
            pick(part.question, language),
            part.state(language),
            *_said(answer_of(part.record), language),
            part.record.run,
        )
        for part in parts
    ]
    columns = [words[name] for name in ("question", "state", "answer", "next")]
    columns.append(report.WORDS[language]["run"])
    sheets = {words["summary"]: pd.DataFrame(rows, columns=columns, dtype=object)}
    figures: dict[str, Path] = {}
    for number, part in enumerate(parts, start=1):
        own, drawn = report.sheets(part.record, language, labels=part.labels)
        sheets |= {f"{number} {name}": sheet for name, sheet in own.items()}
        figures |= {f"{number} {name}": path for name, path in drawn.items()}
    return export.xlsx(sheets, figures, language)


def _title(parts: Sequence[Part], title: AnyText, language: str) -> str:
    return pick(title, language) or " · ".join(pick(part.title, language) for part in parts)


def _said(one: Answer, language: str) -> tuple[str, str]:
    return pick(one.text, language), pick(one.next_step, language)


def _summary(parts: Sequence[Part], language: str) -> str:
    words = WORDS[language]
    whole = conclusion([part.record for part in parts])
    heads = "".join(f"<th>{words[name]}</th>" for name in ("question", "state", "answer", "next"))
    rows = "".join(_row(part, language) for part in parts)
    return (
        f"<h2>{words['summary']}</h2>{report.box(COLOURS[whole.level], *_said(whole, language))}"
        f"<table class=summary><tr>{heads}</tr>{rows}</table>"
    )


def _row(part: Part, language: str) -> str:
    one = answer_of(part.record)
    text, then = (report.escaped(said) for said in _said(one, language))
    question = report.escaped(pick(part.question, language))
    state = (
        f"<b style='color:{COLOURS[one.level]};white-space:nowrap'>{report.escaped(part.state(language))}</b>"
    )
    return f"<tr><td>{question}</td><td>{state}</td><td>{text}</td><td>{then}</td></tr>"
