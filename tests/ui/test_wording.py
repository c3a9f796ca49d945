"""A refused file is explained in the visitor's language."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from workbench.errors import Invalid
from workbench.ui.view import View
from workbench.ui.wording import PHRASES, reason

TABLES = Path(__file__).resolve().parents[2] / "workbench" / "tables"
ENGLISH, CHINESE = (View(bench=SimpleNamespace(), language=language) for language in ("en", "zh"))
ERROR = Invalid(
    "file x.pdf", given="a PDF document", expected="a table: CSV, Excel or Parquet", hint="export it again"
)


def test_english_is_the_errors_own_sentence():
    assert reason(ENGLISH, ERROR) == str(ERROR)


def test_chinese_has_no_english_left():
    assert reason(CHINESE, ERROR) == "实际为PDF 文档，应为表格：CSV、Excel 或 Parquet；请重新导出。"


def test_what_is_not_known_is_shown_as_it_is():
    assert "widgets" in reason(CHINESE, Invalid("box", given="widgets"))


def test_a_record_from_the_interface_reads_the_same():
    assert reason(CHINESE, ERROR.record()) == reason(CHINESE, ERROR)


IMPORT = (
    "archives blocks encodings excel_files files ingest json_files landing recipe remember reshape sheet_xml "
    "text_files web_files"
)


@pytest.mark.parametrize("module", IMPORT.split())
def test_every_fixed_phrase_of_the_import_is_translated(module):
    source = (TABLES / f"{module}.py").read_text(encoding="utf-8")

    said = {
        phrase
        for call in re.findall(r"(?:Invalid|Unavailable)\((.*?)\)\s", source, re.DOTALL)
        for phrase in re.findall(r'(?:given|expected|hint)="([^"]+)"', call)
    } | set(re.findall(r'(?:given|expected|hint) = "([^"{}]+)"', source))

    assert said - PHRASES.keys() == set()
