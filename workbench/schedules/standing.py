"""How a table stands: the four lights, from what people said of it, what runs did with it, and its health."""

from workbench.governance.lights import Facts, Light, lights
from workbench.governance.quality import Health
from workbench.runs.engine import Engine
from workbench.tables import card
from workbench.tables.catalog import Tables
from workbench.tables.health import rules

LAST_VERSIONS = 200


def standing(engine: Engine, tables: Tables, name: str, found: Health | None) -> tuple[Light, ...]:
    """Return the four lights of a table; ``found`` is its health, as far as it was counted."""
    info, said = tables.get(name), card.read(tables, name)
    described = [column for column in info.columns if said.columns.get(column.name) or column.label]
    counts = engine.history.counts(table=info.name)
    return lights(
        Facts(
            description=bool(info.description),
            columns_described=len(described),
            columns=len(info.columns),
            owner=bool(said.owner),
            grade=said.grade is not None,
            answered_runs=counts.get("succeeded", 0) + counts.get("refused", 0),
            score=found.score if found else None,
            assessed=found.assessed if found else 0,
            threshold=rules(tables, info.name).threshold,
            sources_known=all(note.get("source") for _, note in tables.notes(info.name, last=LAST_VERSIONS)),
        )
    )
