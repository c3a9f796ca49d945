"""Whether the server answers, and what it is."""

from fastapi import APIRouter
from pydantic import BaseModel

from workbench import __version__
from workbench.api.access import Bench

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """A server that answers."""

    status: str = "ok"
    version: str = __version__
    trouble: str | None = None  # why no run can begin for now


@router.get("/health", summary="Answer when the server is up")
async def health(bench: Bench) -> Health:
    """Answer at once, whatever runs."""
    return Health(trouble=bench.engine.trouble())
