"""``workbench compete``, the organiser's part: judge again, disqualify, announce, count, turn into an app."""

import tempfile
from pathlib import Path

from workbench.commands.compete import line, opened
from workbench.commands.output import emit, say, show_table
from workbench.competitions import teams
from workbench.competitions.service import Competitions
from workbench.competitions.winner import Form
from workbench.competitions.winner import template as packed
from workbench.config import Settings
from workbench.templates import package


def token(settings: Settings, *, as_json: bool) -> None:
    """Print the organiser's token."""
    with opened(settings) as competitions:
        found = competitions.organiser.token()
    emit({"token": found}) if as_json else say(found)


def rerun(settings: Settings, name: str, *, entry: str | None, as_json: bool) -> None:
    """Queue entries again; a running server judges them."""
    with opened(settings) as competitions:
        queued = competitions.organiser.again(name, entry)
    if as_json:
        emit({"queued": queued})
    else:
        say(f"{len(queued)} entries queued; the server of this workspace judges them")


def disqualify(settings: Settings, name: str, entry: str, *, why: str, as_json: bool) -> None:
    """Disqualify an entry, or let it count again."""
    with opened(settings) as competitions:
        shown = competitions.shown(competitions.organiser.disqualify(name, entry, why))
    emit(shown.model_dump(mode="json")) if as_json else show_table([line(shown)])


def announce(settings: Settings, name: str, text: str, *, zh: str, as_json: bool) -> None:
    """Announce something."""
    with opened(settings) as competitions:
        competitions.organiser.announce(name, {"en": text, "zh": zh or text})
        count = len(competitions.book.announcements(name))
    emit({"announcements": count}) if as_json else say("announced")


def statistics(settings: Settings, name: str, *, as_json: bool) -> None:
    """Show a competition in numbers."""
    with opened(settings) as competitions:
        competitions.contract(name)
        found = competitions.organiser.statistics(name)
    if as_json:
        emit(found.model_dump(mode="json"))
    else:
        say(*(f"{key}: {value}" for key, value in found.model_dump().items()))


def duplicates(settings: Settings, name: str, *, as_json: bool) -> None:
    """List entries that are alike."""
    with opened(settings) as competitions:
        found = competitions.organiser.duplicates(name)
    if as_json:
        emit({"pairs": [each.model_dump(mode="json") for each in found]})
    elif found:
        show_table([each.model_dump() for each in found])
    else:
        say("no entries of different teams are alike")


def renew(settings: Settings, name: str, team: str, *, as_json: bool) -> None:
    """Give a team a new token."""
    with opened(settings) as competitions:
        joined = competitions.organiser.renew(name, team)
    if as_json:
        emit({"team": joined.name, "token": joined.token})
    else:
        say(f"the new token of {joined.name}, shown this once:", joined.token)


def prune(settings: Settings, name: str, *, days: float, as_json: bool) -> None:
    """Remove files of old entries."""
    with opened(settings) as competitions:
        pruned = competitions.organiser.prune(name, days=days)
    if as_json:
        emit(pruned.model_dump())
    else:
        say(f"files of {pruned.entries} entries removed, {pruned.bytes / 1e6:.1f} MB")


def template(
    settings: Settings, entry: str, *, name: str, title: str, to: Path, install: bool, as_json: bool
) -> None:
    """Turn an entry into a template."""
    with opened(settings) as competitions:
        file = as_template(competitions, entry, Form(id=name, title={"en": title, "zh": title}), to)
    installed = package.install(file, settings.workspace.create().templates) if install else None
    if as_json:
        emit({"template": name, "path": str(file), "installed": str(installed.path) if installed else None})
    else:
        say(str(file), f"installed: {installed.path}" if installed else f"workbench templates install {file}")


def as_template(competitions: Competitions, entry: str, form: Form, to: Path) -> Path:
    """Write an entry as a template package into a folder."""
    kept = competitions.book.entry(entry)
    bundle = competitions.shelf.get(kept.competition, kept.version)
    team = teams.get(competitions.book, kept.competition, kept.team).name
    target = to.expanduser().resolve()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="winner-") as scratch:
        made = packed(bundle, kept, competitions.notebook(entry), form=form, folder=Path(scratch), team=team)
        place = target / made.name
        place.write_bytes(made.read_bytes())
    return place
