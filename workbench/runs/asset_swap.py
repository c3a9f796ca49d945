"""An app made for one asset runs for another: tables, rows, columns and parameters by role.

What a request names itself wins; what it leaves open comes from the asset, or from what stands above it.
"""

from typing import Any

from workbench.assets.model import Asset, Binding, Settled, Tree
from workbench.config import Workspace
from workbench.errors import Invalid
from workbench.runs.asset_book import AssetBook
from workbench.runs.request import RunRequest
from workbench.tables.catalog import Tables
from workbench.templates.library import Library
from workbench.templates.template import Template


def for_asset(request: RunRequest, template: Template, book: AssetBook, workspace: Workspace) -> RunRequest:
    """Return the request as its asset fills it; one without an asset stays as it is."""
    if not request.asset:
        return request
    settled = book.line(request.asset).settled(request.asset)
    inputs: dict[str, str] = dict(request.inputs)
    mapping, filters = dict(request.mapping), dict(request.filters)
    bound = False
    for role in template.inputs:
        binding = binding_of(settled, role, request.inputs.get(role))
        if binding is None or not binding.table:
            continue
        bound = True
        inputs[role] = request.inputs.get(role) or Tables(workspace).get(binding.table).name
        if binding.column:
            value = binding.value or request.asset
            filters[role] = {**filters.get(role, {}), binding.column: value}
        if binding.mapping:
            mapping[role] = {**binding.mapping, **mapping.get(role, {})}
    if not bound:
        raise _unbound(request.asset, template)
    own = parameters_of(settled, template)
    given = {"inputs": inputs, "mapping": mapping, "filters": filters}
    return request.model_copy(update=given | {"parameters": own | request.parameters})


def binding_of(settled: Settled, role: str, table: str | None) -> Binding | None:
    """Return what an asset has for a role: on a table that is named, or on its own."""
    own = settled.roles.get(role)
    name = (table or "").partition("@")[0]
    if not name or (own and own.table == name):
        return own
    return next((one for one in settled.roles.values() if one.table == name), None)


def parameters_of(settled: Settled, template: Template) -> dict[str, Any]:
    """Return the parameters that an asset sets for a template."""
    names = {parameter.name for parameter in template.parameters}
    held = settled.parameters.get(template.id, {})
    return {name: given.value for name, given in held.items() if name in names}


def fits_asset(template: Template, settled: Settled) -> bool:
    """Whether an asset has a table for one of a template's inputs."""
    return any(role in settled.roles and settled.roles[role].table for role in template.inputs)


def below(known: Tree, asset: str, template: Template, *, level: str | None) -> list[Asset]:
    """Return the assets of a subtree on which a template can run."""
    bound = known.bound(template.inputs)
    return [one for one in known.subtree(asset, level=level) if one.id in bound]


def check(asset: Asset, library: Library, tables: Tables) -> Asset:
    """Make sure that what an asset names exists: tables, columns, templates and their parameters."""
    for role, binding in asset.roles.items():
        if binding.table:
            table = tables.get(binding.table)
            for column in filter(None, (binding.column, *binding.mapping.values())):
                table.column(column)
        elif not (binding.column or binding.value or binding.mapping):
            raise Invalid(f"asset {asset.id}, role {role}", given="nothing", expected="a table or a column")
    for template, values in asset.parameters.items():
        library.get(template).values(values)
    return asset


def _unbound(asset: str, template: Template) -> Invalid:
    role = next(iter(template.inputs), None)
    if role is None:
        return Invalid(
            f"asset {asset}", given=f"{template.id}, which has no inputs", expected="an app with inputs"
        )
    return Invalid(
        f"asset {asset}",
        given=f"no table for {', '.join(template.inputs)}",
        expected=f"one for {template.id}",
        hint=f"workbench assets set {asset} --role {role} --table TABLE --column COLUMN",
    )
