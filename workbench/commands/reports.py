"""Writing a run's report to the files the user named."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.app import Workbench
from workbench.commands.output import write as write_file
from workbench.config import Settings
from workbench.errors import Invalid, NotFound
from workbench.runs import a3, cause_book, joint, printing, report
from workbench.runs.record import RunRecord
from workbench.templates.library import library


def write(
    record: Mapping[str, Any],
    *,
    settings: Settings,
    files: Mapping[str, Path | None],
    causes: Sequence[str] = (),
) -> None:
    """Write the files that were asked for: html, xlsx, pdf, a3."""
    run = RunRecord.model_validate(record)
    labels = _labels(settings, run.template.id)
    makers: dict[str, Callable[[], bytes]] = {
        "html": lambda: report.html(run, settings.language, labels=labels).encode("utf-8"),
        "xlsx": lambda: report.xlsx(run, settings.language, labels=labels),
        "pdf": lambda: printing.pdf(report.html(run, settings.language, labels=labels)),
        "a3": lambda: printing.pdf(
            a3.html(run, settings.language, labels=labels, causes=causes), width_mm=a3.WIDTH_MM
        ),
    }
    for kind, path in files.items():
        if path:
            write_file(path, makers[kind]())


def of_runs(settings: Settings, names: Sequence[str], *, files: Mapping[str, Path | None]) -> None:
    """Write the report of a run, or of several as one, once they have ended."""
    if not any(files.values()):
        raise Invalid("report", given="no file", expected="--html, --xlsx, --pdf or --a3 with a file name")
    bench = Workbench(settings, full=False)
    try:
        records = [_ended(bench, name) for name in names]
        causes = cause_book.confirmed(
            bench.engine.preparer.causes, bench.library, records[0], settings.language
        )
    finally:
        bench.stop()
    if len(records) == 1:
        write(records[0].model_dump(mode="json"), settings=settings, files=files, causes=causes)
        return
    if files["a3"]:
        raise Invalid("report on one A3 sheet", given=f"{len(records)} runs", expected="one run")
    known = library(settings.workspace)
    for kind, path in files.items():
        if path:
            write_file(path, joint.write(records, kind, language=settings.language, library=known))


def _ended(bench: Workbench, name: str) -> RunRecord:
    record = bench.engine.get(name)
    if not record.ended:
        raise Invalid(f"run {name}", given=record.status, expected="a run that has ended")
    return record


def _labels(settings: Settings, template: str) -> dict[str, Any]:
    try:
        return library(settings.workspace).get(template).labels()
    except (NotFound, Invalid):  # a notebook given by path has no place in the library
        return {}
