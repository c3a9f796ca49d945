"""A list of runs: what is shown of each, and the ticks that set runs side by side."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import param
from panel.custom import JSComponent

from workbench.runs.record import RunRecord
from workbench.templates.front_matter import KpiSpec
from workbench.ui.numbers import duration, moment, number
from workbench.ui.render import ASSETS, PARTS_CSS, fragment
from workbench.ui.view import View

ERROR_SHOWN = 160
SAYS_ALL = frozenset({"cancelled", "lost", "timed_out", "over_limit"})  # the chip has told it
TONES = {
    "queued": "info", "running": "info", "succeeded": "good", "refused": "warning", "failed": "bad",
    "timed_out": "bad", "over_limit": "bad", "lost": "bad", "cancelled": "",
}  # fmt: skip
ORIGINS = ("form", "cli", "api", "schedule", "sweep", "proof", "test")


class RunList(JSComponent):
    """A list whose ticks stay when it is drawn again."""

    content = param.String()

    _esm = ASSETS / "runlist.js"


def run_list(markup: str = "", **options: Any) -> RunList:
    """Return a pane for the fragment ``runs``."""
    return RunList(content=markup, stylesheets=[PARTS_CSS], sizing_mode="stretch_width", margin=0, **options)


def listed(
    view: View,
    records: Sequence[RunRecord],
    *,
    specs: Mapping[str, KpiSpec] | None = None,
    current: str | None = None,
) -> str:
    """Return the list as markup; ``specs`` adds the numbers of one app, in place of its name."""
    specs_shown = specs or {}
    rows = [row(view, record, specs_shown) | {"chosen": record.run == current} for record in records]
    heads = [view.pick(spec.label) for spec in specs_shown.values()]
    return str(fragment("runs", view=view, rows=rows, heads=heads, with_app=specs is None))


def row(view: View, record: RunRecord, specs: Mapping[str, KpiSpec]) -> dict[str, Any]:
    """Return what a list shows of one run."""
    used = next(iter(record.inputs.values()), None)
    table = used.table.replace("\\", "/").rsplit("/", 1)[-1] if used else ""
    app = f"/app?template={quote(record.template.id)}"
    return {
        "address": f"{app}&run={quote(record.run)}",
        "like": f"{app}&like={quote(record.run)}",
        "run": record.run,
        "when": moment(record.created),
        "app": view.pick(record.template.title) or record.template.id,
        "status": view.say(f"status_{record.status}"),
        "tone": TONES[record.status],
        "answer": _answer(view, record),
        "input": f"{table} v{used.version}" if used and used.version is not None else table,
        "took": duration(record.seconds.total, view.language) if record.ended else "",
        "kpis": [_kpi(record, name, spec.decimals) for name, spec in specs.items()],
        "origin": view.say(f"origin_{record.origin}") if record.origin in ORIGINS else record.origin,
        "ended": record.ended,
    }


def _answer(view: View, record: RunRecord) -> str:
    if record.status == "succeeded" and record.verdict:
        return view.pick(record.verdict.text)
    if record.refusal:
        return view.pick(record.refusal.text)
    if record.status in SAYS_ALL:
        return ""
    return record.error.message[:ERROR_SHOWN] if record.error else ""


def _kpi(record: RunRecord, name: str, decimals: int | None) -> str:
    kpi = record.kpis.get(name)
    return f"{number(kpi.value, decimals)} {kpi.unit or ''}".strip() if kpi else ""
