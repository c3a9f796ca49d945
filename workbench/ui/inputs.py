"""Choose the table that plays a role, and see how its columns are used: ticks first, details on demand.

What was confirmed before is taken as it is. What is new is proposed with its reason and confirmed with one
press, or by running; what changed since is asked before anything runs.
"""

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.errors import WorkbenchError
from workbench.tables.catalog import TableInfo
from workbench.tables.columns import NUMERIC
from workbench.tables.filters import told
from workbench.tables.measured import set_units
from workbench.templates.front_matter import Input
from workbench.templates.template import Template
from workbench.ui.drop import Uploader
from workbench.ui.mapping_rows import mapping_rows, with_unit
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View
from workbench.ui.wording import reason

UNUSED = ""
MANY = 12  # tables, from which on the list can be searched


class InputPicker:
    """One role of a template: a table and a mapping."""

    def __init__(
        self,
        view: View,
        template: Template,
        role: str,
        changed: Callable[[], None],
        *,
        optional: bool = False,
    ) -> None:
        self.view, self.template, self.role, self.changed = view, template, role, changed
        need = template.inputs[role]
        self.need: Input = need.model_copy(update={"optional": True}) if optional else need
        self.chosen: dict[str, str] = {}  # what the visitor chose, over what was proposed
        self.held: dict[str, Any] = {}  # source column → the value or range its rows are held to
        self.found: dict[str, dict[str, Any]] = {}  # what fills each column, its state and why
        self.complaint = ""  # about a unit that was entered
        self.info: TableInfo | None = None
        self.reference = template.default_inputs()[role]
        self._filling = False
        self.select = pmui.Select(
            label=self._label(), size="small", margin=(6, 0, 0, 0), sizing_mode="stretch_width"
        )
        self.summary = html(margin=(2, 4, 0, 4))
        self.toggle = pmui.Button(
            label=view.say("change_mapping"), variant="text", size="small", margin=(0, 0, 2, 0), visible=False
        )
        self.columns = pn.Column(visible=False, margin=(0, 0, 6, 0), sizing_mode="stretch_width")
        self.confirm_button = pmui.Button(
            label=view.say("confirm_columns"), variant="outlined", size="small", margin=(2, 4), visible=False
        )
        self.pickers: dict[str, pmui.Select] = {}
        self.units: dict[str, pmui.TextInput] = {}
        self.uploader = Uploader(view, self._arrived, compact=True)
        self.chips = pn.Column(visible=False, margin=0, sizing_mode="stretch_width")
        buttons = pn.Row(self.confirm_button, self.toggle, margin=0)
        parts: list[Any] = [self.chips, self.select, self.summary, buttons, self.columns]
        if view.served:
            parts.append(self.uploader.zone)
        self.panel = pn.Column(*parts, margin=(0, 0, 10, 0), sizing_mode="stretch_width")
        self.refresh()
        self.select.param.watch(self._table_chosen, "value")
        self.toggle.on_click(self._toggle)
        self.confirm_button.on_click(self._confirm)

    # --- what others ask ----------------------------------------------------------------------------------

    @property
    def mapping(self) -> dict[str, str]:
        """Role column → source column, as it stands."""
        return {column: source for column, source in self.given.items() if source}

    @property
    def given(self) -> dict[str, str]:
        """The mapping with what somebody decided to leave empty."""
        held = {name: each["source"] or "" for name, each in self.found.items() if each["state"] != "open"}
        return {
            name: source
            for name, source in {**held, **self.chosen}.items()
            if source or (name in self.need.columns and self.need.columns[name].optional)
        }

    @property
    def asked(self) -> list[str]:
        """The columns that changed since they were confirmed, and that nobody has chosen anew."""
        return [n for n, each in self.found.items() if each["state"] == "asked" and n not in self.chosen]

    @property
    def lacking(self) -> list[str]:
        """Labels of the columns that still need a source."""
        return [
            self.view.pick(column.label)
            for name, column in self.need.columns.items()
            if not column.optional and not self.mapping.get(name)
        ]

    @property
    def is_ready(self) -> bool:
        """Whether a run could read this input."""
        if not self.reference:
            return self.need.optional
        return self.info is not None and not self.lacking and not self.asked and not self._short

    def unit(self, column: str) -> str | None:
        """Return the unit of the table's column behind a role's column."""
        source = self.mapping.get(column)
        found = [each.unit for each in (self.info.columns if self.info else ()) if each.name == source]
        declared = self.need.columns[column].unit if column in self.need.columns else None
        return declared if declared not in (None, "any") else next(iter(found), None)

    def set(
        self, reference: str, mapping: dict[str, str] | None = None, held: Mapping[str, Any] | None = None
    ) -> None:
        """Choose a table, columns and rows, as a run or an address has them."""
        self.reference, self.chosen, self.held = reference, dict(mapping or {}), dict(held or {})
        self.complaint = ""
        self.refresh()

    def refresh(self) -> None:
        """Read the catalogue again and show the chosen table as it is now."""
        self._filling = True
        options = {self._option(table): table.name for table in self.view.bench.tables.list()}
        name, _, version = self.reference.partition("@")
        if version and name in options.values():  # an older version, from a run or an address
            options = {self._option(self.view.bench.tables.get(self.reference)): self.reference, **options}
        elif self.reference and self.reference not in options.values():
            options = {self.reference: self.reference, **options}
        if self.need.optional or not self.reference:
            options = {self.view.say("no_table" if self.need.optional else "choose_table"): UNUSED, **options}
        self.select.param.update(options=options, value=self.reference, searchable=len(options) > MANY)
        self._filling = False
        self._propose()
        self._show()

    # --- what happens -------------------------------------------------------------------------------------

    def _arrived(self, table: TableInfo) -> None:
        self.set(table.name)
        self.changed()

    def _table_chosen(self, event: Any) -> None:
        if not self._filling:
            held = self.held
            self.set(event.new or "")
            known = {column.name for column in (self.info.columns if self.info else ())}
            self.held = {column: value for column, value in held.items() if column in known}
            self._show_held()
            self.changed()

    def _let_go(self, column: str) -> None:
        self.held.pop(column, None)
        self._show_held()
        self.changed()

    def _column_chosen(self, column: str, source: str) -> None:
        if not self._filling:
            self.chosen[column] = source
            self._show()
            self.changed()

    def _toggle(self, _: Any) -> None:
        self._open_columns(open_=not self.columns.visible)

    def _propose(self) -> None:
        self.info, self.found = None, {}
        if not self.reference:
            return
        try:
            self.info = self.view.bench.tables.get(self.reference)
            self.found = self.view.bench.engine.propose(self.template.id, self.role, self.reference)
        except WorkbenchError:
            return

    def _confirm(self, _: Any) -> None:
        """Keep what is shown, for every app, schedule and sweep."""
        self.complaint = ""
        try:
            self.view.bench.engine.preparer.confirm(
                self.template.id, self.role, self.reference, self.given, user=self.view.visitor
            )
            self.chosen = {}
        except WorkbenchError as error:
            self.complaint = reason(self.view, error)
        self.refresh()
        self.changed()

    def _unit_entered(self, column: str, unit: str) -> None:
        """Say in which unit the table's column is, as its next version."""
        source, name = self.mapping.get(column), self.reference.partition("@")[0]
        if self._filling or not source:
            return
        self.complaint = ""
        try:
            set_units(self.view.bench.tables, name, {source: unit})
        except WorkbenchError as error:
            self.complaint = reason(self.view, error)
        self.refresh()
        self.changed()

    # --- how it looks -------------------------------------------------------------------------------------

    def _label(self) -> str:
        optional = f" ({self.view.say('optional')})" if self.need.optional else ""
        return self.view.pick(self.need.label) + optional

    def _option(self, table: TableInfo) -> str:
        return self.view.say("table_option", name=table.name, version=table.version, rows=table.rows)

    @property
    def _short(self) -> bool:
        return self.info is not None and self.info.rows < (self.need.min_rows or 0)

    def _show(self) -> None:
        known = self.info is not None
        rows = mapping_rows(self.view, self) if known else []
        self.summary.object = fragment(
            "mapping",
            view=self.view,
            rows=rows,
            settled=all(row.settled for row in rows),
            lacking=self.lacking if known else [],
            complaint=self.complaint,
            unknown=self.reference if self.reference and not known else "",
            nothing=not self.view.bench.tables.names(),
            short=(self.need.min_rows, self.info.rows) if self.info and self._short else None,
        )
        self._show_held()
        self.confirm_button.visible = bool(rows) and not self.lacking and not all(r.kept for r in rows)
        self.toggle.visible = known and bool(self.need.columns)
        self._open_columns(open_=self.toggle.visible and (self.columns.visible or bool(self.lacking)))

    def _show_held(self) -> None:
        """Say which rows count, each condition with the way to remove it."""
        self.chips.objects = [self._chip(column, value) for column, value in self.held.items()]
        self.chips.visible = bool(self.held)

    def _chip(self, column: str, value: Any) -> Any:
        chip = pmui.Button(
            label=self.view.say("only_rows", what=told({column: value})) + "  ✕",
            variant="outlined",
            size="small",
            margin=(4, 0, 2, 0),
        )
        chip.on_click(lambda _: self._let_go(column))
        return chip

    def _open_columns(self, *, open_: bool) -> None:
        """Show or hide the choice of columns; it is built when it is first wanted."""
        if open_ and not self.pickers:
            self._build_pickers()
        if self.pickers:
            self._fill_pickers()
        self.columns.visible = open_
        self.toggle.label = self.view.say("hide_mapping" if open_ else "change_mapping")

    def _build_pickers(self) -> None:
        for name, column in self.need.columns.items():
            optional = f" ({self.view.say('optional')})" if column.optional else ""
            picker = pmui.Select(
                label=self.view.pick(column.label) + optional,
                size="small",
                margin=(6, 0, 0, 14),
                sizing_mode="stretch_width",
            )
            picker.param.watch(lambda event, name=name: self._column_chosen(name, event.new or ""), "value")
            self.pickers[name] = picker
            self.columns.append(self._with_unit(name, picker))

    def _with_unit(self, name: str, picker: pmui.Select) -> Any:
        """Put the unit of the table's column beside its choice, where the role takes a unit."""
        if not self.need.columns[name].unit:
            return picker
        box = pmui.TextInput(label=self.view.say("unit"), size="small", width=84, margin=(6, 0, 0, 6))
        box.param.watch(lambda event, name=name: self._unit_entered(name, event.new or ""), "value")
        self.units[name] = box
        return pn.Row(picker, box, margin=0, sizing_mode="stretch_width")

    def _fill_pickers(self) -> None:
        self._filling = True
        columns = self.info.columns if self.info else ()
        for name, picker in self.pickers.items():
            none = "column_none" if self.need.columns[name].optional else "no_table"
            options = {self.view.say(none): UNUSED}
            options |= {with_unit(column.name, column.unit): column.name for column in columns}
            current = self.mapping.get(name, UNUSED)
            picker.param.update(options=options, value=current if current in options.values() else UNUSED)
        own = {column.name: column for column in columns}
        for name, box in self.units.items():
            column = own.get(self.mapping.get(name, UNUSED))
            wanted = self.need.columns[name].unit
            hint = wanted if wanted not in (None, "any") else ""
            fixed = column is None or column.type not in NUMERIC or "@" in self.reference
            box.param.update(value=(column.unit or "") if column else "", placeholder=hint, disabled=fixed)
        self._filling = False
