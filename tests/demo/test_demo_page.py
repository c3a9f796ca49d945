"""The page of the demo factory says what the code makes."""

import pytest

from workbench.demo import factory
from workbench.demo.describe import page_with


@pytest.fixture
def page(root):
    return (root / "docs" / "explain" / "demo-factory.md").read_text(encoding="utf-8")


def test_the_generated_part_is_up_to_date(page):
    assert page_with(page) == page


@pytest.mark.parametrize("name", factory.BUILDERS)
def test_every_table_has_a_section(page, name):
    assert f"### {name}\n" in page
