"""The commands of ``workbench schedules``: names and options; what they do lies in ``commands``."""

from typing import Annotated

import typer

from workbench.cli_options import (
    Filters,
    Home,
    Inputs,
    Json,
    Maps,
    Template,
    Values,
    command,
    group,
    settings_of,
)

app = group("Schedules: templates that run by the clock.")
Name = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Name or id of a schedule.")]


@app.command("list")
def schedules_list(as_json: Json = False, workspace: Home = None) -> None:
    """List schedules: when they are due, how the last run ended, whether somebody keeps them."""
    command("schedules").list_all(settings_of(workspace), as_json=as_json)


@app.command("add")
def schedules_add(
    template: Template,
    cron: Annotated[
        str, typer.Option(metavar="CRON", help="When: minute hour day month weekday, e.g. '0 6,14,22 * * *'.")
    ],
    zone: Annotated[str, typer.Option(metavar="ZONE", help="Time zone, e.g. Asia/Shanghai.")],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the schedule; default: the template's id.")
    ] = None,
    inputs: Inputs = None,
    maps: Maps = None,
    filters: Filters = None,
    values: Values = None,
    retries: Annotated[
        int, typer.Option(min=0, max=10, metavar="N", help="Try a failed run again so many times.")
    ] = 2,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Put a template on a schedule; a running server keeps it from now on."""
    settings = settings_of(workspace)
    asked = {"inputs": inputs or (), "maps": maps or (), "filters": filters or (), "values": values or ()}
    body = command("run").request(template, **asked)
    new = {"name": name or template, "request": body, "cron": cron, "zone": zone, "retries": retries}
    command("schedules").add(settings, new, as_json=as_json)


@app.command("show")
def schedules_show(schedule: Name, as_json: Json = False, workspace: Home = None) -> None:
    """Show a schedule and what came of its last times."""
    command("schedules").show(settings_of(workspace), schedule, as_json=as_json)


@app.command("pause")
def schedules_pause(schedule: Name, as_json: Json = False, workspace: Home = None) -> None:
    """Start no more runs; one that goes is left alone."""
    command("schedules").switch(settings_of(workspace), schedule, paused=True, as_json=as_json)


@app.command("resume")
def schedules_resume(schedule: Name, as_json: Json = False, workspace: Home = None) -> None:
    """Start runs again, from the next time on."""
    command("schedules").switch(settings_of(workspace), schedule, paused=False, as_json=as_json)


@app.command("remove")
def schedules_remove(schedule: Name, as_json: Json = False, workspace: Home = None) -> None:
    """Forget a schedule and its alarm rules; its runs stay."""
    command("schedules").remove(settings_of(workspace), schedule, as_json=as_json)


@app.command("run")
def schedules_run(schedule: Name, as_json: Json = False, workspace: Home = None) -> None:
    """Run a schedule's request now, on the running server or right here, and wait for the end."""
    raise typer.Exit(command("schedules").run_now(settings_of(workspace), schedule, as_json=as_json))
