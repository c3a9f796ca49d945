"""An engineer proposes limits, puts them in force, and finds next time what was behind a signal."""

from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import TABLET
from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.cause_book import Known
from workbench.ui.signals_page import MOST_POINTS, Recording
from workbench.ui.view import View

APP = "/app?template=control-chart&input.measurements=demo.bore_diameter&set.subgroup_size=1&set.span=4"


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def run(visitor, language="en"):
    visitor.visit(f"{APP}&lang={language}")
    button(visitor.page, "Run" if language == "en" else "运行").click()


def follow(page, name):
    """Follow a link of a result, however long the run takes."""
    link = page.get_by_role("link", name=name, exact=True).first
    expect(link).to_be_visible()
    link.click()


@pytest.mark.usefixtures("served")
def test_limits_go_in_force_and_a_cause_is_told_the_next_time(visitor):
    page = visitor.page
    run(visitor)
    follow(page, "Propose these limits")
    button(page, "Propose these limits").click()
    expect(page.get_by_text("who does this")).to_be_visible()  # nobody gave a name yet

    page.get_by_label("Your name").fill("李伟")
    page.get_by_label("Reason").fill("stable since January")
    button(page, "Propose these limits").click()
    proposed = page.get_by_role("cell", name="proposed by 李伟")
    expect(proposed.get_by_text("stable since January", exact=True)).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("李伟")  # typed once
    page.get_by_label("From (empty: now)").fill("2001-01-01")
    button(page, "Approve").click()
    expect(page.get_by_text("nothing holds before it is approved")).to_be_visible()
    page.get_by_label("From (empty: now)").fill("")
    button(page, "Approve").click()
    expect(page.get_by_text("Proposed and approved by the same person.")).to_be_visible()
    visitor.picture("limits-in-force")

    run(visitor)
    expect(page.get_by_text("approved by 李伟 (L").first).to_be_visible()
    follow(page, "Record the cause")
    page.get_by_label("What was the cause?").fill("换刀后未对刀")
    page.get_by_label("What was done?").fill("重新对刀")
    button(page, "Keep").click()
    expect(page.get_by_role("cell", name="重新对刀")).to_be_visible()

    page.set_viewport_size(TABLET)
    run(visitor, "zh")
    expect(page.get_by_text("李伟）：换刀后未对刀 → 重新对刀")).to_be_visible()
    expect(page.get_by_role("link", name="本次重新计算")).to_be_visible()
    visitor.picture("limits-followed", full=True)
    visitor.visit(page.get_by_role("link", name="查看").get_attribute("href") + "&lang=zh")
    page.get_by_label("理由").fill("换了新刀具")
    button(page, "撤回").click()
    withdrawn = page.get_by_role("cell").filter(has_text="李伟").filter(has_text="换了新刀具")
    expect(withdrawn).to_be_visible()  # in the language of the cookie


def test_of_very_many_points_the_newest_are_offered_and_their_number_is_told(tmp_path):
    bench = Workbench(load_settings(home=str(tmp_path)), full=False)
    points = [str(n) for n in range(12_000)]
    known = Known(rule="beyond", signals=12_000, points=points, times=0, last=None, causes={}, all=[])

    form = Recording(View(bench), SimpleNamespace(run="r"), [known], {"beyond": "beyond the limits"})
    bench.stop()

    assert [*form.point.options.values()] == ["", *points[-MOST_POINTS:]]
    assert "200 of 12000" in form.point.label.replace(",", "")
