"""Published numbers, ready to compare with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def published(reference: Path) -> Callable[[str, str], Any]:
    """Look up a published number; it compares equal within its stated tolerance."""
    entries = json.loads((reference / "published.json").read_text(encoding="utf-8"))["entries"]
    known = {(entry["dataset"], entry["quantity"]): entry for entry in entries}

    def look_up(dataset: str, quantity: str) -> Any:
        entry = known[dataset, quantity]
        return pytest.approx(
            entry["value"], rel=entry.get("tolerance_rel"), abs=entry.get("tolerance_abs", 0)
        )

    return look_up


@pytest.fixture
def expected_tables(reference: Path) -> Callable[[str], dict[str, Any]]:
    """Look up an expected table of the JASP quality module by the beginning of its test's name."""
    tables = json.loads((reference / "jasp_quality" / "expected_tables.json").read_text(encoding="utf-8"))

    def look_up(test: str) -> dict[str, Any]:
        found = [table for table in tables if table["test"].startswith(test)]
        assert len(found) == 1, [table["test"] for table in found]
        return dict(found[0])

    return look_up
