"""Trends and queries in a real browser: drawn small, refined by zoom, proposed, cancelled, kept."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import TABLET

SENSORS = "/trend?table=demo.sensor_log"


def asked(response):
    """Return from when to when the browser asked."""
    query = parse_qs(urlsplit(response.url).query)
    return query.get("start", [None])[0], query.get("end", [None])[0]


def is_trend(response):
    return "/trend?" in response.url and "/api/" in response.url


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_trend_is_drawn_refined_and_kept_small(visitor, language):
    page = visitor.page
    with page.expect_response(is_trend) as first:
        visitor.visit(f"{SENSORS}&lang={language}")
    expect(page.locator("[data-drawn='1']")).to_be_attached()
    assert len(first.value.body()) <= 60_000
    visitor.picture(f"trend-{language}")
    whole = json.loads(first.value.text())

    box = page.locator("[data-drawn]").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    with page.expect_response(is_trend) as zoomed:
        page.mouse.wheel(0, -600)
    start, end = asked(zoomed.value)
    assert whole["start"] < start < end < whole["end"]

    with page.expect_response(is_trend) as hour:
        page.locator("button[data-range=hour]").click()
    found = json.loads(hour.value.text())
    assert all("t_us" in line for line in found["series"])  # an hour's rows are shown as they are
    expect(page.locator(".status")).to_contain_text("every row shown" if language == "en" else "逐行显示")
    with page.expect_download() as download:
        page.locator("a.file").click()
    assert download.value.suggested_filename == "demo.sensor_log.csv"


def test_columns_of_two_units_limits_and_a_missing_choice(visitor):
    page = visitor.page
    page.set_viewport_size(TABLET)
    with page.expect_response(is_trend):
        visitor.visit(
            "/trend?table=demo.energy&by=line&tag=L1&column=energy_kwh&column=temperature_c&upper=300"
        )
    expect(page.locator("[data-drawn]")).to_be_attached()
    visitor.picture("trend-two-units")

    visitor.visit("/trend?table=demo.fleet")
    expect(page.get_by_text("This table has no trend")).to_be_visible()
    visitor.visit("/trend")
    expect(page.get_by_text("Choose a table to see its trend")).to_be_visible()
    visitor.visit("/trend?table=nobody.knows")
    expect(page.get_by_text("unknown table")).to_be_visible()


def test_a_query_is_proposed_answered_cancelled_and_kept(visitor):
    page = visitor.page
    visitor.visit("/query?lang=zh")
    text = page.locator("textarea")
    text.click()
    text.press_sequentially("SELECT energy_k")
    text.press("Tab")
    expect(text).to_have_value("SELECT energy_kwh")

    day = "SELECT date_trunc('day', ts) AS day, avg(energy_kwh) AS kwh FROM demo.energy"
    text.fill(day + " WHERE line = 'L1' GROUP BY 1")
    text.press("Control+Enter")
    expect(page.locator(".tabulator-row").first).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()
    visitor.picture("query-zh", full=True)
    page.get_by_label("数据表名称").fill("energy_daily")
    page.get_by_role("button", name="另存为数据表").click()
    expect(page.get_by_role("link", name="energy_daily")).to_be_visible()

    text.fill("SELECT foo FROM demo.energy")
    text.press("Control+Enter")
    expect(page.get_by_text("没有列“foo”（第 1 行第 8 列）")).to_be_visible()
    text.fill("SELECT count(*) FROM range(1000000) a, range(1000000) b")
    text.press("Control+Enter")
    page.get_by_role("button", name="取消").click()
    expect(page.get_by_text("查询已取消")).to_be_visible()
