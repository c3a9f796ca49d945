"""Every published number of the quality data sets is met, or it is said why not."""

import json

import pytest

from workbench.config import load_settings
from workbench.templates.coverage import coverage, family
from workbench.templates.library import library
from workbench.templates.proof_cases import read_proof, read_sheet

QUALITY = ("nist_ehandbook", "nist_strd", "qcc", "sixsigma", "msqc", "aiag_msa", "jasp_quality")


@pytest.fixture
def templates(tmp_path):
    return library(load_settings(home=str(tmp_path)).workspace).list()


@pytest.mark.usefixtures("reference")
def test_no_number_of_the_quality_data_sets_is_open_without_a_reason(templates):
    counts = coverage(templates).counts

    for name in QUALITY:
        row = counts[name]
        assert row["entries"] == row["met"] + row["not_claimed"], name
        assert row["without_reason"] == 0, name


@pytest.mark.usefixtures("reference")
def test_an_entry_counts_only_as_its_sheet_says(templates, tmp_path, monkeypatch):
    template = next(one for one in templates if one.id == "pareto")
    claimed = {line.entry for case in read_proof(template).cases for line in case.expect if line.entry}
    before = coverage([template])
    assert {(one.dataset, one.quantity) for one in before.entries if one.status == "met"} == claimed

    sheet = read_sheet(template)
    failed = [
        case.model_copy(update={"outcomes": [line.model_copy(update={"passed": False}) for line in case.outcomes]})
        for case in sheet.cases
    ]
    sheet = sheet.model_copy(update={"cases": failed})
    monkeypatch.setattr("workbench.templates.coverage.read_sheet", lambda _: sheet)
    assert {one.status for one in coverage([template]).entries} == {"disagrees", "not_claimed"}

    stale = sheet.model_copy(update={"digest": "another version"})
    monkeypatch.setattr("workbench.templates.coverage.read_sheet", lambda _: stale)
    assert {one.status for one in coverage([template]).entries} == {"not_claimed"}


def test_a_data_set_belongs_to_the_folder_it_is_in(reference):
    entries = json.loads((reference / "published.json").read_text(encoding="utf-8"))["entries"]
    folders = {path.name for path in reference.iterdir() if path.is_dir()}

    assert {family(entry["dataset"]) for entry in entries} >= folders - {"openmv"}
