"""Fill HTML fragments: everything a user typed is escaped by the template engine, never by hand."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

ASSETS = Path(__file__).parent / "assets"
TOKENS_CSS = (ASSETS / "tokens.css").read_text(encoding="utf-8")
SHELL_CSS = TOKENS_CSS + (ASSETS / "shell.css").read_text(encoding="utf-8")
PARTS_CSS = (ASSETS / "parts.css").read_text(encoding="utf-8")
# What of it a table's cells need; the whole would restyle the table around them.
CHIPS_CSS = "".join(
    line + "\n"
    for line in PARTS_CSS.replace("\n  color: var(--tone, ", " color: var(--tone, ").splitlines()
    if line.startswith((".chip", ".good", ".warning", ".bad", ".info"))
)

ENVIRONMENT = Environment(
    loader=FileSystemLoader(ASSETS),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def fragment(name: str, **variables: Any) -> Markup:
    """Fill the fragment ``assets/<name>.html``."""
    return Markup(ENVIRONMENT.get_template(f"{name}.html").render(**variables))  # noqa: S704


def script(name: str) -> Markup:
    """Return one of our own scripts, to stand inside a page."""
    return Markup((ASSETS / f"{name}.js").read_text(encoding="utf-8"))  # noqa: S704
