"""The coverage map by mouse: upload a list, see the heat table, reach what is missing."""

from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=document.title='owned'>"
POINTS = f"stage,asset,point\nproduction,M04,diameter\nproduction,M04,torque\nservice,{HOSTILE},{HOSTILE}\n"


@pytest.fixture
def forgotten(visitor: Any) -> Any:
    yield
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{visitor.url}/api/v1/coverage/points", b"[]", headers, method="PUT")) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_list_becomes_a_map_that_leads_to_what_is_missing(
    visitor: Any, tmp_path: Path, language: str, forgotten: Any
) -> None:
    page, take = visitor.page, {"en": "Use this list", "zh": "使用此清单"}[language]
    path = tmp_path / "points.csv"
    path.write_text(POINTS, encoding="utf-8")
    visitor.visit(f"/coverage?lang={language}")
    page.locator(".empty").wait_for()
    visitor.picture(f"coverage-empty-{language}", full=True)

    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name=take).click()
    page.locator(".heat").wait_for()
    visitor.visit(f"/coverage?lang={language}")
    cell = page.locator("table.heat tbody tr", has_text="M04").locator("a").first
    expect(cell).to_contain_text("50%")
    cell.click()
    page.locator("#points").wait_for()
    visitor.visit(page.url.removeprefix(visitor.url).replace("#points", f"&lang={language}"))
    missing = page.locator("table", has=page.locator(".chip.bad")).locator("tr", has_text="torque")
    expect(missing).to_be_visible()
    page.set_viewport_size({"width": 768, "height": 1024})
    visitor.picture(f"coverage-{language}", full=True)

    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert page.title() != "owned"
