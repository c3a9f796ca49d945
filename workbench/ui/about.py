"""The About tab: what an app decides, what it needs and gives, under which names, and on which standards."""

from typing import Any

from workbench.templates.form import Field
from workbench.templates.template import Template
from workbench.ui.fields import expectation
from workbench.ui.numbers import number
from workbench.ui.render import fragment
from workbench.ui.view import View


def about(view: View, template: Template) -> Any:
    """Return the tab's content."""
    return fragment(
        "about",
        view=view,
        template=template,
        contract=template.contract,
        inputs=[_input(view, name, need) for name, need in template.inputs.items()],
        parameters=[_parameter(view, field) for field in template.fields()],
        steps=[view.pick(step.text) for step in template.steps()],
        results=_results(view, template),
        refusals=[view.pick(spec.label) for spec in template.results.refusals.values()],
    )


def _input(view: View, role: str, need: Any) -> dict[str, Any]:
    columns = [
        {
            "name": name,
            "label": view.pick(column.label),
            "optional": column.optional,
            "type": view.say(f"type_{column.type}"),
            "unit": "" if column.unit in (None, "any") else column.unit,
            "help": view.pick(column.help) if column.help else "",
        }
        for name, column in need.columns.items()
    ]
    return {
        "name": role,
        "label": view.pick(need.label),
        "help": view.pick(need.help) if need.help else "",
        "optional": need.optional,
        "min_rows": view.say("min_rows", rows=need.min_rows) if need.min_rows else "",
        "columns": columns,
        "others": view.say("other_columns", type=view.say(f"type_{need.others}")) if need.others else "",
    }


def _parameter(view: View, field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "choices": [(choice.value, view.pick(choice.label)) for choice in field.choices or []],
        "label": view.pick(field.label),
        "expects": expectation(view, field),
        "default": _default(view, field),
        "help": view.pick(field.help) if field.help else "",
    }


def _default(view: View, field: Field) -> str:
    """Show a default as the form does: choices by their label."""
    labels = {str(choice.value): view.pick(choice.label) for choice in field.choices or []}
    values = field.default if isinstance(field.default, list) else [field.default]
    shown = [labels.get(str(value)) or number(value) for value in values]
    return ("、" if view.language == "zh" else ", ").join(shown)


def _results(view: View, template: Template) -> list[dict[str, Any]]:
    """List what a run records: its name in commands and programs, what it is, and what it means."""
    found = template.results
    kinds: dict[str, dict[str, Any]] = {
        "result_kpi": found.kpis,
        "result_table": found.tables,
        "result_figure": found.figures,
        "result_alarm": found.alarms,
        "result_verdict": found.verdicts,
    }
    return [
        {
            "kind": view.say(kind),
            "name": name,
            "label": view.pick(spec.label),
            "help": view.pick(spec.help) if getattr(spec, "help", None) else "",
            "columns": [
                (column, view.pick(described.label))
                for column, described in getattr(spec, "columns", {}).items()
            ],
        }
        for kind, specs in kinds.items()
        for name, spec in specs.items()
    ]
