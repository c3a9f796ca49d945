"""Writing a run's report to the files the user named."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.commands.output import write as write_file
from workbench.config import Settings
from workbench.errors import Invalid, NotFound
from workbench.runs import report
from workbench.runs.record import RunRecord
from workbench.templates.library import library


def write(record: Mapping[str, Any], *, settings: Settings, html: Path | None, xlsx: Path | None) -> None:
    """Write the page, the workbook, or both."""
    run = RunRecord.model_validate(record)
    if html:
        page = report.html(run, settings.language, labels=_labels(settings, run.template.id))
        write_file(html, page.encode("utf-8"))
    if xlsx:
        write_file(xlsx, report.xlsx(run, settings.language))


def _labels(settings: Settings, template: str) -> dict[str, Any]:
    try:
        return report.contract_labels(library(settings.workspace).get(template).contract)
    except (NotFound, Invalid):  # a notebook given by path has no place in the library
        return {}
