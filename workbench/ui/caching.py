"""Let browsers keep scripts and fonts: after the first visit a page asks for kilobytes, not for ten files."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
# Scripts carry a hash or version in their query; a font's content does not change under its name.
VERSIONED = b"public, max-age=31536000, immutable"
FONTS = b"public, max-age=604800"


class CacheStatic:
    """Add Cache-Control to static files."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Send) -> None:
        """Pass a request on; mark the answer when it is a static file."""
        policy = _policy(scope)
        if policy is None:
            await self.app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 304}:
                message["headers"] = [*message["headers"], (b"cache-control", policy)]
            await send(message)

        await self.app(scope, receive, marked)


def _policy(scope: MutableMapping[str, Any]) -> bytes | None:
    if scope["type"] != "http":
        return None
    path = scope["path"]
    if path.startswith("/assets/fonts/") or path.endswith((".woff", ".woff2")):
        return FONTS
    return VERSIONED if path.startswith("/static/") and scope.get("query_string") else None
