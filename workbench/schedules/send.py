"""Sending one message through Apprise. The only place that imports it, and only when something is sent."""

import logging
import threading
from importlib import import_module
from typing import Any

from workbench.errors import Invalid, Unavailable
from workbench.schedules.channels import LONGEST, mask, scrub, service

ONE_AT_A_TIME = threading.Lock()  # what Apprise says about a failure goes to one logger for the process


def check(url: str) -> None:
    """Refuse an address that no service understands."""
    if not url or len(url) > LONGEST or _apprise().Apprise.instantiate(url, suppress_exceptions=True) is None:
        raise Invalid(
            "address of the channel",
            given=f"{service(url)}://…" if "://" in url else "no service",
            expected="an Apprise address, e.g. mailtos://user:password@mail.plant.com?to=me@plant.com",
            hint="see docs/how-to/schedule-and-alarm.md for mail, DingTalk, WeCom, Feishu, Teams and Slack",
        )


def send(url: str, title: str, body: str) -> None:
    """Send a message; raise with the reason, without the address's secrets, when it did not arrive."""
    with ONE_AT_A_TIME, _Listening() as said:
        service_of = _apprise().Apprise()
        if not service_of.add(url) or not service_of.notify(title=title, body=body, body_format="text"):
            reason = scrub("; ".join(dict.fromkeys(said.lines)), url)[:300]
            hint = reason or "no answer"
            raise Unavailable(f"channel {mask(url)}", given=hint, hint="check its address, then test it")


def _apprise() -> Any:
    apprise = import_module("apprise")
    logger = logging.getLogger("apprise")
    logger.propagate = False  # it may quote tokens
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return apprise


class _Listening(logging.Handler):
    """What Apprise says while something is sent."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())

    def __enter__(self) -> "_Listening":
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)
