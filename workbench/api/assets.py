"""Assets over REST: the tree, what holds for one, import, change, remove."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from workbench.api.access import Bench
from workbench.app import Workbench
from workbench.assets import sheet
from workbench.assets.model import Asset, Binding
from workbench.errors import Invalid
from workbench.runs.asset_swap import check, fits_asset

router = APIRouter(prefix="/assets", tags=["assets"])


class GivenShown(BaseModel):
    """A parameter that holds for an asset."""

    value: Any
    by: str = Field(description="The asset that sets it: itself, or one above")


class AssetShown(BaseModel):
    """One asset: its own, what it inherits, and what runs for it."""

    asset: Asset
    path: list[str] = Field(description="Ids from the top down to the asset")
    below: list[str]
    roles: dict[str, Binding] = Field(description="Own and inherited")
    parameters: dict[str, dict[str, GivenShown]] = Field(description="template → name, own and inherited")
    apps: list[str] = Field(description="Templates that have a table for one of their inputs here")


class SavedShown(BaseModel):
    """What a change did."""

    added: int
    changed: int
    removed: int
    assets: int


@router.get("", summary="List assets")
def list_assets(
    bench: Bench, below: Annotated[str | None, Query(description="Only this asset and what is below")] = None
) -> list[Asset]:
    """Return the assets, those of one subtree from the top down."""
    known = bench.engine.preparer.assets.tree()
    if below is None:
        return list(known.assets.values())
    found, waiting = [], [known.get(below).id]
    while waiting:
        found.append(known.assets[waiting.pop()])
        waiting += reversed(known.below.get(found[-1].id, []))
    return found


@router.put("", summary="Save assets")
def save_assets(
    assets: list[Asset],
    bench: Bench,
    replace: Annotated[bool, Query(description="Remove all others")] = False,
) -> SavedShown:
    """Add assets and change those that are there, all or none."""
    checked = [check(asset, bench.library, bench.tables) for asset in assets]
    return SavedShown(**bench.engine.preparer.assets.save(checked, replace=replace).__dict__)


@router.post("/import", summary="Import assets from a CSV file")
async def import_assets(
    request: Request, bench: Bench, replace: Annotated[bool, Query(description="Remove all others")] = False
) -> SavedShown:
    """Read the body, a CSV file with a line for each asset, and save all or none."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > sheet.LARGEST:
            raise Invalid("file of assets", given="a larger file", expected=f"at most {sheet.LARGEST} bytes")
    return imported(bench, bytes(content), replace=replace)


def imported(bench: Workbench, content: bytes, *, replace: bool) -> SavedShown:
    """Save the assets of a file."""
    book = bench.engine.preparer.assets
    found = sheet.over(sheet.read(content), {} if replace else book.tree().assets)
    checked = [check(asset, bench.library, bench.tables) for asset in found]
    return SavedShown(**book.save(checked, replace=replace).__dict__)


@router.get("/{asset}", summary="Show an asset")
def show_asset(asset: str, bench: Bench) -> AssetShown:
    """Return what an asset is, what it inherits, and the apps that run for it."""
    known = bench.engine.preparer.assets.tree()
    settled = known.settled(asset)
    parameters = {
        template: {name: GivenShown(value=one.value, by=one.by) for name, one in values.items()}
        for template, values in settled.parameters.items()
    }
    return AssetShown(
        asset=known.get(asset),
        path=[one.id for one in known.path(asset)],
        below=known.below.get(asset, []),
        roles=settled.roles,
        parameters=parameters,
        apps=[template.id for template in bench.library.list() if fits_asset(template, settled)],
    )


@router.delete("/{asset}", status_code=204, summary="Remove an asset")
def remove_asset(
    asset: str, bench: Bench, below: Annotated[bool, Query(description="Also what stands below it")] = False
) -> None:
    """Take an asset out of the tree; one with assets below is refused unless they go too."""
    bench.engine.preparer.assets.remove(asset, below=below)
