"""Dropped files: each line is taken once, whatever happens to its file."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.collecting.conftest import Plant
from workbench.connectors import delimited

HEADER = "Timestamp;Tag;Value\n"


def lines(*numbers: int) -> str:
    return "".join(f"2026-03-01 08:{n // 60 % 60:02}:{n % 60:02};TI-{n % 3};{n},5\n" for n in numbers)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def watched(plant: Plant, drop: Path) -> Plant:
    plant.add("files", {"folder": str(drop), "every": 0.1, "settle": 0.4})
    return plant


def values(*numbers: int) -> list[float]:
    return [n + 0.5 for n in numbers]


def test_every_line_of_a_drop_is_a_row_with_its_time_and_type(watched, drop):
    (drop / "a.csv").write_text(HEADER + lines(1, 2, 3), encoding="utf-8")

    assert watched.wait_rows(3, "Value") == values(1, 2, 3)
    assert watched.column("Timestamp")[0] == pd.Timestamp("2026-03-01 08:00:01")
    assert watched.column("Tag") == ["TI-1", "TI-2", "TI-0"]
    assert watched.standing().status.state == "running"


def test_a_file_being_written_is_read_when_it_is_whole(watched, drop):
    with (drop / "a.csv").open("w", encoding="utf-8") as file:
        text = HEADER + lines(*range(60))
        for start in range(0, len(text), 150):
            file.write(text[start : start + 150])
            file.flush()
            watched.collecting._stop.wait(0.03)

    assert watched.wait_rows(60, "Value") == values(*range(60))


def test_a_half_line_waits_for_its_other_half(watched, drop):
    (drop / "a.csv").write_text(HEADER + lines(1, 2) + "2026-03-01 08:00:03;TI-0;3", encoding="utf-8")
    watched.wait_rows(2, "Value")
    with (drop / "a.csv").open("a", encoding="utf-8") as file:
        file.write(",5\n" + lines(4))

    assert watched.wait_rows(4, "Value") == values(1, 2, 3, 4)


def test_copied_renamed_and_rotated_files_are_the_same_file(watched, drop):
    current = drop / "current.csv"
    current.write_text(HEADER + lines(1, 2), encoding="utf-8")
    watched.wait_rows(2, "Value")
    shutil.copy(current, drop / "copy.csv")
    current.rename(drop / "current.1.csv")
    current.write_text(HEADER + lines(3), encoding="utf-8")
    watched.wait_rows(3, "Value")
    with current.open("a", encoding="utf-8") as file:
        file.write(lines(4))
    (drop / "other.csv").write_text(HEADER + lines(5), encoding="utf-8")

    assert sorted(watched.wait_rows(5, "Value")) == values(1, 2, 3, 4, 5)
    watched.end()
    watched.begin()
    (drop / "last.csv").write_text(HEADER + lines(6), encoding="utf-8")
    assert sorted(watched.wait_rows(6, "Value")) == values(1, 2, 3, 4, 5, 6)


def test_what_cannot_be_read_is_said_and_the_rest_goes_on(watched, drop):
    (drop / "a.csv").write_text(
        HEADER + lines(*range(9)) + "2026-03-01 08:00:02;TI-0;broken\n", encoding="utf-8"
    )
    watched.wait_rows(10, "Value")
    (drop / "b.csv").write_text("Timestamp;Tag;Speed\n2026-03-01 08:00:01;TI-1;4\n", encoding="utf-8")
    (drop / "c.csv").write_bytes(b"\x00\x01\x02\x03" * 50)
    (drop / "d.csv").write_text(HEADER + lines(3), encoding="utf-8")

    watched.wait_rows(11, "Value")

    assert watched.column("Value")[9] is None
    notes = " ".join(
        watched.wait(lambda: watched.standing().status.notes[2:] and watched.standing().status.notes, "notes")
    )
    assert "a.csv: 1 cells did not fit" in notes
    assert "b.csv is not read" in notes
    assert "'Speed'" in notes
    assert "c.csv is not read" in notes


def test_a_folder_that_is_gone_is_waited_for(plant, drop):
    plant.add("files", {"folder": str(drop / "later"), "every": 0.1, "settle": 0.1})
    waiting = plant.wait(lambda: plant.standing().status.reason.startswith("folder"), "a reason")
    assert waiting
    assert plant.standing().status.state == "waiting"
    (drop / "later").mkdir()
    (drop / "later" / "a.csv").write_text(HEADER + lines(1), encoding="utf-8")

    assert plant.wait_rows(1, "Value") == values(1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            "时间,温度(℃)\n2026/03/01 08:00:00,21.5\n".encode("gb18030"),
            {"时间": pd.Timestamp("2026-03-01 08:00"), "温度(℃)": 21.5},
        ),
        (
            "\ufefftime\tvalue\n2026-03-01T08:00:00Z\t1e3\n".encode(),
            {"time": pd.Timestamp("2026-03-01 08:00", tz="UTC"), "value": 1000.0},
        ),
        (b"tag|code|ok\nA|007|true\n", {"tag": "A", "code": "007", "ok": 1.0}),
        (b"31.12.2025 23:59;1.234,5\n", {"column1": pd.Timestamp("2025-12-31 23:59"), "column2": 1234.5}),
        (b'a,b\n"x,\ny",2\n', {"a": "x,\ny", "b": 2.0}),
    ],
)
def test_lines_are_understood_as_people_wrote_them(data, expected):
    layout = delimited.understand(data)
    body = data.partition(b"\n")[2] if layout.header else data

    rows, bad = delimited.rows(body, layout, layout.columns)

    assert rows.to_pylist() == [expected]
    assert bad == 0
