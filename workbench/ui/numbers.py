"""How values are shown to people: enough digits to act on, none invented."""

import math
from datetime import datetime
from typing import Any


def number(value: Any, decimals: int | None = None) -> str:
    """Show a value: six significant digits at most, or the decimals its template asks for."""
    if value is None:
        return "–"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if not isinstance(value, float):
        return str(value)
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if decimals is not None:
        return _minus(f"{value:,.{decimals}f}")
    return _minus(_significant(value))


def _significant(value: float) -> str:
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e9 or size < 1e-4:
        return f"{value:.3g}"
    digits = 6 if size >= 10 else 5 if size >= 1 else 4
    places = max(0, digits - 1 - math.floor(math.log10(size)))
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _minus(text: str) -> str:
    return text.replace("-", "−") if text.startswith("-") else text


def duration(seconds: float, language: str) -> str:
    """Show a length of time."""
    second, minute = ("s", "min") if language == "en" else ("秒", "分")
    if seconds < 10:
        return f"{max(seconds, 0.01):.2g} {second}"
    if seconds < 100:
        return f"{seconds:.0f} {second}"
    return f"{int(seconds // 60)} {minute} {int(seconds % 60)} {second}"


def moment(when: str | datetime | None) -> str:
    """Show a time in this machine's zone."""
    if not when:
        return "–"
    stamp = datetime.fromisoformat(when) if isinstance(when, str) else when
    return f"{stamp.astimezone():%Y-%m-%d %H:%M}"


def size(count: float) -> str:
    """Show a number of bytes."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
