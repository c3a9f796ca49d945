"""A participant's way by mouse: read, take the kit, join, submit, see the score, read why one failed."""

import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.competitions.places import entry
from tests.ui.conftest import Served, Visitor
from workbench.competitions.box import probe

pytestmark = [pytest.mark.browser, pytest.mark.slow]
JUDGED_MS = 120_000


@pytest.fixture(autouse=True)
def _boxed() -> None:
    found = probe()
    if not found.works:
        pytest.skip(f"no box: {found.why}")


def test_a_participant_reads_takes_the_kit_joins_submits_and_reads_what_came_of_it(
    visitor: Visitor, tmp_path: Path
):
    page = visitor.page
    visitor.visit("/competitions")
    expect(page.get_by_text("Anomalies of a valve")).to_be_visible()
    visitor.picture("competitions")
    page.get_by_role("link", name="Demand of the next 18 months").click()
    expect(page.get_by_text("five to ten years of monthly demand")).to_be_visible()
    visitor.picture("competition")
    with page.expect_download() as kit:
        page.get_by_role("link", name="Download the starter kit").first.click()
    kit.value.save_as(tmp_path / "kit.zip")
    baseline = tmp_path / "baseline.ipynb"
    with zipfile.ZipFile(tmp_path / "kit.zip") as archive:
        assert [name for name in archive.namelist() if "hidden" in name] == []
        baseline.write_bytes(archive.read("baseline.ipynb"))

    page.get_by_role("tab", name="Submit").click()
    page.get_by_label("Name of your team").fill("Line 3")
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_text("It is shown only now")).to_be_visible()
    visitor.picture("competition-token")
    page.get_by_role("button", name="I have noted it").click()
    page.get_by_role("tab", name="Submit").click()
    expect(page.get_by_text("You are team Line 3.")).to_be_visible()

    page.locator("input[type=file]").set_input_files(baseline)
    expect(page.locator("[data-entry] [data-state]").first).to_have_text("scored", timeout=JUDGED_MS)
    bad = entry(tmp_path, "x = open(test).read()\nraise KeyError(x)", name="bad.ipynb")
    page.locator("input[type=file]").set_input_files(bad)
    expect(page.locator("[data-entry] [data-why]").first).to_contain_text(
        "cell 3 (Predict) ended with KeyError", timeout=JUDGED_MS
    )
    expect(page.locator("[data-quota]")).to_contain_text("18 submissions left today")
    visitor.picture("competition-submit")
    not_one = tmp_path / "odd.ipynb"
    not_one.write_text(json.dumps({"nbformat": 99}))
    page.locator("input[type=file]").set_input_files(not_one)
    expect(page.get_by_text("odd.ipynb was not taken")).to_be_visible()
    visitor.troubles.clear()  # the browser notes the refusal's status as an error of its own

    page.get_by_role("tab", name="Leaderboard").click()
    expect(page.get_by_role("cell", name="Line 3")).to_be_visible()
    visitor.picture("competition-board")
    visitor.visit("/competition?id=demand-forecast&lang=zh&tab=submit")
    expect(page.get_by_text("当前参赛队：Line 3。")).to_be_visible()
    visitor.picture("competition-zh")


def test_the_organisers_page_opens_with_the_token_of_the_workspace(visitor: Visitor, served: Served):
    page = visitor.page
    visitor.visit("/organiser?id=pump-life")
    expect(page.get_by_text("This page is the organiser's")).to_be_visible()
    assert page.get_by_text("Kept back").count() == 0
    token = served.home / "competitions" / "organiser.token"
    page.get_by_label("Token").fill(token.read_text())
    page.get_by_role("button", name="Use it").click()

    expect(page.get_by_text("Kept back")).to_be_visible()
    page.get_by_label("What everybody is to know").fill("The judge rests on Sunday")
    page.get_by_role("button", name="Announce").click()
    visitor.picture("organiser")
    visitor.visit("/competition?id=pump-life")
    expect(page.get_by_text("The judge rests on Sunday")).to_be_visible()
