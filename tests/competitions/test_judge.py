"""Entries from submission to their end: truthfully, once, and with the right quota, whatever is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import psutil
import pytest

from tests.competitions.places import GOOD, Clock, bundle, ended, entry, good, place
from workbench.competitions import box
from workbench.competitions.box import Probe
from workbench.competitions.service import Competitions
from workbench.errors import Invalid, Refused, WorkbenchError

pytestmark = pytest.mark.usefixtures("_box")
SECRET = "x = open(test).read()\nraise ValueError(x)"


@pytest.fixture
def competitions(tmp_path: Path):
    opened = place(tmp_path / "home", judges=2)
    opened.publish(bundle(tmp_path / "bundle"))
    yield opened
    opened.judge.stop()


def submit(competitions: Competitions, path: Path, team: str = "A") -> str:
    return competitions.submit("small", competitions.team_named("small", team), path).entry


def test_entries_are_scored_or_say_why_not(competitions: Competitions, tmp_path: Path):
    names = [
        submit(competitions, good(tmp_path, 0.0)),
        submit(competitions, good(tmp_path, 1.234567), "B"),
        submit(competitions, entry(tmp_path, "y = 1", SECRET), "C"),
        submit(competitions, entry(tmp_path, GOOD, name="none.ipynb"), "D"),
        submit(competitions, entry(tmp_path, "open(predictions, 'w').write('id,prediction\\n1,2\\n')"), "E"),
    ]
    competitions.judge.start()

    exact, off, failed, none, short = (competitions.shown(each) for each in ended(competitions, names))

    assert (exact.status, exact.scores) == ("scored", {"rmse": 0.0, "mae": 0.0})
    assert (off.status, off.score) == ("scored", 1.23)
    assert (failed.status, failed.reason.error_class) == ("failed", "ValueError")
    assert (failed.reason.cell, failed.reason.heading) == (4, "Predict")
    assert "0.25" not in failed.reason.model_dump_json()
    assert none.reason.code == "predictions_missing"
    assert short.reason.code == "too_few_rows"
    assert [row.team for row in competitions.leaderboard("small").rows] == ["A", "B"]
    assert off.counts
    assert failed.counts


def test_quota_is_by_the_day_of_the_competitions_zone(tmp_path: Path):
    clock = Clock("2026-05-04T23:30:00+08:00")
    competitions = place(tmp_path / "home", clock)
    competitions.publish(bundle(tmp_path / "bundle", submissions={"per_day": 1, "total": 2}))
    submit(competitions, good(tmp_path))
    with pytest.raises(Refused, match=r"all used: 1 a day.*2026-05-05 00:00"):
        submit(competitions, good(tmp_path))

    clock.now += timedelta(hours=1)
    second = submit(competitions, good(tmp_path))
    team = competitions.team_named("small", "A").id
    assert competitions.quota("small", team).left == 0
    clock.now += timedelta(days=1)
    with pytest.raises(Refused, match="all used: 2 in the phase"):
        submit(competitions, good(tmp_path))

    competitions.cancel(second)  # it still waited
    assert competitions.quota("small", team).left == 1
    assert submit(competitions, good(tmp_path))


def test_without_a_box_an_entry_is_refused_and_given_back(
    competitions: Competitions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    @lru_cache
    def no_box() -> Probe:
        return Probe(False, "bubblewrap is not installed")

    monkeypatch.setattr(box, "probe", no_box)
    name = submit(competitions, good(tmp_path))
    competitions.judge.start()

    found = ended(competitions, [name])[0]

    assert (found.status, found.counts) == ("refused", False)
    assert "bubblewrap is not installed" in found.reason.message


def test_an_entry_that_kills_its_process_each_time_pays_for_it(competitions: Competitions, tmp_path: Path):
    name = submit(competitions, entry(tmp_path, "import os\nos.kill(os.getpid(), 9)"))
    competitions.judge.start()

    found = ended(competitions, [name])[0]

    assert (found.status, found.reason.code) == ("failed", "process_ended")
    assert (found.attempts, found.counts) == (3, True)


def test_an_entry_under_way_can_be_cancelled_once(competitions: Competitions, tmp_path: Path):
    name = submit(competitions, entry(tmp_path, "import time\ntime.sleep(25)"))
    competitions.judge.start()
    wait_for(lambda: competitions.book.entry(name).status == "running")

    for _ in range(2):
        competitions.cancel(name)
    found = ended(competitions, [name])[0]

    assert found.status == "cancelled"
    assert competitions.cancel(name) == found


def test_a_judge_that_stops_gives_its_entry_back_to_the_queue(competitions: Competitions, tmp_path: Path):
    name = submit(competitions, entry(tmp_path, "import time\ntime.sleep(25)"))
    competitions.judge.start()
    wait_for(lambda: competitions.book.entry(name).status == "running")

    competitions.judge.stop()

    found = competitions.book.entry(name)
    assert (found.status, found.attempts) == ("queued", 0)


def test_phases_change_by_the_clock_and_carry_what_counts(tmp_path: Path):
    clock = Clock("2026-01-05T12:00:00+08:00")
    competitions = place(tmp_path / "home", clock)
    source = bundle(tmp_path / "bundle")
    (source / "hidden/final.csv").write_bytes((source / "hidden/test.csv").read_bytes())
    main = {"train": "public/train.csv", "labels": "hidden/labels.csv", "id": "id", "target": "y"}
    tasks = {
        name: main | {"test": f"hidden/{file}.csv"} for name, file in (("main", "test"), ("last", "final"))
    }
    phases = [
        {"id": "first", "title": "F", "starts": "2026-01-01", "task": "main"},
        {
            "id": "final",
            "title": "L",
            "starts": "2026-02-01",
            "ends": "2026-03-01",
            "task": "last",
            "board": "private",
        },
    ]
    competitions.publish(bundle(tmp_path / "bundle", tasks=tasks, phases=phases))
    name = submit(competitions, good(tmp_path))
    competitions.judge.start()
    ended(competitions, [name])
    assert competitions.leaderboard("small").rows_shown == "public"

    clock.now += timedelta(days=30)
    wait_for(lambda: len(competitions.book.entries("small")) == 2)
    carried = ended(competitions, [f"{name}-final"])[0]

    assert (carried.origin, carried.source, carried.counts) == ("carry", name, False)
    assert competitions.leaderboard("small").rows_shown == "private"
    assert [row.entry for row in competitions.leaderboard("small").rows] == [f"{name}-final"]
    clock.now += timedelta(days=60)
    assert competitions.overview("small").standing == "over"
    with pytest.raises(Refused, match="it is over"):
        submit(competitions, good(tmp_path))
    competitions.judge.stop()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty file"),
        (b"[]", "JSON without nbformat"),
        (b'{"nbformat": 99}', "nbformat 99"),
        (b"[" * 100_000, "nested too deeply|not JSON"),
        (b"x" * 6_000_000, "at most 5 MB"),
        (b'{"nbformat": 4, "metadata": {}, "cells": [NaN]}', "NaN"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_sentence(
    competitions: Competitions, tmp_path: Path, content: bytes, told: str
):
    path = tmp_path / "odd.ipynb"
    path.write_bytes(content)

    with pytest.raises(Invalid, match=told):
        submit(competitions, path)
    assert competitions.book.entries("small") == []


def test_an_entry_keeps_neither_outputs_nor_a_kernel_of_its_own(competitions: Competitions, tmp_path: Path):
    path = good(tmp_path)
    read = json.loads(path.read_text())
    read["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "LEFT"}]
    read["metadata"] = {"kernelspec": {"name": "../../evil", "display_name": "x", "language": "python"}}
    path.write_text(json.dumps(read))

    kept = competitions.notebook(submit(competitions, path)).read_text()

    assert "LEFT" not in kept
    assert json.loads(kept)["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.parametrize(
    ("parameters", "told"),
    [("x = 1", "no train"), ("trian = ''\ntest = ''\npredictions = ''", "'trian' is not 'train'")],
)
def test_a_parameters_cell_that_lacks_a_path_is_told(
    competitions: Competitions, tmp_path: Path, parameters: str, told: str
):
    with pytest.raises(Invalid, match=told):
        submit(competitions, entry(tmp_path, "x = 1", parameters=parameters))


def test_a_token_proves_its_team_and_is_kept_hashed(competitions: Competitions, tmp_path: Path):
    from workbench.competitions import teams

    joined = competitions.join("small", "车间一队")

    assert teams.of_token(competitions.book, "small", joined.token).name == "车间一队"
    assert joined.token.encode() not in (tmp_path / "home" / "state.sqlite").read_bytes()
    for wrong in ("", "x", joined.token[:-1]):
        with pytest.raises(WorkbenchError, match="no team"):
            teams.of_token(competitions.book, "small", wrong)
    with pytest.raises(Invalid, match="no other team has"):
        competitions.join("small", " 车间一队 ")


JUDGE = """
import sys, time
from pathlib import Path
from tests.competitions.places import place
competitions = place(Path(sys.argv[1]), judges=2)
competitions.judge.start()
while competitions.book.open_entries():
    time.sleep(0.05)
