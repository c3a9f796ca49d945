"""The command line of assets: names and options; what they do lies in ``commands.assets``."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli_options import Home, Json, command, group, settings_of

app = group("Assets of the plant: the tree, their tables, what is set for them.")

Asset = Annotated[str, typer.Argument(metavar="ASSET", help="Id of an asset.")]


@app.command("list")
def assets_list(
    below: Annotated[
        str | None, typer.Option("--below", metavar="ASSET", help="Only what is below it.")
    ] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """List the assets as a tree."""
    command("assets").list_all(settings_of(workspace), below, as_json=as_json)


@app.command("show")
def assets_show(asset: Asset, as_json: Json = False, workspace: Home = None) -> None:
    """Show an asset: its tables and parameters, own and inherited, and the apps that run for it."""
    command("assets").show(settings_of(workspace), asset, as_json=as_json)


@app.command("import")
def assets_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file with a line for each asset.")],
    replace: Annotated[bool, typer.Option("--replace", help="Remove all assets that are not in it.")] = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Import assets, all or none: columns id, name, level, parent, identifier, role, table, column, value."""
    command("assets").import_file(settings_of(workspace), file, replace=replace, as_json=as_json)


@app.command("set")
def assets_set(
    asset: Asset,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What it is called.")] = None,
    level: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="enterprise, site, area, line, unit or equipment.")
    ] = None,
    parent: Annotated[
        str | None, typer.Option(metavar="ASSET", help="What it stands below; empty: none.")
    ] = None,
    identifier: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="Industrial identifier, 88.x.y/…; empty: none."),
    ] = None,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help="Which input a table fills.")] = None,
    table: Annotated[str | None, typer.Option(metavar="TABLE", help="The table of that role.")] = None,
    column: Annotated[str | None, typer.Option(metavar="COLUMN", help="Tells whose rows they are.")] = None,
    value: Annotated[
        str | None, typer.Option(metavar="VALUE", help="What it holds here; default: the id.")
    ] = None,
    maps: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=SOURCE", help="A column of the role. Repeatable."),
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option("--parameter", metavar="TEMPLATE.name=VALUE", help="Empty: as above it. Repeatable."),
    ] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Add an asset, or change what is given; what is below inherits it."""
    given = {
        "name": name, "level": level, "parent": parent, "identifier": identifier, "role": role,
        "table": table, "column": column, "value": value, "maps": maps or [], "parameters": parameters or [],
    }  # fmt: skip
    command("assets").change(settings_of(workspace), asset, given, as_json=as_json)


@app.command("remove")
def assets_remove(
    asset: Asset,
    below: Annotated[bool, typer.Option("--below", help="Also what stands below it.")] = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Remove an asset; its tables and runs stay."""
    command("assets").remove(settings_of(workspace), asset, below=below, as_json=as_json)
