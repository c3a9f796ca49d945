"""The About tab names what commands and programs need: columns, parameters and their choices, results."""

import re
from types import SimpleNamespace

import pytest

from workbench.config import load_settings
from workbench.templates.library import library
from workbench.ui.about import about
from workbench.ui.view import View


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_name_a_command_takes_or_a_run_records_is_on_the_tab(tmp_path, language):
    settings = load_settings(home=str(tmp_path))
    view = View(bench=SimpleNamespace(settings=settings), language=language)
    for template in library(settings.workspace).list():
        shown = set(re.findall(r"<code[^>]*>([^<]*)</code>", str(about(view, template))))

        inputs, results = template.inputs, template.results
        wanted = {*inputs, *(name for need in inputs.values() for name in need.columns)}
        for field in template.fields():
            wanted |= {field.name, *(str(choice.value) for choice in field.choices or [])}
        wanted |= {*results.kpis, *results.figures, *results.alarms, *results.verdicts, *results.tables}
        wanted |= {column for table in results.tables.values() for column in table.columns}
        assert wanted <= shown, template.id
