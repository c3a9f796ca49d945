"""The assets of a workspace, kept in the state database; a change is taken whole or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workbench.assets.model import Asset, Tree, tree
from workbench.errors import Invalid
from workbench.runs.state import METADATA, State

ASSETS = sa.Table(
    "assets",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),  # siblings stay in this order
    sa.Column("id", sa.String, nullable=False, unique=True),
    sa.Column("parent", sa.String),
    sa.Column("body", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Saved:
    """What a change did."""

    added: int
    changed: int
    removed: int
    assets: int


class AssetBook:
    """Reads and writes assets."""

    def __init__(self, state: State) -> None:
        self.state = state

    def tree(self) -> Tree:
        """Return all assets."""
        with self.state.connect() as connection:
            return _tree(_all(connection))

    def equipment(self) -> list[str]:
        """Return the ids of the machines, and of the units they form."""
        return [asset.id for asset in self.tree().assets.values() if asset.level in {"unit", "equipment"}]

    def line(self, asset: str) -> Tree:
        """Return an asset with what stands above it: enough to know what holds for it."""
        found: list[Asset] = []
        wanted: str | None = asset
        with self.state.connect() as connection:
            while wanted is not None:
                body = connection.execute(sa.select(ASSETS.c.body).filter_by(id=wanted)).scalar()
                if body is None:
                    return self.tree()  # which says what comes close
                found.append(Asset.model_validate_json(body))
                wanted = found[-1].parent
        return _tree(found)

    def save(self, assets: Iterable[Asset], *, replace: bool = False) -> Saved:
        """Add assets and change those that are there; ``replace`` removes all others.

        Raises
        ------
        Invalid
            If the whole would be no tree.
        """
        given = list(assets)
        if len({asset.id for asset in given}) < len(given):
            tree(given)  # which names the one that is given twice
        with self.state.begin() as connection:
            before = {asset.id: asset for asset in _all(connection)}
            new = {asset.id: asset for asset in given}
            after = new if replace else before | new
            tree(after.values())
            gone = [name for name in before if name not in after]
            added = [asset for name, asset in after.items() if name not in before]
            changed = [asset for name, asset in after.items() if name in before and asset != before[name]]
            for name in gone:
                connection.execute(sa.delete(ASSETS).filter_by(id=name))
            for asset in changed:
                connection.execute(sa.update(ASSETS).filter_by(id=asset.id).values(_row(asset)))
            if added:
                connection.execute(sa.insert(ASSETS), [_row(asset) for asset in added])
        return Saved(len(added), len(changed), len(gone), len(after))

    def remove(self, asset: str, *, below: bool = False) -> int:
        """Remove an asset; with ``below`` also what stands below it. Return how many that was."""
        known = self.tree()
        doomed = {known.get(asset).id}
        children = known.below.get(asset, [])
        if children and not below:
            given, hint = f"{len(children)} assets below it", "remove them first, or say that they go too"
            raise Invalid(f"asset {asset}", given=given, expected="nothing below", hint=hint)
        waiting = list(children)
        while waiting:
            current = waiting.pop()
            doomed.add(current)
            waiting += known.below.get(current, [])
        with self.state.begin() as connection:
            for name in doomed:
                connection.execute(sa.delete(ASSETS).filter_by(id=name))
        return len(doomed)


def _all(connection: sa.Connection) -> list[Asset]:
    rows = connection.execute(sa.select(ASSETS.c.body).order_by(ASSETS.c.number))
    return [Asset.model_validate_json(row.body) for row in rows]


def _tree(assets: Iterable[Asset]) -> Tree:
    """Return what was checked when it was written."""
    known = {asset.id: asset for asset in assets}
    below: dict[str | None, list[str]] = {}
    for asset in known.values():
        below.setdefault(asset.parent, []).append(asset.id)
    return Tree(known, below)


def _row(asset: Asset) -> dict[str, Any]:
    return {"id": asset.id, "parent": asset.parent, "body": asset.model_dump_json()}
