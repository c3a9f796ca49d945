"""What changed between two versions of a table, worked out once and kept beside its rows."""

import hashlib
import json
from collections.abc import Sequence

import duckdb
import pyarrow as pa
from pydantic import ValidationError

from workbench.tables import beside
from workbench.tables.catalog import Tables, Version
from workbench.tables.changes import Changes, changes
from workbench.tables.health import rules
from workbench.tables.interrupt import damaged


def difference(tables: Tables, name: str, before: int, after: int, *, key: Sequence[str] = ()) -> Changes:
    """Compare two versions of a table; ``key`` tells its rows apart, else the one that is declared."""
    name, first = tables.pin(f"{name}@{before}")
    second = tables.pin(f"{name}@{after}")[1]
    key = key or rules(tables, name).key
    digest = hashlib.sha256(json.dumps(list(key)).encode()).hexdigest()[:8]
    kept = f"changes-{first}-{second}-{digest}"
    try:
        return Changes.model_validate(beside.read(tables.home(name), kept))
    except ValidationError:  # not worked out yet, or by an older version
        try:
            found = changes(tables.files(name, first), tables.files(name, second), key=key)
        except (duckdb.Error, OSError, pa.ArrowInvalid) as error:
            raise damaged(name) from error
        beside.write(tables.home(name), kept, json.loads(found.model_dump_json()))
        return found


def told(tables: Tables, name: str, *, last: int) -> list[tuple[Version, Changes | None]]:
    """Return the last versions, newest first, each with what it changed; None for the first there is."""
    history = tables.versions(name, last=last + 1)
    found: list[tuple[Version, Changes | None]] = []
    for position, version in enumerate(history):
        if position:
            earlier = history[position - 1].version
            found.append((version, difference(tables, name, earlier, version.version)))
        elif len(history) <= last:
            found.append((version, None))
    return found[::-1]
