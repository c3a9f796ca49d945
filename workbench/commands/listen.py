"""Opening the port a server listens on, before anything else is built: a taken one costs no waiting."""

import socket

from workbench.errors import Unavailable


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, or say why there is none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        hint = "choose another with --port, or take a free one with --port 0"
        reason = getattr(error, "strerror", None) or str(error)
        raise Unavailable(f"port {port} on {host}", given=reason, hint=hint) from error
    return listener


def address(listener: socket.socket) -> str:
    """Return the address a browser opens."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
