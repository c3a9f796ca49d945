"""The Alarms page: what is raised now, what happened, the rules, and the channels that carry the messages."""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import quote

import panel as pn
import panel_material_ui as pmui

from workbench.app import Workbench
from workbench.errors import WorkbenchError
from workbench.schedules.alarms import Alarm, Event, labels_of
from workbench.schedules.message import condition, measure, shown
from workbench.schedules.outbox import Delivery
from workbench.ui.asking import ask_first, go, refreshed
from workbench.ui.channel_form import ChannelForm
from workbench.ui.numbers import moment
from workbench.ui.render import fragment
from workbench.ui.rule_form import RuleForm
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

EVENTS, DELIVERIES = 100, 20
REFRESH_MS = 3000
CHANGE_TONES = {"raised": "bad", "again": "bad", "cleared": "good", "acknowledged": "info"}
DELIVERY_TONES = {"sent": "good", "waiting": "warning", "sending": "info", "given_up": "bad"}


def alarms_page(bench: Workbench) -> Frame:
    """Build the page, with the rule, the channel or the form that the address names."""
    view = visit(bench)
    try:
        main = _main(view)
    except WorkbenchError as error:
        main = html(fragment("note", problem=reason(view, error), hint=""))
    side = html()
    refreshed(side, lambda: _listing(view))
    roots = {"main": main, "side": side}
    return page(view, view.say("alarms"), section="alarms", roots=roots, split=side.object)


def _main(view: View) -> Any:
    arguments, schedules = view.arguments, view.bench.schedules
    if arguments.get("new") == "rule":
        form = RuleForm(view, schedule=arguments.get("schedule", ""))
        return _formed(view.say("new_rule"), form.panel)
    if "edit" in arguments:
        kept = schedules.alarms.get(arguments["edit"]).rule
        return _formed(view.say("change_rule"), RuleForm(view, kept).panel)
    if arguments.get("new") == "channel" or "channel" in arguments:
        return ChannelForm(view, arguments.get("channel", "")).panel
    if "rule" in arguments:
        return _detail(view, schedules.alarms.get(arguments["rule"]))
    return Log(view).panel


def _formed(heading: str, form: Any) -> Any:
    return pn.Column(html(fragment("paneheading", text=heading)), form, margin=0, sizing_mode="stretch_width")


def _listing(view: View) -> Any:
    schedules = view.bench.schedules
    chosen = view.arguments.get("rule") or view.arguments.get("edit") or view.arguments.get("channel")
    rules = [_rule(view, alarm) | {"chosen": alarm.rule.id == chosen} for alarm in schedules.alarms.all()]
    channels = [
        {
            "name": channel.name,
            "address": f"/alarms?channel={quote(channel.name)}",
            "leads": channel.address,
            "chosen": channel.name == chosen,
        }
        for channel in schedules.channels.all()
    ]
    return fragment("alarmlist", view=view, rules=rules, channels=channels)


def _rule(view: View, alarm: Alarm) -> dict[str, Any]:
    rule, standing = alarm.rule, alarm.standing
    tone, word = ("good", "calm") if not standing.raised else ("bad", "raised")
    if standing.acknowledged:
        tone, word = "warning", "seen"
    return {
        "address": f"/alarms?rule={quote(rule.id)}",
        "name": rule.name,
        "of": _of(view, alarm),
        "tone": tone if alarm.last or standing.raised else "",
        "state": view.say(f"alarm_{word}"),
    }


def _of(view: View, alarm: Alarm) -> str:
    """Say of which runs a rule speaks."""
    rule = alarm.rule
    try:
        if rule.schedule:
            return view.say("runs_of", name=view.bench.schedules.book.get(rule.schedule).name)
        template = view.bench.library.get(str(rule.template))
        return view.say("all_runs_of", name=view.pick(template.title))
    except WorkbenchError:
        return view.say("scope_gone")


def _template(view: View, alarm: Alarm) -> str:
    if alarm.rule.template:
        return alarm.rule.template
    return view.bench.schedules.book.get(str(alarm.rule.schedule)).request.template


