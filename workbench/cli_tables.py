"""The command line for looking after a table: names, options, help."""

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli_options import Home, Json, command, settings_of

Table = Annotated[str, typer.Argument(metavar="TABLE", help="Name of a table.")]


def versions(
    table: Table,
    last: Annotated[
        int, typer.Option(min=1, max=100_000, metavar="N", help="At most so many, newest first.")
    ] = 10,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """List the versions of a table: who wrote them, how, and what changed."""
    command("tables").versions(settings_of(workspace), table, last=last, as_json=as_json)


def restore(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Name of a table, or NAME@VERSION.")],
    version: Annotated[int | None, typer.Option(metavar="N", help="The version to bring back.")] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Bring an earlier version back, as a new version with the same rows."""
    command("tables").restore(settings_of(workspace), table, version=version, as_json=as_json)


def describe(
    table: Table,
    owner: Annotated[str | None, typer.Option(metavar="NAME", help="Who answers for it.")] = None,
    description: Annotated[str | None, typer.Option(metavar="TEXT", help="What it holds.")] = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="Replaces all tags. Repeatable.")
    ] = None,
    grade: Annotated[
        int | None, typer.Option(min=1, max=3, metavar="1|2|3", help="Grade; 3 is the most sensitive.")
    ] = None,
    retention: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, metavar="DAYS", help="Days to keep; nothing goes by itself."),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="COLUMN=MEANING", help="What a column means. Repeatable."),
    ] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Say who owns a table, what it holds and how long it is kept; without options, show it."""
    given: dict[str, Any] = {
        "owner": owner,
        "description": description,
        "tags": tags or None,
        "grade": grade,
        "retention_days": retention,
        "columns": dict(_pair(text) for text in columns) if columns else None,
    }
    changed = {key: value for key, value in given.items() if value is not None}
    command("tables").describe(settings_of(workspace), table, changed, as_json=as_json)


def _pair(text: str) -> tuple[str, str]:
    name, sign, meaning = text.partition("=")
    if not sign:
        raise typer.BadParameter(f"{text!r} is not COLUMN=MEANING")
    return name, meaning


def lineage(table: Table, as_json: Json = False, workspace: Home = None) -> None:
    """Show where a table comes from, and which runs, schedules and mappings use it."""
    command("tables").show_lineage(settings_of(workspace), table, as_json=as_json)


def prune(
    table: Table,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, metavar="DAYS", help="Days to keep; default: its retention."),
    ] = None,
    rows_by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Take old rows away too, dated by this column.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without, only say what would go.")] = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Say which versions and rows are older than the days to keep, and take them away when told to."""
    command("tables").prune(
        settings_of(workspace), table, days=days, time_column=rows_by, apply=apply, as_json=as_json
    )


def health(
    table: Table,
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Declare the rules of a JSON file first.")
    ] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Declare first all that its rows suggest.")
    ] = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Score a table by the indicators of GB/T 36344-2018, with evidence, and what was not assessed."""
    command("health").health(settings_of(workspace), table, rules=rules, confirm=confirm, as_json=as_json)


def rules(
    table: Table,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="RULE=JSON", help="A rule, e.g. key='[\"id\"]'. Repeatable."),
    ] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Show or change what is declared about a table, and what could be."""
    command("health").rules(settings_of(workspace), table, given or [], as_json=as_json)


def add_to(group: typer.Typer) -> None:
    """Give a group of commands those of this module."""
    for act in (versions, restore, describe, lineage, prune, health, rules):
        group.command(act.__name__)(act)
