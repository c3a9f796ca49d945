"""What a request may reach: the workbench it talks to, and whether it may name files of this machine."""

import secrets
from typing import Annotated

from fastapi import Depends, Request

from workbench.app import Workbench


def bench_of(request: Request) -> Workbench:
    """Return the workbench behind this API."""
    bench: Workbench = request.app.state.bench
    return bench


def may_name_files(request: Request) -> bool:
    """Whether the request proves that it can read the workspace's own ``server.json``."""
    token: str | None = request.app.state.token
    given = request.headers.get("authorization", "")
    return token is not None and secrets.compare_digest(given.encode(), f"Bearer {token}".encode())


Bench = Annotated[Workbench, Depends(bench_of)]
MayNameFiles = Annotated[bool, Depends(may_name_files)]
