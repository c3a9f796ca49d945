"""What strangers' notebooks print is shown, and can do nothing."""

from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from markupsafe import Markup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbench.runs.record import RunRecord, TemplateUsed
from workbench.ui.foreign import cleaned
from workbench.ui.notebook import rendered
from workbench.ui.outputs import outputs
from workbench.ui.view import View

EVIL = (
    '<script>alert(1)</script><img src="https://far.example/x.png" onerror="alert(1)">'
    '<a href="javascript:alert(1)">go</a><iframe src="https://far.example"></iframe><style>*{display:none}</style>'
    '<table><tr><td onclick="alert(1)">7</td></tr></table>'
)
FORBIDDEN = ("<script", "onerror", "onclick", "javascript:", "far.example", "<iframe", "<style", "alert(1)")


@pytest.fixture
def view():
    return View(bench=SimpleNamespace(), language="en")


def record_of(cells: list, folder: Path) -> RunRecord:
    path = folder / "notebook.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return RunRecord(run="r", status="succeeded", template=TemplateUsed(id="t"), notebook=str(path))


def test_html_loses_everything_that_acts():
    safe = str(cleaned(EVIL))

    assert "<td>7</td>" in safe
    assert not [word for word in FORBIDDEN if word in safe]


def test_outputs_come_in_the_order_of_the_cells(view, tmp_path):
    printed = new_output("stream", text="first\n")
    shown = new_output("execute_result", data={"text/html": "<b>second</b>", "text/plain": "no"})
    record = record_of([new_code_cell(outputs=[printed]), new_code_cell(outputs=[shown])], tmp_path)

    page = Markup(outputs(view, record)).unescape()

    assert page.index("first") < page.index("<b>second</b>")
    assert "no" not in page.split("<b>second</b>")[1]


def test_an_interactive_output_is_named_not_run(view, tmp_path):
    output = new_output(
        "display_data", data={"text/html": "<div></div><script>x()</script>", "text/plain": "Plot"}
    )
    record = record_of([new_code_cell(outputs=[output])], tmp_path)

    page = str(outputs(view, record))

    assert "Plot" in page
    assert "<script" not in page
    assert "not shown here, for safety" in page


def test_text_is_escaped(view, tmp_path):
    record = record_of([new_code_cell(outputs=[new_output("stream", text="<script>1</script>")])], tmp_path)

    assert "&lt;script&gt;" in Markup(outputs(view, record)).unescape()


def test_nothing_printed_is_said(view, tmp_path):
    assert "printed nothing" in str(outputs(view, record_of([new_code_cell("x = 1")], tmp_path)))


def test_the_notebook_tab_is_clean_too(tmp_path):
    output = new_output("display_data", data={"text/html": EVIL})
    record = record_of(
        [new_markdown_cell("# Title\n" + EVIL), new_code_cell("x", outputs=[output])], tmp_path
    )

    page = str(rendered(record.notebook))

    assert "Title" in page
    assert not [word for word in ("<script", "onerror", "onclick", "far.example", "<iframe") if word in page]
