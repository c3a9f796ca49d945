"""Confirmed once, a mapping serves every template, schedule and sweep; a changed table asks what changed."""

import json
import time

import nbformat
import pandas as pd
import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.errors import Invalid
from workbench.runs.request import RunRequest
from workbench.runs.sweep import Assets, SweepRequest
from workbench.schedules.schedule import NewSchedule
from workbench.tables.measured import set_units

CONTRACT = """---
workbench: 1
id: {id}
version: 1.0.0
title: {{en: Oven, zh: 炉}}
summary: {{en: Oven, zh: 炉}}
decision: {{en: Is it hot, zh: 热吗}}
domain: quality
inputs:
  readings:
    label: {{en: Readings, zh: 读数}}
    columns:
      temperature: {{type: number, unit: ℃, label: {{en: Temperature, zh: 温度}}}}
      asset_id: {{type: any, optional: true, label: {{en: Oven, zh: 设备}}}}
results:
  kpis:
    mean: {{label: {{en: Mean, zh: 均值}}, unit: ℃}}
---"""
CELL = """import workbench as wb
data = wb.read(readings)
wb.kpi("mean", float(data.df()["temperature"].mean()))"""
ROWS = pd.DataFrame({"T core": [50.0, 212.0], "T wall": [1.0, 3.0], "furnace": ["A", "B"]})


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    home = tmp_path_factory.mktemp("plant")
    (home / "templates").mkdir()
    for name in ("oven-check", "oven-report"):
        node = nbformat.v4.new_notebook()
        node.cells = [
            nbformat.v4.new_raw_cell(CONTRACT.format(id=name)),
            nbformat.v4.new_code_cell('readings: str = ""', metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(CELL),
        ]
        (home / "templates" / f"{name}.ipynb").write_text(json.dumps(node), encoding="utf-8")
    with Workbench(load_settings(home=str(home), ready_kernels=1, demo=False), full=False) as bench:
        bench.schedules.start()
        yield bench


@pytest.fixture
def oven(plant, request):
    """A table of its own for each test."""
    name = request.node.name.removeprefix("test_")[:60]
    plant.tables.add(name, ROWS, units={"T core": "℉"})
    return name


def asked(oven, template="oven-check", **more):
    return RunRequest(template=template, inputs={"readings": oven}, **more)


def mean(plant, run):
    record = plant.engine.wait(run, 120)
    assert record.status == "succeeded", record.error
    return record.kpis["mean"].value


def until(look, seconds=120.0):
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return found


BOTH = (50 - 32) / 1.8 / 2 + 50  # 10 ℃ and 100 ℃


def test_a_template_a_schedule_and_a_sweep_use_what_one_run_confirmed(plant, oven):
    # Left alone, the column in ℉ would be taken.
    assert plant.engine.prepare(asked(oven)).mapping == {"readings": {"temperature": "T core"}}
    chosen = {"readings": {"temperature": "T wall", "asset_id": "furnace"}}

    first = plant.engine.submit(asked(oven, mapping=chosen, origin="form"))
    second = plant.engine.submit(asked(oven, "oven-report"))
    schedule = plant.schedules.add(
        NewSchedule(name="daily", cron="0 6 * * *", zone="UTC", request=asked(oven))
    )
    plant.schedules.run_now(schedule.id)
    sweep = plant.sweeps.create(SweepRequest(run=asked(oven), over=[Assets(column="furnace")]))
    board = until(lambda: (board := plant.sweeps.board(sweep)).sweep.ended and board)
    fired = until(lambda: [each.run for each in plant.schedules.firings(schedule.id) if each.run])

    assert [mean(plant, run) for run in (first, second, fired[0])] == [2.0, 2.0, 2.0]
    assert sorted(row.kpis["mean"].value for row in board.rows) == [1.0, 3.0]


def test_a_schedule_refuses_a_gone_column_until_it_is_answered_once(plant, oven):
    chosen = {"readings": {"temperature": "T core"}}
    plant.engine.preparer.job(asked(oven, mapping=chosen))
    plant.tables.add(oven, ROWS.rename(columns={"T core": "T centre"}), units={"T centre": "℉"})

    with pytest.raises(
        Invalid, match=r"column 'T core' is gone.*workbench data map .* readings.temperature="
    ):
        plant.engine.prepare(asked(oven, origin="schedule"))
    found = plant.engine.propose("oven-check", "readings", oven)
    assert {name: each["state"] for name, each in found.items()} == {
        "temperature": "asked",
        "asset_id": "open",
    }
    plant.engine.preparer.confirm("oven-report", "readings", oven, {"temperature": "T centre"})

    by_memory = plant.engine.prepare(asked(oven, origin="schedule")).mapping
    by_old_name = plant.engine.prepare(asked(oven, origin="schedule", mapping=chosen)).mapping
    assert by_memory == by_old_name == {"readings": {"temperature": "T centre"}}


def test_another_unit_is_asked_and_then_converted(plant, oven):
    plant.engine.preparer.confirm("oven-check", "readings", oven, {"temperature": "T core"})
    set_units(plant.tables, oven, {"T core": "K"})

    with pytest.raises(Invalid, match=r"the unit of 'T core' was ℉, is now K"):
        plant.engine.prepare(asked(oven))
    plant.engine.preparer.confirm("oven-check", "readings", oven, {"temperature": "T core"})

    assert plant.engine.prepare(asked(oven)).sources["readings"]["columns"]["temperature"]["shift"] == -273.15


def test_a_unit_that_a_later_file_leaves_out_is_the_confirmed_one(plant, oven):
    plant.engine.preparer.confirm("oven-check", "readings", oven, {"temperature": "T core"})
    plant.tables.add(oven, ROWS)

    assert mean(plant, plant.engine.submit(asked(oven))) == pytest.approx(BOTH)


def test_values_that_came_in_another_unit_are_told(plant, oven):
    plant.tables.add(oven, pd.DataFrame({"T core": [20.0 + i % 40 for i in range(400)]}))
    plant.engine.preparer.confirm("oven-check", "readings", oven, {"temperature": "T core"})
    plant.tables.add(oven, pd.DataFrame({"T core": [68.0 + 1.8 * (i % 40) for i in range(400)]}))

    doubt = plant.engine.propose("oven-check", "readings", oven)["temperature"]["doubt"]

    assert "×9/5+32" in doubt["en"]
    assert "×9/5+32" in doubt["zh"]


def test_a_column_of_another_dimension_cannot_be_confirmed(plant, oven):
    set_units(plant.tables, oven, {"T wall": "bar"})

    with pytest.raises(Invalid, match="a pressure does not convert to a temperature"):
        plant.engine.preparer.confirm("oven-check", "readings", oven, {"temperature": "T wall"})


def test_what_was_left_empty_stays_empty(plant, oven):
    plant.tables.add(oven, ROWS.rename(columns={"furnace": "asset_id"}))
    plant.engine.preparer.confirm("oven-check", "readings", oven, {"temperature": "T core", "asset_id": ""})

    assert plant.engine.prepare(asked(oven)).mapping == {"readings": {"temperature": "T core"}}
