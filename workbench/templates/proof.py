"""Proof: published data and numbers, and what a template gets for them.

The running is handed in, so that a proof goes the way every other run goes. Without published data nothing is
green.
"""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from workbench.config import reference_data
from workbench.errors import Invalid, Unavailable, WorkbenchError, did_you_mean
from workbench.templates.comparing import ResultLike, digits, is_close, obtained, plain
from workbench.templates.proof_cases import (
    Case,
    CaseSheet,
    Expectation,
    Index,
    Outcome,
    Sheet,
    read_proof,
    sheet_path,
)
from workbench.templates.proof_data import reference_of
from workbench.templates.template import Template

Run = Callable[[str, dict[str, str], dict[str, dict[str, str]], dict[str, Any]], ResultLike]
DEFAULT_RELATIVE = 1e-6


def write_sheet(template: Template, sheet: Sheet) -> Path:
    """Keep a sheet beside its template; one without data does not replace one with."""
    path = sheet_path(template)
    if sheet.absent and path.exists():
        return path
    data = json.dumps(sheet.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True)
    draft = path.with_suffix(".json.new")
    draft.write_text(data + "\n", encoding="utf-8")
    os.replace(draft, path)  # noqa: PTH105 - the atomic one
    return path


def prove(template: Template, run: Run) -> Sheet:
    """Run every case of a template and compare; raise only when CI has no published data."""
    proof = read_proof(template)
    cases = [] if proof is None else [_prove_case(template, case, run) for case in proof.cases]
    sheet = Sheet(template=template.id, version=template.version, digest=template.digest, cases=cases)
    if sheet.absent and os.environ.get("CI", "").lower() == "true":
        hint = "set WORKBENCH_REFERENCE_DATA"
        raise Unavailable(f"proof of {template.id}", given="no published data", hint=hint)
    return sheet


def _prove_case(template: Template, case: Case, run: Run) -> CaseSheet:
    data = reference_data()
    files = {role: given.file for role, given in case.inputs.items() if given.file}
    sheet = CaseSheet(name=case.name, files=files, parameters=dict(case.parameters))
    with tempfile.TemporaryDirectory(prefix="workbench-proof-") as folder:
        found = {
            role: reference_of(given, role, data=data, folder=Path(folder))
            for role, given in case.inputs.items()
        }
        references = {role: reference for role, reference in found.items() if reference is not None}
        if len(references) < len(found) or data is None:
            reason = "published data are not here"
            lines = [Outcome(result=line.result, source=line.source, reason=reason) for line in case.expect]
            return sheet.model_copy(update={"absent": True, "outcomes": lines})
        mapping = {role: dict(given.map) for role, given in case.inputs.items() if given.map}
        try:
            result: ResultLike | WorkbenchError = run(template.id, references, mapping, dict(case.parameters))
        except WorkbenchError as error:
            result = error
        outcomes = [_compare(expectation, result, data) for expectation in case.expect]
    return sheet.model_copy(update={"outcomes": outcomes})


def _compare(expectation: Expectation, result: ResultLike | WorkbenchError, data: Path) -> Outcome:
    """Hold one result to its number."""
    outcome, absolute, relative = _standard(expectation, data)
    if isinstance(result, WorkbenchError):
        return outcome.model_copy(update={"reason": str(result)})
    try:
        value = obtained(result, expectation.result)
    except WorkbenchError as error:
        return outcome.model_copy(update={"reason": f"{error} (run {result.status}{_why(result)})"})
    expected = outcome.expected
    update: dict[str, Any] = {"obtained": plain(value)}
    if outcome.comparison == "equal":
        update["passed"] = is_close(value, expected, absolute=absolute, relative=relative)
        update["digits"] = digits(value, expected)
    else:
        bounded = value if outcome.comparison == "at_most" else expected
        bound = expected if outcome.comparison == "at_most" else value
        update["passed"] = value is not None and bool(bounded <= bound)
    return outcome.model_copy(update=update)


def _why(result: ResultLike) -> str:
    for part in (result.error, result.refusal):
        message = getattr(part, "message", None) or getattr(part, "code", None)
        if message:
            return f": {message}"
    return ""


def _standard(expectation: Expectation, data: Path) -> tuple[Outcome, float | None, float | None]:
    """Find the number, its tolerance and its source."""
    absolute, relative = expectation.tolerance_abs, expectation.tolerance_rel
    outcome = Outcome(result=expectation.result, source=expectation.source, why=expectation.why)
    reference = expectation.entry or expectation.at_most_entry
    if reference is not None:
        entry = _entry(data, *reference)
        value = _part(entry["value"], expectation.index, reference[1])
        value = value if expectation.scale == 1.0 else value * expectation.scale
        if absolute is None and relative is None:
            absolute, relative = entry.get("tolerance_abs"), entry.get("tolerance_rel")
            absolute = absolute * abs(expectation.scale) if absolute is not None else None
        outcome = outcome.model_copy(
            update={
                "dataset": reference[0],
                "quantity": reference[1],
                "kind": entry.get("kind"),
                "source": expectation.source or entry.get("source"),
            }
        )
    else:
        bounds = (expectation.value, expectation.at_most, expectation.at_least)
        value = next(bound for bound in bounds if bound is not None)
    if absolute is None and relative is None:
        relative = DEFAULT_RELATIVE
    if expectation.at_most is not None or expectation.at_most_entry is not None:
        update: dict[str, Any] = {"comparison": "at_most", "expected": value}
        if expectation.at_most_entry is not None:
            update["expected"] = value * (1 + expectation.allowance)
    elif expectation.at_least is not None:
        update = {"comparison": "at_least", "expected": value}
    else:
        update = {"expected": value, "tolerance": _tolerance(absolute, relative)}
    return outcome.model_copy(update=update), absolute, relative


def _tolerance(absolute: float | None, relative: float | None) -> str:
    parts = [f"±{absolute:g}"] if absolute is not None else []
    return " or ".join(parts + ([f"relative {relative:g}"] if relative is not None else []))


def _part(value: Any, index: Index | list[Index] | None, quantity: str) -> Any:
    for step in index if isinstance(index, list) else [] if index is None else [index]:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            raise Invalid(f"index of {quantity!r}", given=step, expected="a part of that entry") from None
    return value


def _entry(data: Path, dataset: str, quantity: str) -> Mapping[str, Any]:
    entries = _published(data / "published.json")
    if (dataset, quantity) in entries:
        return entries[dataset, quantity]
    of_dataset = [name for known, name in entries if known == dataset]
    near = did_you_mean(quantity, of_dataset) or did_you_mean(dataset, {known for known, _ in entries})
    hint = f"did you mean {near!r}?" if near else None
    raise Invalid("no published entry", given=f"{dataset} | {quantity}", hint=hint)


@cache
def _published(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    entries = json.loads(path.read_text(encoding="utf-8"))["entries"]
    return {(entry["dataset"], entry["quantity"]): entry for entry in entries}
