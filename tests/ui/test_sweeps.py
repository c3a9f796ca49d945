"""Run over many by mouse: from an app to the board and to the run behind a row, in both languages."""

import json
import time
import urllib.request
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from workbench.ui.sweep_words import label

TABLET = {"width": 768, "height": 1024}
APP = "/app?template=control-chart&input.measurements=demo.bore_diameter_all"
WORDS = {
    "en": ("Run over many …", "Start 12 runs", "12 of 12 done", "Needs action"),
    "zh": ("批量运行……", "开始 12 次运行", "已完成 12 / 12", "需处理"),
}


def call(url: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/api/v1{path}", data=data)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def overflow(visitor: Any) -> int:
    """How many pixels of a page cannot be reached without scrolling sideways."""
    return int(
        visitor.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    )


def ended(url: str, run: dict, *over: dict) -> str:
    """Run a sweep to its end; return its name."""
    sweep = call(url, "/sweeps", {"run": run, "over": list(over)})["sweep"]
    until = time.monotonic() + 120
    while not call(url, f"/sweeps/{sweep}")["ended"]:
        assert time.monotonic() < until
        time.sleep(0.3)
    return str(sweep)


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_planted_machines_are_on_top_and_a_click_opens_the_run(visitor, language):
    over_many, start, done, bad = WORDS[language]
    page = visitor.page
    visitor.visit(f"{APP}&lang={language}")
    page.get_by_role("link", name=over_many).click()
    page.context.add_cookies([{"name": "workbench_language", "value": language, "url": visitor.url}])
    if language == "zh":  # the link carries the form, not the language of an address
        page.reload()
    visitor.picture(f"sweep-new-{language}")
    page.get_by_role("button", name=start).click()

    expect(page.get_by_text(done)).to_be_visible()
    rows = page.locator(".tabulator-row")
    expect(rows.nth(0)).to_contain_text("M07")
    expect(rows.nth(1)).to_contain_text("M04")
    expect(page.locator(".tabulator-row", has_text=bad)).to_have_count(2)
    visitor.picture(f"sweep-board-{language}", full=True)

    box = rows.nth(1).bounding_box()
    page.mouse.click(box["x"] + 420, box["y"] + box["height"] / 2)  # anywhere in the row

    expect(page.get_by_role("button", name="machine = M04")).to_be_visible()
    assert "/app?" in page.url
    visitor.picture(f"sweep-run-{language}")


@pytest.mark.browser
def test_failures_are_shown_with_their_reason_and_sorting_by_a_number_is_a_click(visitor, served):
    machines = {"kind": "assets", "column": "machine", "values": ["M01", "M04", "M99"]}
    sigmas = {"kind": "parameter", "parameter": "limit_sigmas", "values": [2, 3]}
    run = {"template": "control-chart", "inputs": {"measurements": "demo.bore_diameter_all"}}
    sweep = ended(served.url, run, machines, sigmas)
    page = visitor.page
    page.set_viewport_size(TABLET)
    visitor.visit(f"/sweep?sweep={sweep}&lang=zh")
    rows = page.locator(".tabulator-row")

    expect(rows).to_have_count(6)
    expect(page.locator(".tabulator-row", has_text="M99").first).to_contain_text("没有数据行")
    expect(page.get_by_role("button", name="重新运行 2 个无结论的点")).to_be_visible()
    assert overflow(visitor) == 0
    visitor.picture("sweep-two-axes-tablet-zh", full=True)
    page.locator('.tabulator-col[tabulator-field="kpi center"]').click()
    expect(rows.first).not_to_contain_text("M04")


@pytest.mark.browser
def test_answers_are_saved_as_a_table_and_the_list_leads_to_the_board(visitor, served):
    axis = {"kind": "parameter", "parameter": "limit_sigmas", "values": [2, 3]}
    sweep = ended(served.url, {"template": "control-chart"}, axis)
    page = visitor.page
    visitor.visit("/sweeps")
    page.locator(f'a[href="/sweep?sweep={sweep}"]').first.click()
    page.get_by_role("button", name="Save as table").click()

    expect(page.get_by_text("Saved as table sweeps.control_chart_limit_sigmas.")).to_be_visible()
    assert call(served.url, "/tables/sweeps.control_chart_limit_sigmas")["rows"] == 2


@pytest.mark.browser
def test_a_filter_is_a_chip_that_a_link_keeps_and_a_click_removes(visitor):
    page = visitor.page
    visitor.visit(f"{APP}&filter.measurements.machine=%22M07%22")
    chip = page.get_by_role("button", name="only machine = M07")
    expect(chip).to_be_visible()

    page.get_by_role("button", name="Run", exact=True).click()
    answer = page.get_by_text("200 rows of demo.bore_diameter_all v0 (machine = M07)")
    expect(answer).to_be_visible()
    page.reload()
    expect(chip).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()  # the page is whole: nothing on it is drawn anew
    chip.click()

    expect(chip).to_have_count(0)


@pytest.mark.parametrize(
    ("start", "end", "called"),
    [
        ("2026-01-05", "2026-01-06", "2026-01-05"),
        ("2026-01-05", "2026-01-12", "2026-01-05 – 01-11"),
        ("2026-12-28", "2027-01-04", "2026-12-28 – 2027-01-03"),
        ("2026-02-01", "2026-03-01", "2026-02"),
        ("2026-01-05T06:00:00", "2026-01-05T14:00:00", "2026-01-05 06:00 – 14:00"),
        ("2026-01-05T22:00:00", "2026-01-06T06:00:00", "2026-01-05 22:00 – 01-06 06:00"),
    ],
)
def test_a_period_is_called_as_people_call_it(start, end, called):
    window = {
        "from": datetime.fromisoformat(start).isoformat(),
        "to": datetime.fromisoformat(end).isoformat(),
    }

    assert label(window) == called
