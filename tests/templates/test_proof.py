"""A proof compares with published numbers, says how far they agree, and is never green without them."""

import json
from types import SimpleNamespace as Record

import pandas as pd
import pytest

from workbench.errors import Invalid, Unavailable
from workbench.templates import proof_data
from workbench.templates.comparing import digits, is_close
from workbench.templates.proof import prove, write_sheet
from workbench.templates.proof_cases import CaseInput, read_sheet
from workbench.templates.template import Template


def result(**changes):
    """A finished run as proofs see it."""
    kpi = Record(value=74.001, low=73.0, high=75.0)
    whole = {"status": "succeeded", "kpis": {"center": kpi}, "tables": {}, "alarms": [], "verdict": None}
    return Record(**(whole | {"refusal": None, "error": None} | changes))


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A small folder of published data."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "rings.csv").write_text(
        '"diameter","sample","trial"\n74.03,1,TRUE\n74.01,2,TRUE\n73.99,3,FALSE\n'
    )
    (folder / "BOOK.DAT").write_text("A book\nValue\n-------\n1.5\n2.5\n")
    entries = [
        {"dataset": "rings.csv", "quantity": "center", "value": 74.001176, "tolerance_rel": 1e-5},
        {"dataset": "rings.csv", "quantity": "limits", "value": [73.9, 74.1], "tolerance_abs": 0.01},
        {"dataset": "rings.csv", "quantity": "parts", "value": {"a": {"b": 0.25}}, "tolerance_abs": 0.001},
    ]
    for entry in entries:
        entry |= {"source": "R 4.2", "kind": "published"}
    (folder / "published.json").write_text(json.dumps({"entries": entries}))
    monkeypatch.setenv("WORKBENCH_REFERENCE_DATA", str(folder))
    monkeypatch.delenv("CI", raising=False)
    return folder


@pytest.fixture
def case(contract):
    """Write a proof with one case and return its template."""

    def writer(expect, inputs="measurements: {file: rings.csv}"):
        path = contract()
        text = f"cases:\n  - name: rings\n    inputs: {{{inputs}}}\n    expect:\n      - {expect}\n"
        path.with_suffix(".proof.yaml").write_text(text)
        return Template.load(path)

    return writer


def line(template, outcome=None):
    """Prove one case and return its only line."""
    return prove(template, lambda *_: outcome or result()).cases[0].outcomes[0]


def test_a_result_within_the_published_tolerance_is_green(case, published):
    found = line(case("{result: kpis.center, entry: [rings.csv, center]}"))

    assert found.passed
    assert (found.expected, found.obtained, found.digits) == (74.001176, 74.001, 5.6)
    assert (found.source, found.kind, found.tolerance) == ("R 4.2", "published", "relative 1e-05")


def test_the_run_gets_the_file_the_mapping_and_the_parameters(contract, published):
    path = contract()
    path.with_suffix(".proof.yaml").write_text(
        "cases:\n- name: x\n  inputs: {measurements: {file: rings.csv, map: {value: diameter}}}\n"
        "  parameters: {chart: imr}\n  expect: [{result: status, value: succeeded, source: here}]\n"
    )
    asked = []

    sheet = prove(Template.load(path), lambda *request: asked.append(request) or result())

    file = str(published / "rings.csv")
    assert asked == [
        ("bore-check", {"measurements": file}, {"measurements": {"value": "diameter"}}, {"chart": "imr"})
    ]
    assert sheet.passed
    assert sheet.summary == "1/1"


@pytest.mark.parametrize(
    ("expect", "passed"),
    [
        ("{result: kpis.center.low, value: 73, source: book}", True),
        ("{result: kpis.center, value: 74.1, tolerance_abs: 0.05, source: book}", False),
        ("{result: kpis.center, at_most: 75, source: book}", True),
        ("{result: kpis.center, at_least: 75, source: book}", False),
        ("{result: kpis.center, at_most_entry: [rings.csv, center], allowance: -0.01}", False),
        ("{result: kpis.center.high, at_most_entry: [rings.csv, center], allowance: 0.05}", True),
        ("{result: kpis.center.high, entry: [rings.csv, parts], index: [a, b], scale: 300}", True),
        ("{result: kpis.center, entry: [rings.csv, limits], index: 1}", False),
        ("{result: kpis.centre, value: 1, source: book}", False),
        ("{result: verdict.code, value: stable, source: book}", False),
    ],
)
def test_a_result_is_held_to_its_number(case, published, expect, passed):
    assert line(case(expect)).passed is passed


def test_tables_alarms_and_verdicts_are_results(case, published, tmp_path):
    path = tmp_path / "points.parquet"
    pd.DataFrame({"ucl": [1.0, 2.0, 4.0]}).to_parquet(path)
    alarms = [Record(name="out", active=True)]
    outcome = result(tables={"points": str(path)}, alarms=alarms, verdict=Record(code="bad", level="bad"))
    expected = {
        "tables.points.ucl[-1]": 4,
        "tables.points.ucl[sum]": 7,
        "tables.points.ucl[count]": 3,
        "tables.points": 3,
        "tables.points.ucl": [1, 2, 4],
        "alarms.out": "true",
        "verdict.code": "bad",
    }

    for name, value in expected.items():
        template = case(f"{{result: '{name}', value: {value}, source: book}}")
        assert line(template, outcome).passed, name


def test_a_refused_run_says_so_on_every_line(case, published):
    outcome = result(status="refused", kpis={}, refusal=Record(code="too_few"))

    found = line(case("{result: kpis.center, value: 1, source: book}"), outcome)

    assert not found.passed
    assert "run refused: too_few" in found.reason


