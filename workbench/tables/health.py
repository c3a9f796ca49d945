"""The health of a table: counted once for each version and set of rules, kept beside its rows, judged anew.

What depends on the moment (is the newest row young enough, can the files be read) is looked at each time.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workbench.errors import Invalid, WorkbenchError
from workbench.governance.metadata import described, unassessed
from workbench.governance.quality import Count, Health, Part, Unassessed, judge
from workbench.governance.rules import Rules
from workbench.tables import beside, card, measure, measure_pairs, measure_time, relation
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.conditions import condition
from workbench.tables.measure import Answer, Subject, counted

KEY = "rules"
MEMORY = "1GB"
MOST_FILES = 2_000  # opened to see whether they can be read
MAGIC = b"PAR1"  # what a Parquet file begins and ends with
FORM = 1  # of what is kept: another one is counted anew


@dataclass(frozen=True)
class Kept:
    """What was counted for one version and set of rules."""

    counts: dict[str, Answer]
    newest: dict[str, str]


# --- rules -----------------------------------------------------------------------------------------------


def rules(tables: Tables, name: str) -> Rules:
    """Return what was declared about a table; nothing where nothing was."""
    try:
        return Rules.model_validate(beside.read(tables.home(name), KEY) or {})
    except ValidationError:  # written by another version
        return Rules.model_validate({})


def declare(tables: Tables, name: str, changed: Mapping[str, Any]) -> Rules:
    """Change what is declared about a table; what is not named stays, None takes a rule back.

    Raises
    ------
    Invalid or NotFound
        If a rule cannot be read, or names a column that the table does not have.
    """
    kept = rules(tables, name).declared
    merged = {key: value for key, value in {**kept, **changed}.items() if value is not None}
    try:
        new = Rules.model_validate(merged)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "rules"
        expected = first["msg"].removeprefix("Value error, ")
        raise Invalid(where, given=repr(first.get("input"))[:100], expected=expected) from error
    info = tables.get(name)
    for column in sorted(new.columns):
        info.column(column)
    for text in new.conditions:
        condition(text, [column.name for column in info.columns])
    _check_patterns(new)
    beside.write(tables.home(name), KEY, new.declared)
    return new


def _check_patterns(new: Rules) -> None:
    """Make sure that DuckDB reads a pattern too: it knows fewer than Python."""
    with relation.locked([]) as connection:
        for name, pattern in new.formats.items():
            try:
                connection.execute(f"SELECT regexp_full_match('', {relation.literal(pattern)})").fetchall()
            except WorkbenchError:
                raise
            except Exception as error:
                told = str(error).partition("\n")[0]
                raise Invalid(f"format of column {name}", given=repr(pattern), expected=told) from error


# --- counting --------------------------------------------------------------------------------------------


def health(tables: Tables, reference: str, *, now: datetime | None = None) -> Health:
    """Return the health of a version of a table, counting it when that was not done yet."""
    info = tables.get(reference)
    wanted, said = rules(tables, info.name), card.read(tables, info.name)
    kept = _kept(tables, info, wanted, said.retention_days) or _count(
        tables, info, wanted, said.retention_days
    )
    return _judged(tables, info, wanted, said, kept, now)


def known(tables: Tables, reference: str, *, now: datetime | None = None) -> Health | None:
    """Return the health of a version if it was counted before; reads no rows."""
    info = tables.get(reference)
    wanted, said = rules(tables, info.name), card.read(tables, info.name)
    kept = _kept(tables, info, wanted, said.retention_days)
    return _judged(tables, info, wanted, said, kept, now) if kept else None


def trend(tables: Tables, name: str, *, last: int = 20) -> list[tuple[int, datetime, Health | None]]:
    """Return version, time and health, as far as it was counted, of the last versions, oldest first."""
    name, _ = tables.pin(name)
    history = tables.versions(name, last=last)
    return [(each.version, each.created, known(tables, f"{name}@{each.version}")) for each in history]


def _judged(
    tables: Tables, info: TableInfo, wanted: Rules, said: card.Card, kept: Kept, now: datetime | None
) -> Health:
    counts = dict(kept.counts)
    if kept.newest and wanted.max_age_s is not None and not wanted.received:
        counts["0502"] = measure_time.fresh(kept.newest, wanted.max_age_s, now or datetime.now())  # noqa: DTZ005 - plant time
    counts["0601"] = _readable(tables.files(info.name, info.version))
    counts |= described(info.columns, wanted, said.columns, counts)
    return judge(counts, weights=wanted.weights)


def _readable(files: list[str]) -> Answer:
    if not files:
        return unassessed("this version has no files", "该版本没有文件")
    if len(files) > MOST_FILES:
        return unassessed(f"it has more than {MOST_FILES} files", f"文件超过 {MOST_FILES} 个")
    bad = [Path(file).name for file in files if not _opens(file)]
    return Count(len(files) - len(bad), len(files), tuple(Part(name, 0, 1) for name in bad[:10]))


def _opens(file: str) -> bool:
    """Whether a file is there with both of its ends; what lies between is looked at when it is restored."""
    try:
        with open(file, "rb") as handle:  # noqa: PTH123 - a plain path, thousands of times
            begins = handle.read(len(MAGIC)) == MAGIC
            handle.seek(-len(MAGIC), os.SEEK_END)
            return begins and handle.read() == MAGIC
    except (OSError, ValueError):
        return False


def _digest(tables: Tables, wanted: Rules, retention_days: int | None) -> str:
    """Name what counting depends on beside the version: rules, the day, other tables."""
    pins = {}
    for other in measure_pairs.others(wanted):
        try:
            pins[other] = tables.snapshot(*tables.pin(other)).sha256
        except WorkbenchError:
            pins[other] = ""
    rest = {key: value for key, value in wanted.declared.items() if key not in {"weights", "threshold"}}
    day = f"{datetime.now():%Y-%m-%d}" if retention_days else ""  # noqa: DTZ005 - plant time
    told = json.dumps([FORM, rest, retention_days, day, pins], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _kept(tables: Tables, info: TableInfo, wanted: Rules, retention_days: int | None) -> Kept | None:
    found = beside.read(tables.home(info.name), f"health-{info.version}")
    if not found or found.get("digest") != _digest(tables, wanted, retention_days):
        return None
    return Kept({code: _answer(each) for code, each in found["counts"].items()}, found["newest"])


def _answer(found: dict[str, Any]) -> Answer:
    if "because" in found:
        return Unassessed(found["because"])
    parts = tuple(Part(**part) for part in found["parts"])
    return Count(found["met"], found["of"], parts, tuple(found["examples"]))


def _count(tables: Tables, info: TableInfo, wanted: Rules, retention_days: int | None) -> Kept:
    files = tables.files(info.name, info.version)
    others = [
        file for other in measure_pairs.others(wanted) if tables.exists(other) for file in tables.files(other)
    ]
    measures = (*measure.MEASURES, *measure_time.MEASURES, *measure_pairs.measures(tables))
    with relation.locked(
        [*files, *others], memory=MEMORY, threads=1
    ) as connection:  # others want to work too
        subject = Subject(connection, info, wanted, tuple(files), retention_days)
        counts = counted(subject, measures)
        try:
            newest = measure_time.newest(subject) if info.rows else {}
        except WorkbenchError:
            newest = {}
    digest = _digest(tables, wanted, retention_days)
    document = {
        "digest": digest,
        "counts": {code: asdict(each) for code, each in counts.items()},
        "newest": newest,
    }
    if all(map(_opens, files)):  # files that are gone may come back from a backup
        plain = json.loads(json.dumps(document, default=str))
        beside.write(tables.home(info.name), f"health-{info.version}", plain)
    return Kept(counts, newest)
