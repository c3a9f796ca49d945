"""How a mapping is told: which column of the table fills what, why, and what speaks against it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.config import AnyText
from workbench.tables.catalog import TableInfo
from workbench.templates.front_matter import Input
from workbench.ui.view import View


class Picker(Protocol):
    """What of an input picker is told."""

    need: Input
    info: TableInfo | None
    found: dict[str, dict[str, Any]]
    chosen: dict[str, str]

    @property
    def mapping(self) -> dict[str, str]:
        """Role column → source column."""


@dataclass(frozen=True)
class Row:
    """One column of a role."""

    label: str
    source: str  # with its unit
    why: str
    doubt: str
    question: str  # what changed since it was confirmed
    kept: bool  # confirmed before, and as it was

    @property
    def settled(self) -> bool:
        """Whether nothing needs to be read."""
        return self.kept and not self.doubt


def mapping_rows(view: View, picker: Picker) -> list[Row]:
    """Tell every column that is filled, or that changed."""
    units = {each.name: each.unit for each in (picker.info.columns if picker.info else ())}
    rows = []
    for name, column in picker.need.columns.items():
        found, source = picker.found.get(name, {}), picker.mapping.get(name)
        asked = found.get("state") == "asked" and name not in picker.chosen
        if source or asked:
            rows.append(_row(view, view.pick(column.label), source, found, units, new=name in picker.chosen))
    return rows


def _row(
    view: View,
    label: str,
    source: str | None,
    found: Mapping[str, Any],
    units: Mapping[str, Any],
    *,
    new: bool,
) -> Row:
    """Tell one column; ``new`` is one that the visitor chose over what was found."""
    own = new and found.get("source") != source
    state = found.get("state")
    why = view.say("as_chosen") if own else _text(view, found.get("reason"))
    return Row(
        label=label,
        source=with_unit(source, units.get(source)) if source else "",
        why="" if state == "confirmed" and not own else why,
        doubt="" if own else _text(view, found.get("doubt")),
        question=_text(view, found.get("reason")) if state == "asked" and not new else "",
        kept=state == "confirmed" and not own,
    )


def _text(view: View, text: AnyText | None) -> str:
    return view.pick(text) if text else ""


def with_unit(name: str, unit: str | None) -> str:
    """Show a column with its unit, once: many a header names it already."""
    return f"{name} ({unit})" if unit and unit not in name else name
