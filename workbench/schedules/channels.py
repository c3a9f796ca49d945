"""Channels: where messages go. A channel is a name and an Apprise address; the address holds secrets.

The addresses lie in one file that only its owner can read, and leave this module masked.
"""

import json
import os
import re
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel

from workbench.errors import Invalid, unknown

FILE = "channels.json"
HIDDEN = "****"
SHOWN_HOSTS = frozenset({"mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms"})
LONGEST = 2000
# What people copy from the robot's page is taken as well.
WEBHOOKS = (
    (r"https://open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/([\w-]+)/?", r"feishu://\1"),
    (r"https://oapi\.dingtalk\.com/robot/send\?access_token=([\w-]+)", r"dingtalk://\1"),
    (r"https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=([\w-]+)", r"wecombot://\1"),
)


class Channel(BaseModel):
    """A channel as it is shown."""

    name: str
    address: str  # masked
    service: str  # the scheme of the address: mailtos, dingtalk, …


class Channels:
    """The channels of a workspace."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def all(self) -> list[Channel]:
        """Return all channels, masked."""
        return [
            Channel(name=name, address=mask(url), service=service(url))
            for name, url in sorted(self._read().items())
        ]

    def address(self, name: str) -> str:
        """Return the secret address of a channel, to send to it and for nothing else."""
        known = self._read()
        if name not in known:
            raise unknown("channel", name, known)
        return known[name]

    def known(self, names: list[str]) -> None:
        """Refuse a name that no channel has."""
        for name in names:
            self.address(name)

    def save(self, name: str, url: str) -> None:
        """Keep a channel whose address was checked."""
        if not name.strip() or len(name) > 80:
            raise Invalid("channel", given=repr(name[:80]), expected="a name of 1 to 80 characters")
        self._write(self._read() | {name.strip(): url})

    def remove(self, name: str) -> None:
        """Forget a channel."""
        self.address(name)
        self._write({known: url for known, url in self._read().items() if known != name})

    def _read(self) -> dict[str, str]:
        if not self._path.is_file():
            return {}
        return dict(json.loads(self._path.read_text(encoding="utf-8")))

    def _write(self, channels: dict[str, str]) -> None:
        """Replace the file in one step; at no moment may anybody else read it."""
        part = self._path.with_name(f"{FILE}.{secrets.token_hex(4)}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(channels, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)


def as_apprise(url: str) -> str:
    """Return the Apprise address behind what a person pasted."""
    url = url.strip()
    for pattern, address in WEBHOOKS:
        if re.fullmatch(pattern, url):
            return re.sub(pattern, address, url)
    return url


def service(url: str) -> str:
    """Return which service an address belongs to."""
    return url.partition("://")[0].lower()


def mask(url: str) -> str:
    """Return an address as it may be shown: the service, and for mail and webhooks the machine."""
    kind = service(url)
    if kind not in SHOWN_HOSTS:
        return f"{kind}://{HIDDEN}"
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    to = ", ".join(unquote(address) for address in parse_qs(parts.query).get("to", ()))
    if to and kind.startswith("mail"):
        return f"{kind}://{host} → {to}"
    return f"{kind}://{host}/{HIDDEN}" if parts.path.strip("/") or parts.query else f"{kind}://{host}"


def scrub(text: str, url: str) -> str:
    """Remove whatever an address holds from a text that may quote it."""
    parts = urlsplit(url)
    pieces = [url, parts.username, parts.password, parts.path.strip("/"), *parts.path.split("/")]
    pieces += [value for values in parse_qs(parts.query).values() for value in values]
    if service(url) not in SHOWN_HOSTS:
        pieces.append(parts.netloc.rpartition("@")[2])
    for piece in sorted({piece for piece in pieces if piece and len(piece) > 3}, key=len, reverse=True):
        for written in (piece, unquote(piece)):
            text = text.replace(written, HIDDEN)
    return text
