"""What a schedule does when its time comes, its run ends, or nobody was there."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.schedules.conftest import Clock, end, until, write_notebook
from workbench.app import Workbench
from workbench.errors import Invalid, NotFound, Refused
from workbench.runs.request import RunRequest
from workbench.schedules.book import SCHEDULES
from workbench.schedules.schedule import NewSchedule
from workbench.schedules.service import Schedules

New = Callable[..., NewSchedule]


def states(schedules: Schedules, handle: str) -> list[tuple[str, str]]:
    """Every firing of a schedule, oldest first."""
    return [(firing.cause, firing.state) for firing in reversed(schedules.firings(handle))]


def test_a_run_starts_when_its_time_comes_and_not_before(schedules, clock: Clock, every_hour: New):
    schedules.add(every_hour())
    clock.forward(minutes=29)
    schedules.clockwork.tick()
    assert states(schedules, "bore") == []

    clock.forward(minutes=1)
    schedules.clockwork.tick()
    record = end(schedules, "bore")

    assert (record.status, record.origin) == ("succeeded", "schedule")
    assert record.schedule == schedules.book.get("bore").id
    assert states(schedules, "bore") == [("clock", "ended")]
    overview = schedules.overview("bore")
    assert overview.upcoming[0] == datetime(2026, 6, 1, 7, tzinfo=UTC)
    assert overview.result is not None
    assert overview.result.run == record.run


def test_after_an_outage_there_is_one_run_and_the_missed_times_are_counted(
    schedules, clock: Clock, every_hour: New
):
    schedules.add(every_hour())
    clock.forward(hours=5)

    schedules.clockwork.tick()
    schedules.clockwork.tick()
    end(schedules, "bore")

    [firing] = schedules.firings("bore")
    assert (firing.cause, firing.missed) == ("catch_up", 5)
    assert firing.due == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert schedules.overview("bore").missed == 5


def test_a_schedule_whose_run_still_goes_does_not_start_another(schedules, clock: Clock, every_hour: New):
    schedules.add(every_hour(parameters={"seconds": 2.0}))
    clock.forward(hours=1)
    schedules.clockwork.tick()
    clock.forward(hours=1)
    schedules.clockwork.tick()

    with pytest.raises(Refused, match="still goes"):
        schedules.run_now("bore")
    assert states(schedules, "bore") == [("catch_up", "started"), ("catch_up", "skipped")]
    assert schedules.overview("bore").skipped == 1
    assert schedules.overview("bore").going

    end(schedules, "bore")
    clock.forward(hours=1)
    schedules.clockwork.tick()
    assert states(schedules, "bore")[-1] == ("catch_up", "started")
    end(schedules, "bore")


def test_what_failed_is_tried_again_later_and_later(schedules, clock: Clock, every_hour: New):
    schedules.add(every_hour(parameters={"fail": True}, cron="0 6 * * *", retries=2, backoff_s=60))
    clock.forward(minutes=30)
    schedules.clockwork.tick()
    first = end(schedules, "bore")
    schedules.clockwork.tick()
    assert states(schedules, "bore") == [("clock", "ended"), ("retry", "due")]

    clock.forward(seconds=60)
    schedules.clockwork.tick()
    second = end(schedules, "bore")
    clock.forward(seconds=119)
    schedules.clockwork.tick()
    assert states(schedules, "bore")[-1] == ("retry", "due")
    clock.forward(seconds=1)
    schedules.clockwork.tick()
    third = end(schedules, "bore")
    clock.forward(hours=6)
    schedules.clockwork.tick()

    assert [run.status for run in (first, second, third)] == ["failed"] * 3
    assert (second.retry_of, third.retry_of) == (first.run, second.run)
    assert states(schedules, "bore") == [("clock", "ended"), ("retry", "ended"), ("retry", "ended")]


def test_a_new_time_makes_a_waiting_retry_pointless(schedules, clock: Clock, every_hour: New):
    schedules.add(every_hour(parameters={"fail": True}, backoff_s=7200))
    clock.forward(minutes=30)
    schedules.clockwork.tick()
    end(schedules, "bore")
    clock.forward(hours=1)
    schedules.clockwork.tick()
    end(schedules, "bore")

    assert states(schedules, "bore") == [("clock", "ended"), ("clock", "ended"), ("retry", "due")]


def test_a_refusal_is_an_answer_and_not_tried_again(schedules, clock: Clock, every_hour: New):
    schedules.add(every_hour(parameters={"few": True}))
    clock.forward(minutes=30)
    schedules.clockwork.tick()

    assert end(schedules, "bore").status == "refused"
    assert states(schedules, "bore") == [("clock", "ended")]


def test_a_cancelled_run_is_not_tried_again(schedules, clock: Clock, every_hour: New):
    schedules.add(every_hour(parameters={"seconds": 10.0}))
    clock.forward(minutes=30)
    schedules.clockwork.tick()
    schedules.engine.cancel(schedules.overview("bore").going)

    assert end(schedules, "bore").status == "cancelled"
    assert states(schedules, "bore") == [("clock", "ended")]


def test_a_paused_schedule_rests_and_does_not_catch_up(schedules, clock: Clock, every_hour: New):
    schedules.add(every_hour())
    schedules.pause("bore")
    clock.forward(hours=5)
    schedules.clockwork.tick()
    assert schedules.overview("bore").upcoming == []

    schedules.resume("bore")
    schedules.clockwork.tick()

    assert states(schedules, "bore") == []
    assert schedules.book.get("bore").next == datetime(2026, 6, 1, 11, tzinfo=UTC)


def test_run_now_leaves_the_times_alone(schedules, clock: Clock, every_hour: New):
    schedules.add(every_hour())
    before = schedules.book.get("bore").next

    schedules.run_now("bore")
    schedules.clockwork.tick()

    assert end(schedules, "bore").status == "succeeded"
    assert schedules.book.get("bore").next == before


def test_an_edited_schedule_goes_by_its_new_times(schedules, clock: Clock, every_hour: New):
    kept = schedules.add(every_hour())
    schedules.edit("bore", every_hour("bore daily", cron="0 12 * * *", zone="Asia/Shanghai"))
    clock.forward(hours=1)
    schedules.clockwork.tick()

    assert states(schedules, "bore daily") == []
    assert schedules.book.get(kept.id).next == datetime(2026, 6, 2, 4, tzinfo=UTC)


def test_a_removed_schedule_is_gone_and_its_runs_stay(schedules, clock: Clock, every_hour: New):
    schedules.add(every_hour())
    clock.forward(minutes=30)
    schedules.clockwork.tick()
    run = end(schedules, "bore").run

    schedules.remove("bore")

    with pytest.raises(NotFound, match="unknown schedule"):
        schedules.book.get("bore")
    assert schedules.engine.get(run).status == "succeeded"


def test_a_schedule_that_could_not_run_is_not_accepted(schedules, every_hour: New):
    with pytest.raises(NotFound):
        schedules.add(every_hour(template="no-such-app"))
    with pytest.raises(Invalid, match="cron expression"):
        schedules.add(every_hour(cron="every hour"))
    with pytest.raises(Invalid, match="time zone"):
        schedules.add(every_hour(zone="Beijing"))
    schedules.add(every_hour())
    with pytest.raises(Invalid, match="no other schedule"):
        schedules.add(every_hour())


def test_a_schedule_whose_notebook_vanished_says_so_and_goes_on(
    schedules, clock: Clock, tmp_path: Path, every_hour: New
):
    path = Path(write_notebook(tmp_path / "gone.ipynb"))
    schedules.add(every_hour(template=str(path)))
    assert schedules.overview("bore").problem is None
    content = path.read_text(encoding="utf-8")
    path.unlink()
    clock.forward(minutes=30)
    schedules.clockwork.tick()

    overview = schedules.overview("bore")
    assert overview.last is not None
    assert overview.last.state == "not_started"
    assert overview.last.error is not None
    assert "gone.ipynb" in overview.last.error["message"]
    assert overview.problem is not None

    path.write_text(content, encoding="utf-8")
    clock.forward(hours=1)
    schedules.clockwork.tick()
    assert end(schedules, "bore").status == "succeeded"


def test_a_run_reads_the_newest_version_of_its_table(bench: Workbench, schedules, clock: Clock):
    rows = pd.DataFrame({"sample": [i // 5 for i in range(125)], "value": [74 + i % 5 for i in range(125)]})
    bench.tables.add("shop.rings", rows)
    request = RunRequest(template="control-chart", inputs={"measurements": "shop.rings@0"})
    schedules.add(NewSchedule(name="rings", request=request, cron="0 * * * *", zone="UTC"))
    bench.tables.add("shop.rings", rows.assign(value=rows["value"] + 1))
    clock.forward(minutes=30)
    schedules.clockwork.tick()
    version = bench.tables.get("shop.rings").version

    record = end(schedules, "rings")

    assert record.inputs["measurements"].version == version


def test_a_crash_between_the_start_and_its_note_starts_nothing_twice(
    schedules, clock: Clock, every_hour: New
):
    schedule = schedules.add(every_hour())
    number = schedules.run_now("bore")
    [firing] = schedules.book.waiting(clock())
    schedules.book.start(firing)
    run = schedules.engine.submit(schedule.request.model_copy(update={"schedule": schedule.id}))
    schedules.engine.wait(run, 60)

    later = Schedules(schedules.engine, clock=clock)  # as after kill -9: only the book is left
    later.clockwork.recover()
    later.clockwork.tick()

    [found] = later.firings("bore")
    assert (found.number, found.run, found.state, found.status) == (number, run, "ended", "succeeded")


def test_a_crash_before_the_start_starts_it_after(schedules, clock: Clock, every_hour: New):
    schedules.add(every_hour())
    schedules.run_now("bore")
    schedules.book.start(schedules.book.waiting(clock())[0])

    later = Schedules(schedules.engine, clock=clock)
    later.clockwork.recover()
    later.clockwork.tick()

    assert end(later, "bore").status == "succeeded"


def test_the_thread_starts_runs_sees_their_end_and_shows_that_it_lives(bench: Workbench, every_hour: New):
    schedules = Schedules(bench.engine)
    schedules.start()
    try:
        schedules.add(every_hour("threaded"))
        schedules.run_now("threaded")
        until(lambda: states(schedules, "threaded") == [("now", "ended")])
        assert schedules.heartbeat()[1]
        assert schedules.trouble == ""
    finally:
        schedules.stop()
        schedules.remove("threaded")
    assert bench.engine.on_end == []


def test_a_scheduler_that_is_gone_does_not_look_alive(schedules, clock: Clock):
    schedules.book.beat(clock())
    clock.forward(minutes=1)

    seen, alive = schedules.heartbeat()

    assert seen is not None
    assert not alive


def test_a_time_with_more_digits_than_a_clock_has_is_still_taken(schedules, clock: Clock, every_hour: New):
    kept = schedules.add(every_hour())
    with schedules.engine.state.begin() as connection:
        connection.execute(sa.update(SCHEDULES).values(next=clock().timestamp() - 1 / 3))

    schedules.clockwork.tick()

    assert states(schedules, "bore") == [("clock", "started")]
    assert schedules.book.get(kept.id).next == datetime(2026, 6, 1, 6, tzinfo=UTC)
    end(schedules, "bore")
