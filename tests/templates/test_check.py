"""`check` tells everything at once, with the place; `--fix` puts the form on disk right."""

import pytest

from workbench.templates.check import check

BODY = 'import workbench as wb\n\nwb.kpi("mean", 1.0)\nwb.verdict("good", level="good", text={})\n'


def sentences(path, **options):
    return [str(problem) for problem in check(path, **options)]


def test_a_right_template_has_no_problems(contract):
    path = contract()
    check(path, fix=True)

    assert sentences(path) == []


def test_the_form_on_disk_is_fixable(contract):
    path = contract()

    assert [problem.fixable for problem in check(path)] == [True]
    assert check(path, fix=True) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            BODY.replace('"mean"', '"meen"'),
            "cell 4, line 3: 'meen' is not in results.kpis; did you mean 'mean'?",
        ),
        (BODY.replace('wb.kpi("mean", 1.0)', ""), "results.kpis.mean: is never recorded"),
        (BODY.replace('"good", level', '"bad", level'), "'bad' is not in results.verdicts"),
        (BODY + 'wb.table("t", 1)', "'t' is not in results.tables; declare it under results.tables"),
        (BODY + "def f():\n    return 1", "cell 4, line 5: defines f"),
        (BODY + "import requests", "cell 4, line 5: imports requests"),
        (BODY + "from workbench.tables import catalog", "imports workbench.tables"),
        (BODY + "from . import x", "imports ."),
        (BODY + "x = 1\n" * 15, "cell 4: 19 lines, at most 15"),
        (BODY + "%matplotlib inline", "cell 4: not plain Python"),
    ],
)
def test_a_cell_that_does_not_read_like_a_page_is_named(contract, body, expected):
    path = contract(body=body)

    assert any(expected in sentence for sentence in sentences(path))


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace('wb.kpi("mean", 1.0)', "for name in names:\n    wb.kpi(name, 1.0)"),
        BODY.replace('"good", level', '"good" if x else "good", level'),
        BODY.replace('wb.kpi("mean"', 'wb.kpi(name="mean"').replace(", 1.0", ", value=1.0"),
        BODY + "import numpy as np\nfrom workbench.methods import spc\nimport json",
    ],
)
def test_computed_names_and_allowed_imports_pass(contract, body):
    path = contract(body=body)
    check(path, fix=True)

    assert sentences(path) == []


def test_house_templates_speak_both_languages(changed):
    path = changed("label: {en: Target, zh: 目标}", "label: Target")
    check(path, fix=True)

    assert sentences(path, house=True) == [
        "line 8: domain: lies in folder " + repr(path.parent.name),
        "line 16: parameters.target.label: needs both languages: {en: …, zh: …}",
    ]
    assert sentences(path) == []


def test_all_mistakes_of_the_contract_are_listed(changed):
    path = changed("maximum: 100", "maximun: 100\n    minimun: 0")

    assert len([sentence for sentence in sentences(path) if "unknown key" in sentence]) == 2


def test_a_notebook_from_the_wild_owes_nothing(wild):
    assert [path.name for path in wild.glob("*.ipynb") if check(path)] == []


def test_a_file_that_is_no_notebook_is_one_problem(tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_text("{")

    assert sentences(path) == [
        "x.ipynb: got not JSON (line 1, column 2: Expecting property name enclosed in double quotes), "
        "expected a notebook"
    ]


def test_a_wrong_proof_file_is_a_problem(contract):
    path = contract()
    check(path, fix=True)
    path.with_suffix(".proof.yaml").write_text("cases:\n  - name: x\n    expct: []\n")

    assert "bore-check.proof.yaml, line" in sentences(path)[0]
