"""The form of a schedule: when in words or as cron, in which zone, and the next times before it is saved."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

import panel as pn
import panel_material_ui as pmui
from tzlocal import get_localzone_name

from workbench.errors import WorkbenchError
from workbench.runs.request import RunRequest
from workbench.schedules.cron import cron
from workbench.schedules.schedule import NewSchedule, Schedule
from workbench.ui.asking import go
from workbench.ui.render import fragment
from workbench.ui.schedule_words import PRESETS, WEEKDAYS, When, stamp, understood
from workbench.ui.shell import html, themed
from workbench.ui.view import View
from workbench.ui.wording import reason

WIDE: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width", "margin": (10, 8, 0, 0)}
SHOWN = 3


class ScheduleForm:
    """What a person decides about a schedule."""

    def __init__(self, view: View, request: RunRequest, *, name: str, kept: Schedule | None = None) -> None:
        self.view, self.request, self.kept = view, request, kept
        when = understood(kept.cron) if kept else When()
        zone = kept.zone if kept else (get_localzone_name() or "UTC").removeprefix("Etc/")
        say = view.say
        self.name = pmui.TextInput(label=say("schedule_name"), value=kept.name if kept else name, **WIDE)
        presets = {say(f"preset_{preset}"): preset for preset in PRESETS}
        self.preset = pmui.Select(label=say("schedule_when"), options=presets, value=when.preset, **WIDE)
        self.clock = pmui.TextInput(label=say("time_of_day"), value=when.clock, **WIDE)
        days = {say(f"weekday_{day}"): number for number, day in enumerate(WEEKDAYS, 1)}
        self.weekday = pmui.Select(label=say("weekday"), options=days, value=when.weekday, **WIDE)
        self.cron = pmui.TextInput(label=say("cron"), value=when.cron or "0 6 * * 1-5", **WIDE)
        zones = sorted({zone, *available_timezones()})
        self.zone = pmui.Select(label=say("zone"), options=zones, value=zone, searchable=True, **WIDE)
        tries = {say("no_retry"): 0, **{say("so_many_retries", count=n): n for n in (1, 2, 3, 5)}}
        retries = kept.retries if kept else 2
        tries |= {} if retries in tries.values() else {say("so_many_retries", count=retries): retries}
        self.retries = pmui.Select(label=say("after_failure"), options=tries, value=retries, **WIDE)
        self.times, self.problem = html(margin=(10, 0, 0, 0)), html(margin=(6, 0, 0, 0))
        self.save = pmui.Button(label=say("save_schedule"), color="primary", margin=(14, 0, 0, 0))
        self.save.on_click(self._save)
        for widget in (self.preset, self.clock, self.weekday, self.cron, self.zone):
            widget.param.watch(lambda _: self._show(), "value")
        self.hint = html(fragment("note", problem="", hint=say("cron_hint")), margin=(2, 0, 0, 4))
        self.panel = themed(
            view,
            self.name,
            pn.Row(self.preset, self.clock, self.weekday, self.cron, margin=0, sizing_mode="stretch_width"),
            self.hint,
            pn.Row(self.zone, self.retries, margin=0, sizing_mode="stretch_width"),
            self.times,
            self.problem,
            self.save,
        )
        self._show()

    def new(self) -> NewSchedule:
        """Return the schedule as it is filled in."""
        given: dict[str, Any] = {
            "retries": self.retries.value,
            "cron": self._when().expression(),
            "zone": self.zone.value,
        }
        if self.kept:
            given["backoff_s"] = self.kept.backoff_s
        name = self.name.value.strip() or self.request.template
        return NewSchedule(name=name[:120], request=self.request, **given)

    def _when(self) -> When:
        return When(self.preset.value, self.clock.value, self.weekday.value, self.cron.value)

    def _show(self) -> None:
        """Show the fields the preset needs, and the next times or why there are none."""
        preset = self.preset.value
        self.clock.visible = preset in {"daily", "weekly"}
        self.weekday.visible = preset == "weekly"
        self.cron.visible = self.hint.visible = preset == "cron"
        try:
            expression = self._when().expression()
            found = cron(expression, self.zone.value).upcoming(datetime.now(UTC), SHOWN)
        except WorkbenchError as error:
            self.times.object = fragment("note", problem=reason(self.view, error), hint="")
            self.save.disabled = True
            return
        self.save.disabled = False
        times = [stamp(self.view, moment) for moment in found]
        self.times.object = fragment("nexttimes", view=self.view, times=times, zone=self.zone.value)

    async def _save(self, _: Any) -> None:
        self.save.disabled = True
        schedules = self.view.bench.schedules
        try:
            new = self.new()
            if self.kept:
                saved = await asyncio.to_thread(schedules.edit, self.kept.id, new)
            else:
                saved = await asyncio.to_thread(schedules.add, new)
        except WorkbenchError as error:
            self.problem.object = fragment("note", problem=reason(self.view, error), hint="")
            self.save.disabled = False
            return
        go(schedule=saved.id)
