"""The Schedules page: what runs by the clock, when next, how the last one ended, and what went wrong."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import panel as pn
import panel_material_ui as pmui

from workbench.app import Workbench
from workbench.config import AnyText
from workbench.errors import WorkbenchError
from workbench.runs.again import request_of
from workbench.runs.request import RunRequest
from workbench.schedules.alarms import Alarm, Labels, labels_of
from workbench.schedules.cron import read_zone
from workbench.schedules.message import condition, measure
from workbench.schedules.schedule import Firing, Overview, newest
from workbench.ui.asking import ask_first, go, refreshed
from workbench.ui.render import fragment
from workbench.ui.run_list import TONES
from workbench.ui.schedule_form import ScheduleForm
from workbench.ui.schedule_words import in_words, stamp
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

REFRESH_MS = 2000
FIRINGS = 30
STATE_TONES = {
    "due": "info",
    "starting": "info",
    "started": "info",
    "skipped": "warning",
    "not_started": "bad",
}


def schedules_page(bench: Workbench) -> Frame:
    """Build the page, with the schedule or the form that the address names."""
    view = visit(bench)
    arguments = view.arguments
    chosen = arguments.get("schedule") or arguments.get("edit") or ""
    try:
        main = _main(view)
    except WorkbenchError as error:
        main = html(fragment("note", problem=reason(view, error), hint=""))
    side = html()
    refreshed(side, lambda: _listing(view, bench.schedules.overviews(), chosen))
    roots = {"main": main, "side": side}
    return page(view, view.say("schedules"), section="schedules", roots=roots, split=side.object)


def _main(view: View) -> Any:
    arguments, schedules = view.arguments, view.bench.schedules
    if "run" in arguments:
        record = view.bench.engine.get(arguments["run"])
        request = request_of(view.bench.engine.history.job(record.run), origin="schedule")
        title = view.pick(record.template.title) or record.template.id
        form = ScheduleForm(view, newest(request, "", None), name=_free(view, title))
        return _formed(view, view.say("put_on_schedule"), title, form)
    if "edit" in arguments:
        kept = schedules.book.get(arguments["edit"])
        form = ScheduleForm(view, kept.request, name=kept.name, kept=kept)
        return _formed(view, view.say("change_schedule"), kept.name, form)
    if "schedule" in arguments:
        return ScheduleDetail(view, arguments["schedule"]).panel
    return html(
        fragment("empty", title=view.say("no_schedule_chosen"), text=view.say("no_schedule_chosen_next"))
    )


def _formed(view: View, heading: str, title: str, form: ScheduleForm) -> Any:
    inputs = [_table(reference) for reference in form.request.inputs.values() if reference]
    head = fragment(
        "scheduleformhead",
        view=view,
        heading=heading,
        title=title,
        inputs=inputs,
        parameters=_changed(view, form.request),
    )
    return pn.Column(html(head), form.panel, margin=0, sizing_mode="stretch_width")


def _changed(view: View, request: RunRequest) -> list[str]:
    """Return the parameters that are not the app's own."""
    try:
        fields = view.bench.library.get(request.template).fields()
    except WorkbenchError:
        return [f"{name} = {value}" for name, value in request.parameters.items()]
    given = request.parameters
    changed = [field for field in fields if given.get(field.name, field.default) != field.default]
    return [f"{view.pick(field.label)} = {given[field.name]}" for field in changed]


def _free(view: View, title: str) -> str:
    """Return a name that no schedule has yet."""
    known = {schedule.name for schedule in view.bench.schedules.book.all()}
    names = [title, *(f"{title} {number}" for number in range(2, len(known) + 3))]
    return next(name for name in names if name not in known)


def _listing(view: View, overviews: list[Overview], chosen: str) -> Any:
    seen, alive = view.bench.schedules.heartbeat()
    rows = []
    for overview in overviews:
        status, tone = state(view, overview)
        following = view.say("paused") if overview.schedule.paused else ""
        if overview.upcoming:
            following = stamp(view, overview.upcoming[0])
        rows.append(
            {
                "address": f"/schedules?schedule={quote(overview.schedule.id)}",
                "name": overview.schedule.name,
                "when": in_words(view, overview.schedule.cron),
                "next": following,
                "status": status,
                "tone": tone,
                "chosen": chosen in {overview.schedule.id, overview.schedule.name},
            }
        )
    trouble = view.bench.schedules.trouble
    last = stamp(view, seen.astimezone()) if seen else "–"
    return fragment("schedulelist", view=view, rows=rows, alive=alive, last=last, trouble=trouble)


def state(view: View, overview: Overview) -> tuple[str, str]:
    """Return how a schedule stands, in a word and its colour: what is wrong comes first."""
    if overview.problem:
        return view.say("firing_not_started"), "bad"
    if overview.going:
        return view.say("status_running"), "info"
    if overview.last is None:
        return view.say("not_yet"), ""
    return _came(view, overview.last)


def _came(view: View, firing: Firing) -> tuple[str, str]:
    if firing.state == "ended" and firing.status:
        return view.say(f"status_{firing.status}"), TONES[firing.status]
    return view.say(f"firing_{firing.state}"), STATE_TONES.get(firing.state, "")


