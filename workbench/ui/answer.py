"""The top of a result: the verdict in one sentence, then numbers and alarms; or why there is no answer."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from workbench.runs.plain_words import plain
from workbench.runs.record import Kpi, RunRecord
from workbench.runs.remaining import Usual
from workbench.tables.filters import told
from workbench.templates.front_matter import KpiSpec
from workbench.templates.steps import PREPARE, RUN, bilingual
from workbench.templates.template import Template
from workbench.ui.numbers import duration, moment, number
from workbench.ui.render import fragment
from workbench.ui.view import View
from workbench.ui.wording import unit

PROBABLE = 95.0  # percent a progress bar shows at most while the run still goes


@dataclass(frozen=True)
class Tile:
    """One number, large, with its unit small and what it is compared with beneath."""

    name: str
    label: str
    number: str
    unit: str = ""
    under: str = ""
    note: str = ""
    off: bool = False
    waiting: bool = False


@dataclass(frozen=True)
class Failure:
    """Why a run has no answer, in plain words, with the notebook's own error beneath."""

    answer: str
    next_step: str
    tone: str = "bad"
    message: str = ""
    source: str = ""
    traceback: str = ""


def answer(
    view: View,
    template: Template | None,
    record: RunRecord,
    *,
    before: RunRecord | None = None,
    brief: bool = False,
) -> Markup:
    """Return the answer of a run that has ended; a brief one is part of a page with links of its own."""
    return fragment(
        "answer",
        view=view,
        record=record,
        when=moment(record.created),
        took=duration(record.seconds.total, view.language),
        inputs=_inputs(view, record),
        links=_links(view, record),
        permanent=""
        if brief or not view.served
        else f"/app?template={quote(record.template.id)}&run={quote(record.run)}",
        verdict=record.verdict if record.status == "succeeded" else None,
        refusal=record.refusal if record.status == "refused" else None,
        failure=_failure(view, record),
        tiles=tiles(view, template, record, before=before),
        alarms=_alarms(view, template, record),
        partial=record.status not in {"succeeded", "refused"}
        and bool(record.kpis or record.tables or record.figures or record.alarms),
        shown=number,
    )


def arriving(view: View, template: Template | None, record: RunRecord) -> Markup:
    """Return the numbers a running run has reported so far, and places for those to come."""
    nothing: dict[str, Any] = dict.fromkeys(("record", "verdict", "refusal", "failure", "partial"))
    found = tiles(view, template, record, expected=True)
    return fragment("answer", view=view, tiles=found, alarms=[], **nothing)


def progress(
    view: View,
    record: RunRecord,
    *,
    elapsed_s: float,
    usual: Usual | None,
    ahead: int = 0,
    stuck: bool = False,
) -> Markup:
    """Return the list of steps of a running run; what is not known is not shown.

    ``stuck`` says that for now no run can begin at all.
    """
    steps = [
        {
            "title": view.pick(bilingual(step.title)),
            "state": step.state,
            "took": duration(step.seconds, view.language) if step.seconds else "",
        }
        for step in record.steps
    ]
    waiting = record.status == "queued"
    percent = 100.0 * sum(step["state"] == "done" for step in steps) / max(1, len(steps))
    if usual is not None and not waiting:
        percent = max(percent, 100.0 * elapsed_s / max(usual.high, 0.1))
    return fragment(
        "steps",
        headline=view.say(("stuck" if stuck else "queued") if waiting else "running"),
        elapsed=view.say("elapsed", seconds=duration(elapsed_s, view.language)),
        usual=_left(view, elapsed_s, usual, ahead=ahead if waiting else None),
        percent=round(min(percent, PROBABLE)),
        steps=steps,
    )


def _left(view: View, elapsed_s: float, usual: Usual | None, *, ahead: int | None) -> str:
    """Say how much time remains, as a range, or how many runs go first; what nobody knows is not said."""
    if ahead is not None:
        return view.say("ahead", count=ahead) if ahead else ""
    if usual is None:
        return ""
    left = usual.left(elapsed_s)
    if left is None:
        return view.say("longer")
    low, high = (duration(seconds, view.language) for seconds in left)
    return (
        view.say("left", low=low, high=high)
        if left[0] > 0 and low != high
        else view.say("left_most", high=high)
    )


def tiles(
    view: View,
    template: Template | None,
    record: RunRecord,
    *,
    before: RunRecord | None = None,
    expected: bool = False,
) -> list[Tile]:
    """Return a tile per number, in the template's order; ``expected`` adds empty ones for those to come."""
    specs = template.results.kpis if template else {}
    names = [name for name in specs if name in record.kpis or (expected and not specs[name].optional)]
    names += [name for name in record.kpis if name not in specs]
    return [
        _tile(
            view, template, name, now=record.kpis.get(name), before=before.kpis.get(name) if before else None
        )
        for name in names
    ]


