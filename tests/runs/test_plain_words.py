"""A failure is explained in both languages: what happened, and what to do next."""

import re

import pytest

from workbench.runs.plain_words import ENDINGS, ERRORS, plain
from workbench.runs.record import RunError, RunRecord, TemplateUsed

CHINESE = re.compile(r"[\u3400-\u9fff]")


def told(name: str = "", message: str = "", *, code: str = "failed", status: str = "failed"):
    error = RunError(code=code, message=message, name=name or None) if code else None
    return plain(RunRecord(run="r", status=status, template=TemplateUsed(id="t"), error=error))


@pytest.mark.parametrize(
    ("name", "message", "english"),
    [
        ("KeyError", "KeyError: 'diameter'", "looked for “diameter”"),
        ("KeyError", "KeyError: 3", "looked for 3"),
        ("ValueError", "ValueError: could not convert string to float: 'n/a?'", "a number is needed: “n/a?”"),
        ("ValueError", "ValueError: invalid literal for int() with base 10: '1.5'", "needed: “1.5”"),
        ("ValueError", "ValueError: time data '31.02.' does not match '%d.%m'", "time could not be read"),
        ("ValueError", "ValueError: x and y must have same length", "does not fit"),
        ("ZeroDivisionError", "ZeroDivisionError: division by zero", "divided by zero"),
        ("MemoryError", "MemoryError", "memory was not enough"),
        ("FileNotFoundError", "FileNotFoundError: No such file: 'limits.csv'", "not there: “limits.csv”"),
        ("ModuleNotFoundError", "ModuleNotFoundError: No module named 'xgboost'", "package “xgboost”"),
        ("TypeError", "TypeError: unsupported operand type(s) for +: 'int' and 'str'", "different kinds"),
        ("IndexError", "IndexError: list index out of range", "fewer values"),
        ("NameError", "NameError: name 'dta' is not defined", "never set: “dta”"),
        ("OutOfBoundsDatetime", "OutOfBoundsDatetime: year 0 is out of range", "time could not be read"),
        ("SomethingElse", "SomethingElse: {odd} braces", "stopped with an error"),
    ],
)  # fmt: skip
def test_a_notebooks_error_is_said_in_plain_words(name, message, english):
    found = told(name, message)

    assert english in found.text["en"]
    assert found.told_by_notebook


@pytest.mark.parametrize(
    ("code", "setting"),
    [
        ("timed_out", "WORKBENCH_RUN_SECONDS"),
        ("memory", "WORKBENCH_MEMORY_MEGABYTES"),
        ("outputs", "WORKBENCH_OUTPUTS"),
        ("output_bytes", "WORKBENCH_OUTPUT_MEGABYTES"),
        ("silent", "WORKBENCH_SILENT_SECONDS"),
    ],
)
def test_a_limit_names_its_setting_and_its_value(code, setting):
    found = told(message=f"the run was stopped at 512 MB, the limit set by {setting}", code=code)

    assert all(setting in text for text in found.next_step.values())
    assert found.text["en"].endswith(": 512 MB")
    assert found.text["zh"].endswith("（512 MB）")


@pytest.mark.parametrize("status", ["cancelled", "lost", "timed_out", "over_limit"])
def test_a_run_that_left_no_error_is_explained_by_its_state(status):
    assert told(code="", status=status).text["en"] in {
        words[0].format(limit="") for words in ENDINGS.values()
    }


def test_every_explanation_is_there_in_both_languages():
    for english, chinese, english_step, chinese_step in [*ENDINGS.values(), *ERRORS.values()]:
        assert CHINESE.search(chinese)
        assert CHINESE.search(chinese_step)
        assert not CHINESE.search(english + english_step)
