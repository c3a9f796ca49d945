"""From the first page to an answer by mouse alone, as an engineer with a file would."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

WORDS = {
    "en": {
        "drop": "Drop an Excel or CSV file here",
        "run": "Run",
        "ready": "is ready",
        "app": "Control chart",
    },
    "zh": {"drop": "把 Excel 或 CSV 拖到这里", "run": "运行", "ready": "已就绪", "app": "控制图"},
}


@pytest.fixture
def measurements(tmp_path: Path) -> Path:
    """Thirty subgroups of five diameters; the last eight are 0.03 mm larger."""
    random = np.random.default_rng(7)
    lines = ["time,batch,diameter (mm)"]
    for batch in range(30):
        shift = 0.03 if batch >= 22 else 0.0
        for piece in range(5):
            value = 74.0 + shift + random.normal(0, 0.01)
            lines.append(f"2026-05-{batch + 1:02d} 08:{piece:02d},{batch + 1},{value:.4f}")
    path = tmp_path / "ring diameters.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def upload(visitor: Any, drop: str, path: Path) -> None:
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.get_by_role("button", name=drop).click()
    chooser.value.set_files(path)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_file_becomes_a_verdict_by_mouse_alone(visitor: Any, measurements: Path, language: str) -> None:
    page, words = visitor.page, WORDS[language]
    visitor.visit("/")
    if language == "zh":
        page.locator("#language").click()

    upload(visitor, words["drop"], measurements)
    expect(page.locator(".verdict .answer")).to_contain_text(words["ready"])
    visitor.picture(f"walk-{language}-1-arrived")
    name = page.locator(".name", has_text=re.compile(f"^{words['app']}$"))
    page.locator(".card:has(.can)").filter(has=name).click()
    expect(page.locator(".map .new, .map .ok").first).to_contain_text("diameter")
    visitor.picture(f"walk-{language}-2-form")
    page.get_by_role("button", name=words["run"], exact=True).click()
    verdict = page.locator("[data-verdict]")
    verdict.wait_for()
    page.locator("canvas").first.wait_for()
    visitor.picture(f"walk-{language}-3-result", full=True)

    assert verdict.get_attribute("data-verdict") == "unstable"
    assert "run=" in page.url


def test_the_answer_survives_reload_language_and_theme(visitor: Any) -> None:
    page = visitor.page
    visitor.visit("/app?template=control-chart")
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator("[data-verdict]").wait_for()
    run = page.url

    page.locator("#language").click()
    page.get_by_role("button", name="运行", exact=True).wait_for()
    page.locator("#theme").click()
    page.locator("html[data-theme=dark] [data-verdict]").wait_for()
    page.locator("canvas").first.wait_for()
    visitor.picture("result-zh-dark", full=True)

    assert page.url == run
    assert "过程" in page.locator("[data-verdict]").inner_text()
