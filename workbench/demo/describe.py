"""The demo factory in words: the generated part of its page, which a test holds against the code."""

import sys
from pathlib import Path
from typing import Any

from workbench.demo import factory
from workbench.demo.table import DemoTable

BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"


def markdown() -> str:
    """Describe every table: its rows, its columns with their units, and its planted truth."""
    return "\n\n".join(_section(table) for table in factory.tables())


def page_with(text: str) -> str:
    """Return a page whose generated part is up to date."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{markdown()}\n\n{END}{rest.split(END)[1]}"


def _section(table: DemoTable) -> str:
    columns = [
        f"| `{name}` | {column.unit or ''} | {column.label['en']} | {column.label['zh']} |"
        for name, column in table.columns.items()
    ]
    truth = [f"- `{name}`: {_value(value)}" for name, value in table.truth.items()]
    head = ["| column | unit | holds | 内容 |", "|---|---|---|---|"]
    about = f"{table.description['en']}. {table.description['zh']}。 {len(table.frame)} rows."
    return "\n".join([f"### {table.name}", "", about, "", *head, *columns, "", "Planted truth:", "", *truth])


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} {_value(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def main(path: str) -> None:
    """Bring a page up to date."""
    page = Path(path)
    page.write_text(page_with(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
