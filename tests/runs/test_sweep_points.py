"""What a sweep will run: how each kind of axis becomes points, how two combine, what is refused at once."""

import pandas as pd
import pytest
from pydantic import ValidationError

from workbench.config import load_settings
from workbench.errors import Invalid, NotFound
from workbench.runs.history import History
from workbench.runs.prepare import Preparer
from workbench.runs.request import RunRequest
from workbench.runs.state import State
from workbench.runs.sweep import SweepRequest
from workbench.runs.sweep_points import Planner
from workbench.tables.catalog import Tables
from workbench.templates.library import library

FLEET = pd.DataFrame(
    {
        "machine": ["M01", "M02", "M10", None] * 30,
        "ts": pd.date_range("2026-01-01", periods=120, freq="6h"),
        "d1": [10.0 + i % 3 for i in range(120)],
        "d2": [20.0 + i % 5 for i in range(120)],
        "note": "x",
    }
)


@pytest.fixture(scope="module")
def preparer(tmp_path_factory):
    settings = load_settings(home=str(tmp_path_factory.mktemp("plant")))
    workspace = settings.workspace.create()
    Tables(workspace).add("fleet", FLEET, units={"d1": "mm"})
    Tables(workspace).add("other", FLEET.rename(columns={"d1": "size"}))
    state = State(workspace.state)
    yield Preparer(settings, library(workspace), History(state))
    state.close()


@pytest.fixture
def plan(preparer):
    def plan(*over, most=100, **run):
        base = {"template": "control-chart", "inputs": {"measurements": "fleet"}, **run}
        request = SweepRequest(run=RunRequest(**base), over=list(over))
        return Planner(request, preparer, most=most).plan()

    return plan


def test_assets_become_filters_and_rows_without_one_are_told(plan):
    found = plan({"kind": "assets", "column": "machine"})

    assert [point.at for point in found.points] == [{"machine": name} for name in ("M01", "M02", "M10")]
    assert found.points[2].request.filters == {"measurements": {"machine": "M10"}}
    assert found.left_out == 30


def test_chosen_assets_and_the_largest_ones(plan):
    chosen = plan({"kind": "assets", "column": "machine", "values": ["M02", None]})
    largest = plan({"kind": "assets", "column": "measurements.machine", "top": 1})

    assert [point.at["machine"] for point in chosen.points] == ["M02", None]
    assert [point.at["machine"] for point in largest.points] == ["M01"]


def test_characteristics_become_mappings_and_keep_the_rest_of_the_mapping(plan):
    axis = {"kind": "characteristics", "column": "value"}
    found = plan(axis, mapping={"measurements": {"ts": "ts", "value": "note"}})

    assert [point.request.mapping["measurements"] for point in found.points] == [
        {"ts": "ts", "value": "d1"},
        {"ts": "ts", "value": "d2"},
    ]


def test_tables_become_inputs_and_keep_what_of_the_mapping_they_have(plan):
    axis = {"kind": "tables", "values": ["fleet", "other"]}
    found = plan(axis, mapping={"measurements": {"value": "d1", "ts": "ts"}})

    assert [point.request.inputs["measurements"] for point in found.points] == ["fleet", "other"]
    assert found.points[1].request.mapping["measurements"] == {"ts": "ts"}


def test_periods_become_ranges_within_the_range_that_was_asked_for(plan):
    held = {"measurements": {"ts": {"from": "2026-01-07", "to": "2026-01-20"}}}
    found = plan({"kind": "periods", "column": "ts", "every": "week"}, filters=held)

    assert [point.request.filters["measurements"]["ts"] for point in found.points] == [
        {"from": "2026-01-07", "to": "2026-01-12T00:00:00"},
        {"from": "2026-01-12T00:00:00", "to": "2026-01-19T00:00:00"},
        {"from": "2026-01-19T00:00:00", "to": "2026-01-20"},
    ]


def test_a_parameter_is_typed_and_its_steps_have_no_binary_tail(plan):
    steps = plan({"kind": "parameter", "parameter": "lambda_", "start": 0.1, "stop": 0.5, "step": 0.1})
    listed = plan({"kind": "parameter", "parameter": "subgroup_size", "values": ["1", 5]})

    assert [point.request.parameters["lambda_"] for point in steps.points] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert [point.at["subgroup_size"] for point in listed.points] == [1, 5]


def test_two_axes_are_multiplied_the_last_one_fastest(plan):
    found = plan(
        {"kind": "assets", "column": "machine", "values": ["M01", "M02"]},
        {"kind": "parameter", "parameter": "chart", "values": ["imr", "ewma"]},
    )

    assert [tuple(point.at.values()) for point in found.points] == [
        ("M01", "imr"), ("M01", "ewma"), ("M02", "imr"), ("M02", "ewma"),
    ]  # fmt: skip
    assert found.points[3].request.filters["measurements"] == {"machine": "M02"}
    assert found.points[3].request.parameters == {"chart": "ewma"}


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"kind": "assets", "column": "machin"}, "did you mean 'machine'"),
        ({"kind": "assets", "column": "machine", "role": "measurement"}, "did you mean 'measurements'"),
        ({"kind": "characteristics", "column": "valu"}, "did you mean 'value'"),
        ({"kind": "characteristics", "column": "value", "values": ["d9"]}, "did you mean 'd"),
        ({"kind": "tables", "values": ["fleat"]}, "did you mean 'fleet'"),
        ({"kind": "periods", "column": "d1", "every": "day"}, "expected a column of times"),
        ({"kind": "parameter", "parameter": "lambda", "values": [0.2]}, "did you mean 'lambda_'"),
        ({"kind": "parameter", "parameter": "lambda_", "values": [0.2, 7]}, "lambda_"),
        ({"kind": "assets", "column": "machine", "values": []}, "got no runs"),
        (
            {"kind": "parameter", "parameter": "lambda_", "start": 0, "stop": 1, "step": 1e-9},
            "expected at most 100",
        ),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_before_anything_is_stored(plan, over, sentence):
    with pytest.raises((Invalid, NotFound), match=sentence):
        plan(over)


def test_more_runs_than_allowed_are_refused_with_the_setting(plan):
    steps = {"kind": "parameter", "parameter": "limit_sigmas", "start": 1, "stop": 5, "step": 0.5}

    with pytest.raises(Invalid, match=r"got 27 runs, expected at most 20; .*WORKBENCH_SWEEP_RUNS"):
        plan({"kind": "assets", "column": "machine"}, steps, most=20)


def test_the_same_axis_twice_is_refused(plan):
    axis = {"kind": "assets", "column": "machine"}

    with pytest.raises(Invalid, match="two different things"):
        plan(axis, axis)


@pytest.mark.parametrize(
    "axis",
    [
        {"kind": "periods", "column": "ts"},
        {"kind": "periods", "column": "ts", "every": "week", "count": 3},
        {"kind": "parameter", "parameter": "x"},
        {"kind": "parameter", "parameter": "x", "start": 1, "stop": 2},
        {"kind": "parameter", "parameter": "x", "values": [1], "start": 1, "stop": 2, "step": 1},
        {"kind": "parameter", "parameter": "x", "start": 1, "stop": 2, "step": -1},
        {"kind": "machines", "column": "machine"},
    ],
    ids=str,
)
def test_an_axis_says_one_thing(axis):
    with pytest.raises(ValidationError):
        SweepRequest(run=RunRequest(template="x"), over=[axis])