class ScheduleDetail:
    """One schedule: its times, its state, what came of them, and the buttons."""

    def __init__(self, view: View, handle: str) -> None:
        self.view, self.schedules = view, view.bench.schedules
        self.id = self.schedules.book.get(handle).id
        self.head, self.rules, self.note = html(), html(), html()
        self.past = html(margin=(8, 0, 0, 0))
        kept = self.schedules.book.get(self.id)
        question = view.say("remove_schedule_sure", name=kept.name)
        self.panel = themed(
            view,
            self.head,
            pn.Row(*self._buttons(kept.paused), margin=(8, 0, 0, 0)),
            self.note,
            self.rules,
            self.past,
            ask_first(view, question, self._remove, {}),
        )
        self._shown: Any = None
        self.refresh()
        pn.state.add_periodic_callback(self.refresh, period=REFRESH_MS)

    def _remove(self) -> None:
        self.schedules.remove(self.id)

    def _buttons(self, paused: bool) -> list[Any]:
        view = self.view
        options: dict[str, Any] = {"size": "small", "margin": (0, 8, 0, 0)}
        run = pmui.Button(label=view.say("run_now"), color="primary", **options)
        rest = pmui.Button(label=view.say("resume" if paused else "pause"), variant="outlined", **options)
        edit = pmui.Button(label=view.say("edit"), variant="outlined", **options)
        switch = self.schedules.resume if paused else self.schedules.pause
        run.on_click(self._doing(self.schedules.run_now))
        rest.on_click(self._doing(switch, then={"schedule": self.id}))
        edit.on_click(lambda _: go(edit=self.id))
        return [run, rest, edit]

    def _doing(self, act: Callable[[str], Any], then: dict[str, str] | None = None) -> Callable[[Any], Any]:
        async def do(_: Any) -> None:
            try:
                await asyncio.to_thread(act, self.id)
            except WorkbenchError as error:
                self.note.object = fragment("note", problem=reason(self.view, error), hint="")
                return
            if then:
                go(**then)
            self.note.object = fragment("note", problem="", hint=self.view.say("asked_to_run"))
            self.refresh()

        return do

    def refresh(self) -> None:
        """Show how it stands now; nothing is sent when nothing has changed."""
        try:
            overview = self.schedules.overview(self.id)
            firings = self.schedules.firings(self.id, FIRINGS)
        except LookupError:
            return  # removed meanwhile
        shown = (
            overview.model_dump_json(exclude={"result"}),
            [firing.model_dump_json() for firing in firings],
        )
        if shown != self._shown:
            self._shown = shown
            self.head.object = self._head(overview)
            self.rules.object = self._rules(overview)
            self.past.object = fragment(
                "firings", view=self.view, rows=[self._row(overview, f) for f in firings]
            )

    def _head(self, overview: Overview) -> Any:
        view, schedule = self.view, overview.schedule
        template = schedule.request.template
        status, tone = state(view, overview)
        result = overview.result
        return fragment(
            "schedule",
            view=view,
            schedule=schedule,
            app=self._title(template),
            app_address=f"/app?template={quote(template)}",
            when=in_words(view, schedule.cron),
            times=[stamp(view, moment) for moment in overview.upcoming],
            status=status,
            tone=tone,
            answer=view.pick(_answer(result)) if result else "",
            answer_address=_address(result.template.id, result.run) if result else "",
            problem=reason(view, overview.problem) if overview.problem else "",
            missed=overview.missed,
            skipped=overview.skipped,
            inputs=[_table(reference) for reference in schedule.request.inputs.values() if reference],
        )

    def _rules(self, overview: Overview) -> Any:
        schedule = overview.schedule
        labels = labels_of(self.view.bench.library, schedule.request.template)
        rules = [_rule(self.view, alarm, labels) for alarm in self.schedules.alarms.all(schedule.id)]
        address = f"/alarms?new=rule&schedule={quote(schedule.id)}"
        return fragment("schedulerules", view=self.view, rules=rules, address=address)

    def _title(self, template: str) -> str:
        try:
            return self.view.pick(self.view.bench.library.get(template).title)
        except WorkbenchError:
            return Path(template).name

    def _row(self, overview: Overview, firing: Firing) -> dict[str, Any]:
        status, tone = _came(self.view, firing)
        due = firing.due.astimezone(read_zone(overview.schedule.zone))
        said = reason(self.view, firing.error) if firing.error else ""
        if firing.state == "due":
            at = firing.at.astimezone(read_zone(overview.schedule.zone))
            said = self.view.say("starts_at", when=stamp(self.view, at))
        if firing.missed:
            said = self.view.say("stands_for_missed", count=firing.missed)
        template = overview.schedule.request.template
        return {
            "due": stamp(self.view, due),
            "cause": self.view.say(f"cause_{firing.cause}"),
            "status": status,
            "tone": tone,
            "said": said,
            "address": _address(overview.result.template.id if overview.result else template, firing.run)
            if firing.run
            else "",
        }


def _rule(view: View, alarm: Alarm, labels: Labels) -> dict[str, Any]:
    rule, language = alarm.rule, view.language
    return {
        "address": f"/alarms?rule={quote(rule.id)}",
        "name": rule.name,
        "text": f"{measure(rule, labels, language)} {condition(rule, language)}",
        "raised": alarm.standing.raised,
    }


def _answer(record: Any) -> AnyText:
    found = record.verdict or record.refusal
    return found.text if found else (record.error.message if record.error else "")


def _address(template: str, run: str) -> str:
    return f"/app?template={quote(template)}&run={quote(run)}"


def _table(reference: str) -> str:
    return reference.replace("\\", "/").rsplit("/", 1)[-1]