def test_without_published_data_nothing_is_green(case, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_REFERENCE_DATA", str(tmp_path / "none"))
    monkeypatch.delenv("CI", raising=False)
    template = case("{result: kpis.center, entry: [rings.csv, center]}")

    sheet = prove(template, lambda *_: result())

    assert (sheet.absent, sheet.passed, sheet.summary) == (True, False, "0/1")
    assert sheet.outcomes[0].reason == "published data are not here"
    monkeypatch.setenv("CI", "true")
    with pytest.raises(Unavailable, match="set WORKBENCH_REFERENCE_DATA"):
        prove(template, lambda *_: result())


def test_an_absent_sheet_does_not_replace_a_good_one(case, published, monkeypatch):
    template = case("{result: kpis.center, entry: [rings.csv, center]}")
    write_sheet(template, prove(template, lambda *_: result()))
    monkeypatch.setenv("WORKBENCH_REFERENCE_DATA", "none")
    write_sheet(template, prove(template, lambda *_: result()))

    sheet = read_sheet(template)

    assert sheet is not None
    assert sheet.passed
    assert sheet.is_current(template)


def test_a_template_without_cases_proves_nothing(contract):
    sheet = prove(Template.load(contract()), lambda *_: result())

    assert (sheet.passed, sheet.summary) == (False, "0/0")


def test_a_misspelt_entry_names_the_nearest(case, published):
    template = case("{result: kpis.center, entry: [rings.csv, centre]}")

    with pytest.raises(Invalid, match=r"rings.csv \| centre; did you mean 'center'"):
        prove(template, lambda *_: result())


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("{result: kpis.center, value: 1}", "expected a source"),
        ("{result: kpis.center, source: x}", "expected one of entry, value"),
        ("{result: kpis.center, vale: 1, source: x}", "did you mean 'value'"),
    ],
)
def test_a_proof_that_says_too_little_is_refused(case, published, expect, message):
    with pytest.raises(Invalid, match=message):
        line(case(expect))


def rows(published, tmp_path, **given):
    reference = proof_data.reference_of(CaseInput(**given), "role", data=published, folder=tmp_path)
    return pd.read_parquet(reference)


@pytest.mark.parametrize(
    ("where", "samples"),
    [
        ("trial", [1, 2]),
        ("not trial", [3]),
        ("sample <= 2", [1, 2]),
        ("sample <> 2 AND diameter < 74.02", [3]),
        ("(sample = 1 or sample = 3) and trial", [1]),
        ("sample in (1, 3)", [1, 3]),
        ("trial = false", [3]),
        ('"sample" > -1', [1, 2, 3]),
    ],
)
def test_a_condition_chooses_rows(published, tmp_path, where, samples):
    assert rows(published, tmp_path, file="rings.csv", where=where)["sample"].tolist() == samples


@pytest.mark.parametrize("where", ["__import__('os')", "sample =", "sample = 1 2", "smple = 1", "1 = 1"])
def test_a_condition_that_is_not_understood_is_refused(published, tmp_path, where):
    with pytest.raises((Invalid, LookupError)):
        rows(published, tmp_path, file="rings.csv", where=where)


def test_a_book_file_is_read_below_its_dashes(published, tmp_path):
    frame = rows(published, tmp_path, file="BOOK.DAT", skip_header="dashes", columns=["value"])

    assert frame["value"].tolist() == [1.5, 2.5]


def test_a_quoted_title_in_a_header_does_not_swallow_a_line_of_data(published, tmp_path):
    (published / "QUOTED.DAT").write_text('"A title\nin two lines"\n1 1.5\n2 2.5\n', encoding="utf-8")

    frame = rows(published, tmp_path, file="QUOTED.DAT", skip_header=2, columns=["group", "value"])

    assert frame["value"].tolist() == [1.5, 2.5]


def test_numbers_printed_in_a_book_are_written_in_the_case(tmp_path):
    frame = rows(None, tmp_path, values=[1.0, 2.0])

    assert frame.to_dict("list") == {"value": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("value", "expected", "found"),
    [
        (1.0, 1.0, 15.0),
        (1.001, 1.0, 3.0),
        (0.0, 0.0, 15.0),
        (1e-4, 0, 4.0),
        (5, 1, 0.0),
        ([1, 2.02], [1, 2], 2.0),
    ],
)
def test_digits_are_the_log_relative_error(value, expected, found):
    assert digits(value, expected) == found


@pytest.mark.parametrize("pair", [("a", 1), (None, 1), (True, 1.0), ([1], [1, 2])])
def test_what_is_no_number_has_no_digits(pair):
    assert digits(*pair) is None


def test_a_tolerance_reaches_its_own_edge():
    assert is_close(1.005, 1.01, absolute=0.005, relative=None)
    assert not is_close(1.0049, 1.01, absolute=0.005, relative=None)
    assert not is_close(float("nan"), 1.0, absolute=9.0, relative=None)


def test_real_published_entries_are_found(reference, contract, monkeypatch):
    """The published file itself, at one entry everyone knows."""
    monkeypatch.setenv("WORKBENCH_REFERENCE_DATA", str(reference))
    path = contract()
    entry = "['qcc/pistonrings.csv (samples 1-25, n=5)', xbar chart center line]"
    path.with_suffix(".proof.yaml").write_text(
        "cases:\n- name: rings\n"
        "  inputs: {measurements: {file: qcc/pistonrings.csv, where: sample <= 25}}\n"
        f"  expect: [{{result: kpis.center, entry: {entry}}}]\n"
    )
    frames = []

    def run(_template, inputs, _mapping, _parameters):
        frames.append(pd.read_parquet(inputs["measurements"]))
        return result(kpis={"center": Record(value=frames[0]["diameter"].mean())})

    assert prove(Template.load(path), run).passed
    assert len(frames[0]) == 125
