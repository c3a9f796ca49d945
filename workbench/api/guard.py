"""The outermost layer: it sees every request, HTTP and websocket, before any page or route does.

It wraps the finished ASGI application from outside: Panel installs its pages where an inner middleware may
not see them, and the websocket behind a page is not checked for its origin. While no login is configured,
only this machine may talk to the server, and no page of another site may use a browser here to do so.
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from workbench.errors import Invalid, Refused

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
# Bokeh compiles its callbacks and Panel loads its components as blob modules: both stay on this origin.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' blob: data: {sockets}; worker-src 'self' blob:; frame-src 'self' blob: data:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


class Guard:
    """Wrap an ASGI application; let through what comes from this machine and from our own pages."""

    def __init__(self, app: Asgi) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one connection, then hand it on with the security headers added to its answer."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        reason = refusal(scope)
        if reason is not None:
            await _refuse(scope, receive, send, reason)
            return
        headers = _security_headers(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message.get("headers", ())}
                added = [(name, value) for name, value in headers if name not in given]
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        await self.app(scope, receive, with_headers)


def refusal(scope: Scope) -> str | None:
    """Return why a connection is refused, or None when it may pass."""
    headers = _headers(scope)
    if not _from_this_machine(scope, headers):
        return "only this machine may connect while no login is configured"
    host = headers.get("host", "")
    if not is_loopback(_hostname(host)):
        return f"the host name {host[:100]!r} is not this machine's own: use 127.0.0.1 or localhost"
    return _foreign_origin(scope, headers, host)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine and can mean nothing else."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def check_address(host: str) -> None:
    """Refuse to listen where others could connect: there is no login yet that could tell them apart."""
    if not is_loopback(host):
        raise Invalid(
            "binding to an address that other machines reach",
            given=host,
            expected="a loopback address while no login is configured",
            hint="set WORKBENCH_HOST=127.0.0.1, or leave out --host, and reach it through an SSH tunnel",
        )


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _from_this_machine(scope: Scope, headers: dict[str, str]) -> bool:
    client = scope.get("client")
    # A proxy on this machine speaks for someone else: it must not pass as this machine.
    forwarded = [part.strip() for part in headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if "forwarded" in headers or any(not is_loopback(part) for part in forwarded):
        return False
    return client is not None and is_loopback(client[0])


def _foreign_origin(scope: Scope, headers: dict[str, str], host: str) -> str | None:
    socket = scope["type"] == "websocket"
    if not socket and scope["method"] in SAFE_METHODS:
        return None
    origin = headers.get("origin")
    if origin is None:
        # Browsers always send it on a websocket; a program that is no browser has the REST API.
        if socket:
            return "a websocket needs the Origin of one of our pages"
        site = headers.get("sec-fetch-site", "none")
        return None if site in {"none", "same-origin"} else "the request comes from a page of another site"
    if _origin(origin) != _origin(f"{scope.get('scheme') or 'http'}://{host}"):
        return f"the request comes from a page of another site, {origin[:100]!r}"
    return None


def _origin(address: str) -> tuple[bool, str, int | None] | None:
    try:
        parts = urlsplit(address)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None:
        return None
    return parts.scheme in {"https", "wss"}, parts.hostname, port


def _security_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    host = _headers(scope).get("host", "")
    policy = POLICY.format(sockets=f"ws://{host} wss://{host}")
    return [
        (b"content-security-policy", policy.encode("latin-1")),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"SAMEORIGIN"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
    ]


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4403, "reason": reason[:120]})  # before accept: 403
        return
    body = json.dumps({"error": Refused(reason).record()}, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})
