"""Tables over REST: list, look into, upload, download, remove."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import pandas as pd
from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from workbench.api.access import Bench
from workbench.api.runs import Format, attached, download
from workbench.api.upload import received
from workbench.config import Text
from workbench.errors import Invalid, Refused
from workbench.runs import export
from workbench.schedules.lineage import uses
from workbench.tables import ingest
from workbench.tables import recipe as recipes
from workbench.tables.catalog import TableInfo
from workbench.tables.ingest import Wish
from workbench.tables.landing import MODES
from workbench.tables.shapes import shapes

router = APIRouter(prefix="/tables", tags=["tables"])
MAX_DOWNLOAD_ROWS = 5_000_000
UPLOAD_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "The file"},
                        "name": {"type": "string", "description": "Name of the table; empty: from the file"},
                        "mode": {
                            "type": "string",
                            "enum": ["replace", "append", "merge"],
                            "default": "replace",
                            "description": "How its rows go into the table: replace, append, merge",
                        },
                        "key": {"type": "string", "description": "Of a merge: columns, with commas between"},
                        "recipe": {"type": "string", "description": "How the file is read, as JSON"},
                    },
                }
            }
        },
    }
}


class ColumnShown(BaseModel):
    """One column of a table."""

    name: str
    type: str
    unit: str | None = None
    label: str | None = None


class TableShown(BaseModel):
    """One version of a table, without its rows."""

    name: str
    version: int
    rows: int
    columns: list[ColumnShown]
    description: Text | str
    source: str
    created: datetime
    bytes: int
    rejected: int


class VersionShown(BaseModel):
    """One entry of a table's history."""

    version: int
    created: datetime
    source: str
    rows: int
    how: str
    by: str


@router.get("", summary="List tables")
def list_tables(bench: Bench) -> list[TableShown]:
    """Return the newest version of every table."""
    return [shown(table) for table in bench.tables.list()]


@router.post("", status_code=201, summary="Upload a file as a table", openapi_extra=UPLOAD_FORM)
async def upload(request: Request, bench: Bench) -> TableShown:
    """Import a CSV, Excel, Parquet or JSON lines file, or a zip of these; keep aside what cannot be read."""
    limit = bench.settings.upload_megabytes * 1e6
    async with received(request, bench.workspace.uploads, limit=limit) as file:
        wish = _wish(file.fields)
        added = await to_thread.run_sync(lambda: ingest.add(bench.tables, file.path, wish))
        return shown(max((each.table for each in added), key=lambda table: table.rows))


@router.get("/{name}", summary="Show a table")
def show(name: str, bench: Bench) -> TableShown:
    """Return a table's columns, or those of one version with ``name@version``."""
    return shown(bench.tables.get(name))


@router.get("/{name}/versions", summary="List a table's versions")
def versions(name: str, bench: Bench) -> list[VersionShown]:
    """Return the history of a table, oldest first."""
    return [VersionShown(**asdict(version)) for version in bench.tables.versions(name)]


@router.get("/{name}/rows", summary="Read the first rows")
def rows(
    name: str,
    bench: Bench,
    limit: Annotated[int, Query(ge=0, le=10_000, description="At most so many")] = 100,
) -> list[dict[str, Any]]:
    """Return the first rows as JSON."""
    return records(bench.tables.head(name, limit))


@router.get("/{name}/profile", summary="Profile a table's columns")
def show_profile(name: str, bench: Bench) -> list[dict[str, Any]]:
    """Return type, missing values, range, quantiles, histogram and gaps in time of each column."""
    return shapes(bench.tables, name)


@router.get("/{name}/download", summary="Download a table", response_class=Response)
def download_table(
    name: str,
    bench: Bench,
    format: Annotated[Format, Query(description="File type")] = "csv",  # noqa: A002 - the name users expect
) -> Response:
    """Return a whole table, or one version of it, as a file."""
    table = bench.tables.get(name)
    file = f"{name}.{format}"
    if format == "csv":
        frames = (batch.to_pandas() for batch in bench.tables.batches(f"{table.name}@{table.version}"))
        parts: Iterator[bytes] = export.csv_parts(frames)
        return StreamingResponse(parts, media_type=export.MEDIA_TYPES["csv"], headers=attached(file))
    most = export.MAX_SHEET_ROWS if format == "xlsx" else MAX_DOWNLOAD_ROWS
    if table.rows > most:
        hint = "take it as CSV" if format == "parquet" else "take it as CSV or Parquet"
        given = f"{table.rows} rows"
        raise Invalid(f"download of {name}", given=given, expected=f"at most {most} rows", hint=hint)
    frame = bench.tables.head(name, table.rows)
    return download(export.export(frame, format, name=table.name), file, export.MEDIA_TYPES[format])


@router.delete("/{name}", status_code=204, summary="Remove a table")
def remove(
    name: str,
    bench: Bench,
    force: Annotated[bool, Query(description="Remove it although schedules read it")] = False,
) -> None:
    """Take a table and its history out of the workspace; refused while schedules read it, unless forced."""
    found, _ = bench.tables.pin(name)
    schedules = [schedule["name"] for schedule in uses(bench.engine, found).schedules]
    if schedules and not force:
        given = f"read by the schedule {', '.join(schedules[:5])}"
        raise Refused(f"removal of table {found}", given=given, hint="send force=true to remove it anyway")
    bench.tables.remove(found)


def _wish(fields: dict[str, str]) -> Wish:
    mode = fields.get("mode") or "replace"
    if mode not in MODES:
        raise Invalid("mode", given=repr(mode), expected="replace, append or merge")
    key = tuple(part.strip() for part in fields.get("key", "").split(",") if part.strip())
    recipe = recipes.parse(fields["recipe"]) if fields.get("recipe") else None
    return Wish(fields.get("name") or None, mode, key, recipe)  # type: ignore[arg-type, unused-ignore]


def shown(table: TableInfo) -> TableShown:
    """Return a table as clients see it."""
    return TableShown(**asdict(table))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON can hold them: no NaN, times as ISO 8601."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {str(name): _json(value) for name, value in row.items()} for row in plain.to_dict(orient="records")
    ]


def _json(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and value - value != 0:  # infinite
        return None
    return value if isinstance(value, str | int | float | bool | list | dict) or value is None else str(value)
