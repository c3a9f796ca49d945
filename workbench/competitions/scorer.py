"""What runs in the scorer's box: predictions against labels, the only place with both; a report goes out.

The predictions have been read elsewhere (see ``reader``) and are ids and values by now. Nothing about a
single case leaves: totals, counts and places in the file do.
"""

import hashlib
import importlib.util
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from workbench.competitions.metrics import METRICS
from workbench.competitions.predictions import Columns, Odd, read
from workbench.competitions.reader import DATA, confine, send
from workbench.competitions.rows import Array, Rows

MOST_LABELS = 20_000_000
SPACE = 1 << 256


def main() -> None:
    """Take the order from standard input; print a report."""
    order = json.load(sys.stdin)
    confine(order["memory_mb"])
    try:
        given = json.loads((DATA / "predictions").read_bytes())
        report = scored(order, given, DATA / "labels")
    except Odd as odd:
        report = {"code": odd.code, "facts": odd.facts}
    except MemoryError:
        report = {"code": "scorer_limit", "facts": {"what": "memory"}}
    send("report", report)


def scored(order: dict[str, Any], given: dict[str, list[Any]], labels: Path) -> dict[str, Any]:
    """Line predictions and labels up, and compute every metric on each part of the rows."""
    schema, metrics = order["schema"], order["metrics"]
    known = _labels(labels, schema, order["split"])
    ids = known[schema["id"]]
    lined_up(given["id"], ids)
    _classes(given["prediction"], schema)
    rows = _rows(known, given["prediction"], schema)
    public = _public(known, schema, order["split"], secret=digest(labels))
    found: dict[str, Any] = {"code": "scored", "facts": {}, "fingerprint": fingerprint(rows.predicted)}
    for part, which in (("public", public), ("private", ~public)):
        chosen = rows.chosen(which)
        found[part] = {one["key"]: _metric(one, chosen) for one in metrics} if len(chosen) else {}
        found[f"{part}_rows"] = len(chosen)
    return found


def lined_up(given: list[str], ids: list[str]) -> None:
    """Refuse ids that are unknown, twice there, missing, or in another order."""
    if len(given) > len(ids):
        raise Odd("too_many_rows", expected=len(ids))
    places = {one: place for place, one in enumerate(ids)}
    seen: set[str] = set()
    for row, one in enumerate(given, 2):
        if one in seen:
            raise Odd("duplicate_id", row=row)
        if one not in places:
            raise Odd("unknown_id", row=row)
        seen.add(one)
    if len(given) < len(ids):
        raise Odd("too_few_rows", given=len(given), expected=len(ids))
    for row, (one, other) in enumerate(zip(given, ids, strict=True), 2):
        if one != other:
            raise Odd("order", row=row)


def _labels(path: Path, schema: dict[str, Any], split: dict[str, Any]) -> dict[str, list[Any]]:
    roles = [schema[role] for role in ("id", "target", "group", "time", "scale") if schema[role]]
    names = [*dict.fromkeys([*roles, *([split["column"]] if split["column"] else [])])]
    numbers = {schema[role] for role in ("scale", "time") if schema[role]}
    numbers |= {schema["target"]} if schema["kind"] == "number" else set()
    try:
        return read(path, Columns(tuple(names), frozenset(numbers), exact=False), MOST_LABELS)
    except Odd as odd:
        raise Odd("scorer_failed", what=f"the labels: {odd.code}") from odd


def _classes(predicted: list[Any], schema: dict[str, Any]) -> None:
    allowed = schema["classes"]
    for row, one in enumerate(predicted if allowed else (), 2):
        if str(one) not in allowed:
            raise Odd("class", column=schema["prediction"], row=row, expected=", ".join(allowed))


def _rows(known: dict[str, list[Any]], predicted: list[Any], schema: dict[str, Any]) -> Rows:
    parts = {
        role: np.array(known[schema[role]]) if schema[role] else None for role in ("group", "time", "scale")
    }
    return Rows(np.array(known[schema["target"]]), np.array(predicted), **parts)


def digest(path: Path) -> str:
    """Return a file's digest."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _public(
    known: dict[str, list[Any]], schema: dict[str, Any], split: dict[str, Any], *, secret: str
) -> Array:
    """Say which rows count in public: by the labels' column, or drawn by the group or else the id.

    The draw depends on the labels too: who knows the seed and the ids still cannot tell which rows they are.
    """
    if split["column"]:
        return np.array([word == "public" for word in known[split["column"]]], dtype=bool)
    keys = known[schema["group"] or schema["id"]]
    drawn = {key: _drawn(f"{split['seed']}\0{secret}", key) < split["public"] for key in set(keys)}
    return np.array([drawn[key] for key in keys], dtype=bool)


def _drawn(seed: str, key: str) -> float:
    return int(hashlib.sha256(f"{seed}\0{key}".encode()).hexdigest(), 16) / SPACE


def _metric(spec: dict[str, Any], rows: Rows) -> float:
    metric = METRICS.get(spec["name"])
    kind = metric.kind if metric else None
    if kind == "label" and rows.truth.dtype.kind == "f":  # a score stands for the class 1 from 0.5 on
        whole = [np.where(values >= 0.5, "1", "0") for values in (rows.truth, rows.predicted)]
        rows = Rows(whole[0], whole[1], rows.group, rows.time, rows.scale)
    function = metric.function if metric else _own(spec["own"])
    try:
        with np.errstate(all="ignore"):
            value = float(function(rows, **spec["options"]))
    except MemoryError:
        raise
    except Exception as error:
        raise Odd("scorer_failed", what=f"{spec['key']}: {type(error).__name__}") from error
    if not math.isfinite(value):
        raise Odd("score_not_finite", metric=spec["key"])
    return value


def _own(name: str) -> Callable[..., float]:
    """Load the organiser's function ``metric(rows)`` from the file that came along."""
    spec = importlib.util.spec_from_file_location("own_metric", DATA / name)
    if spec is None or spec.loader is None:
        raise Odd("scorer_failed", what="the organiser's metric cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        function: Callable[..., float] = module.metric
    except Exception as error:
        raise Odd("scorer_failed", what=f"the organiser's metric: {type(error).__name__}") from error
    return function


def fingerprint(predicted: Array) -> str:
    """Return a digest that equal predictions share, also when they were written with other digits."""
    texts = [f"{value:.5e}" for value in predicted] if predicted.dtype.kind == "f" else predicted.tolist()
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


if __name__ == "__main__":
    main()