def _detail(view: View, alarm: Alarm) -> Any:
    """Return one rule: what it says, how it stands, what it did."""
    schedules, rule = view.bench.schedules, alarm.rule
    labels = labels_of(view.bench.library, _template(view, alarm))
    unit = alarm.last.reading.unit if alarm.last and alarm.last.reading else None
    facts = [view.say("rule_in_a_row", count=rule.times)] if rule.times > 1 else []
    if rule.clear_at:
        facts.append(view.say("rule_clears_at", value=" … ".join(f"{limit:g}" for limit in rule.clear_at)))
    if rule.quiet:
        facts.append(view.say("rule_quiet", hours=rule.quiet, zone=rule.zone))
    if rule.again_hours:
        facts.append(view.say("again_hours", count=f"{rule.again_hours:g}"))
    head = fragment(
        "alarm",
        view=view,
        alarm=_rule(view, alarm),
        says=f"{measure(rule, labels, view.language)} {condition(rule, view.language, unit)}",
        facts=facts,
        channels=rule.channels,
        since=moment(alarm.standing.since),
        seen=moment(alarm.standing.acknowledged),
        by=alarm.standing.acknowledged_by,
    )
    edit = pmui.Button(label=view.say("edit"), variant="outlined", size="small", margin=(0, 8, 0, 0))
    edit.on_click(lambda _: go(edit=rule.id))
    buttons: list[Any] = [edit]
    if alarm.standing.raised and not alarm.standing.acknowledged:
        buttons.insert(0, _acknowledge(view, rule.id, then={"rule": rule.id}))
    events = [_event(view, event) for event in schedules.alarms.events(EVENTS, rule.id)]
    return themed(
        view,
        html(head),
        pn.Row(*buttons, margin=(8, 0, 0, 0)),
        html(fragment("alarmlog", view=view, events=events, heading=view.say("what_happened"))),
        ask_first(
            view,
            view.say("remove_rule_sure", name=rule.name),
            lambda: schedules.alarms.remove(rule.id),
            {},
        ),
    )


def _acknowledge(view: View, rule: str, then: dict[str, str]) -> pmui.Button:
    button = pmui.Button(label=view.say("acknowledge"), color="primary", size="small", margin=(0, 8, 0, 0))

    async def seen(_: Any) -> None:
        button.disabled = True
        await asyncio.to_thread(view.bench.schedules.alarms.acknowledge, rule, by="")
        go(**then)

    button.on_click(seen)
    return button


class Log:
    """What is raised now, with the button; what happened, newest first; the messages on their way."""

    def __init__(self, view: View) -> None:
        self.view, self.schedules = view, view.bench.schedules
        self.log, self.sent = html(), html()
        raised = [alarm for alarm in self.schedules.alarms.all() if alarm.standing.raised]
        rows = [self._raised(alarm) for alarm in raised]
        self.panel = themed(view, *rows, self.log, self.sent)
        self._known: Any = None
        self.refresh()
        pn.state.add_periodic_callback(self.refresh, period=REFRESH_MS)

    def _raised(self, alarm: Alarm) -> pn.Row:
        row = html(
            fragment("raised", view=self.view, alarm=_rule(self.view, alarm), last=_last(self.view, alarm))
        )
        button = [] if alarm.standing.acknowledged else [_acknowledge(self.view, alarm.rule.id, then={})]
        return pn.Row(row, *button, margin=(0, 0, 6, 0), sizing_mode="stretch_width", align="center")

    def refresh(self) -> None:
        """Show what happened since; nothing is sent when nothing did."""
        events, deliveries = self.schedules.alarms.events(EVENTS), self.schedules.outbox.last(DELIVERIES)
        known = (events[:1], [(each.number, each.state, each.attempts) for each in deliveries])
        if known == self._known:
            return
        self._known = known
        view = self.view
        rows = [_event(view, event) for event in events]
        self.log.object = fragment("alarmlog", view=view, events=rows, heading=view.say("what_happened"))
        messages = [_delivery(view, each) for each in deliveries]
        self.sent.object = fragment("deliveries", view=view, rows=messages) if messages else ""


def _last(view: View, alarm: Alarm) -> str:
    if alarm.last is None or alarm.last.reading is None:
        return ""
    return f"{shown(alarm.last.reading, view.language)} · {moment(alarm.last.at)}"


def _event(view: View, event: Event) -> dict[str, Any]:
    value = shown(event.reading, view.language) if event.reading else (event.by or "")
    return {
        "when": moment(event.at),
        "rule": event.name,
        "rule_address": f"/alarms?rule={quote(event.rule)}",
        "change": view.say(f"change_{event.change}"),
        "tone": CHANGE_TONES[event.change],
        "value": value,
        "run": event.run or "",
        "address": f"/app?run={quote(event.run)}" if event.run else "",
    }


def _delivery(view: View, delivery: Delivery) -> dict[str, str]:
    zone: datetime = delivery.at
    waits = view.say("not_before", when=moment(zone)) if delivery.state == "waiting" else ""
    return {
        "when": moment(delivery.created),
        "channel": delivery.channel,
        "title": view.pick(delivery.message.title),
        "state": view.say(f"delivery_{delivery.state}"),
        "tone": DELIVERY_TONES[delivery.state],
        "said": " · ".join(part for part in (delivery.error or "", waits) if part),
    }
