"""Counts what the indicators of a time series need: records, periods, sequence, delay, doubtful values."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from workbench.governance.metadata import unassessed
from workbench.governance.quality import Count, Part, Unassessed
from workbench.tables import relation, store
from workbench.tables.columns import NUMBER, TIMESTAMP, Column
from workbench.tables.interrupt import limited
from workbench.tables.measure import SECONDS, Answer, Subject, present

MOST_ENTITIES = 2_000
TOLERANCE = 0.1  # of the expected number of rows in a period
BUCKETS_S = ((600.0, 3_600.0), (14_400.0, 86_400.0))  # up to such a period, such a bucket
PERIODS_IN_BUCKET = 30
SPIKE_STEPS = 8  # usual steps that a value leaps and comes back by
STUCK_ROWS = 20  # equal values in a row, of a column that changes at nearly every row


def _time(subject: Subject) -> str | Unassessed:
    name = subject.rules.time
    if not name:
        return unassessed("no column of times is declared", "未声明时间列")
    if subject.column(name).type != TIMESTAMP:
        return unassessed(f"column {name} does not hold times", f"列 {name} 不是时间")
    return f"CAST({relation.quoted(name)} AS TIMESTAMP)"


def _entity(subject: Subject) -> str:
    name = subject.rules.entity
    return relation.quoted(subject.column(name).name) if name else "1"


def _series(subject: Subject) -> tuple[str, str, float] | Unassessed:
    """Return what a regular series is made of: time, entity, period."""
    time = _time(subject)
    if isinstance(time, Unassessed):
        return time
    if subject.rules.period_s is None:
        return unassessed("no expected period between rows is declared", "未声明采样周期")
    return time, _entity(subject), subject.rules.period_s


def records(subject: Subject) -> Answer:
    """0202: periods with a row, from an entity's first row to the table's last one."""
    series = _series(subject)
    if isinstance(series, Unassessed):
        return series
    time, entity, period = series
    rows = f"(SELECT {entity} AS e, epoch({time}) AS t FROM {subject.rows} WHERE isfinite({time}))"
    starts = f"(SELECT *, min(t) OVER (PARTITION BY e) AS first, max(t) OVER () AS last FROM {rows})"
    query = (
        f"SELECT e, count(DISTINCT CAST(round((t - first) / {period!r}) AS BIGINT)), "
        f"CAST(floor((any_value(last) - any_value(first)) / {period!r} + 1e-6) AS BIGINT) + 1 "
        f"FROM {starts} GROUP BY e"
    )
    found = subject.connection.execute(query).fetchall()
    parts = [Part(_named(subject, e), min(n, of), of) for e, n, of in found]
    worst = tuple(sorted(parts, key=lambda part: part.met / part.of)[:50])
    return Count(sum(part.met for part in parts), sum(part.of for part in parts), worst)


def _named(subject: Subject, entity: Any) -> str:
    return str(entity) if subject.rules.entity else "all rows"


def periods(subject: Subject) -> Answer:
    """0501: whole hours or days whose number of rows is about the expected one."""
    series = _series(subject)
    if isinstance(series, Unassessed):
        return series
    time, entity, period = series
    width = next((bucket for most, bucket in BUCKETS_S if period <= most), period * PERIODS_IN_BUCKET)
    low, high = ((1 + sign * TOLERANCE) * width / period for sign in (-1, 1))
    rows = f"(SELECT {entity} AS e, epoch({time}) AS t FROM {subject.rows} WHERE isfinite({time}))"
    last = f"(SELECT floor(max(t) / {width!r}) FROM {rows})"
    # The first and the last bucket are not whole.
    query = (
        f"SELECT e, any_value(of), "
        f"count(*) FILTER (b > first AND b < last AND n BETWEEN {low!r} AND {high!r}) "
        f"FROM (SELECT e, b, n, min(b) OVER (PARTITION BY e) AS first, {last} AS last, "
        f"greatest({last} - min(b) OVER (PARTITION BY e) - 1, 0) AS of "
        f"FROM (SELECT e, floor(t / {width!r}) AS b, count(*) AS n FROM {rows} GROUP BY ALL)) GROUP BY e"
    )
    parts = [
        Part(_named(subject, e), met, int(of)) for e, of, met in subject.connection.execute(query).fetchall()
    ]
    whole = sum(part.of for part in parts)
    if not whole:
        return unassessed("the table is shorter than one whole period", "数据不足一个完整时段")
    worst = tuple(sorted((part for part in parts if part.of), key=lambda part: part.met / part.of)[:50])
    return Count(sum(part.met for part in parts), whole, worst)


def sequence(subject: Subject) -> Answer:
    """0503: rows that are not earlier than the one before, in the order they lie in."""
    time = _time(subject)
    if isinstance(time, Unassessed):
        return time
    if any(store.chunk_of(file) for file in subject.files):
        return unassessed("its rows were put in order when files were tidied", "整理文件时各行已重新排序")
    entity, files = _entity(subject), relation.listed(subject.files)
    source = f"read_parquet({files}, filename = true, file_row_number = true)"
    order = f"list_position({files}, filename), file_row_number"
    met, of = subject.one(
        "count(*) FILTER (t >= before), count(before)",
        f"(SELECT {time} AS t, lag({time}) OVER (PARTITION BY {entity} ORDER BY {order}) AS before "
        f"FROM {source} WHERE {time} IS NOT NULL)",
    )
    return Count(met, of)


def delay(subject: Subject) -> Answer:
    """0502: rows received within the allowed delay; the age of the newest rows is judged when it is asked."""
    time, received, most = _time(subject), subject.rules.received, subject.rules.max_delay_s
    if isinstance(time, Unassessed):
        return time
    if not received or most is None:
        return unassessed("no greatest age of the newest row is declared", "未声明最新数据允许的最大时差")
    arrived = f"CAST({relation.quoted(subject.column(received).name)} AS TIMESTAMP)"
    late = f"epoch({arrived}) - epoch({time})"
    met, of = subject.one(f"count(*) FILTER ({late} <= {most!r}), count({late})")
    return Count(met, of, (), subject.examples(f"{late} > {most!r}"))


def newest(subject: Subject) -> dict[str, str]:
    """Return the newest time of each entity, from which the age is told at any later moment."""
    time = _time(subject)
    if isinstance(time, Unassessed) or subject.rules.max_age_s is None:
        return {}
    entity = _entity(subject)
    query = (
        f"SELECT {entity}, max({time}) FROM {subject.rows} WHERE isfinite({time}) "
        f"GROUP BY 1 ORDER BY 2 LIMIT {MOST_ENTITIES}"
    )
    with limited(subject.connection, SECONDS, subject.info.name):
        found = subject.connection.execute(query).fetchall()
    return {_named(subject, e): t.isoformat() for e, t in found}


def fresh(newest_rows: dict[str, str], max_age_s: float, now: datetime) -> Count:
    """0502 where no delay is declared: entities whose newest row is young enough now."""
    parts = tuple(
        Part(f"{name} ({stamp})", int((now - datetime.fromisoformat(stamp)).total_seconds() <= max_age_s), 1)
        for name, stamp in newest_rows.items()
    )
    return Count(sum(part.met for part in parts), len(parts), parts)


def doubtful(subject: Subject) -> Answer:
    """0305: values that are infinite, leap and come back, or stand still in a column that never does."""
    series = _series(subject)
    if isinstance(series, Unassessed):
        return series
    time, entity, _ = series
    parts = [
        _doubtful(subject, column, time, entity) for column in subject.info.columns if column.type == NUMBER
    ]
    if not parts:
        return unassessed("no column holds numbers with decimals", "没有小数列")
    return Count(sum(part.met for part in parts), sum(part.of for part in parts), tuple(parts))


def _doubtful(subject: Subject, column: Column, time: str, entity: str) -> Part:
    value = f"CAST({relation.quoted(column.name)} AS DOUBLE)"
    rows = f"(SELECT {entity} AS e, {time} AS t, {value} AS v FROM {subject.rows} WHERE {present(column)})"
    near = (
        f"(SELECT e, t, v, lag(v) OVER w AS a, lead(v) OVER w AS b FROM {rows} "
        f"WHERE isfinite(v) WINDOW w AS (PARTITION BY e ORDER BY t))"
    )
    usual = f"(SELECT e, median(abs(v - a)) AS step FROM {near} GROUP BY e)"
    stood = f"(SELECT n.*, sum((v IS DISTINCT FROM a)::INT) OVER (PARTITION BY e ORDER BY t ROWS UNBOUNDED PRECEDING) AS run FROM {near} n)"  # noqa: E501
    runs = f"(SELECT s.*, count(*) OVER (PARTITION BY e, run) AS length FROM {stood} s)"
    leap = f"abs(v - a) > {SPIKE_STEPS} * step AND abs(v - b) > {SPIKE_STEPS} * step AND (v > a) = (v > b)"
    # A column that often repeats itself, such as a set point, may stand still.
    stuck = f"length >= {STUCK_ROWS} AND step > 0"
    [bad] = subject.one(
        f"count(*) FILTER ((step > 0 AND {leap}) OR ({stuck}))",
        f"{runs} r JOIN {usual} u ON r.e IS NOT DISTINCT FROM u.e",
    )
    total, infinite = subject.one("count(*), count(*) FILTER (NOT isfinite(v))", rows)
    return Part(column.name, bad + infinite, total)


MEASURES: tuple[tuple[str, Callable[[Subject], Answer]], ...] = (
    ("0202", records),
    ("0305", doubtful),
    ("0501", periods),
    ("0502", delay),
    ("0503", sequence),
)
