"""The Proof tab and the gallery's badge: published numbers, and what an app gets for them."""

from typing import Any

from workbench.app import Workbench
from workbench.errors import WorkbenchError
from workbench.templates.proof_cases import Outcome, Sheet, read_proof, read_sheet
from workbench.templates.template import Template
from workbench.ui.numbers import number
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View

COMPARISONS = {"equal": "", "at_most": "≤ ", "at_least": "≥ "}


def proof_badge(view: View, template: Template) -> str:
    """Return how many published numbers the app reproduces; nothing where nothing was proved."""
    sheet = read_sheet(template)
    if sheet is None or sheet.absent or not sheet.outcomes or not sheet.is_current(template):
        return ""
    return view.say("proof_count", passed=passed_of(sheet), total=len(sheet.outcomes))


def proved(bench: Workbench) -> tuple[int, int]:
    """Return how many published numbers all apps reproduce, and how many there are."""
    sheets = [read_sheet(template) for template in bench.library.list()]
    lines = [line for sheet in sheets if sheet and not sheet.absent for line in sheet.outcomes]
    return sum(line.passed for line in lines), len(lines)


def proof(view: View, template: Template) -> list[Any]:
    """Return the tab's content."""
    sheet = read_sheet(template)
    if sheet is None or not sheet.outcomes:
        claims = _has_cases(template)
        title, text = ("proof_not_run", "proof_not_run_next") if claims else ("proof_none", "proof_none_next")
        return [html(fragment("empty", title=view.say(title), text=view.say(text, app=template.id)))]
    cases = [
        {
            "name": view.pick(case.name),
            "files": ", ".join(case.files.values()),
            "rows": [line_of(view, template, line) for line in case.outcomes],
        }
        for case in sheet.cases
    ]
    markup = fragment(
        "proof",
        view=view,
        cases=cases,
        passed=passed_of(sheet),
        total=len(sheet.outcomes),
        good=sheet.passed,
        stale="" if sheet.is_current(template) else template.id,
    )
    return [html(markup)]


def _has_cases(template: Template) -> bool:
    try:
        return read_proof(template) is not None
    except WorkbenchError:
        return False


def passed_of(sheet: Sheet) -> int:
    """Return how many lines agree."""
    return sum(line.passed for line in sheet.outcomes)


def line_of(view: View, template: Template, line: Outcome) -> dict[str, Any]:
    """Return one line as it is shown."""
    name, _, part = line.result.removeprefix("kpis.").partition(".")
    spec = template.results.kpis.get(name)
    label = view.pick(spec.label) if spec else line.result
    bounds = {"low": view.say("lower_bound"), "high": view.say("upper_bound")}
    return {
        "quantity": f"{label} · {bounds[part]}" if spec and part in bounds else label,
        "published": COMPARISONS.get(line.comparison, "") + _exact(line.expected),
        "obtained": _exact(line.obtained),
        "digits": "" if line.digits is None else number(float(line.digits), 1),
        "passed": line.passed,
        "reason": _why(view, line),
        "source": line.source or "",
        "tolerance": line.tolerance or "",
    }


def _why(view: View, line: Outcome) -> str:
    """Say why a number is not met: what is known of it, or what the run said."""
    return "" if line.passed else view.pick(line.why) if line.why else line.reason or ""


def _exact(value: Any) -> str:
    """Show a number with all the digits a comparison needs."""
    return f"{value:.10g}" if isinstance(value, float) else "–" if value is None else str(value)
