"""A frame that an author made, as columns that every reader of a result knows.

Lists, objects, periods and mixtures become text, and names differ: what a page, a report or Excel cannot show
never reaches them. Numbers, texts, times and categories stay as they are.
"""

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.tables import columns

SIMPLE = (
    pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal,
    pa.types.is_string, pa.types.is_large_string, pa.types.is_null,
    pa.types.is_timestamp, pa.types.is_date, pa.types.is_time, pa.types.is_duration,
)  # fmt: skip


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with unique names, and as text what is not of one simple type."""
    names = columns.unique(map(str, frame.columns))
    result = frame.set_axis(names, axis="columns")
    for position, name in enumerate(names):
        column = frame.iloc[:, position]
        if isinstance(column.dtype, pd.SparseDtype):
            result[name] = column = pd.Series(np.asarray(column))
        if not _is_simple(column):
            result[name] = pd.array([_written(value) for value in column], dtype="str")
    return result


def _is_simple(column: "pd.Series[Any]") -> bool:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufM":
        return True
    try:
        kind = pa.array(column, from_pandas=True).type
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return False
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return any(check(kind) for check in SIMPLE)


def _written(value: Any) -> str | None:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return str(value).encode("utf-8", "replace").decode()
