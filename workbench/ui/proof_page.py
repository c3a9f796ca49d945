"""The proof page: the published numbers that apps claim, and those they do not meet, with the reason."""

from statistics import median
from typing import Any
from urllib.parse import urlencode

from workbench.app import Workbench
from workbench.templates.proof_cases import Outcome, Sheet, read_sheet
from workbench.templates.template import Template
from workbench.ui.numbers import number
from workbench.ui.proofs import line_of, passed_of
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, page
from workbench.ui.view import View, visit


def proof_page(bench: Workbench) -> Frame:
    """Build the page for the current visitor."""
    view = visit(bench)
    proved, unproved = [], []
    for template in bench.library.list():
        sheet = read_sheet(template)
        if sheet is not None and sheet.outcomes and not sheet.absent:
            proved.append((template, sheet))
        elif template.contract is not None:
            unproved.append(view.pick(template.title))
    lines = [line for _, sheet in proved for line in sheet.outcomes]
    body = fragment(
        "proofs",
        view=view,
        rows=[_row(view, template, sheet) for template, sheet in proved],
        differing=[found for template, sheet in proved for found in _differing(view, template, sheet)],
        passed=sum(line.passed for line in lines),
        total=len(lines),
        unproved=unproved,
    )
    return page(view, view.say("proofs"), section="proof", roots={}, body=body)


def address(template: Template) -> str:
    """Return where every number of an app stands."""
    return "/app?" + urlencode({"template": template.id, "tab": "proof"})


def _row(view: View, template: Template, sheet: Sheet) -> dict[str, Any]:
    digits = sorted(line.digits for line in sheet.outcomes if line.passed and line.digits is not None)
    return {
        "title": view.pick(template.title),
        "address": address(template),
        "passed": passed_of(sheet),
        "total": len(sheet.outcomes),
        "cases": len(sheet.cases),
        "fewest": number(float(digits[0]), 1) if digits else "",
        "middle": number(float(median(digits)), 1) if digits else "",
        "sources": "; ".join(_sources(sheet.outcomes)),
        "stale": not sheet.is_current(template),
    }


def _sources(lines: list[Outcome]) -> list[str]:
    """Return where the numbers come from: the data sets, or who printed them."""
    found = [
        line.dataset.partition("/")[0] if line.dataset else (line.source or "").partition(",")[0]
        for line in lines
    ]
    return sorted({source for source in found if source})


def _differing(view: View, template: Template, sheet: Sheet) -> list[dict[str, Any]]:
    return [
        line_of(view, template, line)
        | {"title": view.pick(template.title), "address": address(template), "case": view.pick(case.name)}
        for case in sheet.cases
        for line in case.outcomes
        if not line.passed
    ]
