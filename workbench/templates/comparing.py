"""Obtained against expected: within tolerance or not, and to how many digits they agree."""

import math
import re
from typing import Any, Protocol

import pandas as pd

from workbench.errors import Invalid, unknown

MAX_DIGITS = 15.0  # a double holds no more
_AGGREGATES = ("sum", "count", "max", "min", "mean", "median")


class ResultLike(Protocol):
    """What proofs need to know of a finished run; `runs.record.RunRecord` is one."""

    status: Any
    kpis: Any
    tables: Any
    alarms: Any
    verdict: Any
    refusal: Any
    error: Any


def obtained(result: ResultLike, path: str) -> Any:
    """Return what a run recorded at a path such as `kpis.cp.low` or `tables.points.ucl[-1]`."""
    kind, _, rest = path.partition(".")
    match kind:
        case "status":
            return result.status
        case "kpis":
            name, _, part = rest.partition(".")
            return getattr(_named(dict(result.kpis), name, "KPI"), part or "value")
        case "tables":
            return _cell(result, rest)
        case "alarms":
            return _named({alarm.name: alarm.active for alarm in result.alarms}, rest, "alarm")
        case "verdict" | "refusal":
            found = getattr(result, kind)
            return None if found is None else getattr(found, rest or "code")
    raise unknown("kind of result", kind, ["kpis", "tables", "alarms", "verdict", "refusal", "status"])


def _named(things: dict[str, Any], name: str, kind: str) -> Any:
    if name not in things:
        raise unknown(kind, name, things)
    return things[name]


def _cell(result: ResultLike, path: str) -> Any:
    """Read one value, one whole column or an aggregate of a recorded table."""
    found = re.fullmatch(r"(\w+)(?:\.([^\[\]]+))?(?:\[([^\]]+)\])?", path)
    if not found:
        raise Invalid(f"result tables.{path}", expected="tables.NAME.COLUMN[row or aggregate]")
    name, column, index = found.groups()
    frame = pd.read_parquet(_named(dict(result.tables), name, "table"))
    if column is None:
        return len(frame)
    if column not in frame.columns:
        raise unknown(f"column of table {name}", column, map(str, frame.columns))
    values = frame[column]
    if index is None:
        return values.tolist()
    if index in _AGGREGATES:
        return getattr(values, index)()
    try:
        return values.iloc[int(index)]
    except ValueError:
        raise unknown("aggregate", index, _AGGREGATES) from None
    except IndexError:
        rows = f"a row of {len(frame)}"
        raise Invalid(f"result tables.{path}", given=index, expected=rows) from None


def is_close(value: Any, expected: Any, *, absolute: float | None, relative: float | None) -> bool:
    """Tell whether two values agree; numbers within the larger tolerance, anything else exactly."""
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(
                is_close(one, other, absolute=absolute, relative=relative)
                for one, other in zip(value, expected, strict=True)
            )
        )
    if _is_number(value) and _is_number(expected):
        allowed = max(absolute or 0.0, (relative or 0.0) * abs(expected))
        # Two ulps: the tolerance 0.005 must accept 1.005 against 1.01, which binary fractions miss.
        return bool(abs(value - expected) <= allowed * (1 + 4e-16) + 4e-16 * abs(expected))
    return bool(plain(value) == expected)


def digits(value: Any, expected: Any) -> float | None:
    """Return how many decimal digits agree (log relative error), at most 15; of a list the least."""
    if isinstance(expected, list) and isinstance(value, list) and len(value) == len(expected):
        found = [digits(one, other) for one, other in zip(value, expected, strict=True)]
        known = [number for number in found if number is not None]
        return min(known) if known and len(known) == len(found) else None
    if not _is_number(value) or not _is_number(expected):
        return None
    distance = abs(float(value) - float(expected))
    if distance == 0:
        return MAX_DIGITS
    error = distance / abs(float(expected)) if expected else distance
    return round(min(MAX_DIGITS, max(0.0, -math.log10(error))), 1)


def plain(value: Any) -> Any:
    """Turn numpy and pandas scalars into JSON; numbers to 12 digits, so that machines agree."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(f"{value:.12g}") if math.isfinite(value) else None
    return str(value)


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool | str) and math.isfinite(value)
    except TypeError:
        return False
