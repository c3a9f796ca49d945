"""Addresses that people paste: a password inside one is taken out and kept where secrets are kept.

What looks like a credential among the parameters of an address is taken out too, or refused.
"""

import re
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from workbench.connectors.protocol import setting

# Names of parameters: api_key, access-token, password, sig …
SECRET = re.compile(
    r"(?i)passw|pwd|secret|token|(api|access|auth|subscription)[-_]?key|^(key|sig|signature|auth)$"
)


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


def parted(url: str) -> tuple[str, dict[str, str]]:
    """Return an address without the parameters that look like credentials, and those."""
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return url, {}
    secret = {name: value for name, value in pairs if SECRET.search(name) and value}
    if not secret:
        return url, {}
    rest = urlencode([(name, value) for name, value in pairs if name not in secret])
    return urlunsplit(parts._replace(query=rest)), secret


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
