"""Several runs of one question as one report: which answer speaks for all, and that each is in it."""

import re
from io import BytesIO

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from workbench.config import Workspace
from workbench.runs import joint
from workbench.runs.record import Kpi, Refusal, RunError, RunRecord, TemplateUsed, Verdict
from workbench.templates.library import library


def both(text):
    return {"en": text, "zh": f"{text}（中文）"}


def run(template, level=None, *, status="succeeded", **parts):
    text, then = both(f"{template} {level}"), both(f"after {template}")
    return RunRecord(
        run=f"run-{template}",
        status=status,
        template=TemplateUsed(id=template, title=both(template)),
        verdict=Verdict(code="unstable", level=level, text=text, next_step=then) if level else None,
        created="2026-11-25T10:00:00+00:00",
        **parts,
    )


def refused(template):
    no_limits = Refusal(code="no_limits", text=both("no limits"), remedy=both("enter them"))
    return run(template, status="refused", refusal=no_limits)


@pytest.mark.parametrize(
    ("records", "level", "text"),
    [
        ([run("a", "warning"), run("b", "bad"), run("c", "bad")], "bad", "b bad"),
        ([run("a", "warning"), refused("b"), run("c", "bad")], "no_answer", "no limits"),
        ([run("a", "good"), run("b", "warning"), run("c", "warning")], "warning", "b warning"),
        ([run("a", "good"), run("b", "info")], "good", joint.ALL_WELL["en"]),
    ],
)
def test_the_first_answer_that_calls_for_action_speaks_for_all(records, level, text):
    whole = joint.conclusion(records)

    assert (whole.level, whole.text["en"]) == (level, text)


def test_when_all_is_well_the_last_question_says_what_is_next():
    assert joint.conclusion([run("a", "good"), run("b", "info")]).next_step["en"] == "after b"


def test_a_run_that_broke_is_no_answer_and_says_what_to_do():
    broken = run("a", status="failed", error=RunError(code="failed", message="ZeroDivisionError"))

    one = joint.answer_of(broken)

    assert one.level == "no_answer"
    assert one.text["zh"]
    assert one.next_step["zh"]


@pytest.fixture
def apps(tmp_path):
    return library(Workspace(tmp_path))


@pytest.fixture
def records(tmp_path):
    rules = pd.DataFrame({"point": [1], "rule": ["run_7"], "spread": [True]})
    rules.to_parquet(tmp_path / "signals.parquet")
    chart = run("control-chart", "bad", kpis={"ucl": Kpi(value=25.007, unit="mm")})
    chart.tables["signals"] = str(tmp_path / "signals.parquet")
    return [chart, refused("process-capability"), run("gone-since", "good")]


def test_the_page_begins_with_each_question_its_answer_and_the_next_step(apps, records):
    page = joint.write(records, "html", language="zh", library=apps, title=both("Line")).decode()

    table = re.search(r"<table class=summary>.*?</table>", page).group()
    rows = [re.findall(r"<td>(?:<b[^>]*>)?(.*?)(?:</b>)?</td>", row) for row in table.split("<tr>")[2:]]
    assert rows == [
        ["过程稳定吗？如不稳定，从何时开始？", "不稳定", zh("control-chart bad"), zh("after control-chart")],
        ["过程能满足公差要求，还是必须全数检验？", "没有规格限", zh("no limits"), zh("enter them")],
        [zh("gone-since"), "良好", zh("gone-since good"), zh("after gone-since")],
    ]
    assert page.index(zh("Line")) < page.index("summary") < page.index("上控制限")


def zh(text):
    return both(text)["zh"]


def test_columns_and_codes_of_a_table_stand_in_words(apps, records):
    page = joint.write(records, "html", language="zh", library=apps).decode()

    assert "连续 7 点在中心线同一侧" in page
    assert "run_7" not in page
    assert "<td>是</td>" in page


def test_the_workbook_has_the_answers_first_and_keeps_every_sheet(apps, records):
    book = CalamineWorkbook.from_filelike(BytesIO(joint.write(records, "xlsx", language="en", library=apps)))

    assert book.sheet_names[0] == "Summary"
    answers = book.get_sheet_by_name("Summary").to_python()
    assert [row[1] for row in answers] == [
        "State",
        "act on it",
        "Not stable",
        "No specification limit",
        "good",
    ]
    assert {"1 Verdict", "1 Key figures", "1 signals", "2 Verdict", "3 Verdict"} <= set(book.sheet_names)
