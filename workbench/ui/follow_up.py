"""What follows a control chart: its limits put in force, and what was behind its signals."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from workbench.runs.cause_book import TABLE, Known, rule_name
from workbench.runs.limit_book import NOTHING, RECOMPUTE, rows_of
from workbench.runs.record import RunRecord
from workbench.templates.front_matter import InForceSpec
from workbench.templates.template import Template
from workbench.ui.numbers import moment
from workbench.ui.render import fragment
from workbench.ui.view import View


def follow_up(view: View, template: Template | None, record: RunRecord) -> Markup | None:
    """Return what can be done with the limits and signals of a run; None where there are none."""
    if not view.served or template is None or template.contract is None or record.status != "succeeded":
        return None
    known = view.bench.engine.preparer.causes.known(record, template) if TABLE in record.tables else []
    spec = template.contract.in_force
    limits = _limits(view, template, record, spec) if spec else None
    if not limits and not known:
        return None
    rules = [rule_shown(view, template, one) for one in known]
    return fragment("followup", view=view, limits=limits, rules=rules, run=record.run)


def rule_shown(view: View, template: Template | None, one: Known) -> dict[str, Any]:
    """Return a rule that fired with what was confirmed for it, in the visitor's words."""
    last = one.last
    told = ""
    if last:
        done = f"{last.cause} → {last.action}" if last.action else last.cause
        told = view.say("signals_last", when=moment(last.at)[:10], by=last.by, cause=done)
    return {
        "code": one.rule,
        "name": view.pick(rule_name(template, one.rule)),
        "signals": one.signals,
        "points": one.points,
        "told": told,
        "counts": [
            view.say("signals_times", cause=cause, count=count) for cause, count in one.causes.items()
        ],
        "all": [
            {"when": moment(each.at), "by": each.by, "cause": each.cause, "action": each.action}
            | {"point": each.point, "run": each.run}
            for each in one.all
        ],
    }


def _limits(view: View, template: Template, record: RunRecord, spec: InForceSpec) -> dict[str, str] | None:
    used = record.limits
    if used:
        told = view.say("follow_judged", limits=used.id, since=moment(used.since)[:10], by=used.approved_by)
        query = urlencode(asked_again(template, record, {spec.parameter: RECOMPUTE}))
        return {
            "told": told,
            "address": f"/limits?limits={used.id}",
            "label": view.say("follow_look"),
            "again": f"/app?{query}",
        }
    given = {name: record.parameters.get(name) for name in spec.not_for}
    if any(given[name] in values for name, values in spec.not_for.items()) or not rows_of(record, spec):
        return None
    book = view.bench.engine.preparer.limits
    mine = next((one for one in book.list(template=template.id) if one.run == record.run), None)
    if mine is None or mine.events[-1].what in ("rejected", "withdrawn"):
        address, label = f"/limits?{urlencode({'run': record.run})}", view.say("limits_propose")
        return {"told": view.say("follow_alone"), "address": address, "label": label, "again": ""}
    key = "follow_adopted" if mine.approval else "follow_proposed"
    address, label = f"/limits?limits={mine.id}", view.say("follow_look")
    return {"told": view.say(key, limits=mine.id), "address": address, "label": label, "again": ""}


def asked_again(template: Template, record: RunRecord, changed: Mapping[str, Any]) -> dict[str, str]:
    """Return the address of a form that is filled with what a run used, but for some parameters."""
    query = {"template": template.id}
    for role, used in record.inputs.items():
        query[f"input.{role}"] = used.table
        query |= {f"map.{role}.{column}": source for column, source in used.mapping.items()}
        query |= {
            f"filter.{role}.{column}": json.dumps(wanted, ensure_ascii=False)
            for column, wanted in used.filter.items()
        }
    usual = {field.name: field.default for field in template.fields()}
    values = {**record.parameters, **changed}
    for name, value in values.items():
        if value != usual.get(name) and value != NOTHING and name in usual:
            query[f"set.{name}"] = json.dumps(value) if isinstance(value, list | dict) else str(value)
    return query
