"""The commands of ``workbench compete`` and ``submit``: names and options; the rest lies in ``commands``."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli_options import Home, Json, command, group, settings_of

app = group("Competitions: notebooks of participants, judged on hidden data.")
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of a competition.")]
Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="Name of an entry.")]
BundlePath = Annotated[Path, typer.Argument(metavar="BUNDLE", help="A folder, or a zip of one.")]
Notebook = Annotated[Path, typer.Argument(metavar="NOTEBOOK", help="Path to an .ipynb.")]
Team = Annotated[
    str | None, typer.Option("--team", metavar="NAME", help="The team; default: the name of this user.")
]


def submit(
    notebook: Notebook,
    to: Annotated[str, typer.Option("--to", metavar="ID", help="Id of the competition.")],
    team: Team = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the score.")] = True,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Submit a notebook to a competition; it runs on hidden data in the box, and the score is shown.

    A team that is new joins. A running server judges it; without one it is judged right here.
    """
    raise typer.Exit(
        command("submit").submit(settings_of(workspace), notebook, to, team=team, wait=wait, as_json=as_json)
    )


@app.command("list")
def compete_list(as_json: Json = False, workspace: Home = None) -> None:
    """List competitions: those that go first."""
    command("compete").list_all(settings_of(workspace), as_json=as_json)


@app.command("show")
def compete_show(competition: Id, as_json: Json = False, workspace: Home = None) -> None:
    """Show a competition: phases, limits, metrics, pages, leaderboard."""
    command("compete").show(settings_of(workspace), competition, as_json=as_json)


@app.command("new")
def compete_new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write the bundle.")],
    like: Annotated[
        str, typer.Option(metavar="NAME", help="pump-life, valve-anomaly or demand-forecast.")
    ] = "pump-life",
    as_json: Json = False,
) -> None:
    """Write the bundle of a ready competition, to be changed into one of your own."""
    command("compete").new(folder, like=like, as_json=as_json)


@app.command("check")
def compete_check(bundle: BundlePath, as_json: Json = False) -> None:
    """Check a bundle: contract, files, columns, keys, and that no answer is given away."""
    raise typer.Exit(command("compete").check(bundle, as_json=as_json))


@app.command("publish")
def compete_publish(bundle: BundlePath, as_json: Json = False, workspace: Home = None) -> None:
    """Check a bundle and make it the version that counts."""
    command("compete").publish(settings_of(workspace), bundle, as_json=as_json)


