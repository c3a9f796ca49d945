"""How many published numbers the proofs meet: every entry of published.json, met, disagreeing or not claimed.

Decides from the sheets that were written; runs nothing. Why an entry is not claimed is in `proof-unclaimed.yaml`.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from workbench.config import reference_data
from workbench.errors import Unavailable
from workbench.templates.front_matter import Texts
from workbench.templates.library import house_templates
from workbench.templates.located_yaml import parse, validate
from workbench.templates.problem import invalid
from workbench.templates.proof_cases import Expectation, Outcome, read_proof, read_sheet
from workbench.templates.template import Template

REASONS = "proof-unclaimed.yaml"
Key = tuple[str, str]


class Reason(BaseModel):
    """Why some entries are not claimed; `*` stands for anything."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    dataset: str
    quantity: str = "*"
    reason: Texts


class Reasons(BaseModel):
    """All reasons."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    reasons: list[Reason]


class Covered(BaseModel):
    """What the proofs get for one published entry.

    ``status`` is met (each part that it has is claimed and agrees), partly (some parts are not claimed), disagrees,
    or not_claimed.
    """

    dataset: str
    quantity: str
    kind: str | None = None
    status: str = "not_claimed"
    digits: float | None = None
    templates: list[str] = []
    reason: dict[str, str] | None = None


class Coverage(BaseModel):
    """Every published entry, and counts by data set."""

    entries: list[Covered]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many entries of each data set are in which state, and how many of the rest have a reason."""
        found: dict[str, dict[str, int]] = {}
        for entry in self.entries:
            states = ("entries", "met", "partly", "disagrees", "not_claimed", "without_reason")
            row = found.setdefault(family(entry.dataset), dict.fromkeys(states, 0))
            row["entries"] += 1
            row[entry.status] += 1
            row["without_reason"] += entry.status == "not_claimed" and entry.reason is None
        return found


def family(dataset: str) -> str:
    """Return the folder a data set is in: qcc of qcc/pistonrings.csv (samples 1-25)."""
    return dataset.replace(",", " ").split("/")[0].split()[0]


def coverage(templates: Iterable[Template]) -> Coverage:
    """Hold the sheets of templates against published.json."""
    data = reference_data()
    if data is None:
        raise Unavailable("published data", given="none here", hint="set WORKBENCH_REFERENCE_DATA")
    claims = _claims(templates)
    reasons = _reasons()
    entries = json.loads((data / "published.json").read_text(encoding="utf-8"))["entries"]
    return Coverage(entries=[_covered(entry, claims, reasons) for entry in entries])


def _claims(templates: Iterable[Template]) -> dict[Key, list[tuple[str, Expectation, Outcome]]]:
    """Return who claims which entry, with what came of it; a sheet of another version proves nothing."""
    found = defaultdict(list)
    for template in templates:
        proof, sheet = read_proof(template), read_sheet(template)
        if proof is None or sheet is None or not sheet.is_current(template):
            continue
        lines = [line for case in proof.cases for line in case.expect]
        for line, outcome in zip(lines, sheet.outcomes, strict=False):
            key = line.entry or line.at_most_entry
            if key is not None and (outcome.dataset, outcome.quantity) == key:
                found[key].append((template.id, line, outcome))
    return found


def _covered(
    entry: dict[str, Any], claims: dict[Key, list[tuple[str, Expectation, Outcome]]], reasons: list[Reason]
) -> Covered:
    key = entry["dataset"], entry["quantity"]
    found = Covered(dataset=key[0], quantity=key[1], kind=entry.get("kind"))
    if key not in claims:
        told = next((one for one in reasons if fnmatch(key[0], one.dataset) and fnmatch(key[1], one.quantity)), None)
        return found.model_copy(update={"reason": told and dict(told.reason)})
    lines = claims[key]
    known = [outcome.digits for _, _, outcome in lines if outcome.digits is not None]
    status = "met" if _is_whole(entry["value"], lines) else "partly"
    return found.model_copy(
        update={
            "status": status if all(outcome.passed for *_, outcome in lines) else "disagrees",
            "digits": min(known) if known else None,
            "templates": sorted({name for name, *_ in lines}),
        }
    )


def _is_whole(value: Any, lines: list[tuple[str, Expectation, Outcome]]) -> bool:
    """Tell whether every part of an entry is claimed; a bound claims all of it."""
    if not isinstance(value, list | dict):
        return True
    parts = {json.dumps(line.index) for _, line, _ in lines}
    whole = any(line.index is None for _, line, _ in lines)
    names = range(len(value)) if isinstance(value, list) else value
    return whole or all(
        any(part == json.dumps(name) or part.startswith(f"[{json.dumps(name)}") for part in parts) for name in names
    )


def _reasons() -> list[Reason]:
    path = house_templates() / REASONS
    if not path.is_file():
        return []
    document, problems = parse(path.read_text(encoding="utf-8"))
    if not problems:
        found, problems = validate(Reasons, document)
        if found is not None:
            return found.reasons
    raise invalid(Path(REASONS).name, problems)
