"""How a table's columns fill the columns a template needs: settled, checked with a sentence, converted.

What is given wins; what is left open is proposed, see ``proposing``. Nothing is read from the rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.errors import Invalid, did_you_mean
from workbench.tables import units
from workbench.tables.columns import ANY, NUMBER, NUMERIC, Column
from workbench.tables.proposing import ACCEPTS, Need, propose


def choose(
    columns: Sequence[Column], needs: Mapping[str, Need], *, given: Mapping[str, str | None], subject: str
) -> dict[str, str]:
    """Settle which source fills which column: what was given, proposals for the rest, nothing missing.

    Raises
    ------
    Invalid
        If a name is unknown, a required column stays empty, or a type cannot become what is needed.
    """
    names = [column.name for column in columns]
    for name, source in given.items():
        if name not in needs:
            raise Invalid(
                f"{subject}: unknown column of the input", given=repr(name), hint=_near(name, needs)
            )
        if source and source not in names:
            raise Invalid(f"{subject}: no column", given=repr(source), hint=_near(source, names))
    settled = {name: source for name, source in given.items() if source}
    open_needs = {name: need for name, need in needs.items() if name not in given}
    free = [column for column in columns if column.name not in settled.values()]
    for name, proposal in propose(free, open_needs).items():
        if proposal.source:
            settled[name] = proposal.source
    for name, need in needs.items():
        if name not in settled and not need.optional:
            expected = f"a column of type {need.type}" + (
                "" if need.type == ANY else " or one that can become it"
            )
            hint = f"choose one of: {_listed(names)}"
            raise Invalid(f"{subject}: nothing fills {name!r}", expected=expected, hint=hint)
    return {name: settled[name] for name in needs if name in settled}


def converted(column: Column, need: Need, *, name: str) -> dict[str, Any]:
    """Describe how one source column becomes a role's column, as ``relation`` reads it."""
    if column.type not in ACCEPTS[need.type]:
        expected = f"{need.type} for {name!r}"
        raise Invalid(
            f"column {column.name!r}", given=column.type, expected=expected, hint="map another column"
        )
    scale, shift, unit = 1.0, 0.0, None
    if need.unit == "any":
        unit = column.unit
    elif need.unit:
        unit = need.unit
        if column.unit:
            scale, shift = _conversion(column, need.unit, name)
    return {
        "source": column.name,
        "type": need.type,
        "stored": column.type,
        "unit": unit,
        "scale": scale,
        "shift": shift,
        "label": column.label or column.name,
    }


def _conversion(column: Column, unit: str, name: str) -> tuple[float, float]:
    try:
        return units.conversion(column.unit or unit, unit)
    except Invalid as error:
        subject = f"column {column.name!r} for {name!r}: unit"
        hint = f"{error.hint}: map another column, or correct the unit with: workbench data unit TABLE"
        raise Invalid(
            subject, given=column.unit, expected=error.expected, hint=f"{hint} {column.name!r}=UNIT"
        ) from error


def as_is(column: Column) -> dict[str, Any]:
    """Describe a column that passes through unchanged."""
    return {
        "source": column.name,
        "type": column.type,
        "stored": column.type,
        "unit": column.unit,
        "scale": 1.0,
        "shift": 0.0,
        "label": column.label or column.name,
    }


def others(columns: Iterable[Column], chosen: Mapping[str, str], kind: str | None) -> list[str]:
    """List the columns passed through under their own name: those of a type, beside the ones in use.

    A column named like one of the role's is left out, since two columns cannot have one name.
    """
    if kind is None:
        return []
    taken = {name.casefold() for name in (*chosen.values(), *chosen)}
    kinds = {ANY: ACCEPTS[ANY], NUMBER: set(NUMERIC)}.get(kind, {kind})
    return [c.name for c in columns if c.type in kinds and c.name.casefold() not in taken]


def _near(given: str, known: Iterable[str]) -> str:
    near = did_you_mean(given, known)
    return f"did you mean {near!r}?" if near else f"there is {_listed(known)}"


def _listed(names: Iterable[str]) -> str:
    known = list(names)
    return ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "") or "none"
