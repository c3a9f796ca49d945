"""The history by mouse: find runs, set them side by side, take their evidence, see what is known already."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from workbench.runs.evidence import verify

pytestmark = pytest.mark.browser

WORDS = {
    "en": {
        "run": "Run", "again": "Run again", "compare": "Compare the ticked runs",
        "evidence": "Evidence (.zip)", "differs": "What was different",
        "same": "The same data and settings were computed on",
        "data": "What changed in the data", "tab": "Compare", "copy": "Copy link", "copied": "Copied",
        "failed": "looked for “thickness”", "partial": "Partial:", "use": "Use its settings",
    },
    "zh": {
        "run": "运行", "again": "重新运行", "compare": "比较勾选的运行", "evidence": "证据包（.zip）",
        "same": "相同的数据和设置已于", "differs": "有何不同", "data": "数据有何变化", "tab": "比较",
        "copy": "复制链接", "copied": "已复制", "failed": "找不到 “thickness”", "partial": "部分结果",
        "use": "沿用这些设置",
    },
}  # fmt: skip
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])
BROKEN = """import workbench as wb
wb.kpi("parts", 12)
{}["thickness"]"""


def rows(count: int, shift: float) -> str:
    lines = [
        f"P{n},{1 + n // 5},{74 + 0.01 * ((7 * n) % 5 - 2) + (shift if n > 90 else 0):.3f}"
        for n in range(count)
    ]
    return "serial,sample,diameter [mm]\n" + "\n".join(lines)


@pytest.fixture(scope="module")
def runs(served: Any) -> list[str]:
    """Two runs of one app: the table has grown in between, and one parameter was changed."""
    found = []
    with httpx.Client(base_url=f"{served.url}/api/v1", timeout=120) as client:
        for count, shift, sigmas in ((125, 0.0, 3), (135, 0.03, 2.5)):
            name = {"name": "shop.bores"}
            client.post(
                "/tables", files={"file": ("bores.csv", rows(count, shift))}, data=name
            ).raise_for_status()
            body = {
                "template": "control-chart",
                "inputs": {"measurements": "shop.bores"},
                "parameters": {"chart": "xbar-r", "limit_sigmas": sigmas},
            }
            answer = client.post("/runs", params={"wait": True}, json=body)
            found.append(answer.raise_for_status().json()["run"])
    return found


def counted(visitor: Any) -> int:
    return sum(httpx.get(f"{visitor.url}/api/v1/runs/counts").json().values())


@LANGUAGES
def test_two_runs_are_ticked_and_compared(visitor: Any, runs: list[str], language: str) -> None:
    page, words = visitor.page, WORDS[language]
    visitor.visit(f"/prefer/{language}")
    visitor.visit("/runs?table=shop.bores&status=succeeded")
    button = page.get_by_role("button", name=words["compare"])
    expect(button).to_be_disabled()

    for run in runs:
        page.locator(f"tr[data-run='{run}'] input").check()
    visitor.picture(f"runs-{language}")
    button.click()

    expect(page.get_by_role("heading", name=words["differs"])).to_be_visible()
    expect(page.locator("[data-part=differing]")).to_contain_text("2.5")
    expect(page.locator("[data-part=kpis] tr[data-kpi=ucl] td").nth(3)).to_contain_text("+0.0")
    expect(page.locator("section[data-part=data]").first).to_contain_text(words["data"])
    page.locator("canvas").first.wait_for()
    visitor.picture(f"compare-{language}", full=True)


def test_a_comparison_fits_a_tablet(visitor: Any, runs: list[str]) -> None:
    page = visitor.page
    page.set_viewport_size({"width": 768, "height": 1024})
    visitor.visit(f"/compare?run={runs[0]}&run={runs[1]}")
    page.locator("canvas").first.wait_for()
    visitor.picture("compare-tablet", full=True)

    assert page.evaluate("document.documentElement.scrollWidth") <= 768


@LANGUAGES
def test_filters_narrow_the_list_and_stay_in_the_address(
    visitor: Any, runs: list[str], language: str
) -> None:
    page = visitor.page
    visitor.visit(f"/prefer/{language}")
    visitor.visit("/runs")
    page.locator("select[name=template]").select_option("control-chart")
    page.wait_for_url("**template=control-chart**")
    page.locator("select[name=table]").select_option("shop.bores")
    page.wait_for_url("**table=shop.bores**")
    page.locator("input[name=text]").fill(runs[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**text=**")

    expect(page.locator("tr[data-run]")).to_have_count(1)
    assert page.locator("tr[data-run]").get_attribute("data-run") == runs[0]
    page.locator("input[name=text]").fill("nothing says this")
    page.keyboard.press("Enter")
    page.locator(".empty").wait_for()
    visitor.picture(f"runs-none-{language}")


@LANGUAGES
def test_what_was_computed_before_is_shown_at_once_and_can_be_run_again(
    visitor: Any, runs: list[str], language: str
) -> None:
    page, words = visitor.page, WORDS[language]
    visitor.visit(f"/app?template=control-chart&like={runs[1]}&lang={language}")
    page.locator("[data-verdict]").wait_for(state="detached")
    before = counted(visitor)

    page.get_by_role("button", name=words["run"], exact=True).click()
    expect(page.get_by_text(words["same"])).to_be_visible()
    page.locator("[data-verdict]").wait_for()
    page.locator("canvas").first.wait_for()
    visitor.picture(f"known-{language}")
    known, address = counted(visitor), page.url
    assert known == before
    page.get_by_role("button", name=words["again"]).click()

    page.wait_for_url(lambda url: "run=" in url and url != address)
    page.locator("[data-verdict]").wait_for()
    assert counted(visitor) == before + 1
    expect(page.get_by_text(words["same"])).to_be_hidden()


@LANGUAGES
def test_the_evidence_of_a_run_is_a_click_away(
    visitor: Any, runs: list[str], language: str, tmp_path: Path
) -> None:
    page, words = visitor.page, WORDS[language]
    visitor.visit(f"/app?template=control-chart&run={runs[0]}&lang={language}")
    link = page.locator("a:visible", has_text=words["evidence"]).last
    link.wait_for()

    with page.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / "evidence.zip")

    assert verify(tmp_path / "evidence.zip").problems == ()
    assert download.value.suggested_filename == f"{runs[0]}.zip"


def test_a_link_is_copied(visitor: Any, runs: list[str]) -> None:
    page, words = visitor.page, WORDS["en"]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.visit(f"/app?template=control-chart&run={runs[0]}")
    page.locator("canvas").first.wait_for()
    page.locator("a:visible", has_text=words["copy"]).last.click()

    expect(page.locator("a:visible", has_text=words["copied"]).last).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{visitor.url}/app?template=control-chart&run={runs[0]}"


@LANGUAGES
def test_the_compare_tab_sets_a_run_beside_the_one_before(
    visitor: Any, runs: list[str], language: str
) -> None:
    page, words = visitor.page, WORDS[language]
    visitor.visit(f"/app?template=control-chart&run={runs[1]}&lang={language}")
    page.locator("canvas").first.wait_for()
    page.get_by_role("tab", name=words["tab"]).click()

    expect(page.locator("[data-part=kpis]")).to_be_visible()
    expect(page.locator("section[data-part=data]").first).to_be_visible()
    visitor.picture(f"compare-tab-{language}", full=True)


@LANGUAGES
def test_a_failure_is_said_in_plain_words_with_what_was_found(
    visitor: Any, served: Any, language: str, tmp_path: Path
) -> None:
    import nbformat

    words = WORDS[language]
    node = nbformat.v4.new_notebook()
    node.cells += [nbformat.v4.new_markdown_cell("# Thickness"), nbformat.v4.new_code_cell(BROKEN)]
    path = served.home / "templates" / "thickness.ipynb"
    path.write_text(nbformat.writes(node), encoding="utf-8")
    visitor.visit(f"/app?template=thickness&lang={language}")
    visitor.page.get_by_role("button", name=words["run"], exact=True).click()

    expect(visitor.page.locator("[data-status=failed] .answer")).to_contain_text(words["failed"])
    expect(visitor.page.locator(".partial")).to_contain_text(words["partial"])
    expect(visitor.page.locator("[data-kpi=parts]")).to_be_visible()
    visitor.picture(f"failure-{language}", full=True)
