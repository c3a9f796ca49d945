"""How tables fill inputs, over REST: what was confirmed, what is proposed and why, confirm, set units."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from workbench.api.access import Bench
from workbench.api.tables import TableShown, shown
from workbench.app import Workbench
from workbench.config import Text
from workbench.runs.fitting import fits
from workbench.runs.mappings import key, pinned, role_need
from workbench.tables.measured import set_units
from workbench.tables.resolve import resolve

router = APIRouter(prefix="/tables", tags=["tables"])


class ConfirmedShown(BaseModel):
    """What was confirmed to fill one column of a role."""

    source: str = Field(description="Column of the table; empty: left unused")
    unit: str | None = None
    at: str
    user: str


class ProposedShown(BaseModel):
    """What fills one column of an app's input."""

    source: str | None
    state: str = Field(description="confirmed, proposed, asked (it changed since), open (nothing fits)")
    reason: Text
    score: float
    doubt: Text | None = Field(description="What speaks against it: the unit, or values in another unit")
    kind: str | None = Field(default=None, description="What changed: gone, unit, type")
    was: str | None = None
    now: str | None = None


class MappingShown(BaseModel):
    """How a table fills roles."""

    table: str
    confirmed: dict[str, dict[str, ConfirmedShown]] = Field(description="role → column")
    proposed: dict[str, dict[str, ProposedShown]] = Field(description="role → column, for the template asked")


class MappingRequest(BaseModel):
    """What fills some columns of roles."""

    mapping: dict[str, dict[str, str]] = Field(description="role → column → source; empty: leave it unused")
    template: str | None = Field(default=None, description="Whose inputs; without it any template's")


@router.get("/{name}/mapping", summary="Show how a table fills inputs")
def show_mapping(
    name: str,
    bench: Bench,
    template: Annotated[str | None, Query(description="Propose for the inputs of this template")] = None,
) -> MappingShown:
    """Return what was confirmed for a table, and what is proposed for a template, with reasons."""
    return mapping_of(bench, name, template)


class LackShown(BaseModel):
    """One column that an app needs and the table does not have."""

    column: str
    label: Text
    text: Text


class FitShown(BaseModel):
    """How the table fits one app."""

    template: str
    title: Text | str
    role: str = Field(description="The input that the table fills")
    state: str = Field(description="runs, misses_one, misses_more, too_few_rows")
    sure: bool = Field(
        description="There are required columns, each confirmed or under one of its usual names"
    )
    why: Text
    missing: list[LackShown]
    mapping: dict[str, str]
    others: dict[str, str] = Field(description="Further inputs the app needs → the table they read")


@router.get("/{name}/apps", summary="List what a table can run")
def apps(name: str, bench: Bench) -> list[FitShown]:
    """Return the apps that run on a table now, then those that lack a column, and which."""
    table = bench.tables.get(name)
    source = resolve(f"{table.name}@{table.version}", workspace=bench.workspace, tables=bench.tables)
    found = fits(bench.library, bench.engine.preparer.mappings, source)
    return [FitShown.model_validate(one.document()) for one in found]


@router.put("/{name}/mapping", summary="Confirm how a table fills inputs")
def confirm_mapping(name: str, body: MappingRequest, bench: Bench) -> MappingShown:
    """Keep a mapping: every template, schedule, sweep and command uses it from now on."""
    source = pinned(bench.tables.get(name).name, bench.workspace)
    needs = {
        role: role_need(bench.library, role, found, body.template) for role, found in body.mapping.items()
    }
    for role, mapping in body.mapping.items():
        bench.engine.preparer.mappings.confirm(source, role, needs[role], mapping, user="api")
    return mapping_of(bench, name, body.template)


@router.delete("/{name}/mapping", status_code=204, summary="Forget how a table fills inputs")
def forget_mapping(
    name: str, bench: Bench, role: Annotated[str | None, Query(description="Only this input")] = None
) -> None:
    """Forget what was confirmed for a table: it will be proposed anew."""
    source = pinned(bench.tables.get(name).name, bench.workspace)
    bench.engine.preparer.mappings.memory.forget(key(source), role)


@router.patch("/{name}/units", summary="Set the units of a table's columns")
def change_units(name: str, units: dict[str, str | None], bench: Bench) -> TableShown:
    """Say in which unit columns are, as a new version; the values stay as they are."""
    return shown(set_units(bench.tables, name, units))


def mapping_of(bench: Workbench, name: str, template: str | None) -> MappingShown:
    """Describe a table's mapping."""
    source = pinned(bench.tables.get(name).name, bench.workspace)
    mappings = bench.engine.preparer.mappings
    confirmed: dict[str, Any] = {
        role: {column: asdict(one) for column, one in found.items()}
        for role, found in mappings.memory.of(key(source)).items()
    }
    inputs = bench.library.get(template).inputs if template else {}
    proposed: dict[str, Any] = {role: mappings.propose(source, role, need) for role, need in inputs.items()}
    return MappingShown.model_validate({"table": source.table, "confirmed": confirmed, "proposed": proposed})
