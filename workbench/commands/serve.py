"""``workbench serve``: put the API, the pages and the guard together and listen, on this machine only."""

import os
import secrets
import signal
import socket
import sys
from types import FrameType

import uvicorn

from workbench.api.app import create
from workbench.api.guard import Guard, check_address
from workbench.app import Workbench
from workbench.commands import handover
from workbench.commands.listen import address, listen
from workbench.commands.output import note
from workbench.config import Settings
from workbench.ui.mount import mount

STOP_S = 3  # open pages and waiting requests get this long when the server stops


def build_asgi(bench: Workbench, *, token: str | None = None) -> Guard:
    """Return the whole application: API and pages, with the guard around both."""
    app = create(bench, token=token)
    mount(app, bench)
    return Guard(app)


def serve(settings: Settings) -> None:
    """Serve a workspace until the process is told to stop."""
    check_address(settings.host)
    forget_secrets()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    listener = listen(settings.host, settings.port)
    url = address(listener)
    bench = Workbench(settings)
    bench.serve_at(url)
    token = secrets.token_urlsafe(32)
    try:
        handover.keep_token(settings.workspace.root, token)
        if settings.demo:
            bench.load_demo()
        _Server(bench, token, url).run(sockets=[listener])
    except KeyboardInterrupt:
        note("stopped")
    finally:
        handover.forget_token(settings.workspace.root)
        bench.stop()


def forget_secrets() -> None:
    """Take secrets out of the environment before anything inherits it: a notebook's kernel does."""
    for name in ("WORKBENCH_SECRET_KEY", "WORKBENCH_EDGE_TOKEN"):
        os.environ.pop(name, None)


class _Server(uvicorn.Server):
    """A server that says where it is once it answers."""

    def __init__(self, bench: Workbench, token: str, url: str) -> None:
        self.url, self.bench = url, bench
        super().__init__(
            uvicorn.Config(
                build_asgi(bench, token=token),
                log_level="warning",
                proxy_headers=False,  # the guard must see who really connects
                server_header=False,
                timeout_graceful_shutdown=STOP_S,
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop when told to, after the runs under way; at once when told again."""
        if self.should_exit:
            self.bench.engine.hurry()
        else:
            note("stopping: runs under way get a moment to end; once more to stop at once")
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the address on stdout."""
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(f"Workbench is ready: {self.url}\n")
            sys.stdout.flush()
            note("Open it in a browser on this machine. Ctrl+C stops it.")
