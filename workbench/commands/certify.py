"""``workbench compete certificates`` and ``verify``: certificates as PDF, and what became of one."""

from pathlib import Path

from workbench.commands.compete import opened
from workbench.commands.output import emit, note, say
from workbench.competitions import certificate_page
from workbench.competitions import certificates as issued
from workbench.config import LANGUAGES, Settings, pick
from workbench.errors import Invalid

SAID = {
    "confirmed": "confirmed: the leaderboard says the same",
    "changed": "issued by us, but the leaderboard has changed since",
    "withdrawn": "issued by us, but this team is not on the leaderboard any more",
}


def certificates(
    settings: Settings,
    name: str,
    *,
    to: Path,
    team: str | None,
    phase: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Write certificates as PDF files into a folder."""
    if language is not None and language not in LANGUAGES:
        raise Invalid("language", given=repr(language), expected=" or ".join(LANGUAGES))
    with opened(settings) as competitions:
        found = issued.issue(competitions, name, phase=phase, team=team)
    target = to.expanduser().resolve()
    target.mkdir(parents=True, exist_ok=True)
    files = []
    for each in found:
        path = target / certificate_page.file_name(each)
        path.write_bytes(certificate_page.pdf(each, language or settings.language))
        files.append({"code": each.code, "day": each.day, "path": str(path), **each.facts.model_dump()})
        note(f"{each.facts.rank}. {each.facts.team}: {path}")
    if as_json:
        emit({"competition": name, "certificates": files})


def verify(settings: Settings, code: str, *, as_json: bool) -> None:
    """Check a certificate by its code."""
    with opened(settings) as competitions:
        found = issued.check(competitions, code)
    if as_json:
        emit(found.model_dump(mode="json"))
        return
    facts = found.certificate.facts
    say(f"{found.certificate.code}: {SAID[found.standing]}")
    say(f"{pick(facts.title, settings.language)}, {pick(facts.phase_title, settings.language)}")
    say(f"{facts.team}: place {facts.rank} of {facts.teams}, score {facts.score}, {found.certificate.day}")
    if found.now:
        say(f"now: place {found.now.rank} of {found.now.teams}, score {found.now.score}")
