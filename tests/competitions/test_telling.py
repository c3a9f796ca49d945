"""Words of strangers: headings, team and file names show what they are, and cost nobody time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.competitions.places import bundle, good, place
from workbench.competitions.telling import heading_above
from workbench.errors import Invalid


def above(text: str) -> str | None:
    cells = [{"cell_type": "markdown", "source": text}, {"cell_type": "code", "source": ""}]
    return heading_above(json.dumps({"cells": cells}).encode(), 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# One\n\n## Two ##\ntext", "Two"),
        ("#no heading\n####### nor this", None),
        ("# \x1b]0;x\x07\x1b[31mred\u202egpj", "]0;x[31mredgpj"),
        ("# <script>alert(1)</script>", "<script>alert(1)</script>"),
        ("# " + "x" * 10_000, "x" * 80),
    ],
)
def test_a_heading_is_one_line_of_seen_characters(text: str, told: str | None):
    assert above(text) == told


@pytest.mark.timeout(60)
def test_a_line_of_a_million_blanks_is_read_at_once():
    """A pattern took hours for it, and the whole server waited."""
    assert above("# a" + " " * 1_000_000 + "b" + " #" * 100_000) == "a"


@pytest.mark.parametrize(
    "name",
    ["", "\u3164", "\u2800 \u2800", "a\u061cb", "a\ufeffb", "a\u2028b", "a\x9bb", "a\U000e0041", "a\ud800",
     "\u00ad", "<b>", "a\u202eb", "x" * 41, "\u0301"],
)  # fmt: skip
def test_a_name_that_is_not_seen_as_it_is_is_refused(tmp_path: Path, name: str):
    competitions = place(tmp_path / "home")
    competitions.publish(bundle(tmp_path / "bundle"))

    with pytest.raises(Invalid, match="a name of 1 to 40 characters"):
        competitions.join("small", name)
    assert competitions.join("small", "Équipe 3 – 车间 👷").name == "Équipe 3 – 车间 👷"


def test_bytes_that_are_no_text_are_one_sentence_on_the_command_line(tmp_path: Path):
    command = [sys.executable, "-m", "workbench", "compete", "announce", "pump-life", b"\xff"]

    told = subprocess.run([*command, "--workspace", tmp_path], capture_output=True, text=True, check=False)

    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    assert "bytes that are not UTF-8" in told.stderr


def test_a_file_name_is_kept_as_it_can_be_shown(tmp_path: Path):
    competitions = place(tmp_path / "home")
    competitions.publish(bundle(tmp_path / "bundle"))
    team = competitions.team_named("small", "A")

    odd = "\x1b[2J\ud800\u202eabc\n.ipynb"
    entry = competitions.submit("small", team, good(tmp_path), name=odd)

    assert entry.name == "[2Jabc.ipynb"
