"""What was behind signals, as people found it: kept for each characteristic and rule in the state database.

The next time a rule fires for a characteristic, the explanation begins with what was confirmed before.
"""

import json
from collections import Counter

import sqlalchemy as sa
from pydantic import BaseModel

from workbench.config import AnyText, pick
from workbench.errors import Invalid, WorkbenchError, unknown
from workbench.governance.in_force import named, reason
from workbench.runs import export
from workbench.runs.limit_book import characteristic
from workbench.runs.record import RunRecord, stamp
from workbench.runs.state import METADATA, State
from workbench.templates.library import Library
from workbench.templates.template import Template

CAUSES = sa.Table(
    "confirmed_causes",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String, nullable=False, index=True),
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
TABLE = "signals"  # of a run that judges points by rules
GROUPING = frozenset({"ts", "subgroup", "stages", "baseline"})  # columns that do not say what is measured


class Confirmed(BaseModel):
    """What somebody found behind a signal, and what was done."""

    rule: str
    cause: str
    action: str = ""
    by: str
    at: str
    run: str
    point: str = ""  # label of the point it was found at


class Known(BaseModel):
    """One rule that fired in a run, and what was confirmed for it before and since."""

    rule: str
    signals: int
    points: list[str]
    times: int
    last: Confirmed | None
    causes: dict[str, int]  # how often each, the most frequent first
    all: list[Confirmed]  # the newest first


class CauseBook:
    """Reads and writes confirmed causes."""

    def __init__(self, state: State) -> None:
        self.state = state

    def confirm(
        self, record: RunRecord, template: Template | None, found: dict[str, str], *, by: str
    ) -> Confirmed:
        """Keep what was behind a signal of a run: ``found`` has rule, cause, and maybe action and point."""
        fired = fired_in(record)
        rule, point = found["rule"], found.get("point", "").strip()
        if rule not in fired:
            raise unknown(f"signal of run {record.run}", rule, fired)
        if point and point not in fired[rule]:
            raise unknown(f"point with signal {rule}", point, fired[rule])
        cause = " ".join(reason(found["cause"]).split())
        if not cause:
            raise Invalid("cause", given="nothing", expected="what was found behind the signal")
        action = reason(found.get("action", ""))
        one = Confirmed(
            rule=rule, cause=cause, action=action, by=named(by), at=stamp(), run=record.run, point=point
        )
        row = {"key": key_of(record, template), "rule": rule, "body": one.model_dump_json()}
        with self.state.begin() as connection:
            connection.execute(sa.insert(CAUSES).values(**row))
        return one

    def known(self, record: RunRecord, template: Template | None) -> list[Known]:
        """Return, for each rule that fired in a run, what was confirmed for this characteristic."""
        fired = fired_in(record)
        if not fired:
            return []
        statement = sa.select(CAUSES.c.body).filter_by(key=key_of(record, template))
        with self.state.connect() as connection:
            rows = connection.execute(statement.order_by(CAUSES.c.number.desc()))
            found = [Confirmed.model_validate_json(row.body) for row in rows]
        return [
            _known(rule, points, [one for one in found if one.rule == rule]) for rule, points in fired.items()
        ]


def _known(rule: str, points: list[str], found: list[Confirmed]) -> Known:
    spelt = {one.cause.casefold(): one.cause for one in found}
    counts = Counter(one.cause.casefold() for one in found)
    return Known(
        rule=rule,
        signals=len(points),
        points=list(dict.fromkeys(points)),
        times=len(found),
        last=found[0] if found else None,
        causes={spelt[cause]: count for cause, count in counts.most_common()},
        all=found,
    )


def fired_in(record: RunRecord) -> dict[str, list[str]]:
    """Return the rules that fired in a run, with the labels of the points."""
    path = record.tables.get(TABLE)
    frame = export.read(path) if path and record.status == "succeeded" else None
    if frame is None or "rule" not in frame:
        return {}
    labels = frame["subgroup"] if "subgroup" in frame else frame["point"]
    fired: dict[str, list[str]] = {}
    for rule, label in zip(frame["rule"].astype(str), labels.astype(str), strict=True):
        fired.setdefault(rule, []).append(label)
    return fired


def key_of(record: RunRecord, template: Template | None) -> str:
    """Return one text for what a run looked at: table, measured columns and rows, whatever the chart."""
    spec = template.contract.in_force if template and template.contract else None
    used = characteristic(spec, record.inputs)
    for one in used.values():
        one["columns"] = {name: source for name, source in one["columns"].items() if name not in GROUPING}
    return json.dumps(used, sort_keys=True, ensure_ascii=False, default=str)


def template_of(library: Library, record: RunRecord) -> Template | None:
    """Return the template of a run; None when the library has it no longer."""
    try:
        return library.get(record.template.id)
    except WorkbenchError:
        return None


def rule_name(template: Template | None, rule: str) -> AnyText:
    """Return what a template calls a rule."""
    spec = template.results.tables.get(TABLE) if template else None
    column = spec.columns.get("rule") if spec else None
    return (column.values.get(rule) if column else None) or rule


def lines(known: list[Known], template: Template | None, language: str) -> list[str]:
    """Say in a line each what was confirmed last for the rules that fired."""
    found = []
    for one in known:
        if one.last is None:
            continue
        done = f" → {one.last.action}" if one.last.action else ""
        counts = " · ".join(f"{cause} {count}×" for cause, count in one.causes.items())
        more = f" ({counts})" if one.times > 1 else ""
        name = pick(rule_name(template, one.rule), language)
        found.append(f"{name}: {one.last.cause}{done}, {one.last.by} {one.last.at[:10]}{more}")
    return found


def confirmed(book: CauseBook, known: Library, record: RunRecord, language: str) -> list[str]:
    """Say in a line each what was confirmed behind the signals of a run."""
    template = template_of(known, record)
    return lines(book.known(record, template), template, language)