def _tile(view: View, template: Template | None, name: str, *, now: Kpi | None, before: Kpi | None) -> Tile:
    spec, kpi = template.results.kpis.get(name) if template else None, now
    label = view.pick(spec.label) if spec else name
    if kpi is None:
        return Tile(name, label, "…", waiting=True)
    decimals = spec.decimals if spec else None
    target = kpi.target if kpi.target is not None else (spec.target if spec else None)
    under = []
    if kpi.low is not None and kpi.high is not None:
        under.append(view.say("interval", low=number(kpi.low, decimals), high=number(kpi.high, decimals)))
    if target is not None:
        under.append(view.say("target", value=number(target, decimals)))
    if before is not None and before.value != kpi.value and not under:
        under.append(view.say("before", value=number(before.value, decimals)))
    return Tile(
        name,
        label,
        number(_word(view, template, kpi.value), decimals),
        unit=unit(view, kpi.unit),
        under=" · ".join(under),
        note=view.pick(kpi.note) if kpi.note else "",
        off=_is_off(spec, kpi.value, target),
    )


def _word(view: View, template: Template | None, value: Any) -> Any:
    """Return a code in words, as the template's tables say it."""
    if not isinstance(value, str) or template is None:
        return value
    for spec in template.results.tables.values():
        for column in spec.columns.values():
            if value in column.values:
                return view.pick(column.values[value])
    return value


def _is_off(spec: KpiSpec | None, value: Any, target: float | None) -> bool:
    if spec is None or target is None or isinstance(value, str | bool) or value is None:
        return False
    return value > target if spec.better == "lower" else value < target if spec.better == "higher" else False


def _inputs(view: View, record: RunRecord) -> list[str]:
    found = []
    for used in record.inputs.values():
        table = used.table.replace("\\", "/").rsplit("/", 1)[-1]
        table += f" v{used.version}" if used.version is not None else ""
        told_rows = view.say("rows_of", rows=used.rows, table=table) if used.rows is not None else table
        found.append(f"{told_rows} ({told(used.filter)})" if used.filter else told_rows)
    return found


def _links(view: View, record: RunRecord) -> list[tuple[str, str]]:
    """Return what can be taken away of a run: (label, address)."""
    if not view.served:
        return []
    base = f"/api/v1/runs/{quote(record.run)}"
    links = []
    if record.kpis or record.tables:
        links.append((view.say("excel"), f"{base}/report?format=xlsx&language={view.language}"))
    if record.status in {"succeeded", "refused"}:
        links.append((view.say("report"), f"{base}/report?format=html&language={view.language}"))
        links.append(("PDF", f"{base}/report?format=pdf&language={view.language}"))
        links.append(("A3", f"{base}/report?format=a3&language={view.language}"))
    if record.sweep:
        links.append((view.say("board"), f"/sweep?sweep={quote(record.sweep)}"))
    links.append((view.say("put_on_schedule"), f"/schedules?run={quote(record.run)}"))
    return [*links, (view.say("evidence"), f"{base}/evidence")]


def _alarms(view: View, template: Template | None, record: RunRecord) -> list[dict[str, Any]]:
    alarms = sorted(record.alarms, key=lambda alarm: not alarm.active)
    specs = template.results.alarms if template else {}
    said = record.verdict.text if record.verdict else None
    shown = []
    for alarm in alarms:
        label = view.pick(specs[alarm.name].label) if alarm.name in specs else alarm.name
        text = "" if alarm.text == said else view.pick(alarm.text)
        quiet = "" if alarm.active else view.say("not_active")
        shown.append(
            {
                "active": alarm.active,
                "level": alarm.level,
                "label": label,
                "text": text if alarm.active else quiet,
            }
        )
    return shown


def _failure(view: View, record: RunRecord) -> Failure | None:
    if record.status in {"succeeded", "refused"}:
        return None
    error, told = record.error, plain(record)
    heading = error.heading if error and error.heading not in {RUN, PREPARE} else None
    where = view.say("in_step", step=view.pick(bilingual(heading))) if heading else ""
    return Failure(
        view.pick(told.text),
        f"{where} {view.pick(told.next_step)}".strip(),
        tone="info" if record.status == "cancelled" else "bad",
        message=error.message if error and told.told_by_notebook else "",
        source=(error.source or "") if error else "",
        traceback=(error.traceback or "") if error else "",
    )
