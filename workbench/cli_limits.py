"""The command line of limits in force and of confirmed causes: names, options, help."""

from typing import Annotated

import typer

from workbench.cli_options import Home, Json, command, group, settings_of

app = group("Limits in force: found by a run, approved, applied to later data of the same characteristic.")
signals_app = group("Signals of a run: what was confirmed behind them before, and what is found now.")

Limits = Annotated[str, typer.Argument(metavar="ID", help="Id of limits, such as L3.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="Id of a run.")]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who does this; without it, the user logged in.")
]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for the history.")]


@app.command("list")
def limits_list(
    template: Annotated[str | None, typer.Option(metavar="ID", help="Only of this template.")] = None,
    standing: Annotated[
        str | None, typer.Option(metavar="STATE", help="Only these: in_force, proposed, superseded, …")
    ] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """List all limits that were ever proposed, newest first."""
    command("limits").list_all(settings_of(workspace), template, standing, as_json=as_json)


@app.command("show")
def limits_show(limits: Limits, as_json: Json = False, workspace: Home = None) -> None:
    """Show limits, where they stand, and everything that happened to them."""
    command("limits").show(settings_of(workspace), limits, as_json=as_json)


@app.command("propose")
def limits_propose(
    run: Run, by: By = None, why: Why = "", as_json: Json = False, workspace: Home = None
) -> None:
    """Propose the limits that a run found."""
    command("limits").propose(settings_of(workspace), run, by=by, why=why, as_json=as_json)


@app.command("approve")
def limits_approve(
    limits: Limits,
    by: By = None,
    why: Why = "",
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="When they begin; without it, now.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="When they end; without it, with the next.")
    ] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Put proposed limits in force."""
    said = {"by": by, "why": why, "validity": (begin, end)}
    command("limits").step(settings_of(workspace), limits, "approved", said, as_json=as_json)


@app.command("reject")
def limits_reject(
    limits: Limits, by: By = None, why: Why = "", as_json: Json = False, workspace: Home = None
) -> None:
    """Close a proposal, with the reason."""
    said = {"by": by, "why": why}
    command("limits").step(settings_of(workspace), limits, "rejected", said, as_json=as_json)


@app.command("withdraw")
def limits_withdraw(
    limits: Limits, by: By = None, why: Why = "", as_json: Json = False, workspace: Home = None
) -> None:
    """Let limits end now, with the reason."""
    said = {"by": by, "why": why}
    command("limits").step(settings_of(workspace), limits, "withdrawn", said, as_json=as_json)


@signals_app.command("explain")
def signals_explain(run: Run, as_json: Json = False, workspace: Home = None) -> None:
    """Say for each rule that fired what was confirmed before, how often, and by whom."""
    command("limits").explain(settings_of(workspace), run, as_json=as_json)


@signals_app.command("confirm")
def signals_confirm(
    run: Run,
    rule: Annotated[str, typer.Option(metavar="RULE", help="The rule, as the signals of the run name it.")],
    cause: Annotated[str, typer.Option(metavar="TEXT", help="What was behind the signal.")],
    action: Annotated[str, typer.Option(metavar="TEXT", help="What was done.")] = "",
    point: Annotated[str, typer.Option(metavar="LABEL", help="The point; without it, the rule.")] = "",
    by: By = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Keep what was found behind a signal, for the next time this rule fires."""
    found = {"rule": rule, "cause": cause, "action": action, "point": point}
    command("limits").confirm(settings_of(workspace), run, found, by=by, as_json=as_json)
