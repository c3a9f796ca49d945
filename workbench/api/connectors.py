"""Connectors over REST. Credentials go in and never come out."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from workbench.api.access import Bench
from workbench.collecting.model import NewConnector, Overview
from workbench.config import Text
from workbench.connectors import registry
from workbench.connectors.protocol import Point

router = APIRouter(prefix="/connectors", tags=["connectors"])
Below = Annotated[str, Query(description="Look below this address")]


class Type(BaseModel):
    """A type of connector, and what it needs to know."""

    type: str
    label: Text
    settings: list[dict[str, Any]]


class Source(BaseModel):
    """A source that is not kept yet."""

    type: str
    settings: dict[str, Any] = {}

    def new(self) -> NewConnector:
        """Return it as a connector that is never kept."""
        return NewConnector(name="x", type=self.type, table="x", settings=self.settings)


class Answer(BaseModel):
    """What a source said."""

    answer: str


@router.get("", summary="List connectors")
def list_connectors(bench: Bench) -> list[Overview]:
    """Return every connector with how it stands."""
    return bench.collecting.overviews()


@router.get("/types", summary="List the types of connectors")
def types() -> list[Type]:
    """Return every type with the settings it asks for."""
    return [
        Type(type=kind, label=registry.connector(kind).label, settings=registry.form(kind))
        for kind in registry.kinds()
    ]


@router.post("", status_code=201, summary="Add a connector")
def create(new: NewConnector, bench: Bench) -> Overview:
    """Check and keep a connector; it starts within a second."""
    return bench.collecting.overview(bench.collecting.add(new).id)


@router.post("/test", summary="Reach a source before it is kept")
def test_source(source: Source, bench: Bench) -> Answer:
    """Say what answered, or why nothing did."""
    return Answer(answer=bench.collecting.test(source.new()))


@router.post("/browse", summary="List what a source offers before it is kept")
def browse_source(source: Source, bench: Bench, at: Below = "") -> list[Point]:
    """Return nodes, topics, tables or files."""
    return bench.collecting.browse(source.new(), at)


@router.get("/{id}", summary="Show a connector")
def show(id: str, bench: Bench) -> Overview:  # noqa: A002 - the word of the model
    """Return a connector by its id or name: state, counters, last values, gaps."""
    return bench.collecting.overview(id)


@router.put("/{id}", summary="Change a connector")
def change(id: str, new: NewConnector, bench: Bench) -> Overview:  # noqa: A002
    """Replace what a person decides; a credential that is left out stays."""
    return bench.collecting.overview(bench.collecting.edit(id, new).id)


@router.delete("/{id}", status_code=204, summary="Remove a connector")
def remove(id: str, bench: Bench) -> Response:  # noqa: A002
    """Forget a connector and its credentials; its table stays."""
    bench.collecting.remove(id)
    return Response(status_code=204)


@router.post("/{id}/start", summary="Start a connector")
def start(id: str, bench: Bench) -> Overview:  # noqa: A002
    """Go on where it stopped."""
    return bench.collecting.overview(bench.collecting.switch(id, enabled=True).id)


@router.post("/{id}/stop", summary="Stop a connector")
def stop(id: str, bench: Bench) -> Overview:  # noqa: A002
    """Stop reading; what is buffered is written to the table."""
    return bench.collecting.overview(bench.collecting.switch(id, enabled=False).id)


@router.post("/{id}/test", summary="Reach the source of a connector")
def test(id: str, bench: Bench) -> Answer:  # noqa: A002
    """Say what answered, or why nothing did."""
    return Answer(answer=bench.collecting.test(id))


@router.get("/{id}/browse", summary="List what the source of a connector offers")
def browse(id: str, bench: Bench, at: Below = "") -> list[Point]:  # noqa: A002
    """Return nodes, topics, tables or files."""
    return bench.collecting.browse(id, at)
