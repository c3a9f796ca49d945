"""What edge boxes send, taken with the token that centre and box share."""

import secrets
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel

from workbench.api.access import Bench
from workbench.collecting.centre import Box
from workbench.errors import Invalid

LARGEST = 512 * 1024 * 1024


def _is_a_box(request: Request, bench: Bench) -> None:
    """Refuse whoever does not have the token."""
    token = bench.settings.edge_token
    given = request.headers.get("authorization", "")
    if not token or not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise HTTPException(401, "edge boxes need the token of WORKBENCH_EDGE_TOKEN")


router = APIRouter(prefix="/edge", tags=["edge"])


class Taken(BaseModel):
    """What the box need not send again."""

    taken: int


@router.get("", summary="List edge boxes")
def boxes(bench: Bench) -> list[Box]:
    """Return the boxes that sent something, with when and how much."""
    return bench.centre.boxes()


@router.post("/{box}/rows/{connector}", summary="Take rows of a box", dependencies=[Depends(_is_a_box)])
async def rows(
    box: str,
    connector: str,
    request: Request,
    bench: Bench,
    table: Annotated[str, Query(description="Table of the box that they belong to")],
) -> Taken:
    """Write the rows that are new into the table named after the box."""
    data = await _body(request)
    taken = await to_thread.run_sync(bench.centre.take_rows, box, connector, table, data)
    return Taken(taken=taken)


@router.post("/{box}/runs/{run}", summary="Take a run of a box", dependencies=[Depends(_is_a_box)])
async def runs(box: str, run: str, request: Request, bench: Bench) -> Taken:
    """Publish a run that ended on the box."""
    data = await _body(request)
    return Taken(taken=int(await to_thread.run_sync(bench.centre.take_run, box, run, data)))


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise Invalid("what a box sends", given="more than 512 MB at once")
        parts.append(part)
    return b"".join(parts)
