"""The list of tables and the page of one, by mouse: find, page, restore, describe; hostile text is text."""

import io
import json
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pandas as pd
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SIGNS = {
    "rows": ".rows td",
    "profile": ".shape svg",
    "health": ".indicators",
    "versions": "table.list",
    "lineage": ".node",
    "about": "textarea",
}
HOSTILE = "<img src=x onerror=document.title='owned'>"


def send(visitor: Any, name: str, frame: pd.DataFrame) -> None:
    """Upload rows as Parquet, as a program would."""
    buffer, mark = io.BytesIO(), "----rows"
    frame.to_parquet(buffer)
    head = f'--{mark}\r\nContent-Disposition: form-data; name="name"\r\n\r\n{name}\r\n'
    file = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}.parquet"\r\n\r\n'
    body = (head + file).encode() + buffer.getvalue() + f"\r\n--{mark}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    with urlopen(Request(f"{visitor.url}/api/v1/tables", body, headers)) as answer:
        assert answer.status == 201


def asked(visitor: Any, address: str) -> Any:
    with urlopen(visitor.url + address) as answer:
        return json.load(answer)


@pytest.fixture
def table(visitor: Any) -> str:
    """A table of two versions whose names and cells are hostile."""
    old = pd.DataFrame({"id": range(60), HOSTILE: [HOSTILE] * 60, "value": [float(i) for i in range(60)]})
    send(visitor, "care.rows", old)
    send(visitor, "care.rows", old[:40].assign(value=1.0))
    return "care.rows"


def test_rows_are_paged_sorted_and_filtered_and_shown_as_text(visitor, table):
    page = visitor.page
    visitor.visit(f"/table?name={table}")
    page.get_by_text("rows 1 to 25 of 40").wait_for()

    page.get_by_role("button", name="Next").click()
    page.get_by_text("rows 26 to 40 of 40").wait_for()
    page.get_by_role("textbox", name="Filter: id").fill("> 37")
    page.get_by_text("rows 1 to 2 of 2 that match, 40 in all").wait_for()
    page.get_by_role("button", name="id", exact=True).dblclick()
    expect(page.locator("tbody tr").first).to_contain_text("39")

    expect(page.locator("td").filter(has_text="onerror").first).to_be_visible()
    assert page.title() != "owned"


def test_an_earlier_version_is_compared_and_restored_by_mouse(visitor, table):
    page = visitor.page
    visitor.visit(f"/table?name={table}&tab=versions")
    newest = asked(visitor, f"/api/v1/tables/{table}")["version"]

    page.get_by_role("link", name="What changed").first.click()
    expect(page.locator(".verdict")).to_contain_text("20 rows removed")
    visitor.picture("table-versions-en")
    page.get_by_role("link", name="Restore").first.click()
    page.get_by_role("button", name="Yes, restore it").click()
    page.get_by_text(f"v{newest + 1}", exact=True).first.wait_for()

    assert asked(visitor, f"/api/v1/tables/{table}")["rows"] == 60


def test_what_is_said_of_a_table_is_found_in_the_list(visitor, table):
    page = visitor.page
    visitor.visit(f"/table?name={table}&tab=about&lang=zh")
    page.get_by_role("textbox", name="负责人").fill("王工 " + HOSTILE)
    page.get_by_role("textbox", name="标签").fill("孔径, 一号线")
    page.get_by_role("button", name="保存").click()
    page.locator(".chip", has_text="一号线").wait_for()
    visitor.picture("table-about-zh", full=True)

    visitor.visit("/tables?lang=zh")
    page.locator("#find").fill("王工 孔径")
    expect(page.locator("#tables tbody tr:visible")).to_have_count(1)
    expect(page.locator("#tables tbody tr:visible")).to_contain_text(HOSTILE)
    visitor.picture("tables-zh")


def test_health_is_seen_its_rules_confirmed_and_its_lights_lit_by_mouse(visitor, table):
    page = visitor.page
    visitor.visit(f"/table?name={table}&tab=health")
    page.locator(".indicators").wait_for()
    before = asked(visitor, f"/api/v1/tables/{table}/health")["assessed"]

    page.get_by_role("button", name="Declare the ticked rules").click()
    expect(page.get_by_role("button", name="Declare the ticked rules")).to_have_count(0)
    page.locator(".indicators").wait_for()
    visitor.picture("table-health-en", full=True)

    after = asked(visitor, f"/api/v1/tables/{table}/health")["assessed"]
    assert after > before
    expect(page.locator(".healthtop .under")).to_have_text(f"{after} of 20 assessed")
    visitor.visit("/tables")
    row = page.locator("#tables tr", has_text=table)
    expect(row.locator(".coverage")).to_have_text(f"{after} of 20 assessed")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_part_of_the_page_fits_a_tablet(visitor, language):
    page = visitor.page
    page.set_viewport_size({"width": 768, "height": 1024})
    for tab, sign in SIGNS.items():
        visitor.visit(f"/table?name={quote('demo.sensor_log')}&tab={tab}&lang={language}")
        page.locator(sign).first.wait_for()
        visitor.picture(f"table-{tab}-{language}", full=True)
        assert (
            page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        )


def test_a_table_that_is_not_there_is_told(visitor):
    visitor.visit("/table?name=" + quote(HOSTILE))

    expect(visitor.page.locator(".empty")).to_contain_text("is not here")
