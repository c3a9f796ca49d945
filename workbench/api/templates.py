"""Templates over REST: what can be run, and with which form."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from workbench.api.access import Bench
from workbench.config import Text
from workbench.templates.template import Template

router = APIRouter(prefix="/templates", tags=["templates"])


class TemplateSummary(BaseModel):
    """A card of the gallery."""

    id: str
    version: str | None
    title: Text
    summary: Text
    decision: Text | None
    domain: str | None
    inputs: list[str]
    source: str


class TemplateDetail(TemplateSummary):
    """Everything a caller needs to build a run request."""

    contract: dict[str, Any] | None  # inputs, parameters and results as the front matter declares them
    default_inputs: dict[str, str]
    parameters: dict[str, Any]  # JSON Schema of the form
    steps: list[str]


@router.get("", summary="List templates")
def list_templates(bench: Bench) -> list[TemplateSummary]:
    """Return every template of the house and of the workspace."""
    return [TemplateSummary(**summary(template)) for template in bench.library.list()]


@router.get("/{id}", summary="Show a template")
def show(id: str, bench: Bench) -> TemplateDetail:  # noqa: A002 - the word of the contract
    """Return a template's contract: inputs, parameters, results and steps."""
    return TemplateDetail(**detail(bench.library.get(id)))


@router.get("/{id}/schema", summary="Show a template's form as JSON Schema")
def schema(id: str, bench: Bench) -> dict[str, Any]:  # noqa: A002
    """Return the JSON Schema of the parameters."""
    return bench.library.get(id).schema()


def summary(template: Template) -> dict[str, Any]:
    """Return what a list shows of a template."""
    return {
        "id": template.id,
        "version": template.version,
        "title": template.title,
        "summary": template.summary,
        "decision": template.decision,
        "domain": template.domain,
        "inputs": list(template.inputs),
        "source": template.source,
    }


def detail(template: Template) -> dict[str, Any]:
    """Return everything about a template but its cells."""
    contract = template.contract.model_dump(mode="json") if template.contract else None
    return summary(template) | {
        "contract": contract,
        "default_inputs": template.default_inputs(),
        "parameters": template.schema(),
        "steps": [step.title for step in template.steps()],
    }
