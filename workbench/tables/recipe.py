"""The recipe: what a person corrected or confirmed of how a file is read, to be kept and used again.

Everything in it is optional; what it leaves open is found out from the file. Decides nothing about a file.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import Invalid

ColumnType = Literal["number", "integer", "text", "timestamp", "boolean"]
Dates = Literal["day_first", "month_first", "year_first"]
_STRICT = ConfigDict(extra="forbid", frozen=True)


class ColumnRecipe(BaseModel):
    """How one column is read, found by its header."""

    model_config = _STRICT
    type: ColumnType | None = None
    unit: str | None = None  # "" says that it has none
    name: str | None = None  # what the table calls it
    dates: Dates | None = None
    zone: str | None = None
    decimal: Literal[",", "."] | None = None
    skip: bool = False


class Unpivot(BaseModel):
    """Wide to long: every column but those kept becomes rows of a name and a value."""

    model_config = _STRICT
    keep: tuple[str, ...] = Field(min_length=1)
    names: str = "variable"
    values: str = "value"


class Pivot(BaseModel):
    """Long to wide: one column per name, one row per key."""

    model_config = _STRICT
    keys: tuple[str, ...] = Field(min_length=1)
    names: str
    values: str


class Recipe(BaseModel):
    """How a file is read."""

    model_config = _STRICT
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = Field(default=None, ge=0)  # as counted in the file, from 1; 0: there is none
    header_rows: Literal[1, 2] | None = None
    decimal: Literal[",", "."] | None = None
    totals: Literal["aside", "keep"] = "aside"
    columns: dict[str, ColumnRecipe] = {}
    unpivot: Unpivot | None = None
    pivot: Pivot | None = None

    def column(self, header: str) -> ColumnRecipe:
        """What is said of one column."""
        return self.columns.get(header, _OPEN)

    def dump(self) -> dict[str, Any]:
        """Return what is said, as JSON can hold it."""
        return self.model_dump(mode="json", exclude_defaults=True)


_OPEN = ColumnRecipe()
FREE = Recipe()


def parse(given: Any) -> Recipe:
    """Read a recipe from JSON, as text or already loaded.

    Raises
    ------
    Invalid
        With the field that is wrong.
    """
    try:
        return (
            Recipe.model_validate_json(given)
            if isinstance(given, str | bytes)
            else Recipe.model_validate(given)
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "as a whole"
        raise Invalid(
            f"recipe, {where}", given=first["msg"].lower(), expected="what the import guide lists"
        ) from error


def fingerprint(headers: Iterable[str]) -> str:
    """Name a layout by its headers, in whatever order they stand."""
    names = sorted({" ".join(header.split()).casefold() for header in headers})
    return hashlib.sha256(json.dumps(names, ensure_ascii=False).encode()).hexdigest()[:24]
