"""A request is checked and pinned before any kernel is touched."""

import pandas as pd
import pytest

from workbench.config import load_settings
from workbench.errors import Invalid, NotFound
from workbench.runs.again import request_of
from workbench.runs.history import History
from workbench.runs.prepare import Preparer
from workbench.runs.request import RunRequest
from workbench.runs.state import State
from workbench.tables.catalog import Tables
from workbench.templates.library import library

ROWS = pd.DataFrame({"直径": [10.0 + i % 3 for i in range(30)], "ts": [f"Sep/{i}" for i in range(30)]})


@pytest.fixture
def preparer(tmp_path):
    settings = load_settings(home=str(tmp_path))
    workspace = settings.workspace.create()
    Tables(workspace).add("bore", ROWS)
    state = State(workspace.state)
    yield Preparer(settings, library(workspace), History(state))
    state.close()


def chart(**request):
    return RunRequest(template="control-chart", **{"inputs": {"measurements": "bore"}, **request})


def test_a_job_pins_table_version_rows_and_mapping(preparer):
    job = preparer.job(chart())

    used = job.inputs["measurements"]
    assert (used.table, used.version, used.rows) == ("bore", 0, 30)
    assert used.mapping == {"value": "直径"}
    assert job.parameters["measurements"] == "bore@0"


def test_an_optional_column_that_cannot_be_read_is_left_out(preparer):
    assert "ts" not in preparer.job(chart()).inputs["measurements"].mapping


def test_the_same_column_chosen_by_a_person_is_refused_with_its_first_value(preparer):
    request = chart(mapping={"measurements": {"value": "直径", "ts": "ts"}})

    with pytest.raises(Invalid, match="Sep/0"):
        preparer.job(request)


def test_a_column_of_text_for_numbers_is_one_sentence(preparer):
    with pytest.raises(Invalid, match="expected numbers"):
        preparer.job(chart(mapping={"measurements": {"value": "ts"}}))


def test_a_mapping_is_remembered_for_the_next_version(preparer):
    frame = ROWS.assign(other=1.0)
    tables = Tables(preparer.workspace)
    tables.add("two", frame)
    preparer.job(chart(inputs={"measurements": "two"}, mapping={"measurements": {"value": "other"}}))
    tables.add("two", frame)

    job = preparer.job(chart(inputs={"measurements": "two"}))

    assert job.inputs["measurements"].mapping["value"] == "other"
    assert job.inputs["measurements"].version == 1


def test_two_roles_on_one_table_are_told_apart(preparer):
    history = pd.DataFrame({"unit": [1, 1, 2], "cycle": [1, 2, 1], "s1": [1.0, 2.0, 3.0]})
    Tables(preparer.workspace).add("fleet", history)
    request = RunRequest(template="remaining-useful-life", inputs={"history": "fleet", "fleet": "fleet"})

    parameters = preparer.job(request).parameters

    assert parameters["history"] != parameters["fleet"]


@pytest.mark.parametrize(
    ("request_", "hint"),
    [
        (chart(inputs={"mesurements": "bore"}), "did you mean 'measurements'"),
        (chart(mapping={"measurements": {"valu": "直径"}}), "did you mean 'value'"),
        (chart(mapping={"measurements": {"value": "直经"}}), "did you mean '直径'"),
        (chart(parameters={"limt_sigmas": 3}), "did you mean 'limit_sigmas'"),
        (chart(inputs={"measurements": ""}), "choose a table"),
    ],
)
def test_a_misspelt_name_gets_the_nearest_one(preparer, request_, hint):
    with pytest.raises(Invalid, match=hint):
        preparer.job(request_)


def test_an_unknown_table_suggests_the_nearest(preparer):
    with pytest.raises(NotFound, match="did you mean 'bore'"):
        preparer.job(chart(inputs={"measurements": "boer"}))


def test_the_notebook_of_an_accepted_run_does_not_change_with_its_file(preparer):
    source = library(preparer.workspace).get("control-chart")
    copy = preparer.workspace.templates / "copy.ipynb"
    copy.write_bytes(source.path.read_bytes())
    job = preparer.job(RunRequest(template=str(copy), inputs={"measurements": "bore"}))
    copy.write_text("gone", encoding="utf-8")

    assert job.notebook["cells"]


FLEET = pd.DataFrame({"machine": ["M01"] * 30 + ["M02"] * 30, "value": [i % 7 for i in range(60)]})


def test_a_filter_is_recorded_counts_its_rows_and_makes_another_fingerprint(preparer):
    Tables(preparer.workspace).add("fleet", FLEET)
    requests = {
        machine: chart(inputs={"measurements": "fleet"}, filters={"measurements": {"machine": machine}})
        for machine in ("M01", "M02", "M03")
    }

    jobs = preparer.jobs(requests)

    used = jobs["M01"].inputs["measurements"]
    assert (used.rows, used.filter) == (30, {"machine": "M01"})
    assert len({jobs[name].fingerprint for name in ("M01", "M02")}) == 2
    assert str(jobs["M03"]).startswith("table fleet, rows with machine = M03: got no rows")
    assert request_of(jobs["M01"], origin="test").filters == {"measurements": {"machine": "M01"}}


def test_many_requests_at_once_are_pinned_as_each_alone(preparer):
    Tables(preparer.workspace).add("fleet", FLEET)
    request = chart(inputs={"measurements": "fleet"}, filters={"measurements": {"machine": "M02"}})
    own = {"run", "created", "staging", "published"}

    together = preparer.jobs({"a": request, "b": request})["b"]

    assert together.model_dump(exclude=own) == preparer.job(request).model_dump(exclude=own)


def test_a_filter_of_an_unknown_input_is_refused_like_any_other(preparer):
    with pytest.raises(Invalid, match="did you mean 'measurements'"):
        preparer.job(chart(filters={"measurement": {"machine": "M01"}}))
