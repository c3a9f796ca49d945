"""What counts as an answer: only what the notebook's outputs hold."""

import base64
import io

import nbformat
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from workbench import kernel
from workbench.kernel import MIME
from workbench.runs.collect import Collected, collect, file_name, judge
from workbench.runs.job import Declared, Limits

LIMITS = Limits(seconds=60, output_bytes=1000)


def executed(*bundles, error=None):
    cell = nbformat.v4.new_code_cell("pass")
    cell.outputs = [nbformat.v4.new_output("display_data", {MIME: bundle}) for bundle in bundles]
    if error:
        cell.outputs.append(
            nbformat.v4.new_output("error", ename=error, evalue="", traceback=["\x1b[31mred"])
        )
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("## Step"), cell])


def kpi(name, value):
    return {"kind": "kpi", "name": name, "value": value}


def test_the_last_value_of_a_name_stands():
    found = collect(executed(kpi("ucl", 1.0), kpi("ucl", 2.0)))

    assert found.kpis["ucl"].value == 2.0


def test_outputs_without_our_bundle_are_no_results():
    assert collect(executed()) == Collected()


def test_an_error_is_told_without_terminal_colours_and_with_its_heading():
    error = collect(executed(error="KeyError")).error

    assert (error.name, error.traceback, error.heading) == ("KeyError", "red", "Step")


def test_success_needs_every_declared_result():
    declared = Declared(kpis=["cp", "cpk"], tables=["points"], verdict=True)

    status, error = judge(collect(executed(kpi("cp", 1.0))), declared, None, LIMITS)

    assert (status, error.code) == ("failed", "incomplete")
    assert "KPI 'cpk', table 'points', a verdict" in error.message


def test_everything_declared_and_recorded_is_a_success():
    status, error = judge(collect(executed(kpi("cp", None))), Declared(kpis=["cp"]), None, LIMITS)

    assert (status, error) == ("succeeded", None)


@pytest.mark.parametrize(
    ("reason", "ended"),
    [
        ("timed_out", "timed_out"),
        ("silent", "timed_out"),
        ("memory", "over_limit"),
        ("outputs", "over_limit"),
        ("output_bytes", "over_limit"),
        ("cancelled", "cancelled"),
        ("kernel_died", "failed"),
        ("system_memory", "failed"),
    ],
)
def test_a_limit_wins_over_what_was_recorded(reason, ended):
    status, error = judge(collect(executed(kpi("cp", 1.0))), Declared(), reason, LIMITS)

    assert (status, error.code) == (ended, reason)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "..", "规则 表", "x" * 10])
def test_a_result_cannot_be_written_outside_its_folder(tmp_path, name):
    found = Collected(tables={name: b"PAR1"})

    tables, _ = found.write(tmp_path)

    assert (tmp_path / tables[name]).resolve().is_relative_to(tmp_path / "tables")
    assert "/" not in file_name(name)


def test_a_picture_is_written_as_png(tmp_path):
    png = base64.b64encode(b"\x89PNG").decode()
    found = collect(executed({"kind": "figure", "name": "chart", "png": png}))

    _, figures = found.write(tmp_path)

    assert (tmp_path / figures["chart"]).read_bytes() == b"\x89PNG"


def test_readings_that_repeat_take_a_fraction_of_the_room_and_come_back_exactly(monkeypatch):
    monkeypatch.setattr(kernel, "_context", kernel.Context())
    values = np.random.default_rng(1).normal(50, 0.02, 100_000)
    frame = pd.DataFrame({"noise": values, "rounded": values.round(3), "limit": 50.06})

    kernel.table("points", frame)

    with pq.ParquetFile(io.BytesIO(base64.b64decode(kernel.recorded()[-1]["parquet"]))) as file:
        noise, rounded, limit = (
            file.metadata.row_group(0).column(at).total_compressed_size for at in range(3)
        )
        pd.testing.assert_frame_equal(file.read().to_pandas(), frame)
    assert rounded < noise / 4
    assert limit < noise / 100
