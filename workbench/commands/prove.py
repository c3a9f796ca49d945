"""``workbench templates prove``: run the published cases of templates and write their sheets."""

from typing import Any

from workbench.app import Workbench
from workbench.commands import local
from workbench.commands.output import emit, note, number, say, show_table
from workbench.config import Settings, pick
from workbench.errors import NotFound
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest
from workbench.templates import proof
from workbench.templates.coverage import coverage
from workbench.templates.library import library
from workbench.templates.proof_cases import Outcome, Sheet, read_proof
from workbench.templates.template import Template

BOUNDS = {"at_most": "≤ ", "at_least": "≥ "}


def prove(settings: Settings, names: list[str], *, as_json: bool) -> int:
    """Prove the named templates, or all that have cases; return 0 when every line of every sheet agrees."""
    with Workbench(settings) as bench:
        sheets = [_prove(bench, template) for template in _with_cases(bench, names)]
    if as_json:
        emit([sheet.model_dump(mode="json") | {"passed": sheet.passed} for sheet in sheets])
    else:
        for sheet in sheets:
            _show(sheet, settings.language)
    return 0 if all(sheet.passed for sheet in sheets) else 1


def count(settings: Settings, names: list[str], *, as_json: bool) -> None:
    """Count the published numbers that the sheets of templates meet, and say why others are not claimed."""
    known = library(settings.workspace)
    chosen = [known.get(name) for name in names] if names else known.list()
    found = coverage(chosen)
    if as_json:
        emit({"counts": found.counts, "entries": [entry.model_dump(mode="json") for entry in found.entries]})
        return
    show_table([{"data set": name, **counts} for name, counts in found.counts.items()])
    open_ones = [entry for entry in found.entries if entry.status not in ("met", "not_claimed")]
    show_table([entry.model_dump(include={"dataset", "quantity", "status"}) for entry in open_ones])
    reasons: dict[str, int] = {}
    for entry in found.entries:
        if entry.status == "not_claimed":
            why = pick(entry.reason, settings.language) if entry.reason else f"no reason: {entry.dataset}"
            reasons[why] = reasons.get(why, 0) + 1
    show_table([{"not claimed": number, "why": why} for why, number in reasons.items()])


def _with_cases(bench: Workbench, names: list[str]) -> list[Template]:
    if not names:
        return [template for template in bench.library.list() if read_proof(template) is not None]
    chosen = [bench.library.get(name) for name in names]
    for template in chosen:
        if read_proof(template) is None:
            expected = f"{template.path.with_suffix('.proof.yaml').name} beside it"
            raise NotFound(f"template {template.id} has no proof", expected=expected)
    return chosen


def _prove(bench: Workbench, template: Template) -> Sheet:
    note(f"proving {template.id} ...")

    def run(
        name: str, inputs: dict[str, str], mapping: dict[str, dict[str, str]], parameters: dict[str, Any]
    ) -> RunRecord:
        request = RunRequest(
            template=name, inputs=inputs, mapping=mapping, parameters=parameters, origin="proof"
        )
        return local.execute(bench, request, quiet=True)

    sheet = proof.prove(template, run)
    note(f"wrote {proof.write_sheet(template, sheet)}")
    return sheet


def _show(sheet: Sheet, language: str) -> None:
    say(
        f"{sheet.template} {sheet.version or ''}: {sheet.summary} agree"
        + (" (data absent)" if sheet.absent else "")
    )
    lines = [(pick(case.name, language), line) for case in sheet.cases for line in case.outcomes]
    show_table([_line(name, line) for name, line in lines])


def _line(case: str, outcome: Outcome) -> dict[str, Any]:
    return {
        " ": "✓" if outcome.passed else "✗",
        "case": case,
        "result": outcome.result,
        "expected": BOUNDS.get(outcome.comparison, "") + number(outcome.expected),
        "obtained": number(outcome.obtained),
        "digits": "" if outcome.digits is None else f"{outcome.digits:.1f}",
        "why": outcome.reason or "",
    }
