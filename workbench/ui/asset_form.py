"""Change an asset or add one, and import a file of them: everything else on the page only reads."""

from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.assets import sheet
from workbench.assets.model import LEVELS, Asset, Binding, Tree
from workbench.errors import WorkbenchError
from workbench.runs.asset_swap import check
from workbench.ui.asking import go
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View
from workbench.ui.wording import reason

NONE = ""


class AssetForm:
    """The fields of one asset: itself, one of its tables, one of its parameters."""

    def __init__(self, view: View, known: Tree, opened: str) -> None:
        self.view, self.known = view, known
        asset = known.assets.get(opened)
        library = view.bench.library.list()
        roles = sorted({role for template in library for role in template.inputs})
        self.id = self._text("asset_id", opened)
        self.name = self._text("asset_name", asset.name if asset else "")
        levels = {view.say(f"level_{level}"): level for level in LEVELS}
        self.level = self._select("asset_level", levels, asset.level if asset else "equipment")
        self.parent = self._text("asset_parent", (asset.parent or "") if asset else "")
        self.identifier = self._text("asset_identifier", asset.identifier if asset else "")
        self.role = self._select("asset_role", {"–": NONE, **{role: role for role in roles}}, NONE)
        tables = {table: table for table in view.bench.tables.names()}
        self.table = self._select("table", {"–": NONE, **tables}, NONE)
        self.column = self._text("asset_column", "")
        self.value = self._text("asset_value", "")
        apps = {view.pick(template.title): template.id for template in library}
        self.app = self._select("app", {"–": NONE, **apps}, NONE)
        self.parameter = self._select("asset_parameter", {"–": NONE}, NONE)
        self.setting = self._text("asset_setting", "")
        self.app.param.watch(lambda _: self._name_parameters(), "value")
        self.note = html(margin=(2, 0, 0, 0))
        save = pmui.Button(label=view.say("asset_save"), color="primary", size="small", margin=(8, 0, 0, 0))
        save.on_click(lambda _: self._save())
        toggle = pmui.Button(
            label=view.say("asset_change"), variant="text", size="small", margin=(8, 0, 0, 0)
        )
        rows = [
            [self.id, self.name, self.level, self.parent, self.identifier],
            [self.role, self.table, self.column, self.value],
            [self.app, self.parameter, self.setting],
        ]
        fields = pn.Column(*(pn.FlexBox(*row) for row in rows), self.note, save, visible=False, margin=0)
        toggle.on_click(lambda _: setattr(fields, "visible", not fields.visible))
        self.panel = pn.Column(toggle, fields, margin=0, sizing_mode="stretch_width")

    def _text(self, key: str, value: str) -> pmui.TextInput:
        return pmui.TextInput(
            label=self.view.say(key), value=value, size="small", width=170, margin=(8, 8, 0, 0)
        )

    def _select(self, key: str, options: dict[str, str], value: str) -> pmui.Select:
        label = self.view.say(key)
        return pmui.Select(
            label=label, options=options, value=value, size="small", width=170, margin=(8, 8, 0, 0)
        )

    def _name_parameters(self) -> None:
        names: dict[str, str] = {}
        if self.app.value:
            fields = self.view.bench.library.get(self.app.value).fields()
            names = {self.view.pick(field.label): field.name for field in fields}
        self.parameter.param.update(options={"–": NONE, **names}, value=NONE)

    def asset(self) -> Asset:
        """Return the asset as the fields say it, over what it was."""
        before = self.known.assets.get(self.id.value.strip()) or Asset(id=self.id.value.strip())
        roles, parameters = dict(before.roles), {name: dict(held) for name, held in before.parameters.items()}
        if self.role.value:
            old = roles.get(self.role.value, Binding())
            told = {
                "table": self.table.value,
                "column": self.column.value.strip(),
                "value": self.value.value.strip(),
            }
            roles[self.role.value] = old.model_copy(
                update={name: text for name, text in told.items() if text}
            )
        if self.app.value and self.parameter.value:
            held = parameters.setdefault(self.app.value, {})
            held.pop(self.parameter.value, None)
            if self.setting.value.strip():
                held[self.parameter.value] = self.setting.value.strip()
        return before.model_copy(
            update={
                "name": self.name.value.strip(),
                "level": self.level.value,
                "parent": self.parent.value.strip() or None,
                "identifier": self.identifier.value.strip(),
                "roles": roles,
                "parameters": {name: held for name, held in parameters.items() if held},
            }
        )

    def _save(self) -> None:
        bench = self.view.bench
        try:
            asset = check(self.asset(), bench.library, bench.tables)
            bench.engine.preparer.assets.save([asset])
        except WorkbenchError as error:
            self.note.object = fragment("note", problem=reason(self.view, error), hint="")
            return
        go("/assets", asset=asset.id)


def importer(view: View) -> Any:
    """Return the place for a CSV file of assets."""
    file = pn.widgets.FileInput(accept=".csv,.txt,.tsv", margin=(4, 0))
    note = html(fragment("note", problem="", hint=view.say("asset_file_hint")), margin=(2, 0))

    def arrived(event: Any) -> None:
        bench = view.bench
        book = bench.engine.preparer.assets
        try:
            found = sheet.over(sheet.read(event.new or b""), book.tree().assets)
            book.save([check(asset, bench.library, bench.tables) for asset in found])
        except WorkbenchError as error:
            note.object = fragment("note", problem=reason(view, error), hint="")
            return
        go("/assets")

    file.param.watch(arrived, "value")
    return pn.Column(
        html(fragment("boxtitle", title=view.say("asset_import"))), file, note, margin=(12, 0, 0, 0)
    )
