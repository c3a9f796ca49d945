"""Whether the server answers, and what it is."""

from fastapi import APIRouter
from pydantic import BaseModel

from workbench import __version__

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """A server that answers."""

    status: str = "ok"
    version: str = __version__


@router.get("/health", summary="Answer when the server is up")
async def health() -> Health:
    """Answer at once, whatever runs."""
    return Health()
