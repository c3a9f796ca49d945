"""The form of an alarm rule: of which runs, what to look at, when it is bad, whom to tell."""

import asyncio
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.errors import Invalid, WorkbenchError
from workbench.schedules.alarms import labels_of
from workbench.schedules.message import VALUES, condition, measure
from workbench.schedules.rules import LEVELS, NUMERIC, STATES, Kind, Rule
from workbench.ui.asking import go
from workbench.ui.render import fragment
from workbench.ui.schedule_form import WIDE
from workbench.ui.shell import html, themed
from workbench.ui.view import View
from workbench.ui.wording import reason

NUMBERS = {">": "above", ">=": "at_least", "<": "below", "<=": "at_most"}
BOXES: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (10, 8, 0, 0)}
KEYS: dict[Kind, str] = {"kpi": "kpis", "rows": "tables", "alarm": "alarms", "verdict": "", "state": ""}


class RuleForm:
    """What a person decides about an alarm rule."""

    def __init__(self, view: View, kept: Rule | None = None, *, schedule: str = "") -> None:
        self.view, self.kept = view, kept or Rule.model_construct(name="", schedule=schedule)
        self.scope = pmui.Select(
            label=view.say("rule_scope"), options=self._scopes(), value=self._scope(), **WIDE
        )
        self.what = pmui.Select(label=view.say("rule_what"), **WIDE)
        self._make_condition()
        self._make_telling()
        self.problem = html(margin=(6, 0, 0, 0))
        self.save = pmui.Button(label=view.say("save_rule"), color="primary", margin=(14, 0, 0, 0))
        self.save.on_click(self._save)
        self.scope.param.watch(lambda _: self._offer(), "value")
        self.what.param.watch(lambda _: self._show(), "value")
        self.operator.param.watch(lambda _: self._show(), "value")
        self._offer()
        wanted = f"{self.kept.kind}:{self.kept.on}"
        if wanted in self.what.options.values():
            self.what.value = wanted
        self._show()
        stretch: dict[str, Any] = {"margin": 0, "sizing_mode": "stretch_width"}
        self.panel = themed(
            view,
            self.scope,
            self.what,
            pn.Row(self.operator, self.low, self.high, self.words, **stretch),
            pn.Row(self.clear_low, self.clear_high, self.times, **stretch),
            self.hint,
            self.channels,
            self.no_channel,
            pn.Row(self.quiet, self.again, **stretch),
            self.name,
            self.problem,
            self.save,
        )

    def _make_condition(self) -> None:
        view, kept = self.view, self.kept
        names = {view.say("operator_outside"): "outside", view.say("operator_missing"): "missing"}
        operators = {view.say(f"operator_{word}"): operator for operator, word in NUMBERS.items()} | names
        operator = kept.operator if kept.operator != "is" else ">"
        self.operator = pmui.Select(label=view.say("rule_when"), options=operators, value=operator, **WIDE)
        first, last = _ends(kept.raise_at)
        self.low = pmui.TextInput(label=view.say("limit"), value=first, **WIDE)
        self.high = pmui.TextInput(label=view.say("limit_high"), value=last, **WIDE)
        first, last = _ends(kept.clear_at)
        self.clear_low = pmui.TextInput(label=view.say("clear_at"), value=first, placeholder="–", **WIDE)
        self.clear_high = pmui.TextInput(label=view.say("clear_at_high"), value=last, placeholder="–", **WIDE)
        self.words = pmui.CheckBoxGroup(label=view.say("rule_when"), inline=True, **BOXES)
        times = {view.say("at_once"): 1, **{view.say("in_a_row", count=n): n for n in (2, 3, 5)}}
        times |= {} if kept.times in times.values() else {view.say("in_a_row", count=kept.times): kept.times}
        self.times = pmui.Select(label=view.say("rule_times"), options=times, value=kept.times, **WIDE)
        self.hint = html(fragment("note", problem="", hint=view.say("clear_hint")), margin=(2, 0, 0, 4))

    def _make_telling(self) -> None:
        view, kept = self.view, self.kept
        known = [channel.name for channel in view.bench.schedules.channels.all()]
        told = [name for name in kept.channels if name in known]
        self.channels = pmui.CheckBoxGroup(
            label=view.say("rule_channels"),
            options=known,
            value=told,
            inline=True,
            visible=bool(known),
            **BOXES,
        )
        note = fragment("nochannel", view=view) if not known else ""
        self.no_channel = html(note, margin=(2, 0, 0, 4), visible=not known)
        self.quiet = pmui.TextInput(
            label=view.say("quiet_hours"), value=kept.quiet, placeholder="22:00-06:00", **WIDE
        )
        hours = {
            view.say("tell_once"): 0.0,
            **{view.say("again_hours", count=n): float(n) for n in (1, 4, 8, 24)},
        }
        known_hours = kept.again_hours in hours.values()
        hours |= {} if known_hours else {view.say("again_hours", count=kept.again_hours): kept.again_hours}
        self.again = pmui.Select(label=view.say("tell_again"), options=hours, value=kept.again_hours, **WIDE)
        self.name = pmui.TextInput(
            label=view.say("rule_name"), value=kept.name, placeholder=view.say("rule_name_auto"), **WIDE
        )

    # --- what can be chosen -----------------------------------------------------------------------------

    def _scopes(self) -> dict[str, str]:
        view = self.view
        schedules = view.bench.schedules.book.all()
        found = {view.say("runs_of", name=each.name): f"schedule:{each.id}" for each in schedules}
        for template in view.bench.library.list():
            found[view.say("all_runs_of", name=view.pick(template.title))] = f"template:{template.id}"
        return found

    def _scope(self) -> str:
        if self.kept.template:
            return f"template:{self.kept.template}"
        known = self._scopes().values()
        wanted = f"schedule:{self.kept.schedule}"
        return wanted if wanted in known else next(iter(known), "")

    def _template(self) -> str:
        kind, _, name = str(self.scope.value or "").partition(":")
        return self.view.bench.schedules.book.get(name).request.template if kind == "schedule" else name

    def _offer(self) -> None:
        """Offer what a run of the chosen app records."""
        say, found = self.view.say, {}
        for kind, key in KEYS.items():
            for name, label in self._results(key).items():
                found[say(f"look_at_{kind}", name=label)] = f"{kind}:{name}"
            if kind == "alarm":
                found[say("look_at_any_alarm")] = "alarm:"
            if not key:
                found[say(f"look_at_{kind}")] = f"{kind}:"
        value = self.what.value if self.what.value in found.values() else next(iter(found.values()))
        self.what.param.update(options=found, value=value)

    def _results(self, kind: str) -> dict[str, str]:
        """Return the results of the app: from its contract, else from its last run."""
        if not kind:
            return {}
        labels = labels_of(self.view.bench.library, self._template())
        pick, found = self.view.pick, {}
        for key, label in labels.items():
            group, _, name = key.partition(".")
            if group == kind:
                found[name] = pick(label) or name
        if labels:
            return found
        for record in self.view.bench.engine.list(status="succeeded", limit=50):
            if record.template.id == self._template() or record.template.path == self._template():
                kept = getattr(record, kind)
                return {name: name for name in (kept if isinstance(kept, dict) else [a.name for a in kept])}
        return {}

    def _show(self) -> None:
        """Show the fields that the chosen condition needs."""
        kind = self._kind()
        counts = kind in {"kpi", "rows"}
        numeric = counts and self.operator.value in NUMERIC
        between = numeric and self.operator.value == "outside"
        self.operator.visible = counts
        for widget, shown in ((self.low, numeric), (self.high, between), (self.clear_low, numeric)):
            widget.visible = shown
        self.clear_high.visible = between
        self.hint.visible = numeric
        say = self.view.say
        self.low.label = say("limit_low" if between else "limit")
        self.clear_low.label = say("clear_at_low" if between else "clear_at")
        self.words.visible = kind in {"verdict", "state"}
        if self.words.visible:
            known = LEVELS if kind == "verdict" else STATES
            options = {self.view.pick(VALUES[word]): word for word in known}
            usual = (
                ["bad"] if kind == "verdict" else ["failed", "timed_out", "over_limit", "lost", "not_started"]
            )
            kept = self.kept.words if self.kept.kind == kind and self.kept.words else usual
            now = [word for word in self.words.value or () if word in known]
            self.words.param.update(options=options, value=now or kept)

    def _kind(self) -> Kind:
        kind: Kind = str(self.what.value).partition(":")[0]  # type: ignore[assignment]
        return kind

    # --- saving -----------------------------------------------------------------------------------------

    def rule(self) -> Rule:
        """Return the rule as it is filled in; raise one sentence when something is missing."""
        scope, _, of = str(self.scope.value or "").partition(":")
        kind = self._kind()
        operator = self.operator.value if kind in {"kpi", "rows"} else "is"
        fields = [self.low, self.high] if operator == "outside" else [self.low]
        clear = [self.clear_low, self.clear_high] if operator == "outside" else [self.clear_low]
        numeric = operator in NUMERIC
        given: dict[str, Any] = {
            "schedule": of if scope == "schedule" else None,
            "template": of if scope == "template" else None,
            "kind": kind,
            "on": str(self.what.value).partition(":")[2],
            "operator": operator,
            "raise_at": [_number(field.value, field.label) for field in fields] if numeric else [],
            "clear_at": _optional(clear) if numeric else [],
            "words": list(self.words.value or []) if self.words.visible else [],
        }
        zone = self.view.bench.schedules.book.get(of).zone if scope == "schedule" else self.kept.zone
        telling: dict[str, Any] = {
            "quiet": self.quiet.value.strip(),
            "again_hours": self.again.value,
            "zone": zone,
        }
        name = self.name.value.strip()[:120]
        rule = Rule(
            id=self.kept.id,
            name=name or "-",
            times=self.times.value,
            channels=list(self.channels.value),
            **given,
            **telling,
        )
        return rule if name else rule.model_copy(update={"name": self._named(rule)})

    def _named(self, rule: Rule) -> str:
        """Name a rule after what it says."""
        labels, language = labels_of(self.view.bench.library, self._template()), self.view.language
        base = f"{measure(rule, labels, language)} {condition(rule.checked(), language)}"[:100]
        known = {alarm.rule.name for alarm in self.view.bench.schedules.alarms.all()}
        names = [base, *(f"{base} ({number})" for number in range(2, len(known) + 3))]
        return next(name for name in names if name not in known)

    async def _save(self, _: Any) -> None:
        self.save.disabled = True
        try:
            saved = await asyncio.to_thread(self.view.bench.schedules.save_rule, self.rule())
        except WorkbenchError as error:
            self.problem.object = fragment("note", problem=reason(self.view, error), hint="")
            self.save.disabled = False
            return
        go(rule=saved.id)


def _ends(limits: list[float]) -> tuple[str, str]:
    shown = [f"{limit:g}" for limit in limits]
    return (shown[0] if shown else ""), (shown[1] if len(shown) > 1 else "")


def _optional(fields: list[Any]) -> list[float]:
    if not any(field.value.strip() for field in fields):
        return []
    return [_number(field.value, field.label) for field in fields]


def _number(text: str, label: str) -> float:
    try:
        return float(text.strip().replace(",", ".").replace("−", "-"))
    except ValueError as error:
        raise Invalid(label, given=repr(text) if text else "nothing", expected="a number") from error
