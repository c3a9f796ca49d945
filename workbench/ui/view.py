"""What a page knows of its visitor: language, theme, address; and the workbench it shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

import panel as pn

from workbench.app import Workbench
from workbench.config import LANGUAGES, AnyText, Language, pick
from workbench.ui.texts import say

LANGUAGE_COOKIE, THEME_COOKIE = "workbench_language", "workbench_theme"


@dataclass(frozen=True)
class View:
    """One visit to one page."""

    bench: Workbench
    language: Language = "en"
    dark: bool = False
    served: bool = True  # by our server, which has assets, downloads and uploads; not by `panel serve`
    arguments: Mapping[str, str] = field(default_factory=dict)
    visitor: str = ""  # this open page: open pages take turns in the queue

    def say(self, key: str, **values: Any) -> str:
        """Return a text of the interface."""
        return say(key, self.language, **values)

    def pick(self, text: AnyText) -> str:
        """Return a bilingual text in the visitor's language."""
        return pick(text, self.language)

    def switch(self, *, language: str | None = None, theme: str | None = None) -> str:
        """Return the address that changes language or theme and comes back to this page."""
        if self.served:
            return f"/prefer/{language or theme}"
        changed = {"lang": language or self.language, "theme": theme or ("dark" if self.dark else "light")}
        return "?" + urlencode({**self.arguments, **changed})


def given(name: str) -> list[str]:
    """Return every value the address gives one name."""
    values = (pn.state.session_args or {}).get(name, ())
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in values]


def _arguments() -> dict[str, str]:
    return {name: given(name)[-1] for name in (pn.state.session_args or {})}


def visit(bench: Workbench, *, served: bool = True) -> View:
    """Read language and theme of the current visitor: the address wins over the cookie over the setting."""
    arguments, cookies = _arguments(), pn.state.cookies or {}
    language = arguments.get("lang") or cookies.get(LANGUAGE_COOKIE) or bench.settings.language
    if language not in LANGUAGES:
        language = bench.settings.language if bench.settings.language in LANGUAGES else "en"
    theme = arguments.get("theme") or cookies.get(THEME_COOKIE)
    context = getattr(pn.state.curdoc, "session_context", None)
    visitor = str(context.id)[:12] if context else ""
    return View(bench, cast(Language, language), theme == "dark", served, arguments, visitor)
