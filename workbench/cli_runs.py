"""The command line of runs: names and options; what they do lies in ``commands``."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli_options import Home, Json, command, group, settings_of

app = group("Runs of the workspace.")

Run = Annotated[str, typer.Argument(metavar="RUN", help="Name of a run.")]


@app.command("list")
def runs_list(
    template: Annotated[str | None, typer.Option(metavar="ID", help="Only runs of this template.")] = None,
    status: Annotated[str | None, typer.Option(metavar="STATE", help="Only runs in this state.")] = None,
    table: Annotated[
        str | None, typer.Option(metavar="TABLE", help="Only runs that read this table.")
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only runs whose name or answer holds this.")
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="RUN", help="Only runs older than this one: the next page.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, metavar="N", help="At most so many.")] = 50,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """List runs, newest first."""
    filters = {"template": template, "status": status, "table": table, "text": text, "before": before}
    command("runs").list_all(settings_of(workspace), filters, limit=limit, as_json=as_json)


@app.command("show")
def runs_show(run: Run, as_json: Json = False, workspace: Home = None) -> None:
    """Show a run: its answer, numbers and files."""
    command("runs").show(settings_of(workspace), run, as_json=as_json)


@app.command("compare")
def runs_compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Names of two or more runs.")],
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Show what differs between runs, each against the first."""
    command("runs").compare(settings_of(workspace), runs, as_json=as_json)


@app.command("evidence")
def runs_evidence(
    run: Run,
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="Zip to write.", show_default="RUN.zip")
    ] = Path(),
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Write what proves a run into one zip: notebook, hashes of inputs, results, environment, command."""
    command("proofs").pack(settings_of(workspace), run, to=to, as_json=as_json)


@app.command("verify")
def runs_verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The evidence of a run.")],
    as_json: Json = False,
) -> None:
    """Hash every file of an evidence zip again and say which differs."""
    raise typer.Exit(command("proofs").verify(file, as_json=as_json))


@app.command("report")
def runs_report(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs, in the order of reading.")],
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="One page with everything.")] = None,
    xlsx: Annotated[Path | None, typer.Option(metavar="FILE", help="Tables, and Excel's own charts.")] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="The page as PDF.")] = None,
    a3: Annotated[Path | None, typer.Option(metavar="FILE", help="A problem report on one A3 sheet.")] = None,
    workspace: Home = None,
) -> None:
    """Write the report of a run to files; of several runs, one report that begins with their answers."""
    files = {"html": html, "xlsx": xlsx, "pdf": pdf, "a3": a3}
    command("reports").of_runs(settings_of(workspace), runs, files=files)


@app.command("rerun")
def runs_rerun(run: Run, as_json: Json = False, workspace: Home = None) -> None:
    """Run again what a run ran: same template, same table versions, same parameters."""
    raise typer.Exit(command("runs").rerun(settings_of(workspace), run, as_json=as_json))


@app.command("cancel")
def runs_cancel(run: Run, as_json: Json = False, workspace: Home = None) -> None:
    """Cancel a run that waits or goes."""
    command("runs").cancel(settings_of(workspace), run, as_json=as_json)
