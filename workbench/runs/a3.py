"""A run on one sheet of A3, in the eight boxes of a problem report: what is known is filled in, the rest is
for the pen.

The boxes follow the A3 report of Sobek and Smalley, Understanding A3 Thinking (2008): background, current
condition, goal, root cause, countermeasures, plan, results, follow-up.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.config import pick
from workbench.runs import report
from workbench.runs.record import RunRecord

TITLES = {
    "en": ("Background", "Current condition", "Goal", "Causes", "Measures", "Plan", "Results", "Follow-up"),
    "zh": ("背景", "现状", "目标", "原因分析", "对策", "计划", "结果确认", "后续跟进"),
}
HINTS = {
    "en": {
        "goal": "How much, by when",
        "cause": ("Man", "Machine", "Material", "Method", "Measurement", "Environment"),
        "plan": ("What", "Who", "Until", "Done"),
        "head": ("Theme", "Owner", "Date"),
        "results": "The same app on the data after the measures",
        "follow": "What becomes standard, and where else it applies",
    },
    "zh": {
        "goal": "改善多少，何时完成",
        "cause": ("人", "机", "料", "法", "测", "环"),
        "plan": ("内容", "负责人", "期限", "完成"),
        "head": ("主题", "负责人", "日期"),
        "results": "对策实施后用同一应用再次分析",
        "follow": "标准化内容及横向推广",
    },
}
STYLE = """
@page{size:A3 landscape;margin:10mm}
html{--gap:4mm}body{max-width:none!important;padding:0!important;margin:0!important;font-size:12px}
.sheet{display:grid;grid-template-columns:1fr 1fr;gap:var(--gap);height:258mm}
.side{display:flex;flex-direction:column;gap:var(--gap);min-height:0}.grow{flex:1;min-height:0}
.box{border:1px solid #8793a1;border-radius:2mm;padding:2mm 4mm;position:relative;overflow:hidden}
.box h2{border:0;margin:0 0 1mm;font-size:13px;color:#1f5fa8}.box h2 small{font-weight:400;margin-left:2mm}
.top{display:grid;grid-template-columns:3fr 1fr 1fr;gap:var(--gap);margin-bottom:var(--gap)}
.top div{border-bottom:1px solid #8793a1;padding:1mm 0}.top b{font-size:18px}
.lines{background:repeating-linear-gradient(transparent 0 6.8mm,#d9dee4 6.8mm 7mm);min-height:21mm}
.causes{display:grid;grid-template-columns:repeat(3,1fr);gap:2mm}.causes div{min-height:19mm;
border:1px dashed #c3cad2;padding:1mm 2mm;color:#6b7280}
.box table{width:100%}.plan td{height:7mm;border:1px solid #d9dee4}.plan th{border:1px solid #d9dee4}
.box .verdict{margin:1mm 0;padding:1mm 3mm}.box .tiles{gap:1.5mm;margin:1mm 0}
.box .tile{padding:.5mm 2.5mm;min-width:0}.tile b{font-size:1.15em!important}
.box .figure{min-height:0}@media print{.box{break-inside:avoid}}
"""
WIDTH_MM = 420
KPIS = 10  # on the sheet; all of them stand in the report
FIGURES = 1
GROWING = (2, 5, 7)  # boxes that take what room is left


def html(
    record: RunRecord,
    language: str,
    *,
    labels: Mapping[str, Any] | None = None,
    causes: Sequence[str] = (),
) -> str:
    """Return the sheet as a self-contained page; ``causes`` are what was confirmed behind its signals."""
    label = report.labeller(labels or {}, language)
    some = dict(list(record.figures.items())[:FIGURES])
    figures, drawn = report.charts(record.model_copy(update={"figures": some}), language, label)
    kpis = report.tiles(dict(list(record.kpis.items())[:KPIS]), label)
    known = report.answer(record, language)
    title = pick(record.template.title, language) or record.template.id
    confirmed = "".join(f"<div>{report.escaped(cause)}</div>" for cause in causes)
    background = _background(record, language, label)
    left, right = _boxes(language, background, known + kpis + figures, confirmed)
    head = _head(title, record, language)
    body = f"{head}<div class=sheet><div class=side>{left}</div><div class=side>{right}</div></div>"
    return report.document(title, [body], drawn, language=language, style=STYLE)


def _head(title: str, record: RunRecord, language: str) -> str:
    theme, owner, date = HINTS[language]["head"]
    line = report.escaped(f"{record.template.id} {record.template.version or ''} · {record.run}")
    return (
        f"<div class=top><div><small>{theme}</small> <b>{report.escaped(title)}</b> "
        f"<small>{line}</small></div>"
        f"<div><small>{owner}</small></div>"
        f"<div><small>{date}</small> {report.escaped(record.created[:10])}</div></div>"
    )


def _background(record: RunRecord, language: str, label: Any) -> str:
    """Return what was looked at, and how, in two lines."""
    words = report.WORDS[language]
    used = "; ".join(
        f"{label(f'inputs.{role}')}: {report.source(one, language)}" for role, one in record.inputs.items()
    )
    told = "; ".join(
        f"{label(f'parameters.{name}')} = {value}"
        for name, value in record.parameters.items()
        if value is not None
    )
    lines = ((words["inputs"], used), (words["parameters"], told))
    return "".join(
        f"<div><b>{name}</b> <small>{report.escaped(text)}</small></div>" for name, text in lines if text
    )


def _boxes(language: str, background: str, current: str, confirmed: str) -> tuple[str, str]:
    """Return the left half, which says where one stands, and the right, which says what is done."""
    titles, hints = TITLES[language], HINTS[language]
    lines = "<div class=lines></div>"
    causes = "".join(f"<div>{cause}</div>" for cause in hints["cause"])
    heads = "".join(f"<th>{name}</th>" for name in hints["plan"])
    plan = f"<table class=plan><tr>{heads}</tr>{'<tr><td></td><td></td><td></td><td></td></tr>' * 5}</table>"
    contents = (
        ("", background),
        ("", current),
        (hints["goal"], lines),
        ("", f"{confirmed}<div class=causes>{causes}</div>"),
        ("", lines * 2),
        ("", plan),
        (hints["results"], lines * 2),
        (hints["follow"], lines),
    )
    boxes = [
        f"<div class='box{' grow' if number in GROWING else ''}'>"
        f"<h2>{number}. {title}<small>{hint}</small></h2>{content}</div>"
        for number, (title, (hint, content)) in enumerate(zip(titles, contents, strict=True), start=1)
    ]
    return "".join(boxes[:3]), "".join(boxes[3:])