competitions.judge.stop()
"""


@pytest.mark.serial
def test_kill_at_any_moment_loses_no_entry(competitions: Competitions, tmp_path: Path, root: Path):
    """The long form, with a hundred kills, is `python -m benchmarks compete`."""
    names = [submit(competitions, good(tmp_path, shift / 10), f"T{shift % 3}") for shift in range(3)]
    command = [sys.executable, "-c", JUDGE, str(tmp_path / "home")]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    for pause in (1.0, 3.0):
        judge = subprocess.Popen(command, env=environment, cwd=root)
        time.sleep(pause)  # the moment of the kill, not a wait for something
        judge.send_signal(signal.SIGKILL)
        judge.wait(30)
        wait_for(lambda: not boxes(tmp_path))
    for _ in range(2):
        judge = subprocess.Popen(command, env=environment, cwd=root)
        wait_for(lambda judge=judge: judge.poll() is not None or psutil.Process(judge.pid).children())
        for child in psutil.Process(judge.pid).children(recursive=True) if judge.poll() is None else ():
            child.kill()
        judge.wait(200)

    found = ended(competitions, names)

    assert {each.status for each in found} <= {"scored", "lost"}
    assert all(each.counts == (each.status == "scored") for each in found)
    used = sum(competitions.quota("small", team.id).used for team in competitions.book.teams("small"))
    assert used == sum(each.counts for each in found)
    assert not list((tmp_path / "home" / "competitions").glob(".judging-*"))


def boxes(folder: Path) -> list[int]:
    """Return processes that still read something of a workspace."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        if str(folder) in line and "bwrap" in line:
            found.append(process.pid)
    return found


def wait_for(fact, deadline_s: float = 100.0) -> None:
    until = time.monotonic() + deadline_s
    while not fact():
        assert time.monotonic() < until
        time.sleep(0.02)
