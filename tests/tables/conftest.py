"""A workspace of its own for every test, and what a template's input looks like."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.config import Workspace
from workbench.tables.catalog import Tables


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home").create()


@pytest.fixture
def tables(workspace: Workspace) -> Tables:
    return Tables(workspace)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file; text is encoded as told."""

    def file(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return file


@pytest.fixture
def column() -> Callable[..., Any]:
    """A column that a role needs."""

    def need(kind: str, *synonyms: str, optional: bool = False, unit: str | None = None) -> Any:
        label = {"en": kind, "zh": kind}
        return SimpleNamespace(type=kind, synonyms=list(synonyms), optional=optional, unit=unit, label=label)

    return need


@pytest.fixture
def role() -> Callable[..., Any]:
    """An input of a template."""

    def need(others: str | None = None, **columns: Any) -> Any:
        return SimpleNamespace(columns=columns, others=others)

    return need
