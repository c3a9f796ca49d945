"""Approved limits judge later data of one characteristic, and stay what they were when data are added."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.errors import Invalid, NotFound
from workbench.runs import evidence
from workbench.runs.again import request_of
from workbench.runs.request import RunRequest

PHASE_1 = 40


def rows(count: int, *, shift: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Diameters of two machines by turns; from point 41 of each on the mean has moved."""
    noise = np.random.default_rng(seed).normal(0, 0.01, (count, 2))
    moved = np.where(np.arange(count) >= PHASE_1, shift, 0.0)[:, None]
    values = noise + moved + [25.0, 30.0]
    days = pd.date_range("2026-01-01", periods=count, freq="h")
    frames = [
        pd.DataFrame(
            {"machine": name, "measured_at": days, "diameter": values[:, at], "length": 7 + noise[:, at]}
        )
        for at, name in enumerate(("M1", "M2"))
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    settings = load_settings(home=str(tmp_path_factory.mktemp("plant")), ready_kernels=1, demo=False)
    with Workbench(settings, full=False) as bench:
        bench.tables.add("bores", rows(PHASE_1))
        yield bench


def request(machine="M1", *, column="diameter", **parameters):
    return RunRequest(
        template="control-chart",
        inputs={"measurements": "bores"},
        mapping={"measurements": {"value": column, "ts": "measured_at"}},
        filters={"measurements": {"machine": machine}},
        parameters=parameters,
        origin="test",
    )


def chart(bench, machine="M1", **parameters):
    return run(bench, request(machine, **parameters))


def run(bench, request):
    return bench.engine.wait(bench.engine.submit(request), timeout=120)


def limits(record):
    return [record.kpis[name].value for name in ("lcl", "center", "ucl", "sigma")]


def test_limits_in_force_judge_later_data_and_do_not_move_with_them(plant):
    book = plant.engine.preparer.limits
    template = plant.library.get("control-chart")
    first = chart(plant)
    assert first.parameters["limits_in_force"] == "none"
    proposed = book.propose(first, template, by="Li Wei", why="25 stable hours")
    assert plant.engine.prepare(request()).in_force is None  # nobody approved it yet
    approved = book.step(proposed.id, "approved", by="Chen Jing")

    plant.tables.add("bores", rows(80, shift=0.05))
    later = chart(plant)
    assert limits(later) == pytest.approx(limits(first), rel=1e-12)
    assert later.kpis["new_signals"].value > 30
    assert later.limits.id == approved.id == later.parameters["limits_in_force"]
    for language, words in (("en", "approved by Chen Jing (L1)"), ("zh", "批准人：Chen Jing（L1）")):
        assert words in later.verdict.text[language]
    points = pd.read_parquet(later.tables["points"])
    assert not points["baseline"].any()

    plant.tables.add("bores", rows(160, shift=0.05))
    more = pd.read_parquet(chart(plant).tables["points"]).head(80)
    columns = ["value", "center", "ucl", "lcl", "spread_ucl", "signal", "rules"]
    pd.testing.assert_frame_equal(more[columns], points[columns])

    once = chart(plant, limits_in_force="recompute")
    assert once.limits is None
    assert once.kpis["center"].value > first.kpis["center"].value + 0.02

    others = (request("M2"), request(column="length"), request(chart="ewma"), request(target=25.0))
    assert [plant.engine.prepare(one).in_force for one in others] == [None] * 4
    period = {"measurements": {"machine": "M1", "measured_at": {"from": "2026-01-02", "to": "2026-01-04"}}}
    later_only = request().model_copy(update={"filters": period})
    assert plant.engine.prepare(later_only).in_force == approved  # another time is no other characteristic

    with pytest.raises(Invalid, match="a run that computed its limits"):
        book.propose(later, template, by="Li Wei")
    short = once.model_copy(update={"parameters": once.parameters | {"chart": "short-run-target"}})
    with pytest.raises(Invalid, match="do not depend on the data at hand"):
        book.propose(short, template, by="Li Wei")

    book.step(approved.id, "withdrawn", by="Chen Jing", why="new tool")
    assert plant.engine.prepare(request()).in_force is None
    again = run(plant, request_of(plant.engine.history.job(later.run), origin="test"))
    assert limits(again) == limits(later)  # a run repeated is what it was

    job = plant.engine.history.job(later.run)
    packed = Path(plant.workspace.root / "evidence.zip")
    packed.write_bytes(evidence.pack(later, job, installed=None, labels={}))
    assert json.loads(_member(packed, "run.json"))["limits"]["approved_by"] == "Chen Jing"
    assert f"limits_in_force={approved.id}" in _member(packed, "rerun.txt")


def test_limits_are_not_taken_for_what_they_were_not_approved_for(plant):
    book = plant.engine.preparer.limits
    proposed = book.propose(chart(plant, "M2"), plant.library.get("control-chart"), by="Li Wei")
    with pytest.raises(Invalid, match="not approved"):
        plant.engine.prepare(request("M2", limits_in_force=proposed.id))
    book.step(proposed.id, "approved", by="Li Wei")
    with pytest.raises(Invalid, match="machine = M2"):
        plant.engine.prepare(request("M1", limits_in_force=proposed.id))
    with pytest.raises(NotFound, match="unknown limits"):
        plant.engine.prepare(request(limits_in_force="{}"))


def _member(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as file:
        return file.read(name).decode()


def test_each_stage_keeps_its_limits_a_new_stage_gets_its_own_and_another_unit_is_refused(plant):
    book = plant.engine.preparer.limits
    values = rows(PHASE_1).query("machine == 'M1'")["diameter"].to_numpy()
    two = pd.DataFrame({"stage": ["a"] * 20 + ["b"] * 20, "value": [*values[:20], *(values[20:] + 1)]})
    plant.tables.add("staged", two, units={"value": "mm"})
    staged = RunRequest(
        template="control-chart",
        inputs={"measurements": "staged"},
        mapping={"measurements": {"value": "value", "stages": "stage"}},
        origin="test",
    )
    first = run(plant, staged)
    approved = book.propose(first, plant.library.get("control-chart"), by="Li Wei")
    book.step(approved.id, "approved", by="Li Wei")

    new = pd.DataFrame({"stage": ["c"] * 20, "value": values[20:] + 2})
    plant.tables.add("staged", pd.concat([two.assign(value=two["value"] + 0.5), new]), units={"value": "mm"})
    later = run(plant, staged)
    before, after = (pd.read_parquet(one.tables["limits"]).set_index("stage") for one in (first, later))
    columns = ["center", "ucl", "lcl", "sigma"]
    pd.testing.assert_frame_equal(after.loc[["a", "b"], columns], before[columns])
    assert after.loc["c", "center"] == pytest.approx(values[20:].mean() + 2)
    assert "know no stage c" in later.verdict.text["en"]

    plant.tables.add("staged", two, units={"value": "cm"})
    refused = run(plant, staged)
    assert (refused.status, refused.refusal.code) == ("refused", "limits_of_another_unit")


def test_what_was_confirmed_behind_a_signal_is_told_the_next_time_that_rule_fires(plant):
    causes, template = plant.engine.preparer.causes, plant.library.get("control-chart")
    plant.tables.add("bores", rows(80, shift=0.05))
    record = chart(plant, limits_in_force="recompute")
    rule, points = next(iter(causes_of(causes, record, template).items()))
    assert points.times == 0
    for cause in ("Worn reamer", "New batch", "worn  reamer"):
        found = {"rule": rule, "cause": cause, "action": "changed it", "point": points.points[0]}
        causes.confirm(record, template, found, by="Li Wei")

    plant.tables.add("bores", rows(120, shift=0.05))
    later = chart(plant, limits_in_force="recompute")
    told = causes_of(causes, later, template)[rule]
    assert told.causes == {"Worn reamer": 2, "New batch": 1}
    assert (told.last.cause, told.last.by, told.times) == ("worn reamer", "Li Wei", 3)
    assert all(one.times == 0 for name, one in causes_of(causes, later, template).items() if name != rule)
    other = chart(plant, "M2", limits_in_force="recompute")
    assert all(one.times == 0 for one in causes.known(other, template))

    for found, sentence in (
        ({"rule": "run_99", "cause": "x"}, "unknown signal"),
        ({"rule": rule, "cause": " "}, "what was found behind"),
        ({"rule": rule, "cause": "x", "point": "999"}, "unknown point"),
    ):
        with pytest.raises((Invalid, NotFound), match=sentence):
            causes.confirm(record, template, found, by="Li Wei")


def causes_of(book, record, template):
    return {one.rule: one for one in book.known(record, template)}
