"""Assets of a plant as a tree (ISA-95 / IEC 62264): what may stand below what, and what an asset inherits.

Decides whether a set of assets is a tree, how tables and parameters given to a line reach its machines, and
what differs. Reads and writes nothing.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from workbench.errors import Invalid, NotFound, did_you_mean

LEVELS = ("enterprise", "site", "area", "line", "unit", "equipment")
WORDS = {
    "enterprise": ("enterprise", "company", "企业", "公司", "集团"),
    "site": ("site", "plant", "factory", "工厂", "厂区", "基地"),
    "area": ("area", "workshop", "车间", "区域"),
    "line": (
        "line",
        "work center",
        "work_center",
        "workcenter",
        "process cell",
        "产线",
        "生产线",
        "工作中心",
    ),
    "unit": ("unit", "work unit", "work_unit", "work cell", "workunit", "单元", "工作单元", "工位"),
    "equipment": ("equipment", "machine", "device", "equipment module", "设备", "机台", "机器"),
}
_LEVEL_OF = {word: level for level, words in WORDS.items() for word in words}
# Industrial internet identifier: a prefix of national root, second-level node and enterprise, then a suffix.
IDENTIFIER = re.compile(r"88(\.[0-9]{1,10}){2,4}/[^\s/\x00-\x1f][^\s\x00-\x1f]{0,254}")
ID = re.compile(r"[^\s/,;=\x00-\x1f]([^/,;=\x00-\x1f]{0,78}[^\s/,;=\x00-\x1f])?")
DEEPEST = 20


class Binding(BaseModel):
    """What an asset has for one role: a table, the column that tells assets apart, columns for the role."""

    model_config = ConfigDict(extra="forbid")

    table: str | None = None
    column: str | None = None  # of the table, whose rows belong to assets
    value: str | None = None  # what that column holds for this asset; by default its id
    mapping: dict[str, str] = Field(default_factory=dict)  # role column → source column


class Asset(BaseModel):
    """One asset: where it stands, what it is called, and what is its own."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str = ""
    level: str = "equipment"
    parent: str | None = None
    identifier: str = ""  # 88.x.y/…, validated, never made here
    roles: dict[str, Binding] = Field(default_factory=dict)
    parameters: dict[str, dict[str, Any]] = Field(default_factory=dict)  # template → name → value


@dataclass(frozen=True)
class Given:
    """One inherited value, and the asset that gives it."""

    value: Any
    by: str


@dataclass(frozen=True)
class Settled:
    """What holds for an asset, its own and inherited."""

    roles: dict[str, Binding]
    parameters: dict[str, dict[str, Given]]


@dataclass(frozen=True)
class Tree:
    """Checked assets by id, and who stands below whom."""

    assets: dict[str, Asset]
    below: dict[str | None, list[str]] = field(default_factory=dict)

    def get(self, asset: str) -> Asset:
        """Return an asset, or say which id comes close."""
        if asset not in self.assets:
            near = did_you_mean(asset, self.assets)
            hint = f"did you mean {near!r}?" if near else "list them with: workbench assets list"
            raise NotFound("unknown asset", given=repr(asset), hint=hint)
        return self.assets[asset]

    def path(self, asset: str) -> list[Asset]:
        """Return an asset with what stands above it, the top first."""
        found, current = [], self.get(asset)
        while True:
            found.append(current)
            if current.parent is None:
                return found[::-1]
            current = self.assets[current.parent]

    def subtree(self, asset: str, *, level: str | None = None) -> list[Asset]:
        """Return what stands below an asset: the ends of the tree, or everything of one level."""
        self.get(asset)
        found, waiting = [], [asset]
        while waiting:
            current = waiting.pop()
            children = self.below.get(current, [])
            own = self.assets[current]
            if own.level == level if level else not children:
                found.append(own)
            waiting += reversed(children)
        return found

    def bound(self, roles: Collection[str]) -> set[str]:
        """Return the ids of assets that have a table for one of the roles, their own or inherited."""
        found: set[str] = set()
        waiting = [(name, False) for name in self.below.get(None, [])]
        while waiting:
            name, above = waiting.pop()
            own = self.assets[name].roles
            has = above or any(role in roles and binding.table for role, binding in own.items())
            if has:
                found.add(name)
            waiting += [(child, has) for child in self.below.get(name, [])]
        return found

    def settled(self, asset: str) -> Settled:
        """Return what holds for an asset: what stands above gives, what is its own differs."""
        roles: dict[str, Binding] = {}
        parameters: dict[str, dict[str, Given]] = {}
        for each in self.path(asset):
            for role, own in each.roles.items():
                above = roles.get(role, Binding())
                roles[role] = Binding(
                    table=own.table or above.table,
                    column=own.column or above.column,
                    value=own.value if each.id == asset else None,
                    mapping=above.mapping | own.mapping,
                )
            for template, values in each.parameters.items():
                held = parameters.setdefault(template, {})
                held.update({name: Given(value, each.id) for name, value in values.items()})
        return Settled(roles, parameters)


