"""The contract refuses with the line, the path and the nearest name."""

import pytest

from workbench.errors import Invalid
from workbench.templates.template import Template


def refusal(path):
    with pytest.raises(Invalid) as caught:
        Template.load(path)
    return str(caught.value)


def test_a_contract_is_read(contract):
    template = Template.load(contract())

    assert (template.id, template.version, template.domain) == ("bore-check", "1.2.0", "quality")
    assert template.title == {"en": "Bore check", "zh": "孔径检查"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "    columns:\n",
            "    colums:\n",
            "line 12: inputs.measurements: unknown key 'colums'; did you mean 'columns'?",
        ),
        ("maximum: 100", "maximun: 100", "line 19: parameters.target: unknown key 'maximun'; did you mean"),
        ("domain: quality", "domain: qualty", "line 8: domain: Input should be"),
        ("domain: quality", "domain: qualty", "did you mean 'quality'?"),
        ("version: 1.2.0", "version: 1.2", "line 4: version: "),
        ("type: number", "type: numeric", "line 13: inputs.measurements.columns.value.type"),
        ("workbench: 1", "workbench: 2", "line 2: workbench"),
        ("id: bore-check", "id: Bore Check", "expected lower-case words joined by -"),
        ("zh: 目标}", "de: Ziel}", "line 16: parameters.target.label: expected a text or {en: …, zh: …}"),
        ("id: bore-check", "id: bore-check\nid: other", "line 4: 'id' is given twice"),
        ("title: {en", "title: [{en", "not YAML"),
        ("domain: quality", "domain: !!python/name:os.system quality", "line 8: tag"),
        ("domain: quality", "? [a]\n: b\ndomain: quality", "line 8: a key is a text or a number"),
        ("maximum: 100", "maximum: !!float ten", "not YAML"),
        (
            "unit: measurements.value\n  chart",
            "unit: measurements.valu\n  chart",
            "did you mean 'measurements",
        ),
        ("summary: {en: Looks at bores., zh: 检查孔径。}\n", "", "summary: missing"),
        ("domain: quality", "domain: &a quality\nstandards: [*a]", "aliases (*name) are not read"),
    ],
)
def test_a_mistake_is_named_with_its_place(changed, old, new, expected):
    assert expected in refusal(changed(old, new))


def test_only_the_first_mistake_is_said_and_the_others_counted(contract):
    front = "---\nworkbench: 1\nid: x\n---"

    message = refusal(contract(front=front))

    assert "4 more: workbench templates check lists them" in message or "more: workbench" in message


def test_a_plain_string_serves_both_languages(changed):
    template = Template.load(changed("title: {en: Bore check, zh: 孔径检查}", "title: Bore check"))

    assert template.title == {"en": "Bore check", "zh": "Bore check"}


def test_words_that_older_yaml_reads_as_booleans_stay_words(changed):
    path = changed("auto: {en: Automatic", "no: {en: No, zh: 否}\n      auto: {en: Automatic")

    choices = Template.load(path).fields()[1].choices

    assert [choice.value for choice in choices] == ["no", "auto", "imr"]


@pytest.mark.parametrize(
    "hostile", ["- " * 90_000, "[" * 90_000, "x: {" * 500], ids=["lists", "open", "maps"]
)
def test_deep_nesting_is_refused_and_ends_no_process(contract, hostile):
    assert "nested deeper than 40 levels" in refusal(
        contract(front=f"---\nworkbench: 1\nx:\n  {hostile}\n---")
    )


def test_front_matter_of_other_tools_makes_no_contract(contract):
    template = Template.load(contract(front="---\ntitle: A Quarto page\nformat: html\n---"))

    assert template.contract is None
    assert template.title["en"] == "Bore check"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            'measurements: str = "t"\ntarget: float | None = None\n',
            "parameters.chart: not in the parameters cell",
        ),
        ('measurements: str = "t"\ntarget: float = 1.0\nchar: str = "auto"\n', "did you mean 'char'?"),
        (
            'measurements: int = 3\ntarget: float = 1.0\nchart: str = "auto"\n',
            "is an input, so its type is str",
        ),
        ('measurements: str = "t"\ntarget: float = 1.0\nchart = "auto"\n', "chart has no type"),
        (
            'measurements: str = "t"\ntarget: float = -1.0\nchart: str = "auto"\n',
            "its own default is refused",
        ),
        ('measurements: str = "t"\ntarget: float = 1.0\nchart: str = "imx"\n', "its own default is refused"),
        ('measurements: str = "t"\ntarget: float = 1.0\nchart: str = a()\n', "chart is not a literal"),
        ('measurements: str = "t"\ntarget: float = 1.0\nchart: str = "auto"\nx = (\n', "not Python"),
    ],
)
def test_the_two_halves_of_the_contract_agree(contract, parameters, expected):
    path = contract(parameters=parameters)

    with pytest.raises(Invalid):
        Template.load(path)
    from workbench.templates.template import examine

    assert any(expected in str(problem) for problem in examine(path)[1])
