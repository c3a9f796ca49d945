"""``workbench submit`` and ``workbench compete rehearse``: an entry from the terminal to its score."""

import getpass
import tempfile
import time
from pathlib import Path

from workbench.commands.compete import opened
from workbench.commands.output import emit, note, number, say
from workbench.competitions import bundle as bundles
from workbench.competitions.bundle import Bundle
from workbench.competitions.entry import OPEN, Shown
from workbench.competitions.rehearse import Rehearsal
from workbench.competitions.rehearse import rehearse as rehearsed
from workbench.competitions.service import Competitions
from workbench.config import Settings

LOOK_S = 0.3
EXIT_STATUS = {"scored": 0, "refused": 3}


def submit(
    settings: Settings, notebook: Path, to: str, *, team: str | None, wait: bool, as_json: bool
) -> int:
    """Queue a notebook and follow it to its end; return 0 when it has a score."""
    with opened(settings) as competitions:
        row = competitions.team_named(to, team or _user())
        entry = competitions.submit(to, row, notebook.expanduser(), origin="cli")
        shown = competitions.shown(entry)
        if wait:
            shown = _followed(competitions, entry.entry, quiet=as_json)
        quota = competitions.quota(to, row.id)
        shown = shown.model_copy(update={"quota": quota})
    if as_json:
        emit(shown.model_dump(mode="json"))
    else:
        _say(shown)
    return EXIT_STATUS.get(shown.status, 1) if wait else 0


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name
        return "local"


def _followed(competitions: Competitions, entry: str, *, quiet: bool) -> Shown:
    """Wait for the end of an entry; where no server judges, judge here."""
    competitions.judge.start()
    told = ""
    try:
        while (shown := competitions.shown(competitions.book.entry(entry))).status in OPEN:
            state = f"… {shown.status}" + (f", {shown.position} before it" if shown.position else "")
            if not quiet and state != told:
                note(told := state)
            time.sleep(LOOK_S)
    except KeyboardInterrupt:
        competitions.cancel(entry)
        raise
    return shown


def _say(shown: Shown) -> None:
    say(f"{shown.entry}: {shown.status}")
    if shown.status == "scored":
        say(*(f"{name}: {number(value)}" for name, value in shown.scores.items()))
    if shown.reason:
        say(shown.reason.message)
    if shown.quota:
        say(f"{shown.quota.left_today} submissions left today, {shown.quota.left} in all")


def rehearse(
    settings: Settings, notebook: Path, to: str, *, task: str | None, out: Path | None, as_json: bool
) -> int:
    """Run an entry on the twin of the hidden data; return 0 when it has a score."""
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as scratch:
        folder = out.expanduser().resolve() if out else Path(scratch)
        if Path(to).expanduser().exists():
            with bundles.laid_out(Path(to).expanduser()) as laid:
                found = _rehearsed(bundles.load(laid), notebook, folder, task)
        else:
            with opened(settings) as competitions:
                found = _rehearsed(competitions.bundle(to), notebook, folder, task)
        log = found.log.read_text(encoding="utf-8")
        if as_json:
            emit(_document(found, log, kept=out is not None))
        else:
            _say_rehearsal(found, log)
    return EXIT_STATUS.get(found.status, 1)


def _rehearsed(bundle: Bundle, notebook: Path, folder: Path, task: str | None) -> Rehearsal:
    return rehearsed(bundle, notebook.expanduser(), folder=folder, task=task)


def _document(found: Rehearsal, log: str, *, kept: bool) -> dict[str, object]:
    files = {"notebook": found.notebook, "predictions": found.predictions}
    return {
        "status": found.status,
        "reason": found.reason.model_dump(mode="json") if found.reason else None,
        "score": found.score,
        "scores": found.scores,
        "seconds": found.seconds,
        "memory_mb": found.memory_mb,
        "traceback": found.trace or None,
        "log": log,
        "files": {name: str(path) for name, path in files.items() if path} if kept else {},
    }


def _say_rehearsal(found: Rehearsal, log: str) -> None:
    if found.trace:
        say(found.trace)
    for each in log.strip().splitlines():
        note(each)
    say(f"rehearsal: {found.status}")
    if found.reason:
        say(found.reason.message)
    if found.status == "scored":
        say(*(f"{name}: {number(value)}" for name, value in found.scores.items()))
        say("on made-up data: the score says that the entry works, not how good it is")
