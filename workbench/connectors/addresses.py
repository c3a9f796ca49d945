"""Addresses that people paste: a password inside one is taken out and kept where secrets are kept."""

from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from workbench.connectors.protocol import setting


def without_password(given: Any, name: str = "url") -> Any:
    """Return settings whose address has no password in it; the password becomes a setting of its own."""
    if not isinstance(given, dict) or not isinstance(given.get(name), str):
        return given
    try:
        parts = urlsplit(given[name])
        password, user, host, port = parts.password, parts.username, parts.hostname, parts.port
    except ValueError:
        return given
    if password is None or host is None:
        return given
    place = f"[{host}]" if ":" in host else host
    netloc = f"{quote(unquote(user or ''), safe='')}@{place}" + (f":{port}" if port else "")
    given = {**given, name: urlunsplit(parts._replace(netloc=netloc))}
    return {
        "password": unquote(password),
        **{key: value for key, value in given.items() if value is not None},
    }


def password() -> Any:
    """Declare the setting of a password."""
    return setting(
        "",
        {"en": "Password", "zh": "密码"},
        {"en": "Stored encrypted, never shown again", "zh": "加密保存，不再显示"},
    )


def user() -> Any:
    """Declare the setting of a user's name."""
    return setting("", {"en": "User", "zh": "用户名"}, {"en": "Empty: without login", "zh": "留空则匿名登录"})
