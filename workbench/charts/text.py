"""Chart texts in both languages, carried in one string until a reader chooses.

A figure is recorded once; the page that shows it picks the language, so switching needs no new run.
"""

from typing import Any

SEPARATOR = "\u001f"


def both(en: str, zh: str) -> str:
    """Join the English and the Chinese text of one label."""
    return f"{en}{SEPARATOR}{zh}"


def localise(value: Any, language: str) -> Any:
    """Replace each bilingual string inside a JSON-like value by its half for ``language``."""
    if isinstance(value, str):
        return value.split(SEPARATOR)[language == "zh"] if SEPARATOR in value else value
    if isinstance(value, dict):
        return {key: localise(item, language) for key, item in value.items()}
    if isinstance(value, list):
        return [localise(item, language) for item in value]
    return value
