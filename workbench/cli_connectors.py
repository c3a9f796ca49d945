"""The commands of ``workbench connectors``: names and options; what they do lies in ``commands``."""

from typing import Annotated

import typer

from workbench.cli_options import Home, Json, command, group, settings_of

app = group("Connectors: rows from files, databases and machines, kept coming.")
Name = Annotated[str, typer.Argument(metavar="CONNECTOR", help="Name or id of a connector.")]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE|@FILE", help="A setting of the type; lists as JSON or a,b. Repeatable."
    ),
]
Secrets = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        metavar="NAME=VALUE|@FILE|env:VARIABLE",
        help="A credential; a file or variable keeps it out of the shell's history. Repeatable.",
    ),
]


@app.command("types")
def connectors_types(as_json: Json = False) -> None:
    """List the types of connectors with their settings."""
    command("connectors").types(as_json=as_json)


@app.command("list")
def connectors_list(as_json: Json = False, workspace: Home = None) -> None:
    """List connectors: state, rows, last value, and whether a server keeps them."""
    command("connectors").list_all(settings_of(workspace), as_json=as_json)


@app.command("add")
def connectors_add(
    name: Annotated[str, typer.Argument(metavar="CONNECTOR", help="Name of the new connector.")],
    type_: Annotated[str, typer.Option("--type", metavar="TYPE", help="See `workbench connectors types`.")],
    table: Annotated[str, typer.Option(metavar="TABLE", help="Table that the rows go to.")],
    values: Values = None,
    secrets: Secrets = None,
    buffer_megabytes: Annotated[int, typer.Option(metavar="MB", help="Largest buffer on disk.")] = 1024,
    when_full: Annotated[
        str,
        typer.Option(metavar="wait|drop_oldest", help="Full buffer: stop reading, or drop the oldest rows."),
    ] = "wait",
    write_every: Annotated[
        float, typer.Option(metavar="SECONDS", help="Longest time until rows reach the table.")
    ] = 30.0,
    stopped: Annotated[bool, typer.Option("--stopped", help="Do not start it yet.")] = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Add a connector; a running server starts it within a second."""
    new = {
        "name": name,
        "type": type_,
        "table": table,
        "buffer_megabytes": buffer_megabytes,
        "when_full": when_full,
        "write_every": write_every,
        "enabled": not stopped,
    }
    settings = settings_of(workspace)
    command("connectors").add(settings, new, values or [], secrets or [], as_json=as_json)


@app.command("test")
def connectors_test(
    connector: Annotated[
        str | None,
        typer.Argument(metavar="[CONNECTOR]", help="Name of a connector; or give --type and --set."),
    ] = None,
    type_: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="Type of a source to try.")
    ] = None,
    values: Values = None,
    secrets: Secrets = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Reach the source and say what answered."""
    asked = (connector, type_, values or [], secrets or [])
    command("connectors").test(settings_of(workspace), asked, as_json=as_json)


@app.command("browse")
def connectors_browse(
    connector: Annotated[
        str | None,
        typer.Argument(metavar="[CONNECTOR]", help="Name of a connector; or give --type and --set."),
    ] = None,
    at: Annotated[str, typer.Option("--at", metavar="ADDRESS", help="Look below this address.")] = "",
    type_: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="Type of a source to look into.")
    ] = None,
    values: Values = None,
    secrets: Secrets = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """List what a source offers: nodes, topics, tables, files."""
    asked = (connector, type_, values or [], secrets or [])
    command("connectors").browse(settings_of(workspace), asked, at, as_json=as_json)


@app.command("show")
def connectors_show(connector: Name, as_json: Json = False, workspace: Home = None) -> None:
    """Show a connector: state, counters, last values and gaps."""
    command("connectors").show(settings_of(workspace), connector, as_json=as_json)


@app.command("start")
def connectors_start(connector: Name, as_json: Json = False, workspace: Home = None) -> None:
    """Start a connector; it goes on where it stopped."""
    command("connectors").switch(settings_of(workspace), connector, enabled=True, as_json=as_json)


@app.command("stop")
def connectors_stop(connector: Name, as_json: Json = False, workspace: Home = None) -> None:
    """Stop a connector; what it has buffered is written to the table."""
    command("connectors").switch(settings_of(workspace), connector, enabled=False, as_json=as_json)


@app.command("remove")
def connectors_remove(connector: Name, as_json: Json = False, workspace: Home = None) -> None:
    """Forget a connector and its credentials; its table stays."""
    command("connectors").remove(settings_of(workspace), connector, as_json=as_json)
