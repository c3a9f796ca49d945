"""Choose the asset that an app runs for: its tables, rows and parameters fill the form."""

from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui

from workbench.assets.model import Settled
from workbench.errors import NotFound
from workbench.runs.asset_swap import binding_of, parameters_of
from workbench.templates.template import Template
from workbench.ui.view import View

MOST = 500  # assets in the list; a larger plant opens the app from the page of the asset
MANY = 12
NONE = ""


class AssetChoice:
    """The list of assets that have a table for a template."""

    def __init__(self, view: View, template: Template, chosen: Callable[[], None]) -> None:
        self.view, self.template, self.chosen = view, template, chosen
        self.settled: Settled | None = None
        self._filling = False
        known = view.bench.engine.preparer.assets.tree()
        bound = known.bound(template.inputs)
        fitting = [one for one in known.assets.values() if one.id in bound and not known.below.get(one.id)]
        self._options = {view.say("no_asset"): NONE}
        self._options |= {self._named(asset.id, asset.name): asset.id for asset in fitting[:MOST]}
        self.select = pmui.Select(
            label=view.say("asset_for"),
            options=self._options,
            value=NONE,
            searchable=len(self._options) > MANY,
            size="small",
            margin=(6, 0, 4, 0),
            sizing_mode="stretch_width",
            visible=bool(fitting),
        )
        self.select.param.watch(self._changed, "value")

    @property
    def asset(self) -> str:
        """The id of the chosen asset; empty when the form stands for itself."""
        return str(self.select.value or NONE) if self.settled else NONE

    def set(self, asset: str) -> None:
        """Choose an asset, as an address has it; one that is gone is not chosen."""
        try:
            line = self.view.bench.engine.preparer.assets.line(asset)
            self.settled = line.settled(asset)
        except NotFound:
            self.settled, asset = None, NONE
        if asset and asset not in self._options.values():
            self._options = {**self._options, self._named(asset, line.get(asset).name): asset}
        self._filling = True
        self.select.param.update(options=self._options, value=asset, visible=len(self._options) > 1)
        self._filling = False

    def role(self, role: str) -> tuple[str, dict[str, str], dict[str, Any]] | None:
        """Return table, mapping and rows that the asset has for an input."""
        binding = binding_of(self.settled, role, None) if self.settled else None
        if binding is None or not binding.table:
            return None
        held = {binding.column: binding.value or self.asset} if binding.column else {}
        return binding.table, dict(binding.mapping), held

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that the asset sets."""
        return parameters_of(self.settled, self.template) if self.settled else {}

    def _named(self, asset: str, name: str) -> str:
        return f"{name} · {asset}" if name and name != asset else asset

    def _changed(self, event: Any) -> None:
        if not self._filling:
            self.set(event.new or NONE)
            self.chosen()
