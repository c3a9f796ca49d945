"""The Proof tab and the gallery's badge: published numbers, and what an app gets for them."""

from typing import Any

from workbench.templates.template import Template
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View


def proof_badge(view: View, template: Template) -> str:
    """Return how many published numbers the app reproduces; nothing where there is no proof."""
    del view, template
    return ""


def proof(view: View, template: Template) -> list[Any]:
    """Return the tab's content."""
    del template
    return [html(fragment("empty", title=view.say("proof_none"), text=view.say("proof_none_next")))]
