"""A folder is connected by mouse alone, and the page says how every connector stands."""

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import TABLET

pytestmark = pytest.mark.browser


def test_a_folder_becomes_a_table_by_mouse(visitor, tmp_path):
    (tmp_path / "a.csv").write_text("time;torque\n2026-03-01 08:00:00;21,5\n2026-03-01 08:00:01;22,5\n")
    page = visitor.page
    visitor.visit("/connectors?lang=en")
    page.locator("[data-type=files]").click()
    page.get_by_role("textbox", name="Folder").fill(str(tmp_path))
    page.get_by_role("textbox", name="Folder").press("Tab")
    page.get_by_role("button", name="Look what is there").click()
    expect(page.get_by_text("1 found.")).to_be_visible()
    page.get_by_role("textbox", name="Name of the connector").fill("drops")
    page.get_by_role("textbox", name="Table for the rows").fill("dropped")
    page.get_by_role("textbox", name="Table for the rows").press("Tab")
    page.get_by_role("button", name="Save and start").click()

    expect(page.locator("[data-state=running]").first).to_be_visible()
    expect(page.locator(".tile", has_text="In the table").locator(".number")).to_have_text("2")
    expect(page.get_by_text("22.5")).to_be_visible()
    visitor.picture("connector-en")
    page.set_viewport_size(TABLET)
    visitor.visit("/connectors?lang=zh&connector=drops")
    expect(page.get_by_text("没有缺口，数据完整。")).to_be_visible()
    visitor.picture("connector-zh-tablet")
    page.get_by_role("button", name="停止").click()
    expect(page.locator("[data-state=stopped]").first).to_be_visible()


def test_a_wrong_address_is_said_in_chinese_before_anything_is_kept(visitor):
    page = visitor.page
    visitor.visit("/connectors?lang=zh&new=modbus")
    page.get_by_role("textbox", name="设备").fill("127.0.0.1")
    page.get_by_role("textbox", name="端口").fill("1")
    page.get_by_role("textbox", name="端口").press("Tab")
    page.get_by_role("button", name="测试连接").click()

    expect(page.get_by_text("没有应答；请检查地址、站号和网线")).to_be_visible()
