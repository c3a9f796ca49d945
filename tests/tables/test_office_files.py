"""Workbooks that LibreOffice wrote: the old Excel format and OpenDocument, read as their xlsx would be.

The files hold a cover, a sheet of inspections under a merged title with merged lines, formulas and one
division by zero, and a sheet of days.
"""

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest

from workbench.errors import Invalid
from workbench.tables import files
from workbench.tables.recipe import Recipe

HERE = Path(__file__).parent / "office"
FIRST = dt.datetime(2026, 7, 1, 8, 0)  # noqa: DTZ001 - tables keep plant time


@pytest.mark.parametrize("name", ["plant.xls", "plant.ods"])
def test_a_sheet_behind_a_cover_is_read_with_its_merged_lines_and_calculated_cells(name):
    found = files.read_file(HERE / name).table.to_pydict()

    assert list(found) == ["时间", "产线", "孔径(mm)", "合格率", "偏差", "判定"]
    assert found["时间"] == [FIRST + i * dt.timedelta(minutes=30) for i in range(12)]
    assert found["产线"] == ["甲线"] * 6 + ["乙线"] * 6
    assert found["孔径(mm)"] == pytest.approx([10 + i / 100 for i in range(12)])
    assert found["合格率"][:2] == pytest.approx([0.9, 0.905])
    assert found["偏差"] == [None if i == 5 else pytest.approx(i / 100) for i in range(12)]
    assert found["判定"][:3] == ["超差", "合格", "合格"]


@pytest.mark.parametrize("name", ["plant.xls", "plant.ods"])
def test_another_sheet_is_read_when_it_is_asked_for_and_an_unknown_one_is_refused(name):
    days = files.read_file(HERE / name, recipe=Recipe(sheet="日期")).table.to_pydict()

    assert days["日"] == [dt.datetime(2026, 7, 1 + i) for i in range(5)]  # noqa: DTZ001
    assert days["产量"] == [0, 1000, 2000, 3000, 4000]
    with pytest.raises(Invalid, match="did you mean '日期'"):
        files.read_file(HERE / name, recipe=Recipe(sheet="日期表"))


def test_a_cell_in_error_of_an_ods_is_kept_beside_the_table():
    found = files.read_file(HERE / "plant.ods")

    assert found.rejected.to_pylist() == [{"row": 8, "column": "偏差", "text": "#DIV/0!"}]


def test_an_encrypted_ods_says_that_it_is_protected(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(HERE / "plant.ods") as source, zipfile.ZipFile(content, "w") as target:
        for each in source.namelist():
            data = source.read(each)
            if each == "META-INF/manifest.xml":
                entry = b'manifest:full-path="content.xml" manifest:media-type="text/xml"'
                key = b'<manifest:encryption-data manifest:checksum="x"/>'
                data = data.replace(entry + b"/>", entry + b">" + key + b"</manifest:file-entry>")
            target.writestr(each, b"\x8f\x02" * 900 if each == "content.xml" else data)
    path = tmp_path / "locked.ods"
    path.write_bytes(content.getvalue())

    with pytest.raises(Invalid, match="protected by a password"):
        files.read_file(path)
