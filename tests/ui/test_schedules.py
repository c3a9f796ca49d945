"""A result becomes a schedule with an alarm by mouse alone, and the pages say how both stand."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import TABLET

pytestmark = pytest.mark.browser

WORDS = {
    "en": {
        "run": "Run", "put": "Put on a schedule", "save": "Save schedule", "now": "Run now",
        "add": "+ Add an alarm",
        "every": "every day at 06:00", "done": "done", "unstable": "not stable", "name": "Control chart",
        "save_alarm": "Save alarm", "raised": "raised", "see": "Acknowledge", "seen": "acknowledged",
        "channel": "+ Add a channel", "pause": "Pause", "paused": "paused", "address": "Address",
        "channel_name": "Name, e.g. shift leader", "save_channel": "Save channel", "expected": "expected",
        "when": "When", "cron": "Cron expression", "limit": "Limit", "five": "five fields", "alive": "works",
    },
    "zh": {
        "run": "运行", "put": "设为定时计划", "save": "保存定时计划", "now": "立即运行", "add": "+ 添加报警",
        "every": "每天 06:00", "done": "完成", "unstable": "不稳定", "name": "控制图",
        "save_alarm": "保存报警", "raised": "报警中", "see": "确认", "seen": "已确认",
        "channel": "+ 添加通知渠道", "pause": "暂停", "paused": "已暂停", "address": "地址",
        "channel_name": "名称，例如 班组长", "save_channel": "保存通知渠道", "expected": "应为",
        "when": "何时", "cron": "cron 表达式", "limit": "界限", "five": "五个字段", "alive": "正常",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_result_is_put_on_a_schedule_with_an_alarm_by_mouse_alone(visitor: Any, language: str) -> None:
    page, words = visitor.page, WORDS[language]
    visitor.visit("/app?template=control-chart")
    if language == "zh":
        page.locator("#language").click()
    page.get_by_role("button", name=words["run"], exact=True).click()
    page.locator("[data-verdict]").wait_for()

    page.get_by_role("link", name=words["put"]).click()
    expect(page.locator(".times li")).to_have_count(3)
    visitor.picture(f"schedule-{language}-1-form")
    page.get_by_role("button", name=words["save"]).click()
    expect(page.locator("[data-state]")).to_be_visible()
    expect(page.locator(".pane")).to_contain_text(words["every"])
    page.get_by_role("button", name=words["now"]).click()
    expect(page.locator("[data-state]")).to_have_text(words["done"])
    visitor.picture(f"schedule-{language}-2-detail")

    page.get_by_role("link", name=words["add"]).click()
    page.get_by_role("button", name=words["save_alarm"]).click()
    expect(page.locator(".problem")).to_contain_text(words["expected"])
    page.get_by_label(words["limit"], exact=True).fill("0")
    visitor.picture(f"schedule-{language}-3-rule")
    page.get_by_role("button", name=words["save_alarm"]).click()
    expect(page.locator("[data-state]")).to_be_visible()
    visitor.visit("/schedules")
    # The list is drawn twice, by the server and again when the page is alive: go where its link leads.
    link = page.locator("[data-schedule] a").filter(has_text=words["name"]).first
    visitor.visit(link.get_attribute("href"))
    page.get_by_role("button", name=words["now"]).click()
    expect(page.locator(".alarms li.active")).to_be_visible()

    visitor.visit("/alarms")
    visitor.picture(f"schedule-{language}-4-alarms")
    page.get_by_role("button", name=words["see"], exact=True).click()
    expect(page.locator(".verdict.bad[role=alert]:visible")).to_have_count(0)
    expect(page.locator(".verdict.warning[role=alert]:visible").first).to_contain_text(words["seen"])
    page.set_viewport_size(TABLET)
    visitor.picture(f"schedule-{language}-5-alarms-tablet")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_channel_is_added_and_its_secret_is_not_shown_again(visitor: Any, language: str) -> None:
    page, words = visitor.page, WORDS[language]
    visitor.visit(f"/alarms?new=channel&lang={language}")
    page.get_by_label(words["channel_name"]).fill(f"shift {language}")
    page.get_by_label(words["address"], exact=True).fill("pager://12345")
    page.get_by_role("button", name=words["save_channel"]).click()
    expect(page.locator(".problem")).to_contain_text(words["expected"])
    page.get_by_label(words["address"], exact=True).fill("json://127.0.0.1:9/s3cret")
    page.get_by_role("button", name=words["save_channel"]).click()
    expect(page.locator(".parts:visible").filter(has_text="****").first).to_contain_text(
        "json://127.0.0.1:9/****"
    )
    page.wait_for_url(
        lambda url: "channel=shift" in url, wait_until="load"
    )  # it goes to the new channel by itself
    visitor.visit(f"/alarms?channel=shift%20{language}&lang={language}")
    page.get_by_role("button").filter(has_text="测试" if language == "zh" else "test").click()
    expect(page.locator(".problem").first).to_be_visible()
    visitor.picture(f"schedule-{language}-6-channel")

    assert "s3cret" not in page.content()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_wrong_cron_expression_is_told_before_it_is_saved(visitor: Any, language: str) -> None:
    page, words = visitor.page, WORDS[language]
    visitor.visit("/app?template=control-chart&lang=" + language)
    page.get_by_role("button", name=words["run"], exact=True).click()
    page.locator("[data-verdict]").wait_for()
    run = page.url.split("run=")[1]
    visitor.visit(f"/schedules?run={run}&lang={language}")
    page.get_by_role("combobox", name=words["when"]).click()
    page.get_by_role("menuitem", name=words["cron"]).click()
    page.get_by_label(words["cron"] if language == "zh" else "Cron", exact=True).fill("61 * * * *")
    page.keyboard.press("Tab")

    expect(page.locator(".problem")).to_contain_text(words["five"])
    visitor.picture(f"schedule-{language}-7-cron")
    assert page.get_by_role("button", name=words["save"]).is_disabled()
