"""The buffer on disk keeps every record that it acknowledged, and says so when it cannot."""

import os
import resource
import signal
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.collecting import journal as module
from workbench.collecting.journal import HEAD, Journal
from workbench.errors import Unavailable


def rows(*values: int) -> pa.Table:
    return pa.table({"n": pa.array(values, pa.int64())})


def numbers(journal: Journal, after: int = 0) -> list[int]:
    return [n for record in journal.after(after, 10**9) for n in record.rows.column("n").to_pylist()]


def test_records_survive_the_process_with_their_cursor_and_keys(tmp_path):
    first = Journal(tmp_path)
    first.append(rows(1, 2), {"at": 2}, (11, 12))
    first.append(rows(3), {"at": 3}, (13,))

    again = Journal(tmp_path)

    assert numbers(again) == [1, 2, 3]
    assert again.newest().cursor == {"at": 3}
    assert list(again.keys()) == [11, 12, 13]
    assert again.total == 3
    assert again.append(rows(4), {}) == 3


@given(cut=st.integers(1, 400))
@settings(max_examples=40, deadline=None)
def test_a_torn_end_costs_only_the_record_that_was_being_written(cut, tmp_path_factory):
    folder = tmp_path_factory.mktemp("journal")
    kept = Journal(folder)
    kept.append(rows(1), {"at": 1})
    size = kept.newest() and next(folder.glob("*.seg")).stat().st_size
    kept.append(rows(2), {"at": 2})
    segment = next(folder.glob("*.seg"))
    os.truncate(segment, max(size, segment.stat().st_size - cut))

    again = Journal(folder)

    assert numbers(again) == [1]
    again.append(rows(5), {"at": 5})
    assert numbers(Journal(folder)) == [1, 5]


def test_a_damaged_record_is_a_hole_and_the_rest_is_read(tmp_path):
    kept = Journal(tmp_path)
    for n in range(3):
        kept.append(rows(n), {"at": n})
    segment = next(tmp_path.glob("*.seg"))
    data = bytearray(segment.read_bytes())
    middle = data.find(module.MAGIC, HEAD.size) + HEAD.size + 40
    data[middle] ^= 0xFF
    segment.write_bytes(data)

    again = Journal(tmp_path)

    assert numbers(again) == [0, 2]
    assert [hole.why for hole in again.holes] == ["the buffer on disk was damaged"]


def test_what_every_consumer_has_is_deleted_but_the_newest(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SEGMENT_BYTES", 1000)
    kept = Journal(tmp_path, ("table", "centre"))
    for n in range(40):
        kept.append(rows(n), {"at": n})
    many = len(list(tmp_path.glob("*.seg")))

    kept.take("table", 40)
    assert len(list(tmp_path.glob("*.seg"))) == many, "the centre still needs them"
    kept.take("centre", 40)

    assert len(list(tmp_path.glob("*.seg"))) == module.KEPT_SEGMENTS
    again = Journal(tmp_path, ("table", "centre"))
    assert again.last == 40
    assert again.newest().cursor == {"at": 39}
    assert again.waiting("table") == 0


def test_a_full_buffer_that_drops_says_which_time_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SEGMENT_BYTES", 2000)
    kept = Journal(tmp_path)
    for n in range(30):
        kept.append(rows(n), {"at": n})
    before = numbers(kept)

    gap = kept.drop_oldest()

    left = numbers(kept, kept.taken("table"))
    assert before[-len(left) :] == left
    assert 0 < len(left) < 30
    assert gap.begin <= gap.end
    assert kept.waiting("table") == len(left)


def test_a_disk_that_is_full_keeps_what_it_has_and_goes_on_later(tmp_path):
    kept = Journal(tmp_path)
    kept.append(rows(1), {"at": 1})
    size = next(tmp_path.glob("*.seg")).stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, before[1]))
        with pytest.raises(Unavailable, match="buffer on disk"):
            kept.append(rows(2), {"at": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)

    kept.append(rows(2), {"at": 2})

    assert numbers(kept) == [1, 2]
    assert numbers(Journal(tmp_path)) == [1, 2]


KILLED = """
import sys
import pyarrow as pa
from pathlib import Path
from workbench.collecting.journal import Journal
from workbench.collecting.writer import Writer
from workbench.config import Workspace
from workbench.tables.catalog import Tables
root = Path(sys.argv[1])
journal = Journal(root / "journal")
writer = Writer(journal, Tables(Workspace(root)), table="t", id="c", source="test")
start = journal.newest().cursor["next"] if journal.last else 0
for n in range(start, 100000):
    journal.append(pa.table({"n": pa.array([n], pa.int64())}), {"next": n + 1})
    if n % 7 == 0:
        writer.drain()
    print(n, flush=True)
"""


def test_killed_anywhere_between_buffer_and_table_each_row_is_stored_once(tmp_path):
    from workbench.collecting.writer import Writer
    from workbench.config import Workspace
    from workbench.tables.catalog import Tables

    acknowledged = -1
    for lines in (3, 9, 14, 22):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(lines):
            acknowledged = int(process.stdout.readline())
        process.kill()
        process.wait()
        process.stdout.close()
    tables = Tables(Workspace(tmp_path))
    journal = Journal(tmp_path / "journal")
    Writer(journal, tables, table="t", id="c", source="test").drain()

    stored = tables.slice("t", 10**9).column("n").to_pylist()

    assert stored == list(range(len(stored)))
    assert len(stored) > acknowledged
