"""What people take away of a run: charts that Excel draws itself, a printed report, a problem report."""

import json
import re
import zipfile
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from bokeh.document import Document
from bokeh.plotting import figure
from python_calamine import CalamineWorkbook

from workbench.errors import Unavailable
from workbench.runs import a3, export, printing, report
from workbench.runs.record import Kpi, RunRecord, TemplateUsed, Verdict

X, Y = [1.0, 2.0, 3.0], [25.001, 25.004, 24.998]


def kept(plot, path):
    document = Document()
    document.add_root(plot)
    path.write_text(json.dumps(document.to_json(deferred=False)), encoding="utf-8")
    return path


@pytest.fixture
def record(tmp_path):
    plot = figure(x_axis_label="=cmd()")
    plot.line(X, Y)
    return RunRecord(
        run="r1",
        status="succeeded",
        template=TemplateUsed(id="control-chart", version="1.0.0", title={"en": "Chart", "zh": "控制图"}),
        verdict=Verdict(code="bad", level="bad", text={"en": "Not stable", "zh": "过程不稳定"}),
        kpis={"ucl": Kpi(value=25.007, unit="mm")},
        figures={"chart": str(kept(plot, tmp_path / "chart.json"))},
        created="2026-11-25T10:00:00+00:00",
    )


def parts(book):
    with zipfile.ZipFile(BytesIO(book)) as packed:
        return {name: packed.read(name).decode("utf-8", "replace") for name in packed.namelist()}


def test_a_chart_of_the_run_is_one_of_excels_own_over_the_same_numbers(record):
    book = report.xlsx(record, labels={"figures.chart": {"en": "Mean", "zh": "均值"}})

    charts = {name: text for name, text in parts(book).items() if name.startswith("xl/charts/chart")}
    rows = CalamineWorkbook.from_filelike(BytesIO(book)).get_sheet_by_name("Mean").to_python()
    assert len(charts) == 1
    assert [row[-2:] for row in rows[1:]] == [[x, y] for x, y in zip(X, Y, strict=True)]
    assert "Mean" in next(iter(charts.values()))


def test_a_label_from_the_data_never_becomes_a_formula(record):
    chart = next(text for name, text in parts(report.xlsx(record)).items() if "charts/chart" in name)

    assert "=cmd" not in chart
    assert not re.search(r"<c:f>[^<]*cmd", chart)


def drawings():
    steps, boxes, bars, pieces = figure(), figure(), figure(x_range=["a", "b"]), figure()
    steps.step(X, [1, 2, 3], mode="center")
    boxes.quad(left=[0, 1], right=[1, 2], top=[4, 5], bottom=0)
    bars.vbar(x=["a", "b"], top=[7, 3], width=0.8)
    pieces.segment(x0=[1], y0=[2], x1=[3], y1=[4])
    dates = figure(x_axis_type="datetime")
    dates.line(np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[ms]"), [1, 2])
    return {
        "step": (steps, [[1, 1], [1.5, 1], [1.5, 2], [2.5, 2], [2.5, 3], [3, 3]]),
        "histogram": (boxes, [[0, 0], [0, 4], [1, 4], [1, 0], [1, 0], [1, 5], [2, 5], [2, 0]]),
        "bars": (bars, [["a", 7], ["b", 3]]),
        "pieces": (pieces, [[1, 2], [3, 4]]),
        "dates": (dates, [[pd.Timestamp("2026-01-01"), 1], [pd.Timestamp("2026-01-02"), 2]]),
    }


@pytest.mark.parametrize("what", ["step", "histogram", "bars", "pieces", "dates"])
def test_each_kind_of_drawing_has_its_counterpart_in_cells(tmp_path, what):
    plot, expected = drawings()[what]

    book = export.xlsx({}, {"c": kept(plot, tmp_path / "c.json")})

    rows = CalamineWorkbook.from_filelike(BytesIO(book)).get_sheet_by_name("c").to_python()
    found = [[pd.Timestamp(x) if what == "dates" else x, y] for *_, x, y in rows[1:] if x != ""]
    assert found == expected


@pytest.mark.browser
@pytest.mark.parametrize(
    ("write", "width", "size"), [(report.html, 210, (595, 842)), (a3.html, 420, (1191, 842))]
)
def test_a_run_is_printed_on_its_paper(record, write, width, size):
    printed = printing.pdf(write(record, "zh", labels={}), width_mm=width)

    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert printed.startswith(b"%PDF")
    assert [(round(float(w)), round(float(h))) for w, h in boxes] == [size]


def test_without_a_browser_printing_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(Unavailable, match=r"no Chromium.*install it"):
        printing.pdf("<p>x")


def test_the_problem_report_has_eight_boxes_with_what_is_known_filled_in(record):
    page = a3.html(record, "en", labels={"kpis.ucl": {"en": "Upper limit", "zh": "上限"}})

    assert [page.count(f"<h2>{number}. ") for number in range(1, 10)] == [1] * 8 + [0]
    assert all(text in page for text in ("Not stable", "Upper limit", "25.007"))
