"""The health of a table on its page: score with coverage, four lights, twenty indicators, trend."""

from typing import Any
from urllib.parse import quote

from workbench.errors import WorkbenchError
from workbench.governance.lights import Light
from workbench.governance.quality import Health, Indicator, shown
from workbench.schedules.standing import standing
from workbench.tables import health
from workbench.tables.catalog import TableInfo
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.table_rules import declared_rules, proposed_rules
from workbench.ui.view import View
from workbench.ui.wording import reason

GOOD, FAIR = 90.0, 70.0
LAST_VERSIONS = 12
SHOWN_PARTS = 12
TREND_WIDTH, TREND_HEIGHT = 420.0, 70.0


def assessed(view: View, table: TableInfo) -> list[Any]:
    """Return everything about a table's health; counting may take long, so this runs in a thread."""
    try:
        found = health.health(view.bench.tables, f"{table.name}@{table.version}")
    except WorkbenchError as error:
        return [html(fragment("note", problem=reason(view, error), hint=""))]
    lamps = standing(view.bench.engine, view.bench.tables, table.name, found)
    return [
        html(_top(view, table, found, lamps)),
        proposed_rules(view, table),
        html(_indicators(view, found)),
        declared_rules(view, table),
    ]


def tone(score: float | None) -> str:
    """Return the colour of a score."""
    return "" if score is None else "good" if score >= GOOD else "warning" if score >= FAIR else "bad"


def told(score: float | None) -> str:
    """Return a score with one decimal, never rounded up to 100."""
    return "–" if score is None else f"{shown(score, 1):g}"


def _top(view: View, table: TableInfo, found: Health, lamps: tuple[Light, ...]) -> Any:
    history = health.trend(view.bench.tables, table.name, last=LAST_VERSIONS)
    missing = [f"{table.name}@{version}" for version, _, each in history if each is None]
    view.bench.checkups.ask(*missing)
    return fragment(
        "tablehealth",
        view=view,
        score=told(found.score),
        tone=tone(found.score),
        coverage=view.say("assessed_of", assessed=found.assessed, total=found.total),
        lamps=[_lamp(view, each) for each in lamps],
        about=f"/table?name={quote(table.name)}&tab=about",
        dimensions=[
            {
                "name": view.pick(each.name),
                "score": told(each.score),
                "tone": tone(each.score),
                "coverage": f"{each.assessed}/{each.total}",
                "width": each.score or 0,
            }
            for each in found.dimensions
        ],
        trend=_trend(view, history),
        counting=len(missing),
    )


def _lamp(view: View, each: Light) -> dict[str, Any]:
    lacks = "; ".join(view.pick(text) for text in each.lacks)
    if view.language == "zh":
        lacks = lacks.replace("; ", "；")
    name = view.pick(each.name)
    letter = name[-1] if view.language == "zh" else name[0]  # 视 管 用 信: their first sign is the same
    said = each.code in {"visible", "manageable"}  # what a person can say on the page
    return {
        "name": name,
        "letter": letter,
        "said": said,
        "on": each.on,
        "rule": view.pick(each.rule),
        "lacks": lacks,
    }


def _trend(view: View, history: list[tuple[int, Any, Health | None]]) -> dict[str, Any] | None:
    """Return the points of the scores of the last versions; None where fewer than two are known."""
    known = [(version, each) for version, _, each in history if each is not None and each.score is not None]
    if len(known) < 2:
        return None
    step = TREND_WIDTH / (len(known) - 1)
    points = [
        (
            round(i * step, 1),
            round(TREND_HEIGHT * (1 - (each.score or 0) / 100), 1),
            view.say(
                "trend_point",
                version=version,
                score=told(each.score),
                assessed=each.assessed,
                total=each.total,
            ),
        )
        for i, (version, each) in enumerate(known)
    ]
    line = " ".join(f"{x},{y}" for x, y, _ in points)
    return {"points": points, "line": line, "first": f"v{known[0][0]}", "last": f"v{known[-1][0]}"}


def _indicators(view: View, found: Health) -> Any:
    groups = [
        (
            view.pick(dimension.name),
            [_row(view, each) for each in found.indicators if each.spec.dimension == dimension.code],
        )
        for dimension in found.dimensions
    ]
    return fragment("tableindicators", view=view, groups=groups)


def _row(view: View, each: Indicator) -> dict[str, Any]:
    parts = sorted(
        each.parts, key=lambda part: (part.met / part.of if part.of else 1) * (-1 if each.spec.falls else 1)
    )
    return {
        "code": each.spec.code,
        "name": view.pick(each.spec.name),
        "formula": view.pick(each.spec.formula),
        "falls": each.spec.falls,
        "assessed": each.assessed,
        "score": told(each.score),
        "tone": tone(each.score),
        "value": "" if each.value is None else f"{each.value:.4%}",
        "count": "" if each.of is None else f"{each.met:,} / {each.of:,}",
        "parts": [(part.name, f"{part.met:,} / {part.of:,}") for part in parts[:SHOWN_PARTS]],
        "more": max(0, len(parts) - SHOWN_PARTS),
        "examples": [
            [(name, "–" if value is None else str(value)) for name, value in row.items()]
            for row in each.examples
        ],
        "because": view.pick(each.because),
    }


def badge(view: View, found: Health | None, lamps: tuple[Light, ...]) -> dict[str, Any]:
    """Return what a list or a head shows of a table's health."""
    return {
        "score": told(found.score) if found else "",
        "tone": tone(found.score) if found else "",
        "coverage": view.say("assessed_of", assessed=found.assessed, total=found.total) if found else "",
        "lamps": [_lamp(view, each) for each in lamps],
    }
