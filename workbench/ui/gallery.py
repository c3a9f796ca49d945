"""The first page: drop a file, or find the app that answers your question."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import panel as pn

from workbench.app import Workbench
from workbench.errors import WorkbenchError
from workbench.runs.fitting import FEW, RUNS
from workbench.tables.catalog import TableInfo
from workbench.templates.scenarios import Scenario, scenarios
from workbench.templates.template import Template
from workbench.ui import fits
from workbench.ui.drop import Uploader
from workbench.ui.proofs import proof_badge, proved
from workbench.ui.render import fragment, script
from workbench.ui.shell import Frame, page
from workbench.ui.view import View, visit

SHOWN = 180  # characters of a notebook's first paragraph on its card
HEALTH = "data-health"
DOMAINS = ("quality", "maintenance", "production", "energy", "planning", "data", "scenario", "notebook")


@dataclass(frozen=True)
class Card:
    """One app on the first page."""

    address: str
    title: str
    question: str
    domain: str
    words: str
    tone: str = ""
    badge: str = ""
    proof: str = ""


def gallery_page(bench: Workbench) -> Frame:
    """Build the first page for the current visitor."""
    view = visit(bench)
    chosen = _chosen(view)
    tables = [chosen] if chosen else fits.own_tables(bench)[: fits.CONSIDERED]
    cards = [_card(view, template, tables, chosen) for template in bench.library.list()]
    cards += [_scenario_card(view, scenario, chosen) for scenario in scenarios()]
    cards.sort(key=lambda card: (chosen is not None and card.tone != "can", DOMAINS.index(card.domain)))
    shown = {card.domain for card in cards}
    domains = [name for name in DOMAINS if name in shown]
    body = fragment(
        "gallery", view=view, cards=cards, domains=domains, problems=_problems(bench), proved=proved(bench)
    )
    uploader = Uploader(view, _arrived)
    return page(
        view,
        view.say("apps"),
        roots={"top": uploader.zone},
        body=body,
        lead=fragment(
            "arrived",
            view=view,
            table=chosen,
            able=sum(card.tone == "can" for card in cards),
            health=next((card.address for card in cards if f"template={HEALTH}" in card.address), ""),
        ),
        script=script("gallery"),
    )


def _arrived(table: TableInfo) -> None:
    """Show at once which apps can use the new table."""
    location = pn.state.location
    location.param.update(search="?" + urlencode({"table": table.name}), reload=True)


def _chosen(view: View) -> TableInfo | None:
    name = view.arguments.get("table")
    try:
        return view.bench.tables.get(name) if name else None
    except WorkbenchError:
        return None


def _problems(bench: Workbench) -> list[str]:
    return [f"{found.path.name}: {found.reason}" for found in bench.library.broken()]


def _card(view: View, template: Template, tables: list[TableInfo], chosen: TableInfo | None) -> Card:
    tone, badge, fitting = _badge(view, template, tables, chosen)
    address = {"template": template.id, **fitting}
    title, question = template.title, template.decision or template.summary
    words: list[Mapping[str, Any]] = [title, question, template.summary]
    words += [spec.label for spec in template.results.kpis.values()]
    words += [need.label for need in template.inputs.values()]
    return Card(
        address="/app?" + urlencode(address),
        title=view.pick(title),
        question=view.pick(question)[:SHOWN] or view.say("notebook_question"),
        domain=template.domain or "notebook",
        words=" ".join(f"{text['en']} {text['zh']}" for text in words).lower() + f" {template.id}",
        tone=tone,
        badge=badge,
        proof=proof_badge(view, template),
    )


def _badge(
    view: View, template: Template, tables: list[TableInfo], chosen: TableInfo | None
) -> tuple[str, str, dict[str, str]]:
    """Say whether the visitor's data can run an app: tone, text, and the input to open it with."""
    best = fits.best_fit(view.bench, template, tables)
    if best is None:
        return "", view.say("try_demo") if template.inputs else "", {}
    table, found = best
    if found.state == RUNS:
        key = "can_run" if chosen else "can_run_on"
        return "can", view.say(key, table=table.name), {f"input.{found.role}": table.name}
    if found.state == FEW:
        need = template.inputs[found.role].min_rows
        return "lacks", view.say("too_few_rows", need=need, have=table.rows), {}
    joiner = "、" if view.language == "zh" else ", "
    what = joiner.join(view.pick(lack.label) for lack in found.missing[:3])
    return "lacks", view.say("needs", what=what), {}


def _scenario_card(view: View, scenario: Scenario, chosen: TableInfo | None) -> Card:
    able = False
    if chosen:
        found = fits.fit(view.bench, view.bench.library.get(scenario.leading), chosen)
        able = found is not None and found.state == RUNS
    texts = (scenario.title, scenario.question)
    return Card(
        address=f"/apps/{scenario.name}" + (f"?table={quote(chosen.name)}" if chosen and able else ""),
        title=view.pick(scenario.title),
        question=view.pick(scenario.question),
        domain="scenario",
        tone="can" if able else "",
        badge=view.say("can_run") if able else "",
        words=" ".join(f"{text['en']} {text['zh']}" for text in texts).lower(),
    )
