"""A new template that already runs: one input, one parameter, a KPI, a chart and a verdict to change."""

import re
from pathlib import Path

from workbench.errors import Invalid
from workbench.templates.canonical import canonical
from workbench.templates.notebook_file import Cell, Notebook

FRONT_MATTER = """---
workbench: 1
id: {id}
version: 0.1.0
title: {{en: {title}, zh: {title}}}
summary:
  en: Counts how many measurements lie above a limit.
  zh: 统计超过上限的测量值数量。
decision:
  en: Do the measurements stay below the limit?
  zh: 测量值是否低于上限？
domain: quality
inputs:
  measurements:
    label: {{en: Measurements, zh: 测量值}}
    min_rows: 1
    columns:
      value:
        type: number
        label: {{en: Measured value, zh: 测量值}}
        synonyms: [diameter, measurement, 测量值]
        unit: any
    example: demo.bore_diameter
parameters:
  upper:
    label: {{en: Upper limit, zh: 上限}}
    help:
      en: In the unit of the measured value.
      zh: 单位与测量值相同。
    unit: measurements.value
results:
  kpis:
    above:
      label: {{en: Above the limit, zh: 超出上限}}
      better: lower
      decimals: 0
    largest:
      label: {{en: Largest value, zh: 最大值}}
      unit: measurements.value
  figures:
    values:
      label: {{en: Measurements in order, zh: 测量值顺序图}}
  verdicts:
    below: {{level: good}}
    above: {{level: bad}}
  refusals:
    no_values:
      label: {{en: No value was given, zh: 没有测量值}}
authors: []
licence: Apache-2.0
classification: general
---"""

PARAMETERS = """measurements: str = "demo.bore_diameter"
upper: float = 25.02"""

IMPORTS = """import workbench as wb
from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, figure"""

READ = """data = wb.read(measurements)
values = data.df()["value"].dropna()
if values.empty:
    wb.refuse(
        "no_values",
        need=1,
        have=0,
        text={"en": "The table holds no measured value.", "zh": "数据表中没有测量值。"},
        remedy={"en": "Map the column with the measurements.", "zh": "请映射测量值所在的列。"},
    )"""

JUDGE = """above = int((values > upper).sum())
wb.kpi("above", above)
wb.kpi("largest", values.max(), unit=data.unit("value"))
wb.verdict(
    "above" if above else "below",
    level="bad" if above else "good",
    text={
        "en": f"{above} of {len(values)} measurements lie above {upper:g}.",
        "zh": f"{len(values)} 个测量值中有 {above} 个超过 {upper:g}。",
    },
)"""

SHOW = """plot = figure(x_axis_label=both("Measurement", "序号"), y_axis_label=both("Value", "数值"))
plot.line(list(range(1, len(values) + 1)), values.to_list(), color=ACCENT)
plot.hspan(y=[upper], line_color=BAD, line_dash="dashed")
wb.figure("values", plot)"""


def new_template(id_: str, folder: Path) -> Path:
    """Write a template that runs as it is; refuse an id that is taken or no id."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id_):
        raise Invalid("template id", given=repr(id_), expected="lower-case words joined by -, as bore-check")
    path = folder / f"{id_}.ipynb"
    title = id_.replace("-", " ").capitalize()
    notebook = Notebook(
        (
            Cell("raw", FRONT_MATTER.format(id=id_, title=title), "front-matter"),
            Cell("markdown", f"# {title} · {title}\n\nSay here what one decides with it, and how.", "title"),
            Cell("code", PARAMETERS, "parameters", {"tags": ["parameters"]}),
            Cell("code", IMPORTS, "imports"),
            Cell("markdown", "## Read the data · 读取数据", "read-the-data"),
            Cell("code", READ, "read"),
            Cell("markdown", "## Judge · 判断", "judge-heading"),
            Cell("code", JUDGE, "judge"),
            Cell("markdown", "## Show · 展示", "show-heading"),
            Cell("code", SHOW, "show"),
            Cell("code", "wb.preview()", "preview"),
        ),
        {},
    )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(canonical(notebook))
    except FileExistsError:
        raise Invalid(f"template {id_!r}", given="an id that is taken", hint=f"there is {path}") from None
    return path
