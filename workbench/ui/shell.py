"""The frame of every page: header, navigation, language, theme; content stands in it before a script runs."""

from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.template.base import BaseTemplate
from panel_material_ui.theme import MaterialDesign

from workbench.ui.render import ENVIRONMENT, PARTS_CSS, SHELL_CSS, script
from workbench.ui.view import View

SHELL = ENVIRONMENT.get_template("shell.html")
TYPOGRAPHY = {
    "fontFamily": "var(--font)",
    "fontSize": 14,
    "button": {"textTransform": "none", "fontSize": "14px"},
}
THEME = {
    "light": {
        "palette": {"primary": {"main": "#1f5fa8"}, "background": {"default": "#f5f7fa", "paper": "#ffffff"}},
        "typography": TYPOGRAPHY,
    },
    "dark": {
        "palette": {"primary": {"main": "#7db3f0"}, "background": {"default": "#12171e", "paper": "#1b222c"}},
        "typography": TYPOGRAPHY,
    },
}


class Frame(BaseTemplate):
    """A Panel template without what a notebook needs of one: Panel writes out every widget's repr for it."""

    def _build_layout(self) -> pn.Column:
        return pn.Column()

    def add_root(self, name: str, root: Any) -> None:
        """Give the frame something that stands at ``roots.<name>``."""
        self._render_items[name] = (root, [])

    def set_variable(self, name: str, value: Any) -> None:
        """Give the frame's template a value."""
        self._render_variables[name] = value


def page(
    view: View,
    heading: str,
    *,
    section: str = "apps",
    roots: dict[str, Any] | None = None,
    **parts: Any,
) -> Frame:
    """Build a page; ``parts`` are ``lead``, ``body``, ``aside``, ``split`` (markup), ``script``, ``wide``."""
    template = Frame(
        SHELL,
        design=MaterialDesign,
        theme=MaterialDesign._themes["dark" if view.dark else "default"],  # noqa: SLF001
        location=True,
    )
    roots = roots or {}
    for name, root in roots.items():
        template.add_root(name, root)
    variables = {
        "view": view,
        "heading": heading,
        "section": section,
        "slots": [*roots, "location"],
        "shell_css": SHELL_CSS,
        "parts_css": PARTS_CSS.replace(":host, ", ""),
        "lead": "",
        "body": "",
        "aside": "",
        "script": "",
        "split": "",
        "wide": False,
        "first": script("first"),
        "copy": script("copy"),
    }
    for name, value in {**variables, **parts}.items():
        template.set_variable(name, value)
    return template


def themed(view: View, *objects: Any, **options: Any) -> pmui.Column:
    """Return a column whose Material widgets carry the house's palette and font."""
    options = {"margin": 0, "sizing_mode": "stretch_width", "dark_theme": view.dark, **options}
    return pmui.Column(*objects, theme_config=THEME, **options)


class Html(pn.pane.HTML):
    """A pane for our fragments: markup comes escaped already, and Panel would escape its escaping."""

    def _transform_object(self, obj: Any) -> dict[str, Any]:
        transformed: dict[str, Any] = super()._transform_object(str(obj))
        return transformed


def tabs(*named: tuple[str, Any]) -> pmui.Tabs:
    """Return tabs of which only the open one is drawn."""
    # Material shows scroll arrows when it measures the tabs before the page has its width.
    still = {
        "& .MuiTabs-scrollButtons": {"display": "none"},
        "& .MuiTab-root": {"minWidth": 0, "padding": "12px clamp(8px, 2vw, 24px)"},  # six fit on a tablet
    }
    return pmui.Tabs(*named, dynamic=True, margin=0, sizing_mode="stretch_width", sx=still)


def html(markup: str = "", **options: Any) -> Html:
    """Return a pane for one of our fragments."""
    options = {"margin": 0, "sizing_mode": "stretch_width", **options}
    return Html(markup, stylesheets=[PARTS_CSS], **options)