@app.command("export")
def compete_export(
    competition: Id,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: ID-VERSION.zip here.")] = None,
    public: Annotated[bool, typer.Option("--public", help="Leave out what is hidden.")] = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Write a competition as a bundle in one zip."""
    command("compete").export(settings_of(workspace), competition, to=to, public=public, as_json=as_json)


@app.command("archive")
def compete_archive(competition: Id, as_json: Json = False, workspace: Home = None) -> None:
    """Close a competition for good: it stays to be read, and takes nothing more."""
    command("compete").archive(settings_of(workspace), competition, as_json=as_json)


@app.command("kit")
def compete_kit(
    competition: Id,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: ID-kit.zip here.")] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Write the starter kit: public data, a notebook that scores, a twin of the hidden data."""
    command("compete").kit(settings_of(workspace), competition, to=to, as_json=as_json)


@app.command("rehearse")
def compete_rehearse(
    notebook: Notebook,
    to: Annotated[str, typer.Option("--to", metavar="ID|BUNDLE", help="A competition, a kit or a bundle.")],
    task: Annotated[str | None, typer.Option(metavar="NAME", help="The task; default: the first.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep log, notebook, predictions.")] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Run an entry as the judge will, on made-up data in the shape of the hidden data, with full logs."""
    raise typer.Exit(
        command("submit").rehearse(settings_of(workspace), notebook, to, task=task, out=out, as_json=as_json)
    )


@app.command("join")
def compete_join(
    competition: Id,
    team: Annotated[str, typer.Option("--team", metavar="NAME", help="Name of the team.")],
    member: Annotated[list[str] | None, typer.Option(metavar="NAME", help="A member. Repeatable.")] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Add a team and print its token, once."""
    command("compete").join(settings_of(workspace), competition, team, members=member or [], as_json=as_json)


@app.command("entries")
def compete_entries(
    competition: Id, team: Team = None, as_json: Json = False, workspace: Home = None
) -> None:
    """List entries of a competition: states, scores, reasons, quota."""
    command("compete").entries(settings_of(workspace), competition, team=team, as_json=as_json)


@app.command("cancel")
def compete_cancel(entry: Entry, as_json: Json = False, workspace: Home = None) -> None:
    """Cancel an entry; one that still waits gives its submission back."""
    command("compete").cancel(settings_of(workspace), entry, as_json=as_json)


@app.command("choose")
def compete_choose(entry: Entry, as_json: Json = False, workspace: Home = None) -> None:
    """Let this entry of its team count, where the rules let teams choose."""
    command("compete").choose(settings_of(workspace), entry, as_json=as_json)


@app.command("leaderboard")
def compete_leaderboard(
    competition: Id,
    phase: Annotated[str | None, typer.Option(metavar="PHASE", help="Default: the one that goes.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as CSV.")] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Show who is ahead."""
    command("compete").leaderboard(settings_of(workspace), competition, phase=phase, csv=csv, as_json=as_json)


# --- the organiser's ------------------------------------------------------------------------------------


@app.command("organiser")
def compete_organiser(as_json: Json = False, workspace: Home = None) -> None:
    """Print the token that opens the organiser's page and routes."""
    command("organise").token(settings_of(workspace), as_json=as_json)


@app.command("rerun")
def compete_rerun(
    competition: Id,
    entry: Annotated[str | None, typer.Option(metavar="ENTRY", help="One entry; default: all.")] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Judge entries again by the version that counts now, after a fix; no submission is used."""
    command("organise").rerun(settings_of(workspace), competition, entry=entry, as_json=as_json)


@app.command("disqualify")
def compete_disqualify(
    competition: Id,
    entry: Entry,
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason; empty: it counts again.")] = "",
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Take an entry off the leaderboard with a reason that its team reads."""
    command("organise").disqualify(settings_of(workspace), competition, entry, why=why, as_json=as_json)


@app.command("announce")
def compete_announce(
    competition: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What everybody is to know.")],
    zh: Annotated[str, typer.Option(metavar="TEXT", help="The same in Chinese.")] = "",
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Show a text on the competition's page."""
    command("organise").announce(settings_of(workspace), competition, text, zh=zh, as_json=as_json)


@app.command("statistics")
def compete_statistics(competition: Id, as_json: Json = False, workspace: Home = None) -> None:
    """Show a competition in numbers: entries by state and day, reasons, time and memory."""
    command("organise").statistics(settings_of(workspace), competition, as_json=as_json)


@app.command("duplicates")
def compete_duplicates(competition: Id, as_json: Json = False, workspace: Home = None) -> None:
    """List entries of different teams that are alike in code or equal in predictions."""
    command("organise").duplicates(settings_of(workspace), competition, as_json=as_json)


@app.command("certificates")
def compete_certificates(
    competition: Id,
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where to write the PDF files.")] = Path(),
    team: Annotated[str | None, typer.Option(metavar="NAME", help="One team; default: all.")] = None,
    phase: Annotated[str | None, typer.Option(metavar="PHASE", help="Default: the one that goes.")] = None,
    language: Annotated[str | None, typer.Option(metavar="en|zh", help="Default: the setting.")] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Write a certificate as PDF for every team on the leaderboard: place, score, verification code."""
    settings = settings_of(workspace)
    command("certify").certificates(
        settings, competition, to=to, team=team, phase=phase, language=language, as_json=as_json
    )


@app.command("verify")
def compete_verify(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The verification code of a certificate.")],
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Check a certificate by its code: what it says, and whether the leaderboard still says the same."""
    command("certify").verify(settings_of(workspace), code, as_json=as_json)


@app.command("renew")
def compete_renew(
    competition: Id,
    team: Annotated[str, typer.Option("--team", metavar="NAME", help="Name of the team.")],
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Print a new token for a team that lost its own; the old one stops working."""
    command("organise").renew(settings_of(workspace), competition, team, as_json=as_json)


@app.command("prune")
def compete_prune(
    competition: Id,
    days: Annotated[float, typer.Option(metavar="N", help="Entries that ended so long ago.")] = 30.0,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Remove logs, predictions and executed notebooks of old entries; notebooks and scores stay."""
    command("organise").prune(settings_of(workspace), competition, days=days, as_json=as_json)


@app.command("template")
def compete_template(
    entry: Entry,
    name: Annotated[str, typer.Option("--id", metavar="ID", help="Id of the new template.")],
    title: Annotated[str, typer.Option(metavar="TEXT", help="Its title; default: the competition's.")] = "",
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where to write the package.")] = Path(),
    install: Annotated[bool, typer.Option("--install", help="Install it in this workspace as well.")] = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Turn an entry into a template, with its score card as proof."""
    command("organise").template(
        settings_of(workspace), entry, name=name, title=title, to=to, install=install, as_json=as_json
    )
