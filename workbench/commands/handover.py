"""Handing a command to the workspace's running server, over loopback, with the standard library alone.

``server.json`` in the workspace says where the server is; ``server.token`` holds what only this user can
read, and with it the server accepts paths of this machine. This module decides nothing about a run.
"""

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import Invalid, NotFound, Refused, RunFailed, Unavailable, WorkbenchError

SERVER_FILE, TOKEN_FILE = "server.json", "server.token"
ERRORS: dict[str, type[WorkbenchError]] = {
    kind.code: kind for kind in (Invalid, NotFound, Refused, RunFailed, Unavailable)
}


@dataclass(frozen=True)
class Server:
    """A server that answered."""

    url: str
    token: str

    def call(self, method: str, path: str, *, body: Any = None, timeout: float = 30.0) -> Any:
        """Send one request to the API and return its JSON; the server's errors are raised as its own."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data=data, method=method)  # noqa: S310 - loopback
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        try:
            with _opener().open(request, timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise _as_own(error) from error
        except (OSError, ValueError) as error:
            hint = "start it again with `workbench serve`"
            raise Unavailable("the server of this workspace stopped answering", hint=hint) from error


def find(workspace: Path) -> Server | None:
    """Return the workspace's running server, or None when there is none that answers."""
    try:
        known = json.loads((workspace / SERVER_FILE).read_text(encoding="utf-8"))
        token = (workspace / TOKEN_FILE).read_text(encoding="ascii")
        server = Server(url=known["url"].rstrip("/"), token=token)
        os.kill(known["pid"], 0)
        server.call("GET", "/health", timeout=5.0)
    except (OSError, ValueError, KeyError, TypeError, WorkbenchError):
        return None
    return server


def keep_token(workspace: Path, token: str) -> None:
    """Write the server's token where only its user can read it."""
    path = workspace / TOKEN_FILE
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token)


def forget_token(workspace: Path) -> None:
    """Remove the token of a server that stops."""
    (workspace / TOKEN_FILE).unlink(missing_ok=True)


def _opener() -> urllib.request.OpenerDirector:
    # A proxy from the environment must not see loopback traffic.
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _as_own(error: urllib.error.HTTPError) -> WorkbenchError:
    try:
        record = json.load(error)["error"]
    except (ValueError, KeyError, TypeError):
        return Unavailable("the server of this workspace", given=f"status {error.code}", expected="an answer")
    kind = ERRORS.get(record.get("code"), Unavailable)
    hint, expected = record.get("hint"), record.get("expected")
    return kind(record["subject"], given=record.get("given"), expected=expected, hint=hint)
