"""The one way in which HTML of strangers reaches a page: cleaned, and in a frame that may do nothing.

Either would do; both stand, so that a hole in one shows nothing. The frame has an origin of its own, runs no
script, sends no form, opens no window, and its policy lets it load nothing but pictures inside the document.
"""

import re

import nh3
from markupsafe import Markup

from workbench.ui.render import fragment
from workbench.ui.view import View

ANCHOR = re.compile(r'<a class="anchor-link"[^>]*>.*?</a>')
TAGS = nh3.ALLOWED_TAGS - {"img", "a", "map", "area"} | {"img"}
ATTRIBUTES = {"*": {"class", "colspan", "rowspan", "align"}, "img": {"src", "alt", "width", "height"}}
LINE_PX, PICTURE_PX, PADDING_PX = 28, 380, 60
SHORTEST_PX, LONGEST_PX = 120, 900


def cleaned(html: str) -> Markup:
    """Return HTML without scripts, styles, links and addresses of other machines."""
    safe = nh3.clean(
        ANCHOR.sub("", html),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"data"},
        url_relative="deny",
        link_rel=None,
    )
    return Markup(safe)  # noqa: S704 - cleaned just now


def framed(view: View, body: Markup, *, title: str, height: str | None = None) -> Markup:
    """Return a frame that shows cleaned HTML; without a height it is as high as the content seems to be."""
    document = fragment("foreignpage", view=view, body=body)
    shown = height or f"{_height(body)}px"
    return fragment("foreign", document=document, title=title, height=shown)


def _height(body: Markup) -> int:
    """Guess the height of a content: a frame without scripts cannot tell its own."""
    text = str(body)
    printed: int = sum(block.count("\n") + 2 for block in re.findall(r"<pre.*?</pre>", text, re.DOTALL))
    lines = printed + len(re.findall(r"<(?:tr|p|li|h[1-6]|br)\b", text))
    pictures = text.count("<img")
    wanted = PADDING_PX + lines * LINE_PX + pictures * PICTURE_PX
    return min(max(wanted, SHORTEST_PX), LONGEST_PX)
