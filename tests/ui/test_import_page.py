"""The import page by mouse: files arrive, are corrected, become tables; published data sets as they are."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from playwright.sync_api import TimeoutError as NotThere
from playwright.sync_api import expect

from workbench.config import reference_data

pytestmark = pytest.mark.browser

TRIES, TRY_MS = 12, 5000

PUBLISHED = {
    "openmv/kamyr-digester.csv": ("kamyr_digester", 301, 23),
    "soda_line_downtime/Manufacturing_Line_Productivity.xlsx": ("Manufacturing_Line_Productivity", 38, 7),
    "steel_energy/Steel_industry_data_jan_sep.csv.gz": ("Steel_industry_data_jan_sep", 26208, 11),
    "nab/artificialNoAnomaly/art_daily_small_noise.csv": ("art_daily_small_noise", 4032, 2),
    "skab/valve1/13.csv": ("t_13", 1140, 11),
}


def choose(page: Any, heading: str, *paths: Path) -> None:
    """Press the zone and choose files in the dialog."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=heading).click()
    chooser.value.set_files(paths)


def table(visitor: Any, name: str) -> dict[str, Any]:
    with urlopen(f"{visitor.url}/api/v1/tables/{name}") as answer:
        return dict(json.load(answer))


def test_published_data_sets_are_imported_by_mouse_alone(visitor: Any) -> None:
    data = reference_data()
    if data is None:
        pytest.skip("no reference data: set WORKBENCH_REFERENCE_DATA")
    page = visitor.page
    visitor.visit("/import")

    choose(page, "Drop one or many files here", *(data / name for name in PUBLISHED))
    go = page.get_by_role("button", name=f"Import {len(PUBLISHED)} files")
    expect(go).to_be_enabled()
    go.click()
    expect(page.get_by_text("Open the table")).to_have_count(len(PUBLISHED))

    found = {name: table(visitor, name) for name, _, _ in PUBLISHED.values()}
    assert {name: (t["rows"], len(t["columns"])) for name, t in found.items()} == {
        name: (rows, columns) for name, rows, columns in PUBLISHED.values()
    }
    page.get_by_text("Open the table").last.click()
    expect(page.locator("h1", has_text="t_13")).to_be_visible()


def opened(cell: Any, inside: Any) -> None:
    """Click a cell until it can be changed: a table that is drawn anew meanwhile closes it again."""
    for _ in range(TRIES):
        cell.click()
        try:
            inside.wait_for(timeout=TRY_MS)
            return
        except NotThere:
            continue


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_understood_is_corrected_by_small_controls(
    visitor: Any, tmp_path: Path, language: str
) -> None:
    words = {
        "en": ("Drop one or many files here", "text", "Import", "Open the table"),
        "zh": ("把一个或多个文件拖到这里", "文本", "导入", "打开数据表"),
    }[language]
    name = f"日报_{language}"
    path = tmp_path / f"{name}.csv"
    lines = "一号线日报\n\n日期;编号;温度(℃)\n13/04/2025;7;20,5\n14/04/2025;8;<0,1\n合计;;20,5\n"
    path.write_bytes(lines.encode("gb18030"))
    page = visitor.page
    page.set_viewport_size({"width": 768, "height": 1024})
    visitor.visit(f"/import?lang={language}")

    choose(page, words[0], path)
    cell = page.locator(".tabulator-row", has_text="编号").first.locator("[tabulator-field=type]")
    kind = page.locator(".tabulator-edit-list-item", has_text=words[1])
    opened(cell, kind)
    kind.click()
    expect(cell).to_have_text(words[1])
    visitor.picture(f"import-{language}", full=True)
    go = page.get_by_role("main").get_by_role("button", name=words[2], exact=True)
    expect(go).to_be_enabled()
    go.click()
    page.get_by_text(words[3]).wait_for()
    visitor.picture(f"imported-{language}", full=True)

    with urlopen(f"{visitor.url}/api/v1/tables/{quote(name)}/rows") as answer:
        rows = json.load(answer)
    assert [(r["编号"], r["温度(℃)"]) for r in rows] == [("7", 20.5), ("8", None)]
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
