"""A recorded Bokeh document, made to fit a page: the visitor's language and colours, no title said twice."""

import re
from typing import Any

from workbench.charts.text import localise
from workbench.charts.theme import ACCENT, BAD, FONT, GOOD, GREY, GRID, INK, WARNING
from workbench.ui.view import View

PAPER, PALE, DIM, LINE = "#1b222c", "#e5e9f0", "#9aa5b4", "#313a46"
DARK = {
    INK: PALE,
    GREY: DIM,
    GRID: LINE,
    ACCENT: "#7db3f0",
    BAD: "#ff8a80",
    WARNING: "#f0b95a",
    GOOD: "#6fcf8e",
    "#ffffff": PAPER,
    "white": PAPER,
}
# Chinese labels need a font that has them, also in charts of authors who did not choose one.
FONTS: dict[str, tuple[str, ...]] = {
    "Axis": ("axis_label_text_font", "major_label_text_font"),
    "Legend": ("label_text_font", "title_text_font"),
    "Title": ("text_font",),
    "Label": ("text_font",),
}
# Models that carry a script or raw HTML of their own: only a template's author may use them.
ACTING = re.compile(
    r"CustomJS|CustomAction|OpenURL|SetValue|Div|PreText|Paragraph|HTML|Tooltip|DataTable|Menu|Dialog"
)
PLOTS = frozenset({"Figure", "Plot"})
# Charts of authors who left Bokeh's own colours alone, which are made for white paper.
DARK_DEFAULTS: dict[str, dict[str, str]] = {
    "Axis": {
        "axis_label_text_color": DIM,
        "major_label_text_color": DIM,
        "axis_line_color": LINE,
        "major_tick_line_color": LINE,
        "minor_tick_line_color": LINE,
    },
    "Grid": {"grid_line_color": LINE},
    "Legend": {"background_fill_color": PAPER, "label_text_color": PALE, "border_line_color": LINE},
    "Title": {"text_color": PALE},
}


def fitted(recorded: dict[str, Any], view: View, *, title: str = "") -> dict[str, Any]:
    """Return a document in the visitor's language and colours; ``title`` already stands above it."""
    document: dict[str, Any] = localise(recorded, view.language)
    if not isinstance(document.get("roots"), list):
        raise ValueError("no Bokeh document")
    _fit(document, view.dark, title)
    return document


def harmless(recorded: Any) -> None:
    """Refuse a document in which something could act in the visitor's name."""
    if isinstance(recorded, dict):
        name = str(recorded.get("name", "")) if recorded.get("type") == "object" else ""
        if "." in name or ACTING.search(name):
            raise ValueError(f"{name[:60]} could run code, which is not shown here for safety")
        if isinstance(recorded.get("tooltips"), str):
            raise ValueError("a tooltip of raw HTML is not shown here, for safety")
    if isinstance(recorded, str) and "{safe}" in recorded:
        raise ValueError("a label of raw HTML is not shown here, for safety")
    inside = recorded.values() if isinstance(recorded, dict) else recorded
    for part in inside if isinstance(recorded, dict | list | tuple) else ():
        harmless(part)


def lowered(document: dict[str, Any], height: int) -> None:
    """Make a document's figures low, without tools, legends and axis titles, to stand among many."""
    for root in document["roots"]:
        attributes = root.get("attributes", {}) if root.get("name") in PLOTS else None
        if attributes is not None:
            attributes |= {"height": height, "toolbar_location": None}
            for side in ("center", "left", "right", "above", "below"):
                kept = [part for part in attributes.get(side, ()) if part.get("name") != "Legend"]
                for axis in (part for part in kept if str(part.get("name")).endswith("Axis")):
                    axis.get("attributes", {}).pop("axis_label", None)
                attributes |= {side: kept} if side in attributes else {}


def _fit(part: Any, dark: bool, title: str) -> None:
    if isinstance(part, list):
        for position, item in enumerate(part):
            if dark and isinstance(item, str):
                part[position] = DARK.get(item, item)
            _fit(item, dark, title)
    elif isinstance(part, dict):
        if dark:
            part.update(
                {key: DARK[item] for key, item in part.items() if isinstance(item, str) and item in DARK}
            )
        if part.get("type") == "object":
            _fit_model(str(part.get("name")), part.setdefault("attributes", {}), dark=dark, title=title)
        for item in part.values():
            _fit(item, dark, title)


def _fit_model(name: str, attributes: dict[str, Any], *, dark: bool, title: str) -> None:
    if name in PLOTS:
        attributes.update(background_fill_color=None, border_fill_color=None)
    if name == "Title" and title and attributes.get("text") == title:
        attributes["visible"] = False
    for ending, names in FONTS.items():
        if name.endswith(ending):
            for key in names:
                attributes.setdefault(key, FONT)
    if dark:
        for ending, colours in DARK_DEFAULTS.items():
            if name.endswith(ending):
                for key, colour in colours.items():
                    attributes.setdefault(key, colour)
