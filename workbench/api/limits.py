"""Limits in force and confirmed causes over REST: propose, approve, withdraw, look back."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from workbench.api.access import Bench
from workbench.app import Workbench
from workbench.governance.in_force import What
from workbench.runs.cause_book import Confirmed, Known, template_of

router = APIRouter(prefix="/limits", tags=["limits"])
causes = APIRouter(prefix="/runs", tags=["limits"])
Name = Annotated[str, Field(description="Who does this")]


class Proposal(BaseModel):
    """Limits of a run to be put in force."""

    run: str
    by: Name
    why: str = ""


class Step(BaseModel):
    """Somebody's decision about limits."""

    by: Name
    why: str = ""


class Approval(Step):
    """An approval, with the time for which it holds."""

    valid_from: str | None = Field(None, description="A day or time; without it, from now on")
    valid_to: str | None = Field(None, description="A day or time; without it, until others are approved")


class Found(BaseModel):
    """What was behind a signal."""

    rule: str
    cause: str
    action: str = ""
    point: str = Field("", description="Label of the point; without it, the rule as a whole")
    by: Name


@router.get("", summary="List limits, newest first")
def list_limits(
    bench: Bench,
    template: Annotated[str | None, Query(description="Only of this template")] = None,
    standing: Annotated[str | None, Query(description="Only in this state: in_force, proposed, …")] = None,
) -> list[dict[str, Any]]:
    """Return all limits that were ever proposed, with where they stand."""
    book = bench.engine.preparer.limits
    found = [book.shown(one) for one in book.list(template=template)]
    return [one for one in found if standing in (None, one["standing"])]


@router.post("", status_code=201, summary="Propose the limits of a run")
def propose(body: Proposal, bench: Bench) -> dict[str, Any]:
    """Keep the limits that a run found as a proposal."""
    record = bench.engine.get(body.run)
    template = bench.library.get(record.template.id)
    book = bench.engine.preparer.limits
    return book.shown(book.propose(record, template, by=body.by, why=body.why))


@router.get("/{limits}", summary="Show limits with their history")
def show(limits: str, bench: Bench) -> dict[str, Any]:
    """Return one set of limits, what happened to it, and where it stands."""
    book = bench.engine.preparer.limits
    return book.shown(book.get(limits))


@router.post("/{limits}/approve", summary="Approve limits")
def approve(limits: str, body: Approval, bench: Bench) -> dict[str, Any]:
    """Put limits in force; those in force before end when these begin."""
    return _step(bench, limits, "approved", body, validity=(body.valid_from, body.valid_to))


@router.post("/{limits}/reject", summary="Reject proposed limits")
def reject(limits: str, body: Step, bench: Bench) -> dict[str, Any]:
    """Close a proposal, with the reason."""
    return _step(bench, limits, "rejected", body)


@router.post("/{limits}/withdraw", summary="Withdraw limits")
def withdraw(limits: str, body: Step, bench: Bench) -> dict[str, Any]:
    """Let limits end now, with the reason; those before them do not come back."""
    return _step(bench, limits, "withdrawn", body)


def _step(bench: Workbench, limits: str, what: What, body: Step, **more: Any) -> dict[str, Any]:
    book = bench.engine.preparer.limits
    return book.shown(book.step(limits, what, by=body.by, why=body.why, **more))


@causes.get("/{run}/causes", summary="Explain signals: what was confirmed before")
def known(run: str, bench: Bench) -> list[Known]:
    """Return, for each rule that fired in a run, the causes confirmed for the same characteristic."""
    record = bench.engine.get(run)
    return bench.engine.preparer.causes.known(record, template_of(bench.library, record))


@causes.post("/{run}/causes", status_code=201, summary="Confirm the cause of a signal")
def confirm(run: str, body: Found, bench: Bench) -> Confirmed:
    """Keep what was found behind a signal and what was done, for the next time."""
    record = bench.engine.get(run)
    found = body.model_dump(exclude={"by"})
    return bench.engine.preparer.causes.confirm(record, template_of(bench.library, record), found, by=body.by)
