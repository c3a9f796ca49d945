"""``workbench coverage``: which expected points are collected, and which are not."""

from dataclasses import asdict
from pathlib import Path

from workbench.commands.output import emit, say, show_table
from workbench.commands.tables import opened
from workbench.config import Settings, pick
from workbench.governance.coverage import STAGES, document
from workbench.tables import expected
from workbench.tables.holdings import coverage_of


def show(settings: Settings, *, as_json: bool) -> None:
    """Show the map, and what is missing."""
    with opened(settings) as bench:
        found = coverage_of(bench.tables, assets=bench.engine.preparer.assets.equipment())
    if as_json:
        emit(document(found))
        return
    if not found.cells:
        say("no points are expected yet: declare them with `workbench coverage declare FILE`")
        return
    say(f"{found.collected} of {found.expected} expected points are collected")
    show_table(
        [
            {
                "stage": pick(STAGES[cell.stage], settings.language),
                "equipment": cell.asset,
                "collected": f"{cell.collected}/{len(cell.points)}",
                "missing": ", ".join(p.expected.point for p in cell.points if p.state == "missing"),
                "stale": ", ".join(p.expected.point for p in cell.points if p.state == "stale"),
            }
            for cell in found.cells
        ]
    )


def declare(settings: Settings, file: Path, *, as_json: bool) -> None:
    """Make the rows of a file the expected points."""
    kept = expected.declare_file(settings.workspace.create(), file.expanduser())
    emit({"expected": len(kept)}) if as_json else say(f"{len(kept)} points are expected")


def points(settings: Settings, *, as_json: bool) -> None:
    """List the expected points."""
    rows = [asdict(each) for each in expected.read(settings.workspace)]
    emit(rows) if as_json else show_table(rows)
