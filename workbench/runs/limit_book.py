"""Limits in force, kept in the state database: proposed from a run, approved, withdrawn, found for the next.

What may happen to them is for ``governance.in_force``; here it is written down, whole or not at all.
"""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from workbench.errors import Invalid, NotFound, unknown
from workbench.governance import in_force
from workbench.governance.in_force import LimitSet, Standing, What
from workbench.runs import export
from workbench.runs.record import InputUsed, LimitsUsed, RunRecord
from workbench.runs.state import METADATA, State
from workbench.templates.front_matter import InForceSpec
from workbench.templates.template import Template

SETS = sa.Table(
    "limit_sets",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String, nullable=False, index=True),
    sa.Column("template", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
USE, RECOMPUTE, NOTHING = "use", "recompute", "none"  # what a request may say beside the id of limits


class LimitBook:
    """Reads and writes limits in force."""

    def __init__(self, state: State) -> None:
        self.state = state

    def list(self, *, template: str | None = None, key: str | None = None) -> list[LimitSet]:
        """Return all sets of limits, the newest first."""
        statement = sa.select(SETS.c.body).order_by(SETS.c.number.desc())
        for column, wanted in ((SETS.c.template, template), (SETS.c.key, key)):
            if wanted is not None:
                statement = statement.where(column == wanted)
        with self.state.connect() as connection:
            return [LimitSet.model_validate_json(row.body) for row in connection.execute(statement)]

    def get(self, name: str) -> LimitSet:
        """Return one set; raise when there is none of that name."""
        with self.state.connect() as connection:
            body = self._body(connection, name)
            if body is None:
                known = [f"L{number}" for number in connection.execute(sa.select(SETS.c.number)).scalars()]
                raise unknown("limits", name, known)
        return LimitSet.model_validate_json(body)

    def standing(self, one: LimitSet, now: datetime | None = None) -> tuple[Standing, str | None]:
        """Return where a set stands, and when it ends or ended."""
        others = self.list(key=one.key)
        return in_force.standing(one, others, now or _now()), in_force.until(one, others)

    def shown(self, one: LimitSet) -> dict[str, Any]:
        """Return a set as faces show it: with where it stands, and when it ends."""
        stands, end = self.standing(one)
        return {**one.model_dump(mode="json"), "standing": stands, "until": end, "own": one.own}

    def holding(self, key: str) -> LimitSet | None:
        """Return the limits in force for one chart of one characteristic."""
        return in_force.holding(self.list(key=key), _now())

    def propose(self, record: RunRecord, template: Template, *, by: str, why: str = "") -> LimitSet:
        """Keep the limits that a run found as a proposal."""
        spec = template.contract.in_force if template.contract else None
        if spec is None:
            raise Invalid(f"limits of {template.id}", given="an app whose limits cannot be kept in force")
        if record.status != "succeeded":
            raise Invalid(f"run {record.run}", given=record.status, expected="a run that found limits")
        for name, values in spec.not_for.items():
            given = record.parameters.get(name)
            if given in values:
                expected = "a chart whose limits do not depend on the data at hand"
                raise Invalid(f"limits of run {record.run}", given=f"{name} = {given}", expected=expected)
        used = characteristic(spec, record.inputs)
        chart = {name: record.parameters.get(name) for name in spec.chart}
        signals = record.kpis.get("signals")
        unit = next((one.unit for one in record.kpis.values() if one.unit), None)
        found = {
            "id": "L0",
            "key": key_of(template.id, used, chart),
            "template": template.id,
            "title": template.title,
            "characteristic": used,
            "chart": chart,
            "asset": record.asset,
            "unit": unit,
            "rows": rows_of(record, spec),
            "run": record.run,
            "signals": signals.value if signals else None,
        }
        using = record.limits.id if record.limits else None
        one = in_force.propose(found, by=by, why=why, now=_now(), using=using)
        with self.state.begin() as connection:
            row = {"key": one.key, "template": one.template, "body": ""}
            added = connection.execute(sa.insert(SETS).values(**row)).inserted_primary_key
            one = one.model_copy(update={"id": f"L{added[0] if added else 0}"})
            written = sa.update(SETS).where(SETS.c.number == int(one.id[1:]))
            connection.execute(written.values(body=one.model_dump_json()))
        return one

    def step(
        self,
        name: str,
        what: What,
        *,
        by: str,
        why: str = "",
        validity: tuple[str | None, str | None] = (None, None),
    ) -> LimitSet:
        """Approve, reject or withdraw limits; whoever is second at the same moment is refused."""
        before = self.get(name)
        now = _now()
        if what == "withdrawn" and before.approval:
            stands = in_force.standing(before, self.list(key=before.key), now)
            if stands in ("expired", "superseded"):
                raise Invalid(f"cannot withdraw limits {name}", given=f"{stands} limits")
        after = in_force.step(before, what, by=by, why=why, now=now, validity=validity)
        with self.state.begin() as connection:
            unchanged = sa.update(SETS).where(SETS.c.number == int(before.id[1:]))
            unchanged = unchanged.where(SETS.c.body == before.model_dump_json())
            if not connection.execute(unchanged.values(body=after.model_dump_json())).rowcount:
                raise Invalid(f"limits {name}", given="changed by somebody else", hint="look at them again")
        return after

    def applied(
        self, template: Template, inputs: Mapping[str, InputUsed], values: Mapping[str, Any], *, asked: str
    ) -> LimitSet | None:
        """Return the limits that a run is to be judged by; None: it computes its own.

        Parameters
        ----------
        asked
            ``use``: those in force, if any; ``recompute`` or ``none``: none; or the id of a set that has been
            approved, so that a run can be repeated as it was.
        """
        spec = template.contract.in_force if template.contract else None
        if spec is None or asked in (RECOMPUTE, NOTHING):
            return None
        used, chart = characteristic(spec, inputs), {name: values[name] for name in spec.chart}
        key = key_of(template.id, used, chart)
        if asked == USE:
            return self.holding(key)
        one = self.get(asked)
        if one.approval is None:
            raise Invalid(f"limits {asked}", given="not approved", expected="limits that somebody approved")
        if one.key != key:
            expected = f"{told(one.characteristic)} with the same chart"
            raise Invalid(f"limits {asked}", given=told(used), expected=expected)
        return one

    @staticmethod
    def _body(connection: sa.Connection, name: str) -> str | None:
        number = name[1:] if name[:1] in "Ll" else ""
        if not (number.isascii() and number.isdigit() and len(number) < 12):
            return None
        return connection.execute(sa.select(SETS.c.body).where(SETS.c.number == int(number))).scalar()


def characteristic(spec: InForceSpec | None, inputs: Mapping[str, InputUsed]) -> dict[str, Any]:
    """Return what is measured: tables, the columns that matter, and the rows; times do not make another."""
    found: dict[str, Any] = {}
    for role, used in inputs.items():
        wanted = (
            [name.partition(".")[2] for name in spec.columns if name.partition(".")[0] == role]
            if spec
            else [*used.mapping]
        )
        columns = {name: used.mapping[name] for name in wanted if name in used.mapping}
        times = {used.mapping.get("ts")}
        held = {
            name: value
            for name, value in used.filter.items()
            if not (isinstance(value, dict) and (name in times or _is_period(value)))
        }
        found[role] = {"table": used.table, "columns": columns, "filter": held}
    return found


def key_of(template: str, used: Mapping[str, Any], chart: Mapping[str, Any]) -> str:
    """Return one text for one chart of one characteristic."""
    return json.dumps([template, used, chart], sort_keys=True, ensure_ascii=False, default=str)


def told(used: Mapping[str, Any]) -> str:
    """Say a characteristic in words that need no language: ``demo.bore: diameter (machine = M03)``."""
    parts = []
    for one in used.values():
        columns = ", ".join(map(str, one["columns"].values()))
        held = ", ".join(f"{name} = {value}" for name, value in one["filter"].items())
        parts.append(f"{one['table']}: {columns}" + (f" ({held})" if held else ""))
    return "; ".join(parts)


def rows_of(record: RunRecord, spec: InForceSpec) -> list[dict[str, Any]]:
    """Return the limits that a run found; none where a number is missing."""
    path = record.tables.get(spec.table)
    if path is None:
        return []
    frame = export.read(path)
    if not set(spec.values) <= set(frame):
        return []
    rows = [
        {str(name): _plain(value) for name, value in row.items()}
        for row in frame.dropna(axis=1, how="all").to_dict("records")
    ]
    whole = all(isinstance(row.get(name), int | float) for row in rows for name in spec.values)
    return rows if whole else []


def injected(one: LimitSet | None, word: str) -> str:
    """Return what the notebook is told: the limits as JSON, or why there are none."""
    if one is None:
        return word
    told_all = {"id": one.id, "unit": one.unit, "rows": one.rows, **used_of(one).model_dump()}
    return json.dumps(told_all, ensure_ascii=False, sort_keys=True)


def used_of(one: LimitSet) -> LimitsUsed:
    """Return what a run's record says of the limits it was judged by."""
    approval = one.approval
    if approval is None:
        raise NotFound(f"approval of limits {one.id}")
    return LimitsUsed(
        id=one.id,
        since=one.valid_from or approval.at,
        approved_by=approval.by,
        proposed_by=one.proposed_by,
        run=one.run,
    )


def _is_period(value: Mapping[str, Any]) -> bool:
    return any(isinstance(end, str) for end in value.values())


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _now() -> datetime:
    return datetime.now(UTC)
