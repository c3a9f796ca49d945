"""Any papermill notebook is an app: other people's notebooks list, show a form, and run or say why not."""

import pytest

from workbench.runs.request import RunRequest
from workbench.templates.library import Library

ENDS = {
    "flytesnacks_nb_simple": ("failed", "No module named 'flytekitplugins'"),
    "jupytext_nteract_with_parameter": ("succeeded", None),
    "papermill_broken1": ("failed", "AssertionError"),
    "papermill_complex_parameters": ("failed", "SyntaxError: invalid syntax"),
    "papermill_nb_version_4.4": ("succeeded", None),
    "papermill_no_parameters": ("succeeded", None),
    "papermill_report_mode_test": ("succeeded", None),
    "papermill_simple_execute": ("succeeded", None),
    "ploomber_one": ("succeeded", None),
    "voila_print_parameterized": ("succeeded", None),
}


@pytest.fixture
def wild(reference):
    return reference.parent / "notebooks-in-the-wild"


def test_all_are_listed(wild):
    library = Library([wild], packages=False)

    assert len(library.list()) == len(ENDS)
    assert not library.broken()


@pytest.mark.parametrize("name", ENDS)
def test_it_runs_or_fails_with_its_own_error(bench, wild, name):
    status, message = ENDS[name]

    record = bench.engine.wait(
        bench.engine.submit(RunRequest(template=str(wild / f"{name}.ipynb"))), timeout=60
    )

    assert record.status == status, record.error
    assert message is None or message in record.error.message


def test_its_parameter_reaches_it(bench, wild):
    path = str(wild / "papermill_report_mode_test.ipynb")

    record = bench.engine.wait(
        bench.engine.submit(RunRequest(template=path, parameters={"a": 7})), timeout=60
    )

    assert record.parameters["a"] == 7
    assert record.status == "succeeded"
