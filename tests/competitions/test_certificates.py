"""Certificates say what the leaderboard said, in both languages; a code tells whether it still does."""

import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.competitions.places import Clock, bundle, good, place
from workbench.competitions import certificate_page, certificates, teams
from workbench.competitions.ending import Ending
from workbench.competitions.service import Competitions
from workbench.competitions.shelf import EXECUTED, LOG
from workbench.errors import NotFound, Refused, WorkbenchError
from workbench.runs.printing import browser

HOSTILE = "</bdi>&{{7*7}}'\"=cmd|'/c calc'!A0"[:40].replace("<", "").replace(">", "")


@pytest.fixture
def competitions(tmp_path: Path) -> Competitions:
    opened = place(tmp_path / "home", Clock("2026-05-04T23:30:00+08:00"))
    opened.publish(bundle(tmp_path / "bundle", leaderboard={"anonymous": True, "limit": 1}))
    return opened


def scored(competitions: Competitions, folder: Path, team: str, score: float) -> str:
    """Put an entry with a score into the book, as the judge does at its end."""
    entry = competitions.submit("small", competitions.team_named("small", team), good(folder)).entry
    body = Ending("scored", public={"rmse": score, "mae": score}).body(None)
    competitions.book.finish(entry, competitions.clock(), body, status="scored")
    return entry


def test_every_team_has_a_certificate_also_of_an_anonymous_board(competitions: Competitions, tmp_path: Path):
    scored(competitions, tmp_path, "车间一队", 0.125)
    scored(competitions, tmp_path, HOSTILE, 3.0)

    first, second = certificates.issue(competitions, "small")

    assert (first.facts.team, first.facts.rank, first.facts.teams) == ("车间一队", 1, 2)
    assert (first.facts.score, first.facts.medal, first.day) == ("0.12", "gold", "2026-05-04")
    assert (second.facts.team, second.facts.score) == (HOSTILE, "3.00")
    assert not first.facts.final
    assert certificates.issue(competitions, "small", team="车间一队") == [first]


def test_a_code_is_confirmed_until_the_board_says_something_else(competitions: Competitions, tmp_path: Path):
    scored(competitions, tmp_path, "A", 1.0)
    (given,) = certificates.issue(competitions, "small")

    scored(competitions, tmp_path, "late", 2.0)
    confirmed = certificates.check(competitions, f" {given.code.replace('-', '').lower()} ")
    entry = scored(competitions, tmp_path, "B", 0.5)
    changed = certificates.check(competitions, given.code)
    competitions.organiser.disqualify("small", entry, "a copy")
    again = certificates.check(competitions, given.code)
    competitions.organiser.disqualify_team(competitions.team_named("small", "A").id, "two accounts")

    assert (confirmed.standing, confirmed.certificate) == ("confirmed", given)
    assert (changed.standing, changed.now and changed.now.rank) == ("changed", 2)
    assert again.standing == "confirmed"
    assert certificates.check(competitions, given.code).standing == "withdrawn"
    for wrong in ("", "x" * 10_000, "' OR 1=1 --", given.code[:-1], "ÄÖ-😀"):
        with pytest.raises(NotFound, match="no certificate has this code"):
            certificates.check(competitions, wrong)


def test_without_a_score_there_is_no_certificate(competitions: Competitions, tmp_path: Path):
    with pytest.raises(Refused, match="no scores yet"):
        certificates.issue(competitions, "small")
    scored(competitions, tmp_path, "A", 1.0)
    competitions.team_named("small", "B")
    with pytest.raises(Refused, match="no score that counts"):
        certificates.issue(competitions, "small", team="B")


@pytest.mark.skipif(browser() is None or shutil.which("pdftotext") is None, reason="no browser to print with")
def test_a_certificate_is_one_page_and_names_on_it_are_only_text(competitions: Competitions, tmp_path: Path):
    scored(competitions, tmp_path, HOSTILE, 0.125)
    found = certificates.issue(competitions, "small")

    with zipfile.ZipFile(BytesIO(certificate_page.bundle(found, "zh"))) as archive:
        (name,) = archive.namelist()
        archive.extract(name, tmp_path)

    path = tmp_path / name
    assert path.parent == tmp_path
    info = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout
    assert "Pages:           1\n" in info
    assert HOSTILE in text.replace("\n", "")
    assert found[0].code in text
    assert "第 1 名" in text
    assert "小竞赛" in text


def test_a_renewed_token_replaces_the_old_one(competitions: Competitions):
    joined = competitions.join("small", "A")

    renewed = competitions.organiser.renew("small", "A")

    assert teams.of_token(competitions.book, "small", renewed.token).name == "A"
    with pytest.raises(WorkbenchError, match="no team"):
        teams.of_token(competitions.book, "small", joined.token)
    with pytest.raises(WorkbenchError, match="'B'"):
        competitions.organiser.renew("small", "B")


def test_pruning_takes_files_of_old_entries_and_leaves_notebook_and_score(
    competitions: Competitions, tmp_path: Path
):
    entry = scored(competitions, tmp_path, "A", 1.0)
    waiting = competitions.submit("small", competitions.team_named("small", "B"), good(tmp_path)).entry
    (tmp_path / "log").write_bytes(b"x" * 1000)
    for name in (entry, waiting):
        for kept in (LOG, EXECUTED):
            competitions.shelf.keep("small", name, kept, tmp_path / "log")

    young = competitions.organiser.prune("small", days=1)
    pruned = competitions.organiser.prune("small", days=0)

    assert (young.entries, pruned.entries, pruned.bytes) == (0, 1, 2000)
    assert [path.name for path in competitions.shelf.entry("small", entry).iterdir()] == ["notebook.ipynb"]
    assert len(list(competitions.shelf.entry("small", waiting).iterdir())) == 3
    assert competitions.organiser.again("small", entry) == [entry]
