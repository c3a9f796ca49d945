"""Every text of the interface exists, is used, and says the same in both languages."""

import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

from workbench.config import LANGUAGES
from workbench.errors import NotFound
from workbench.runs.record import ENDED
from workbench.ui.texts import TEXTS, say

UI = Path(__file__).resolve().parents[2] / "workbench" / "ui"
SOURCES = {
    path: path.read_text(encoding="utf-8") for ending in ("*.py", "*.html") for path in UI.rglob(ending)
}
CHINESE = re.compile(r"[\u3400-\u9fff]")
SAME_IN_BOTH = {"excel", "csv"}
# keys made from a state, a weekday, a preset …
SCHEDULES = (
    "weekday_",
    "state_",
    "source_",
    "cause_",
    "firing_",
    "preset_",
    "every_",
    "alarm_",
    "change_",
    "delivery_",
    "look_at_",
    "operator_",
    "entry_",
    "standing_",
    "rule_",
    "better_",
    "board_",
    "medal_",
)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_name_the_same_values():
    assert [key for key, (english, chinese) in TEXTS.items() if fields(english) != fields(chinese)] == []


def test_english_has_no_hanzi_and_chinese_has_some():
    assert [key for key, (english, _) in TEXTS.items() if CHINESE.search(english)] == []
    assert [
        key
        for key, (english, chinese) in TEXTS.items()
        if not CHINESE.search(chinese) and key not in SAME_IN_BOTH and english != chinese
    ] == []


def test_every_text_a_page_asks_for_exists():
    asked = {
        key for source in SOURCES.values() for key in re.findall(r'\bsay\(\s*"([a-z_]+)"\s*[,)]', source)
    }

    assert asked - TEXTS.keys() == set()


def test_no_text_is_left_over():
    code = "".join(
        source for path, source in SOURCES.items() if path.name not in {"texts.py", "texts_schedules.py"}
    )
    prefixes = ("domain_", "status_", "type_", "expect_", "origin_", "tab_", *SCHEDULES)

    unused = [
        key for key in TEXTS if not re.search(f"[\"']{key}[\"']", code) and not key.startswith(prefixes)
    ]

    assert [key for key in unused if key.removesuffix("_next") not in ENDED] == []


@pytest.mark.parametrize("status", sorted(ENDED | {"queued", "running"}))
def test_every_state_of_a_run_has_a_word(status):
    assert all(say(f"status_{status}", language) for language in LANGUAGES)


def test_an_unknown_text_is_named():
    with pytest.raises(NotFound, match="did you mean 'run'"):
        say("runn", "en")


def test_no_text_replaces_one_of_another_area():
    texts = [source for path, source in SOURCES.items() if path.name.startswith("texts")]
    keys = Counter(key for source in texts for key in re.findall(r'^    "(\w+)":', source, re.MULTILINE))

    assert len(keys) >= len(TEXTS) > 0
    assert [key for key, count in keys.items() if count > 1] == []
