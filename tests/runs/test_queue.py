"""The order of the queue: people before clocks before batches, users in turn, limits kept."""

from dataclasses import replace

import pytest

from workbench.runs.engine import Engine
from workbench.runs.queue import Queue, Waiting
from workbench.runs.request import RunRequest

PERSON, CLOCK, BATCH = 0, 1, 2


def anybody(_):
    return True


def drained(queue, may_go=anybody):
    order = []
    while (waiting := queue.take(may_go)) is not None:
        order.append(waiting.run)
    return order


def queue_of(*waiting):
    queue = Queue()
    for one in waiting:
        queue.put(one)
    return queue


def test_people_go_before_clocks_and_clocks_before_batches():
    queue = queue_of(Waiting("b", BATCH), Waiting("c", CLOCK), Waiting("p", PERSON), Waiting("b2", BATCH))

    assert drained(queue) == ["p", "c", "b", "b2"]


def test_users_take_turns_and_each_keeps_their_own_order():
    queue = queue_of(
        *(Waiting(f"{user}{n}", user=user) for user, n in [("a", 1), ("a", 2), ("a", 3), ("b", 1)])
    )

    assert drained(queue) == ["a1", "b1", "a2", "a3"]


def test_who_comes_late_is_not_behind_everything_that_another_asked_for():
    queue = queue_of(*(Waiting(f"a{n}", user="a") for n in range(100)))
    queue.take(anybody)
    queue.put(Waiting("b0", user="b"))

    assert queue.ahead("b0") <= 1
    assert drained(queue).index("b0") <= 1


def test_a_run_that_was_on_its_way_already_goes_first_of_its_user():
    queue = queue_of(Waiting("a1", user="a"), Waiting("a2", user="a"))
    queue.put(Waiting("a0", user="a"), first=True)

    assert drained(queue) == ["a0", "a1", "a2"]


def test_who_may_not_go_holds_up_nobody_else():
    queue = queue_of(Waiting("a1", user="a"), Waiting("b1", user="b"), Waiting("c1", BATCH, "c"))

    assert drained(queue, lambda waiting: waiting.user != "a") == ["b1", "c1"]
    assert "a1" in queue


def test_a_removed_run_is_not_handed_out():
    queue = queue_of(Waiting("a1"), Waiting("a2"), Waiting("a3"))

    queue.remove("a2")
    queue.remove("a2")

    assert (len(queue), drained(queue)) == (2, ["a1", "a3"])


@pytest.mark.parametrize(("going", "asked", "may"), [
    ([], PERSON, True),
    ([PERSON, PERSON], PERSON, False),
    ([PERSON, BATCH], PERSON, True),  # one more when a person waits behind a batch
    ([PERSON, BATCH], BATCH, False),
    ([PERSON, BATCH], CLOCK, False),
    ([PERSON, BATCH, BATCH], PERSON, False),
    ([BATCH], BATCH, True),
])  # fmt: skip
def test_one_slot_more_is_for_a_person_behind_a_batch(bench, going, asked, may):
    engine = Engine.__new__(Engine)
    engine.settings = replace(bench.settings, concurrency=2, concurrency_per_user=0)
    engine._going = {str(n): Waiting(str(n), priority) for n, priority in enumerate(going)}

    assert engine._may_go(Waiting("x", asked)) is may


def test_a_user_has_no_more_runs_at_once_than_allowed(bench):
    engine = Engine.__new__(Engine)
    engine.settings = replace(bench.settings, concurrency=4, concurrency_per_user=1)
    engine._going = {"1": Waiting("1", user="a")}

    assert not engine._may_go(Waiting("2", user="a"))
    assert engine._may_go(Waiting("3", user="b"))


def test_ten_thousand_waiting_runs_are_taken_and_removed_in_a_moment():
    import time

    queue = queue_of(*(Waiting(str(n), BATCH, str(n % 7)) for n in range(10_000)))
    begin = time.perf_counter()
    for n in reversed(range(0, 10_000, 2)):
        queue.remove(str(n))
    drained(queue)

    assert time.perf_counter() - begin < 2
    assert len(queue) == 0


def test_a_person_passes_a_batch_on_a_real_engine(bench, notebook):
    path = notebook("import time\ntime.sleep(0.4)")
    batch = bench.engine.submit_many([RunRequest(template=path, origin="sweep") for _ in range(8)])
    clock = bench.engine.submit(RunRequest(template=path, origin="schedule"))
    person = bench.engine.submit(RunRequest(template=path, origin="form"))

    ends = [bench.engine.wait(run, timeout=60) for run in (person, clock, *batch)]

    order = sorted(ends, key=lambda record: record.started)
    assert {record.status for record in ends} == {"succeeded"}
    places = [[record.run for record in order].index(run) for run in (person, clock)]
    assert places[0] < 4
    assert places[0] < places[1] < 6
