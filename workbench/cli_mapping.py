"""The command line of mappings, units and what a table can run: names and options."""

from typing import Annotated

import typer

from workbench.cli_options import Home, Json, command, settings_of

Table = Annotated[str, typer.Argument(metavar="TABLE", help="Name of a table.")]


def data_map(
    table: Table,
    assigned: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ROLE.column=SOURCE]...", help="What fills a column; empty: leave it unused."
        ),
    ] = None,
    template: Annotated[
        str | None, typer.Option("--app", metavar="TEMPLATE", help="Propose for the inputs of this app.")
    ] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Confirm what is proposed for the app.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget what was confirmed for the table.")
    ] = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Show or confirm how a table's columns fill inputs; every run uses what is confirmed."""
    doing, settings = command("mapping"), settings_of(workspace)
    if forget:
        doing.forget(settings, table, as_json=as_json)
    else:
        doing.map_columns(
            settings, table, assigned or [], template=template, confirm=confirm, as_json=as_json
        )


def data_unit(
    table: Table,
    assigned: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COLUMN=UNIT]...", help="The unit a column is in; empty: none."),
    ] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Show the units of a table's columns, or set them as a new version; the values stay."""
    command("mapping").unit(settings_of(workspace), table, assigned or [], as_json=as_json)


def data_apps(table: Table, as_json: Json = False, workspace: Home = None) -> None:
    """Show the apps that run on a table now, those that lack a column and which, and why."""
    command("mapping").apps(settings_of(workspace), table, as_json=as_json)
