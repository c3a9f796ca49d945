"""What many requests have in common, read once: the rows behind an input, templates, open connections.

One request has a shelf of its own; the points of a sweep share one, which is why thousands of them can be
checked as thoroughly as one.
"""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from workbench.config import Workspace
from workbench.runs.mappings import with_units
from workbench.tables import inputs, resolve
from workbench.templates.front_matter import Input
from workbench.templates.library import Library
from workbench.templates.template import Template

T = TypeVar("T")


class Shelf(contextlib.ExitStack):
    """Keeps what was made once, until it is closed."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self._things: dict[Any, Any] = {}

    def kept(self, key: Any, make: Callable[[], T]) -> T:
        """Return what lies under a key; make it the first time."""
        if key not in self._things:
            self._things[key] = make()
        found: T = self._things[key]
        return found

    def template(self, library: Library, name: str) -> Template:
        """Return a template of the library."""
        return self.kept(("template", name), lambda: library.get(name))

    def table(self, reference: str) -> resolve.Source:
        """Return the rows a reference stands for."""
        return self.kept(("table", reference), lambda: resolve.resolve(reference, workspace=self.workspace))

    def source(
        self,
        reference: str,
        need: Input,
        mapping: Mapping[str, str],
        *,
        given: Mapping[str, str],
        said: Mapping[str, str],
        wanted: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return the rows that fill an input: described, narrowed by a filter, and known to be readable."""
        table = with_units(self.table(reference), said)
        key = (reference, id(need), tuple(mapping.items()), tuple(given))
        whole = self.kept(("described", key), lambda: inputs.described(table, needs=need, mapping=mapping))
        if not wanted:
            return {**self.kept(("checked", key), lambda: _checked(whole, need, given))}
        narrow = inputs.filtered(table, whole, wanted, connection=self._opened())
        # What can be read in every row can be read in some; otherwise only these rows matter.
        readable = self.kept(("readable", key), lambda: inputs.is_readable(whole))
        return narrow if readable else _checked(narrow, need, given)

    def _opened(self) -> Any:
        return self.kept("connection", lambda: self.enter_context(inputs.opened()))


def _checked(source: dict[str, Any], need: Input, given: Mapping[str, str]) -> dict[str, Any]:
    readable = inputs.without_unreadable(source, needs=need, given=given)
    inputs.check(readable)
    return readable
