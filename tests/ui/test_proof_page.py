"""The proof page counts every published number, and hides none that is not met."""

import pytest

from workbench.templates.library import Library, house_templates
from workbench.templates.proof_cases import read_sheet
from workbench.ui.texts import TEXTS

pytestmark = pytest.mark.browser
LANGUAGES = {"en": 0, "zh": 1}


@pytest.fixture(scope="module")
def lines():
    sheets = [read_sheet(template) for template in Library([house_templates()], packages=False).list()]
    return [line for sheet in sheets if sheet for line in sheet.outcomes]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_number_that_is_not_met_stands_there_with_its_reason(visitor, lines, language):
    differing = [line for line in lines if not line.passed]

    visitor.visit(f"/proof?lang={language}")
    chips = visitor.page.locator(".chip.bad", has_text=TEXTS["differs"][LANGUAGES[language]])

    chips.first.wait_for()
    assert chips.count() == len(differing)
    assert str(len(lines) - len(differing)) in visitor.page.locator(".verdict").inner_text()
    text = visitor.page.locator("main").inner_text()
    assert [line.result for line in differing if not line.why or line.why[language] not in text] == []


def test_the_line_of_an_app_leads_to_its_numbers(visitor):
    visitor.visit("/proof?lang=en")
    visitor.page.get_by_role("link", name="Pareto", exact=False).first.click()

    visitor.page.get_by_role("tab", name="Proof", selected=True).wait_for()
    visitor.page.get_by_text("published numbers agree").wait_for()
