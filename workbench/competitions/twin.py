"""A schema twin: made-up data in the shape of the hidden data, rougher than the public data.

Same columns as the hidden features; units that nobody has seen, longer periods, missing values. It is made
from public data alone, so that it may be given away, and its answers are known: a rehearsal has a score.
"""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd

from workbench.competitions.contract import Task

GROUPS, ROWS = 15, 400
MISSING, JITTER = 0.02, 0.1


@dataclass(frozen=True)
class Twin:
    """Features and labels of made-up cases."""

    test: pd.DataFrame
    labels: pd.DataFrame


def twin(task: Task, train: pd.DataFrame, columns: list[str], *, seed: str) -> Twin:
    """Return the twin of a task whose hidden features have these columns."""
    random = np.random.default_rng(crc32(seed.encode()))
    key = _key(task, train)
    groups = [rows for _, rows in train.groupby(key, sort=False)] if key else [train]
    picked = [groups[place] for place in random.permutation(len(groups))[:GROUPS]]
    per_group = key == task.id
    parts = [
        _case(rows, task, random, key=key, place=place, per_group=per_group)
        for place, rows in enumerate(picked)
    ]
    made = pd.concat(parts, ignore_index=True)
    if not per_group:
        first = int(train[task.id].max()) + 1 if task.id in train and _number(train[task.id]) else 1
        made[task.id] = np.arange(first, first + len(made))
    for name in columns:
        if name not in made:
            made[name] = 0.0
    labels = _labels(task, made, per_group=per_group)
    return Twin(_with_gaps(made[columns], task, key, random), labels)


def _key(task: Task, train: pd.DataFrame) -> str | None:
    """Return the column that tells units, machines or series apart, where there is one."""
    if task.id in train and train[task.id].duplicated().any():
        return task.id
    return task.group if task.group and task.group in train else None


def _case(
    rows: pd.DataFrame,
    task: Task,
    random: np.random.Generator,
    *,
    key: str | None,
    place: int,
    per_group: bool,
) -> pd.DataFrame:
    """Return the rows of one case: some longer than any that was seen, with a name of its own."""
    made = rows.copy()
    steady = [str(name) for name in made if _number(made[name]) and made[name].is_monotonic_increasing]
    if place % 3 == 1:
        made = _longer(made, [name for name in steady if name != key])
    if per_group:
        made = made.iloc[: max(1, int(len(made) * random.uniform(0.3, 0.9)))]
    elif len(made) > ROWS:
        made = made.iloc[-ROWS:]
    made = made.copy()
    for name in made:
        kept = name in (key, task.id, task.target, task.time, *steady)
        if not kept and pd.api.types.is_float_dtype(made[name]):
            spread = float(made[name].std() or 0.0)
            made[name] = made[name] + random.normal(0, JITTER, len(made)) * (
                0.0 if np.isnan(spread) else spread
            )
    if key and (per_group or place % 3 == 0):
        made[key] = _named(rows[key].iloc[0], place)
    return made


def _longer(rows: pd.DataFrame, steady: list[str]) -> pd.DataFrame:
    """Let a case go on for as long again; what grows row by row goes on growing."""
    further = rows.copy()
    for name in steady:
        values = rows[name]
        step = values.iloc[-1] - values.iloc[-2] if len(values) > 1 else 1
        further[name] = values + (values.iloc[-1] - values.iloc[0]) + step
    return pd.concat([rows, further], ignore_index=True)


def _named(name: object, place: int) -> int | str:
    """Return the name of a unit that nobody has seen."""
    return 900_001 + place if isinstance(name, int | float | np.number) else f"{name}-new{place}"


def _labels(task: Task, made: pd.DataFrame, *, per_group: bool) -> pd.DataFrame:
    last = made.groupby(task.id, sort=False).tail(1) if per_group else made
    labels = pd.DataFrame({task.id: last[task.id], task.target: last[task.target]})
    for role in (task.group, task.time):
        if role and role not in labels:
            labels[role] = last[role] if role in last else np.arange(len(last))
    if task.scale:
        labels[task.scale] = 1.0
    if task.split:
        labels[task.split] = np.where(np.arange(len(labels)) % 2, "public", "private")
    return labels


def _with_gaps(test: pd.DataFrame, task: Task, key: str | None, random: np.random.Generator) -> pd.DataFrame:
    """Empty some cells of the measured columns, and one column of one unit altogether."""
    test = test.copy()
    measured = [
        name
        for name in test
        if name not in (key, task.id, task.group, task.time) and pd.api.types.is_float_dtype(test[name])
    ]
    for name in measured:
        test.loc[random.random(len(test)) < MISSING, name] = np.nan
    if measured and key and key in test:
        test.loc[test[key] == test[key].iloc[0], measured[0]] = np.nan
    return test


def _number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
