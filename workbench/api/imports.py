"""Imports in steps over REST: send a file, look at how it would be read, correct it, import it or drop it."""

from typing import Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel

from workbench.api.access import Bench
from workbench.api.tables import TableShown, records, shown
from workbench.api.upload import received
from workbench.tables import ingest
from workbench.tables.arrivals import Arrivals
from workbench.tables.ingest import Wish
from workbench.tables.recipe import Recipe

router = APIRouter(prefix="/imports", tags=["imports"])
SAMPLE_ROWS = 20
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "The file"}},
                }
            }
        },
    }
}


class Arrived(BaseModel):
    """A file that waits to be imported."""

    id: str
    file: str
    bytes: int


class Wanted(BaseModel):
    """Where a file goes and how it is read; what is left out is found, or as last time."""

    name: str | None = None
    mode: Literal["replace", "append", "merge"] = "replace"
    key: list[str] = []
    recipe: Recipe | None = None


class Understood(BaseModel):
    """What was understood of a file, the recipe it was read with, and its first rows."""

    report: dict[str, Any]
    recipe: dict[str, Any]
    differences: list[dict[str, str]]
    sample: list[dict[str, Any]]


class Imported(BaseModel):
    """The tables that an import wrote, and what was understood of each."""

    tables: list[TableShown]
    reports: list[dict[str, Any]]


@router.post("", status_code=201, summary="Send a file to be imported later", openapi_extra=FORM)
async def send(request: Request, bench: Bench) -> Arrived:
    """Keep a file for at most a day; nothing is imported yet."""
    limit = bench.settings.upload_megabytes * 1e6
    async with received(request, bench.workspace.uploads, limit=limit) as file:
        size = file.path.stat().st_size
        name = Arrivals(bench.workspace).keep(file.path)
    return Arrived(id=name, file=file.path.name, bytes=size)


@router.post("/{name}/preview", summary="Look at how a file would be read")
def preview(name: str, wanted: Wanted, bench: Bench) -> Understood:
    """Read the beginning of a file as asked, as last time, or as found."""
    path = Arrivals(bench.workspace).path(name)
    looked = ingest.look(bench.tables, path, wanted.recipe, name=wanted.name, mode=wanted.mode)
    return Understood(
        report=looked.found.report.record(),
        recipe=looked.recipe.dump(),
        differences=[{"en": each["en"], "zh": each["zh"]} for each in looked.differences],
        sample=records(looked.found.table.slice(0, SAMPLE_ROWS).to_pandas()),
    )


@router.post("/{name}", status_code=201, summary="Import a file that was sent")
async def run(name: str, wanted: Wanted, bench: Bench) -> Imported:
    """Import it as a new version, all or nothing; the file is then gone from the waiting ones."""
    arrivals = Arrivals(bench.workspace)
    path = arrivals.path(name)
    wish = Wish(wanted.name, wanted.mode, tuple(wanted.key), wanted.recipe)
    added = await to_thread.run_sync(lambda: ingest.add(bench.tables, path, wish))
    arrivals.drop(name)
    return Imported(
        tables=[shown(each.table) for each in added], reports=[each.report.record() for each in added]
    )


@router.delete("/{name}", status_code=204, summary="Drop a file that was sent")
def drop(name: str, bench: Bench) -> None:
    """Forget a file without importing it."""
    Arrivals(bench.workspace).drop(name)
