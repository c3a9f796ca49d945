"""One door for every notebook: contract or wild, new or old, whole or broken."""

import json
import time

import nbformat
import pytest

from workbench.errors import Invalid, NotFound
from workbench.templates.template import Template

WILD = [
    "flytesnacks_nb_simple",
    "jupytext_nteract_with_parameter",
    "papermill_broken1",
    "papermill_complex_parameters",
    "papermill_nb_version_4.4",
    "papermill_no_parameters",
    "papermill_report_mode_test",
    "papermill_simple_execute",
    "ploomber_one",
    "voila_print_parameterized",
]


@pytest.mark.parametrize("name", WILD)
def test_every_notebook_in_the_wild_is_an_app(wild, name):
    template = Template.load(wild / f"{name}.ipynb")

    assert template.title["en"]
    assert template.steps()
    assert template.values({}) == {field.name: field.default for field in template.fields()}
    nbformat.validate(nbformat.from_dict(template.notebook()))


def test_no_notebook_in_the_wild_is_forgotten(wild):
    assert sorted(path.stem for path in wild.glob("*.ipynb")) == WILD


def test_a_heading_is_the_title_of_a_wild_notebook(wild):
    assert Template.load(wild / "flytesnacks_nb_simple.ipynb").title["en"] == "Simple Papermill Notebook"


def test_papermills_error_marks_are_no_part_of_the_notebook(wild):
    template = Template.load(wild / "papermill_broken1.ipynb")

    assert "An Exception was encountered" not in str(template.content)
    assert template.summary["en"].startswith("A markdown cell that makes the execution counts")


def test_inputs_are_no_parameters(contract):
    template = Template.load(contract())

    assert [field.name for field in template.fields()] == ["target", "chart"]
    assert template.default_inputs() == {"measurements": "demo.bore_diameter"}
    with pytest.raises(Invalid, match="measurements is an input, not a parameter; give it as an input"):
        template.values({"measurements": "x"})


def test_defaults_fill_what_is_not_given(contract):
    assert Template.load(contract()).values({"target": "74"}) == {"target": 74.0, "chart": "auto"}


def test_the_digest_ignores_what_running_leaves_behind(write):
    clean = write(
        {"cell_type": "code", "metadata": {}, "source": "1", "outputs": [], "execution_count": None}
    )
    digest = Template.load(clean).digest
    output = {"output_type": "stream", "name": "stdout", "text": "1"}
    ran = {"cell_type": "code", "metadata": {"execution": {}}, "source": "1", "outputs": [output]}

    assert Template.load(write({**ran, "execution_count": 7})).digest == digest


def test_a_changed_cell_changes_the_digest(contract):
    digest = Template.load(contract()).digest

    assert Template.load(contract(body="import workbench as wb\n")).digest != digest


def test_a_notebook_is_handed_out_fresh(contract):
    template = Template.load(contract())
    template.notebook()["cells"].clear()

    assert len(template.notebook()["cells"]) == 6


def test_headings_are_the_steps(contract):
    steps = Template.load(contract()).steps()

    assert [(step.title, step.cells) for step in steps] == [
        ("Prepare · 准备", (2,)),
        ("Judge · 判断", (4, 5)),
    ]
    assert steps[1].text == {"en": "Judge", "zh": "判断"}


def test_headings_inside_code_blocks_are_no_steps(write):
    fenced = {"cell_type": "markdown", "metadata": {}, "source": "# T\n```\n# no\n```\n\nTwo\n---\ntext"}
    code = {"cell_type": "code", "metadata": {}, "source": "1"}

    assert [step.title for step in Template.load(write(fenced, code)).steps()] == ["Two"]


def test_a_tuple_default_stays_in_its_own_cell(write):
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "size = (3, 4)\nn = 1"}
    template = Template.load(write(cell))

    assert template.injected(template.values({})) == {"n": 1}
    assert template.injected(template.values({"size": [5, 6]})) == {"size": [5, 6], "n": 1}


@pytest.mark.parametrize("minor", [0, 1, 2, 3, 4])
def test_older_minor_versions_read_alike(write, minor):
    cell = {"cell_type": "code", "metadata": {}, "source": ["a = 1\n", "a"], "outputs": []}

    found = Template.load(write(cell, nbformat_minor=minor)).notebook()

    assert found["cells"][0]["source"] == "a = 1\na"
    nbformat.validate(nbformat.from_dict(found))


def test_version_three_is_upgraded(tmp_path):
    sheet = {"cells": [{"cell_type": "code", "input": "a = 1", "language": "python", "outputs": []}]}
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [sheet]}))

    assert Template.load(path).notebook()["cells"][0]["source"] == "a = 1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file, expected a notebook"),
        (b"hello", r"not JSON \(line 1, column 1"),
        (b"\xff\xfe\x00", "other bytes, expected a notebook in UTF-8"),
        (b'{"nbformat": NaN}', "NaN is not a JSON number"),
        (b"[1, 2]", "JSON without nbformat"),
        (b"[" * 200_000, "JSON nested too deeply"),
        (b'{"nbformat": 4, "cells": 3}', "a notebook without cells"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "video"}]}', "cell 0: got something else"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}', "cell 0: got something else"),
        (b'{"nbformat": 5, "cells": []}', "nbformat 5, expected nbformat 4"),
        (b'{"nbformat": 3, "worksheets": 3}', "nbformat 3 that cannot be upgraded"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "raw", "source": "\\ud800"}]}', "broken characters"),
        (b'{"nbformat": 4, "x": 1' + b"0" * 5000 + b"}", "not JSON"),
    ],
)
def test_what_is_no_notebook_is_refused_with_one_sentence(tmp_path, content, message):
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)

    with pytest.raises(Invalid, match=message) as caught:
        Template.load(path)
    assert "\n" not in str(caught.value)


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "x.ipynb"
    with path.open("wb") as file:
        file.truncate(21_000_000)

    with pytest.raises(Invalid, match="21 MB, expected at most 20 MB; clear its outputs"):
        Template.load(path)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="no such file"):
        Template.load(tmp_path / "x.ipynb")


def test_another_language_is_shown_and_not_run(write):
    metadata = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}
    template = Template.load(write(metadata=metadata))

    assert template.language == "r"
    with pytest.raises(Invalid, match="got r, expected python; only Python notebooks run here"):
        template.check_language()


def test_loading_is_fast(contract):
    path = contract()
    Template.load(path)
    start = time.perf_counter()
    for _ in range(20):
        Template.load(path)

    assert (time.perf_counter() - start) / 20 < 0.1
