"""The first notebook of a new template: small, complete, and it runs on the demo factory as it is."""

import json
import re
from pathlib import Path
from typing import Any

from workbench.errors import Invalid

FRONT_MATTER = """\
---
workbench: 1
id: {id}
version: 0.1.0
title: {{en: {title}, zh: {title}}}
summary: {{en: Say in one sentence what it does., zh: 用一句话说明它做什么。}}
decision: {{en: What does one decide with it?, zh: 用它决定什么？}}
domain: quality
inputs:
  measurements:
    label: {{en: Measurements, zh: 测量值}}
    min_rows: 2
    columns:
      value: {{type: number, label: {{en: Value, zh: 数值}}, unit: any, synonyms: [diameter, 测量值]}}
    example: demo.bore_diameter
parameters:
  limit:
    label: {{en: Largest share of outliers, zh: 允许的离群比例}}
    help: {{en: Above this share the verdict is bad., zh: 超过此比例即判为不合格。}}
    minimum: 0
    maximum: 1
results:
  kpis:
    mean: {{label: {{en: Mean, zh: 平均值}}, unit: measurements.value}}
    outliers: {{label: {{en: Share of outliers, zh: 离群比例}}, better: lower}}
  tables:
    furthest:
      label: {{en: Furthest from the mean, zh: 离平均值最远}}
      columns:
        value: {{label: {{en: Value, zh: 数值}}, unit: measurements.value}}
  figures:
    trend: {{label: {{en: Values in order, zh: 按顺序的数值}}}}
  verdicts:
    calm: {{level: good}}
    restless: {{level: bad}}
authors: [Unnamed]
licence: Apache-2.0
classification: general
---"""
CELLS = (
    ("markdown", "title", "# {title}\n\nSay what it reads and what one decides with it."),
    ("code", "parameters", 'measurements: str = "demo.bore_diameter"\nlimit: float = 0.01'),
    ("code", "imports", "from workbench.charts.theme import figure\n\nimport workbench as wb"),
    ("markdown", "read-heading", "## Read the data · 读取数据"),
    ("code", "read", 'data = wb.read(measurements)\nvalues = data.df()["value"].dropna()'),
    ("markdown", "judge-heading", "## Judge · 判断"),
    (
        "code",
        "judge",
        "mean, spread = values.mean(), values.std()\n"
        "outliers = (values - mean).abs() > 3 * spread\n"
        'wb.kpi("mean", mean, unit=data.unit("value"))\n'
        'wb.kpi("outliers", outliers.mean())\n'
        "furthest = values.loc[(values - mean).abs().sort_values(ascending=False).index].head(20)\n"
        'wb.table("furthest", furthest.to_frame("value"))',
    ),
    ("markdown", "show-heading", "## Show · 展示"),
    (
        "code",
        "show",
        'plot = figure()\nplot.line(range(len(values)), values.to_numpy())\nwb.figure("trend", plot)',
    ),
    (
        "code",
        "verdict",
        "calm = outliers.mean() <= limit\n"
        "wb.verdict(\n"
        '    "calm" if calm else "restless",\n'
        '    level="good" if calm else "bad",\n'
        '    text={{"en": f"{{outliers.mean():.1%}} of the values lie far from the mean.",\n'
        '          "zh": f"{{outliers.mean():.1%}} 的数值远离平均值。"}},\n'
        ")",
    ),
    ("code", "preview", "wb.preview()"),
)


def write(folder: Path, template: str) -> Path:
    """Write a new template into a folder; refuse an id that is taken or no id."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", template):
        raise Invalid("template id", given=repr(template), expected="lower-case words joined by -")
    path = folder / f"{template}.ipynb"
    if path.exists():
        raise Invalid("template id", given=repr(template), hint=f"{path} exists already")
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(notebook(template), ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(content + "\n", encoding="utf-8")
    return path


def notebook(template: str) -> dict[str, Any]:
    """Return the notebook of a new template."""
    title = template.replace("-", " ").capitalize()
    cells = [("raw", "front-matter", FRONT_MATTER), *CELLS]
    return {
        "cells": [_cell(kind, id_, text.format(id=template, title=title)) for kind, id_, text in cells],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(kind: str, id_: str, text: str) -> dict[str, Any]:
    metadata = {"tags": ["parameters"]} if id_ == "parameters" else {}
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": id_,
        "metadata": metadata,
        "source": text.splitlines(keepends=True),
    }
    return cell | {"execution_count": None, "outputs": []} if kind == "code" else cell
