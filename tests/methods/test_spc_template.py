"""What the methods can say, the two quality templates can show: same codes, same words."""

import re

import pytest

from workbench.methods import capability_words, spc_causes
from workbench.methods.capability import CONVENTIONS
from workbench.methods.spc_model import CHARTS
from workbench.methods.spc_rules import RULE_SETS, RULES
from workbench.methods.spc_sigma import CHART_SIGMA_METHODS, SIGMA_METHODS
from workbench.templates.library import house_templates
from workbench.templates.template import examine


@pytest.fixture
def contract():
    """The contract of a quality template, by its id."""
    return lambda name: examine(house_templates() / "quality" / f"{name}.ipynb")[0].contract


def test_rules_are_offered_and_shown_in_the_words_of_the_chart(contract):
    found = contract("control-chart")
    assert set(found.parameters["rules"].choices) == {*RULE_SETS, *RULES}
    assert found.results.tables["signals"].columns["rule"].values == spc_causes.RULE_TEXTS


def test_every_pattern_is_shown_with_its_look_and_its_causes(contract):
    columns = contract("control-chart").results.tables["explanations"].columns
    assert columns["rule"].values == spc_causes.RULE_TEXTS
    assert columns["pattern"].values == spc_causes.PATTERNS
    assert columns["causes"].values == spc_causes.CAUSES


def test_choices_are_those_the_methods_know(contract):
    chart, capability = contract("control-chart"), contract("process-capability")
    assert set(chart.parameters["chart"].choices) == {"auto", *CHARTS}
    assert set(chart.parameters["sigma_method"].choices) == {"auto", *CHART_SIGMA_METHODS}
    assert set(capability.parameters["sigma_method"].choices) == {"auto", "median-mr", *SIGMA_METHODS}
    assert set(capability.parameters["convention"].choices) == set(CONVENTIONS)
    assert set(capability.parameters["rules"].choices) == set(RULE_SETS)


@pytest.mark.parametrize("name", ["control-chart", "process-capability"])
def test_every_note_on_the_data_has_words(contract, root, name):
    source = (root / "workbench/methods/spc_samples.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'notes\["(\w+)"\]', source)) | {"preliminary_limits", "scattered_subgroups"}
    if name == "control-chart":  # capability knows no stages and no windows of time
        codes |= {"missing_stages", "scattered_stages", "left_out_without_time", "dependent_points"}
    assert codes <= set(contract(name).results.tables["notes"].columns["note"].values)


def test_every_verdict_and_refusal_is_declared(contract):
    found = contract("process-capability").results
    assert set(found.verdicts) == {*capability_words._OPENINGS, "unstable", "undecided"}
    assert {"no_limits", "limits_out_of_order", "too_few_values", "no_spread"} <= set(found.refusals)
