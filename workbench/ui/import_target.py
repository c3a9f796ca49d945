"""Where a file goes: a new table, or into one by replacing, appending or merging; and in which shape."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.tables import files
from workbench.tables.catalog import NAME
from workbench.tables.ingest import Look, Wish
from workbench.tables.landing import Mode
from workbench.tables.recipe import Pivot, Recipe, Unpivot
from workbench.ui.fields import CHIPS
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View

WAYS = ("new", "replace", "append", "merge")
WIDE = {"size": "small", "width": 300, "margin": (6, 8, 0, 0)}


class Target:
    """The controls that say where rows go."""

    def __init__(self, view: View, path: Path, changed: Callable[[], None]) -> None:
        self.view, self.changed = view, changed
        self.offered = False
        own = files.table_name(path)
        tables = view.bench.tables.names()
        way = "replace" if own in tables else "new"
        self.way = pmui.Select(
            label=view.say("import_way"), options={view.say(f"way_{w}"): w for w in WAYS}, value=way, **WIDE
        )
        self.name = pmui.TextInput(label=view.say("import_name"), value=own, **WIDE)
        self.table = pmui.Select(
            label=view.say("import_into"),
            options=tables or [own],
            value=own if own in tables else None,
            **WIDE,
        )
        self.key = pmui.MultiChoice(
            label=view.say("import_key"), options=[], value=[], sx=CHIPS, width=300, margin=(6, 8, 0, 0)
        )
        shapes = {view.say(f"shape_{s}"): s for s in ("as_is", "long", "wide")}
        self.shape = pmui.Select(label=view.say("import_shape"), options=shapes, value="as_is", **WIDE)
        self.keep = pmui.MultiChoice(
            label=view.say("shape_keep"), options=[], value=[], sx=CHIPS, width=300, margin=(6, 8, 0, 0)
        )
        self.names = pmui.Select(label=view.say("shape_names"), options=[], **WIDE)
        self.values = pmui.Select(label=view.say("shape_values"), options=[], **WIDE)
        self.note = html()
        title = fragment("importtitle", title=view.say("import_target"), hint="")
        self.panel = pn.Column(
            html(title),
            pn.FlexBox(self.way, self.name, self.table, self.key, margin=0),
            pn.FlexBox(self.shape, self.keep, self.names, self.values, margin=0),
            self.note,
            margin=0, sizing_mode="stretch_width", visible=False,
        )  # fmt: skip
        for widget in (self.way, self.table):
            widget.param.watch(self._redirected, "value")
        for widget in (self.name, self.key, self.shape, self.keep, self.names, self.values):
            widget.param.watch(lambda _: self.show(), "value")
        self.told: Callable[[], None] = lambda: None

    @property
    def mode(self) -> Mode:
        """How rows go into the table."""
        return "replace" if self.way.value == "new" else self.way.value

    @property
    def into(self) -> str | None:
        """The table that takes the rows, where it is one that exists."""
        return None if self.way.value == "new" else self.table.value

    @property
    def problem(self) -> str:
        """What keeps the import from starting."""
        view = self.view
        if self.way.value == "new":
            if not NAME.fullmatch(self.name.value or ""):
                return view.say("expected", what=view.say("import_name_rule"))
            return view.say("import_taken") if view.bench.tables.exists(self.name.value) else ""
        if self.way.value == "merge" and not self.key.value:
            return view.say("import_no_key")
        return ""

    def offer(self, looked: Look | None) -> None:
        """Show the choices for what was found; the first time as the source's last file went."""
        names = [column.name for column in looked.found.report.columns] if looked else []
        for widget in (self.key, self.keep):
            widget.options = names
            widget.value = [name for name in widget.value if name in names]
        for widget in (self.names, self.values):
            widget.options = names
        if looked and not self.offered:
            self._as_last_time(looked, names)
            self._guess_shape(looked, names)
        self.offered = True
        self.panel.visible = True
        self.show()

    def _as_last_time(self, looked: Look, names: list[str]) -> None:
        source = looked.source
        if source is None or not self.view.bench.tables.exists(source.table):
            return
        if source.mode in ("append", "merge"):
            self.table.value, self.way.value = source.table, source.mode
            self.key.value = [name for name in source.key if name in names]

    def _guess_shape(self, looked: Look, names: list[str]) -> None:
        kinds = {column.name: column.type for column in looked.found.report.columns}
        texts = [name for name in names if kinds[name] in ("text", "timestamp")]
        self.keep.value = texts or names[:1]
        if texts:
            self.names.value = texts[-1]
        if names:
            self.values.value = names[-1]
        recipe = looked.recipe
        if recipe.unpivot:
            self.keep.value, self.shape.value = list(recipe.unpivot.keep), "long"
        if recipe.pivot:
            self.names.value, self.values.value = recipe.pivot.names, recipe.pivot.values
            self.keep.value, self.shape.value = list(recipe.pivot.keys), "wide"

    def _redirected(self, _: Any) -> None:
        self.show()
        self.changed()

    def show(self) -> None:
        """Show the controls that the choice needs."""
        way, shape = self.way.value, self.shape.value
        self.name.visible = way == "new"
        self.table.visible = way != "new"
        self.key.visible = way == "merge"
        self.keep.visible = shape != "as_is"
        self.names.visible = self.values.visible = shape == "wide"
        hint = ""
        if self.into and self.view.bench.tables.exists(self.into):
            hint = self.view.say("import_version", version=self.view.bench.tables.get(self.into).version + 1)
        self.note.object = fragment("note", problem=self.problem, hint=hint)
        self.told()

    def shaped(self, recipe: Recipe) -> Recipe:
        """Add the shape to a recipe."""
        unpivot = pivot = None
        keep = tuple(self.keep.value)
        if self.shape.value == "long" and keep:
            unpivot = Unpivot(keep=keep)
        if self.shape.value == "wide" and keep and self.names.value and self.values.value:
            pivot = Pivot(keys=keep, names=self.names.value, values=self.values.value)
        return recipe.model_copy(update={"unpivot": unpivot, "pivot": pivot})

    def wish(self, recipe: Recipe | None) -> Wish:
        """Return what was chosen."""
        name = self.name.value if self.way.value == "new" else self.table.value
        return Wish(name, self.mode, tuple(self.key.value) if self.mode == "merge" else (), recipe)
