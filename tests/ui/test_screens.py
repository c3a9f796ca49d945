"""Every page in a real browser: what goes wrong is said, what is shown fits, nothing leaves the machine."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

pytestmark = pytest.mark.browser

TABLET = {"width": 768, "height": 1024}


def run_button(visitor: Any, label: str = "Run") -> Any:
    return visitor.page.get_by_role("button", name=label, exact=True)


def drop(visitor: Any, path: Path, label: str = "Drop an Excel or CSV file here") -> None:
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.get_by_role("button", name=label).click()
    chooser.value.set_files(path)


def put_notebook(home: Path, name: str, *sources: str) -> None:
    """Lay a notebook without a contract into the workspace; the first cell holds the parameters."""
    cells = [
        {"cell_type": "code", "id": f"c{i}", "source": source, "outputs": [], "execution_count": None,
         "metadata": {"tags": ["parameters"]} if i == 0 else {}}
        for i, source in enumerate(sources)
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (home / "templates" / f"{name}.ipynb").write_text(json.dumps(document), encoding="utf-8")


def overflow(visitor: Any) -> int:
    """How many pixels of a page cannot be reached without scrolling sideways."""
    return int(
        visitor.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    )


def test_the_question_finds_its_app(visitor):
    visitor.visit("/")
    find = visitor.page.locator("#find")

    find.fill("过程稳定吗")
    expect(visitor.page.locator(".card:visible").first).to_contain_text("Control chart")
    find.fill("zzzz")
    expect(visitor.page.locator("#nothing")).to_be_visible()
    find.fill("")
    visitor.page.get_by_role("button", name="Maintenance").click()

    expect(visitor.page.locator(".card:visible")).to_have_count(1)


def test_an_empty_file_is_one_sentence(visitor, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    visitor.visit("/data")

    drop(visitor, path)

    expect(visitor.page.locator(".state")).to_contain_text("empty.csv is empty (0 bytes)")


def test_a_file_that_is_no_table_is_one_sentence(visitor, tmp_path):
    path = tmp_path / "picture.xlsx"
    path.write_bytes(b"\x89PNG not a workbook")
    visitor.visit("/data")

    drop(visitor, path)

    expect(visitor.page.locator(".state.bad")).to_contain_text("picture.xlsx could not be read")
    visitor.troubles.clear()  # the browser reports the refusal (422) in its console


def test_a_chinese_table_is_seen_profiled_and_deleted(visitor, tmp_path):
    path = tmp_path / "孔径.csv"
    path.write_bytes("时间,测量值\n2026-05-01,10.1\n2026-05-02,10.2\n".encode("gb18030"))
    page = visitor.page
    visitor.visit("/data")

    drop(visitor, path)
    page.get_by_text("rows 1 to 2 of 2").wait_for()
    page.get_by_role("tab", name="Profile").click()
    page.get_by_text("Distinct").first.wait_for()
    visitor.picture("data-en")
    page.get_by_role("tab", name="About").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Yes, delete it").click()

    expect(page.locator(".state")).to_contain_text("孔径 was deleted")


def test_a_wrong_value_is_told_before_anything_runs(visitor):
    visitor.visit("/app?template=control-chart")
    visitor.page.get_by_text("More parameters").click()
    field = visitor.page.get_by_role("textbox", name="Width of the limits")

    field.fill("wide")
    run_button(visitor).click()

    expect(visitor.page.get_by_role("alert").first).to_contain_text("Expected a number")
    assert "run=" not in visitor.page.url


def test_a_refusal_says_what_to_do(visitor):
    visitor.visit("/app?template=process-capability")
    run_button(visitor).click()

    expect(visitor.page.locator("[data-refusal]")).to_contain_text("What to do")
    visitor.picture("refused-en")


def test_a_strangers_notebook_is_an_app(visitor, served):
    source = "import pandas as pd\nprint('hello', times)\npd.DataFrame({'part': ['A'] * times})"
    put_notebook(served.home, "greeting", "times: int = 2  # How often", source)
    visitor.visit("/app?template=greeting")

    visitor.page.get_by_role("textbox", name="times").fill("3")
    run_button(visitor).click()

    shown = visitor.page.frame_locator(".outputs iframe")
    expect(shown.locator("body")).to_contain_text("hello 3")
    expect(shown.locator("td")).to_have_count(3)
    visitor.picture("notebook-en")


def test_a_notebook_that_raises_shows_its_own_error(visitor, served):
    put_notebook(served.home, "broken", "x = 0", "1 / x")
    visitor.visit("/app?template=broken")

    run_button(visitor).click()

    expect(visitor.page.locator("[data-status=failed]")).to_be_visible()
    expect(visitor.page.locator("pre").first).to_contain_text("ZeroDivisionError")
    visitor.picture("failed-en")


def test_a_notebook_that_sleeps_can_be_cancelled(visitor, served):
    put_notebook(served.home, "sleeper", "seconds = 600", "import time\ntime.sleep(seconds)")
    visitor.visit("/app?template=sleeper")

    run_button(visitor).click()
    expect(visitor.page.locator(".steps")).to_contain_text("so far")
    visitor.picture("running-en")
    visitor.page.get_by_role("button", name="Cancel").click()

    expect(visitor.page.locator("[data-status=cancelled]")).to_be_visible()
    expect(run_button(visitor)).to_be_enabled()


def test_every_tab_of_an_app_has_content(visitor):
    page = visitor.page
    visitor.visit("/app?template=control-chart")
    run_button(visitor).click()
    page.locator("[data-verdict]").wait_for()

    page.get_by_role("tab", name="History").click()
    expect(page.locator("tr.chosen")).to_be_visible()
    page.get_by_role("tab", name="About").click()
    expect(page.get_by_text("The question")).to_be_visible()
    page.get_by_role("tab", name="Proof").click()
    expect(page.get_by_text("published numbers agree")).to_be_visible()
    visitor.picture("proof-en")
    page.get_by_role("tab", name="Notebook").click()
    expect(page.locator("iframe").content_frame.get_by_text("Control chart").first).to_be_visible()
    visitor.picture("notebook-tab-en")


def test_the_scenario_answers_four_questions_and_says_what_they_mean_together(visitor):
    page = visitor.page
    visitor.visit("/apps/line_quality")
    page.get_by_role("textbox", name="Lower specification limit").fill("24.98")
    page.get_by_role("textbox", name="Upper specification limit").fill("25.02")
    page.keyboard.press("Tab")

    run_button(visitor).click()

    expect(page.locator("[data-verdict]")).to_have_count(4)
    expect(page.locator("[data-conclusion=bad]")).to_contain_text("not stable")
    levels = page.locator("[data-stage]").evaluate_all("cards => cards.map(card => card.dataset.level)")
    assert levels == ["good", "bad", "bad", "warning"]
    with page.expect_download() as book:
        page.get_by_role("link", name="Excel").click()
    assert len(CalamineWorkbook.from_path(book.value.path()).sheet_names) > 20
    visitor.picture("line-quality-en", full=True)

    page.reload()

    expect(page.locator("[data-conclusion=bad]")).to_contain_text("not stable")
    assert page.get_by_role("textbox", name="Lower specification limit").input_value() == "24.98"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_fit_a_tablet(visitor, language):
    page, run = visitor.page, {"en": "Run", "zh": "运行"}[language]
    page.set_viewport_size(TABLET)
    visitor.visit(f"/?lang={language}")
    visitor.picture(f"tablet-gallery-{language}")
    assert overflow(visitor) == 0

    visitor.visit(f"/app?template=control-chart&lang={language}")
    run_button(visitor, run).click()
    page.locator("[data-verdict]").wait_for()
    page.locator("canvas").first.wait_for()
    visitor.picture(f"tablet-result-{language}", full=True)
    assert overflow(visitor) == 0

    for address in ("/tables?", "/data?table=demo.sensor_log", "/runs?"):
        visitor.visit(f"{address}&lang={language}")
        page.locator("table").first.wait_for()
        visitor.picture(f"tablet{address.split('?')[0].replace('/', '-')}-{language}")
        assert overflow(visitor) == 0
