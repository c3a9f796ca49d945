"""The command line of the coverage map: names, options, help."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli_options import Home, Json, command, group, settings_of

app = group("Coverage map: which points of which equipment are collected, stage by stage.")


@app.command()
def show(as_json: Json = False, workspace: Home = None) -> None:
    """Show the share of expected points that tables hold, and what is missing."""
    command("coverage").show(settings_of(workspace), as_json=as_json)


@app.command()
def declare(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or Excel with the columns stage, asset, point.")
    ],
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Make the rows of a file the points that should be collected."""
    command("coverage").declare(settings_of(workspace), file, as_json=as_json)


@app.command()
def points(as_json: Json = False, workspace: Home = None) -> None:
    """List the points that should be collected."""
    command("coverage").points(settings_of(workspace), as_json=as_json)
