"""The reference page names every field of the models it describes."""

import re

import pytest

from workbench.templates import front_matter, proof_cases

MODELS = [
    front_matter.FrontMatter,
    front_matter.Input,
    front_matter.Column,
    front_matter.ParameterSpec,
    front_matter.InForceSpec,
    front_matter.Results,
    front_matter.KpiSpec,
    front_matter.TableSpec,
    front_matter.ResultColumn,
    front_matter.FigureSpec,
    front_matter.AlarmSpec,
    front_matter.VerdictSpec,
    front_matter.RefusalSpec,
    proof_cases.CaseInput,
    proof_cases.Expectation,
    proof_cases.Case,
]


@pytest.fixture
def page(root):
    return (root / "docs" / "reference" / "template.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_on_the_page(page, model):
    named = set(re.findall(r"`(\w+)`", page))

    assert set(model.model_fields) - named == set()


def test_every_key_on_the_page_exists(page):
    keys = {
        name
        for row in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page, re.M)
        for name in re.findall(r"\w+", row)
    }
    known = {name for model in MODELS for name in model.model_fields}

    assert keys - known == set()


@pytest.mark.parametrize("words", [front_matter.Domain, front_matter.ColumnType, front_matter.Level])
def test_every_allowed_word_is_on_the_page(page, words):
    assert [word for word in words.__args__ if f"`{word}`" not in page] == []
