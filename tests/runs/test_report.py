"""The report in a real browser: it draws its charts, asks nobody for anything, runs nothing it was fed."""

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bokeh.document import Document
from playwright.sync_api import Browser, Page

from workbench.charts.text import both
from workbench.charts.theme import figure
from workbench.runs import report
from workbench.runs.record import RunRecord

BEACON = "document.title = 'owned'; fetch('http://192.0.2.1/')"
HOSTILE = [
    f"<script>{BEACON}</script>",
    f'<img src="http://192.0.2.1/x.png" onerror="{BEACON}">',
    f'<svg onload="{BEACON}"></svg>',
    f'<iframe srcdoc="<script>{BEACON}</script>"></iframe>',
    f'<a href="javascript:{BEACON}">x</a>',
    f"</script><script>{BEACON}</script>",
    '<style>@import url("http://192.0.2.1/x.css")</style>',
    '<link rel="stylesheet" href="http://192.0.2.1/x.css">',
]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    """A run whose every text is hostile."""
    plot = figure()
    plot.xaxis.axis_label = both("Subgroup", "子组")
    plot.line([1, 2, 3], [1.0, 3.0, 2.0])
    document = Document()
    document.add_root(plot)
    (tmp_path / "chart.json").write_text(json.dumps(document.to_json(deferred=False)))
    hostile = pd.DataFrame({"text": HOSTILE, "=1+1": range(len(HOSTILE))})
    hostile.to_parquet(tmp_path / "table.parquet")
    outputs = [nbformat.v4.new_output("display_data", {"text/html": text}) for text in HOSTILE]
    outputs.append(nbformat.v4.new_output("display_data", {"application/javascript": BEACON}))
    outputs.append(
        nbformat.v4.new_output("display_data", {"text/latex": f"$\\href{{javascript:{BEACON}}}{{x}}$"})
    )
    cells = [nbformat.v4.new_code_cell("1", outputs=outputs)]
    cells += [nbformat.v4.new_markdown_cell(text) for text in HOSTILE]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebook.ipynb")
    said = {"en": HOSTILE[0], "zh": HOSTILE[1]}
    return RunRecord.model_validate(
        {
            "run": "20260101-000000-abcdef",
            "status": "succeeded",
            "template": {"id": "hostile", "title": said},
            "verdict": {"code": "x", "level": "bad", "text": said, "next_step": said},
            "kpis": {
                HOSTILE[0]: {"value": HOSTILE[1], "unit": HOSTILE[2]},
                "mean": {"value": 2.5, "low": 2, "high": 3},
            },
            "tables": {HOSTILE[0]: str(tmp_path / "table.parquet")},
            "figures": {HOSTILE[0]: str(tmp_path / "chart.json")},
            "alarms": [{"name": "a", "active": True, "text": said}],
            "notebook": str(tmp_path / "notebook.ipynb"),
            "inputs": {"data": {"table": HOSTILE[0], "version": 3, "rows": 9, "sha256": "0" * 64}},
            "parameters": {"text": HOSTILE[0]},
        }
    )


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_draws_its_chart_and_runs_nothing_it_was_fed(
    page: Page, record: RunRecord, tmp_path: Path, language: str
):
    file = tmp_path / "report.html"
    file.write_text(report.html(record, language), encoding="utf-8")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(file.as_uri())
    page.locator(".bk-Figure canvas").first.wait_for(timeout=20_000)
    page.locator("details summary").click()
    page.wait_for_timeout(300)

    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert page.title() in HOSTILE, "the title is the template's own text, not what a script made of it"
    assert page.locator("table").first.is_visible()


def test_the_page_speaks_the_chosen_language(record: RunRecord):
    assert "关键" not in report.html(record, "en").partition("<script")[0]
    assert "输入" in report.html(record, "zh")


def test_a_label_names_a_result_for_people(record: RunRecord):
    page = report.html(record, "zh", labels={"kpis.mean": {"en": "Mean", "zh": "平均值"}})

    assert "平均值" in page


def test_the_workbook_holds_texts_as_texts(record: RunRecord, tmp_path: Path):
    record.tables["second"] = record.tables[HOSTILE[0]]
    file = tmp_path / "report.xlsx"
    file.write_bytes(report.xlsx(record))

    sheets = pd.read_excel(file, sheet_name=None, engine="calamine")

    assert len(sheets) == 5
    assert list(sheets["second"]["text"]) == HOSTILE
