"""``workbench compete``: what competitions there are, and what the organiser and the teams do with them.

What is written into the book takes effect in a running server, so nothing is handed over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.app import Workbench
from workbench.commands.output import emit, say, show_table, write
from workbench.competitions import bundle as bundles
from workbench.competitions import kit as kits
from workbench.competitions import leaderboard as boards
from workbench.competitions import ready, teams
from workbench.competitions.described import described
from workbench.competitions.entry import Shown
from workbench.competitions.service import Competitions
from workbench.config import Settings, pick
from workbench.errors import Invalid


@contextmanager
def opened(settings: Settings) -> Iterator[Competitions]:
    """Open the competitions of a workspace, with the ready ones where the demo is wanted."""
    bench = Workbench(settings, full=False)
    try:
        if settings.demo:
            ready.load(bench.competitions)
        yield bench.competitions
    finally:
        bench.stop()


def list_all(settings: Settings, *, as_json: bool) -> None:
    """List competitions."""
    with opened(settings) as competitions:
        found = competitions.overviews()
    if as_json:
        emit({"competitions": [each.model_dump(mode="json") for each in found]})
    elif not found:
        say("no competitions yet: publish one with `workbench compete publish BUNDLE`")
    else:
        show_table(
            [
                {
                    "id": each.id,
                    "title": pick(each.title, settings.language),
                    "standing": each.standing,
                    "phase": each.phase or "–",
                    "teams": each.teams,
                    "entries": each.entries,
                }
                for each in found
            ]
        )


def show(settings: Settings, name: str, *, as_json: bool) -> None:
    """Show a competition."""
    with opened(settings) as competitions:
        document = described(competitions, name)
        board = competitions.leaderboard(name)
    if as_json:
        emit(document | {"leaderboard": board.model_dump(mode="json")})
        return
    say(
        f"{pick(document['title'], settings.language)} ({name} {document['version']}): {document['standing']}"
    )
    say(pick(document["summary"], settings.language))
    show_table(document["phases"], ["id", "starts", "ends", "board"])
    _say_board(board)


def new(folder: Path, *, like: str, as_json: bool) -> None:
    """Write a bundle to start from."""
    if folder.exists() and any(folder.iterdir()):
        raise Invalid(str(folder), given="a folder with files", expected="an empty or a new one")
    ready.write(like, folder)
    if as_json:
        emit({"bundle": str(folder), "like": like})
    else:
        say(str(folder), f"change id, title and data, then: workbench compete check {folder}")


def check(path: Path, *, as_json: bool) -> int:
    """Check a bundle; return 2 when something is wrong with it."""
    with bundles.laid_out(path.expanduser()) as folder:
        contract, problems = bundles.check(folder)
    listed = [
        {"message": each.message, "line": each.line, "path": each.path, "hint": each.hint}
        for each in problems
    ]
    if as_json:
        known = {"id": contract.id, "version": contract.version} if contract else {}
        emit({"bundle": str(path), "valid": not problems, **known, "problems": listed})
    else:
        for problem in problems:
            say(f"{bundles.FILE}: {problem}")
        say(f"{len(problems)} problems" if problems else f"{path}: ready to be published")
    return 2 if problems else 0


def publish(settings: Settings, path: Path, *, as_json: bool) -> None:
    """Publish a bundle."""
    with opened(settings) as competitions:
        overview = competitions.publish(path.expanduser())
    if as_json:
        emit(overview.model_dump(mode="json"))
    else:
        say(f"{overview.id} {overview.version} published: {overview.standing}")


def export(settings: Settings, name: str, *, to: Path | None, public: bool, as_json: bool) -> None:
    """Write a bundle as a zip."""
    with opened(settings) as competitions:
        kept = competitions.bundle(name)
        file = (to or Path(f"{name}-{kept.contract.version}.zip")).expanduser().resolve()
        competitions.shelf.export(kept, file, public=public)
    emit({"id": name, "path": str(file), "public": public}) if as_json else say(str(file))


def archive(settings: Settings, name: str, *, as_json: bool) -> None:
    """Archive a competition."""
    with opened(settings) as competitions:
        overview = competitions.archive(name)
    emit(overview.model_dump(mode="json")) if as_json else say(f"{name}: {overview.standing}")


def kit(settings: Settings, name: str, *, to: Path | None, as_json: bool) -> None:
    """Write the starter kit."""
    with opened(settings) as competitions:
        file = (to or Path(f"{name}-kit.zip")).expanduser().resolve()
        kits.write(competitions.bundle(name), file)
    emit({"id": name, "path": str(file)}) if as_json else say(str(file))


def join(settings: Settings, name: str, team: str, *, members: list[str], as_json: bool) -> None:
    """Add a team; its token is printed once."""
    with opened(settings) as competitions:
        joined = competitions.join(name, team, members)
    if as_json:
        emit({"team": joined.name, "id": joined.team, "token": joined.token})
    else:
        say(f"team {joined.name} joined {name}", f"token, shown only now: {joined.token}")


def entries(settings: Settings, name: str, *, team: str | None, as_json: bool) -> None:
    """List entries, of one team or of all."""
    with opened(settings) as competitions:
        competitions.contract(name)
        if team is None:
            found = [competitions.shown(entry) for entry in competitions.book.entries(name)]
            quota = None
        else:
            row = teams.get(competitions.book, name, team)
            found, quota = competitions.entries(name, row.id), competitions.quota(name, row.id)
    if as_json:
        listed = [each.model_dump(mode="json", exclude={"quota"}) for each in found]
        emit({"entries": listed, "quota": quota.model_dump(mode="json") if quota else None})
        return
    if found:
        show_table([line(each) for each in found])
    say(
        f"{quota.left_today} submissions left today, {quota.left} in all"
        if quota
        else f"{len(found)} entries"
    )


def line(entry: Shown) -> dict[str, Any]:
    """Return what a list of entries shows of one."""
    return {
        "entry": entry.entry,
        "team": entry.team,
        "status": entry.status,
        "score": entry.score,
        "submitted": f"{entry.submitted:%Y-%m-%d %H:%M}",
        "reason": entry.reason.message if entry.reason else "",
    }


def cancel(settings: Settings, name: str, *, as_json: bool) -> None:
    """Cancel an entry."""
    with opened(settings) as competitions:
        shown = competitions.shown(competitions.cancel(name))
    emit(shown.model_dump(mode="json")) if as_json else show_table([line(shown)])


def choose(settings: Settings, name: str, *, as_json: bool) -> None:
    """Let an entry count."""
    with opened(settings) as competitions:
        shown = competitions.shown(competitions.choose(name))
    emit(shown.model_dump(mode="json")) if as_json else show_table([line(shown)])


def leaderboard(settings: Settings, name: str, *, phase: str | None, csv: Path | None, as_json: bool) -> None:
    """Show the leaderboard."""
    with opened(settings) as competitions:
        board = competitions.leaderboard(name, phase)
    if csv is not None:
        write(csv.expanduser(), boards.as_csv(board).encode())
    emit(board.model_dump(mode="json")) if as_json else _say_board(board)


def _say_board(board: boards.Board) -> None:
    if not board.rows:
        say("no scores yet")
        return
    show_table(
        [
            {"rank": row.rank, "team": row.team, "score": row.score, **row.scores, "entries": row.entries}
            for row in board.rows
        ]
    )