def tree(assets: Iterable[Asset]) -> Tree:
    """Check that assets are a tree, and return it.

    Raises
    ------
    Invalid
        Naming the first asset that is given twice, has no parent where it names one, stands above its own
        parent, stands in a circle, or shares its name with a sibling.
    """
    known: dict[str, Asset] = {}
    for asset in assets:
        _checked(asset)
        if asset.id in known:
            raise Invalid("asset", given=repr(asset.id), expected="an id that no other asset has")
        known[asset.id] = asset
    below: dict[str | None, list[str]] = {}
    named: set[tuple[str | None, str]] = set()
    for asset in known.values():
        _below_its_parent(asset, known)
        place = (asset.parent, (asset.name or asset.id).casefold())
        if place in named:
            where = f"another name than its siblings below {asset.parent}" if asset.parent else "another name"
            raise Invalid(f"asset {asset.id}", given=repr(asset.name or asset.id), expected=where)
        named.add(place)
        below.setdefault(asset.parent, []).append(asset.id)
    return Tree(known, below)


def _checked(asset: Asset) -> None:
    if not ID.fullmatch(asset.id):
        expected = "1 to 80 characters without / , ; = and blanks at the ends"
        raise Invalid("asset id", given=repr(asset.id), expected=expected)
    if asset.level not in LEVELS:
        near = did_you_mean(asset.level, LEVELS)
        hint = f"did you mean {near!r}?" if near else None
        raise Invalid(f"level of {asset.id}", given=repr(asset.level), expected=", ".join(LEVELS), hint=hint)
    if asset.identifier and not IDENTIFIER.fullmatch(asset.identifier):
        expected = "88.<node>.<enterprise>/<suffix>, for instance 88.608.8889/P-101"
        hint = "ask whoever registers identifiers for your firm; it is not made here"
        raise Invalid(f"identifier of {asset.id}", given=repr(asset.identifier), expected=expected, hint=hint)


def _below_its_parent(asset: Asset, known: Mapping[str, Asset]) -> None:
    if asset.parent is None:
        return
    if asset.parent not in known:
        near = did_you_mean(asset.parent, known)
        hint = f"did you mean {near!r}?" if near else "add the parent first, or in the same file"
        raise Invalid(f"parent of {asset.id}", given=repr(asset.parent), expected="an asset", hint=hint)
    seen: set[str] = {asset.id}
    current: str | None = asset.parent
    while current is not None:
        if current in seen:
            raise Invalid(f"parent of {asset.id}", given=repr(asset.parent), expected="no circle of assets")
        seen.add(current)
        if len(seen) > DEEPEST:
            raise Invalid(f"asset {asset.id}", given="a deep tree", expected=f"at most {DEEPEST} levels")
        current = known[current].parent if current in known else None
    above = known[asset.parent]
    if LEVELS.index(above.level) > LEVELS.index(asset.level):
        given = f"{asset.level} below {above.level} {above.id}"
        raise Invalid(f"level of {asset.id}", given=given, expected=f"{above.level} or lower")


def level_of(text: str) -> str:
    """Return the level that a word means, in either language; the text itself where none is known."""
    return _LEVEL_OF.get(" ".join(text.split()).casefold(), text.strip())
