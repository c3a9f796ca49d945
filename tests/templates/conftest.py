"""Notebooks for template tests, written as the tests need them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONTRACT = """---
workbench: 1
id: bore-check
version: 1.2.0
title: {en: Bore check, zh: 孔径检查}
summary: {en: Looks at bores., zh: 检查孔径。}
decision: {en: Are the bores right?, zh: 孔径是否合格？}
domain: quality
inputs:
  measurements:
    label: {en: Measurements, zh: 测量值}
    columns:
      value: {type: number, label: {en: Value, zh: 数值}, unit: any}
parameters:
  target:
    label: {en: Target, zh: 目标}
    minimum: 0
    exclusive_minimum: true
    maximum: 100
    unit: measurements.value
  chart:
    label: {en: Chart, zh: 图}
    choices:
      auto: {en: Automatic, zh: 自动}
      imr: {en: Individuals, zh: 单值}
results:
  kpis:
    mean: {label: {en: Mean, zh: 均值}, unit: measurements.value}
  verdicts:
    good: {level: good}
---"""

PARAMETERS = """measurements: str = "demo.bore_diameter"
target: float | None = None
chart: str = "auto"
"""

BODY = """import workbench as wb

wb.kpi("mean", 1.0)
wb.verdict("good", level="good", text={"en": "Good.", "zh": "好。"})
"""


def cell(kind: str, source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": source, **more}


def code(source: str, *tags: str, **more: Any) -> dict[str, Any]:
    metadata = {"tags": list(tags)} if tags else {}
    more = {"outputs": [], "execution_count": None, **more}
    return {"cell_type": "code", "metadata": metadata, "source": source, **more}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write cells as a notebook and return its path."""

    def writer(*cells: dict[str, Any], name: str = "bore-check.ipynb", **more: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}
        path.write_text(json.dumps(data), encoding="utf-8")
        return path

    return writer


@pytest.fixture
def contract(write: Callable[..., Path]) -> Callable[..., Path]:
    """Write a template with a contract, one part of it changed."""

    def writer(
        front: str = CONTRACT,
        parameters: str = PARAMETERS,
        body: str = BODY,
        name: str = "bore-check.ipynb",
    ) -> Path:
        return write(
            cell("raw", front),
            cell("markdown", "# Bore check · 孔径检查\n\nWhat it is for."),
            code(parameters, "parameters"),
            cell("markdown", "## Judge · 判断"),
            code(body),
            code("wb.preview()"),
            name=name,
        )

    return writer


@pytest.fixture
def changed(contract: Callable[..., Path]) -> Callable[[str, str], Path]:
    """Write the contract with one text replaced by another."""

    def writer(old: str, new: str) -> Path:
        assert old in CONTRACT
        return contract(front=CONTRACT.replace(old, new, 1))

    return writer


@pytest.fixture
def wild(root: Path) -> Path:
    """The notebooks other people wrote, or a skip that says they are not here."""
    folder = root.parent / "shared" / "notebooks-in-the-wild"
    if not folder.is_dir():
        pytest.skip("no notebooks in the wild beside the repository")
    return folder
