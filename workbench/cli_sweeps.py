"""The command line of sweeps: names and options; what they do lies in ``commands.sweep``."""

from typing import Annotated

import typer

from workbench.cli_options import Filters, Home, Inputs, Json, Maps, Values, command, group, settings_of

sweeps_app = group("Sweeps of the workspace: one template over many.")

Template = Annotated[str, typer.Argument(metavar="TEMPLATE", help="Id of a template, or path to an .ipynb.")]
Sweep = Annotated[str, typer.Argument(metavar="SWEEP", help="Name of a sweep.")]
OVER = """What varies; once or twice, two are multiplied.
COLUMN=* or COLUMN=a,b or COLUMN=top:5 · period:COLUMN=day|week|month|shift|N ·
columns:COLUMN=*|a,b · tables:ROLE=a,b · parameter:NAME=a,b or parameter:NAME=start:stop:step ·
subtree:asset=ASSET (its ends) or subtree:LEVEL=ASSET"""


def sweep(
    template: Annotated[
        str, typer.Argument(metavar="TEMPLATE", help="Id of a template, or path to an .ipynb.")
    ],
    over: Annotated[list[str], typer.Option("--over", metavar="WHAT", help=OVER)],
    inputs: Inputs = None,
    maps: Maps = None,
    filters: Filters = None,
    values: Values = None,
    reuse: Annotated[bool, typer.Option("--reuse", help="Take over answers that are there already.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would run, and run nothing.")] = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Run a template over machines, columns, tables, periods or parameter values."""
    running, asked = command("run"), {"inputs": inputs or (), "maps": maps or (), "filters": filters or ()}
    body = running.request(template, **asked, values=values or ()) | {"origin": "sweep", "reuse": reuse}
    started = {"run": body, "over": command("sweep_axes").axes(over)}
    doing = command("sweep")
    if plan:
        doing.plan(settings_of(workspace), started, as_json=as_json)
    else:
        raise typer.Exit(doing.sweep(settings_of(workspace), started, as_json=as_json))


@sweeps_app.command("list")
def sweeps_list(
    limit: Annotated[int, typer.Option(min=1, max=100_000, metavar="N", help="At most so many.")] = 50,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """List sweeps, newest first."""
    command("sweep").list_all(settings_of(workspace), limit=limit, as_json=as_json)


@sweeps_app.command("show")
def sweeps_show(sweep: Sweep, as_json: Json = False, workspace: Home = None) -> None:
    """Show the points of a sweep, worst first."""
    command("sweep").show(settings_of(workspace), sweep, as_json=as_json)


@sweeps_app.command("cancel")
def sweeps_cancel(sweep: Sweep, as_json: Json = False, workspace: Home = None) -> None:
    """Cancel every run of a sweep that has not ended."""
    command("sweep").cancel(settings_of(workspace), sweep, as_json=as_json)


@sweeps_app.command("retry")
def sweeps_retry(sweep: Sweep, as_json: Json = False, workspace: Home = None) -> None:
    """Run the points again that ended without an answer."""
    raise typer.Exit(command("sweep").retry(settings_of(workspace), sweep, as_json=as_json))


@sweeps_app.command("resume")
def sweeps_resume(sweep: Sweep, as_json: Json = False, workspace: Home = None) -> None:
    """Go on with a sweep that was cancelled."""
    raise typer.Exit(command("sweep").resume(settings_of(workspace), sweep, as_json=as_json))
