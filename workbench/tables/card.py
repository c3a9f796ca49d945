"""A table's card: what people say about it. Owner, description, tags, grade, retention, meaning of columns.

Nothing here is found out from the rows, and nothing here changes them.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from workbench.config import Text
from workbench.errors import Invalid
from workbench.tables import beside
from workbench.tables.catalog import Tables

KEY = "card"
Short = 200


class Card(BaseModel):
    """What is said about one table; the description is None while the imported one holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owner: str = Field("", max_length=Short)
    description: Text | str | None = None
    tags: tuple[str, ...] = Field((), max_length=50)
    grade: Literal[1, 2, 3] | None = None  # 3 is the most sensitive, as in the guide of 2020
    retention_days: int | None = Field(None, ge=1, le=36_500)
    columns: dict[str, str] = Field(default_factory=dict)  # column → what it means

    @field_validator("tags")
    @classmethod
    def _tidy(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        tidy = [" ".join(tag.split())[:60] for tag in tags]
        return tuple(dict.fromkeys(tag for tag in tidy if tag))


def read(tables: Tables, name: str) -> Card:
    """Return a table's card; an empty one where nothing was said yet."""
    found = beside.read(tables.home(name), KEY)
    try:
        return Card.model_validate(found or {})
    except ValidationError:  # written by another version: what it says is kept until someone says it anew
        return Card.model_validate({})


def change(tables: Tables, name: str, changed: Mapping[str, Any]) -> Card:
    """Change what a card says; what is not named stays."""
    card = read(tables, name)
    try:
        new = Card.model_validate(card.model_dump() | dict(changed))
    except ValidationError as error:
        raise _invalid(error) from error
    known = {column.name for column in tables.get(name).columns}
    for column in new.columns:
        if column not in known and column not in card.columns:
            tables.get(name).column(column)  # says which column comes close
    beside.write(tables.home(name), KEY, new.model_dump(mode="json"))
    return new


def _invalid(error: ValidationError) -> Invalid:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "card"
    return Invalid(where, given=repr(first.get("input"))[:100], expected=first["msg"])
