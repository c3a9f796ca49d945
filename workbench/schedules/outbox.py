"""The outbox: what is to be sent, kept until it was: at least once and, as far as can be told, once.

A message is marked before it is handed over and after. One that was marked only before when the process
died is sent again, under the same number. What was held back in quiet hours goes out as one message.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel

from workbench.errors import NotFound, Unavailable, WorkbenchError
from workbench.runs.state import METADATA, State
from workbench.schedules import send
from workbench.schedules.book import moment
from workbench.schedules.channels import Channels
from workbench.schedules.message import Message, digest, tested, written

LOG = logging.getLogger(__name__)
OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("rule", sa.String),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("link", sa.String, nullable=False, default=""),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("at", sa.Float, nullable=False),  # not before
    sa.Column("held", sa.Boolean, nullable=False, default=False),  # by quiet hours
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("sent", sa.Float),
    sa.Column("error", sa.Text),
    sa.Index("ix_outbox_state", "state", "at"),
)
WAITS_S = (30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600)  # after each failure; then it is given up
LOOK_S = 2.0
OPEN = ("waiting", "sending")

DeliveryState = Literal["waiting", "sending", "sent", "given_up"]


class Delivery(BaseModel):
    """A message on its way to one channel."""

    number: int
    channel: str
    rule: str | None
    message: Message
    created: datetime
    at: datetime
    held: bool
    state: DeliveryState
    attempts: int
    sent: datetime | None
    error: str | None
    link: str


class Outbox:
    """Keeps messages and sends them from a thread of its own."""

    def __init__(
        self, state: State, channels: Channels, *, language: str, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.state, self.channels, self.language = state, channels, language
        self.clock = clock or (lambda: datetime.now(UTC))
        self.address = ""  # of the server, for links
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._sending = threading.Lock()

    def start(self) -> None:
        """Send what waits, from now on."""
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="outbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; what was not sent is kept."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """Look for messages now."""
        self._wake.set()

    def last(self, limit: int = 50) -> list[Delivery]:
        """Return the latest deliveries, newest first."""
        with self.state.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.number.desc()).limit(limit))
            return [_delivery(row) for row in rows]

    def test(self, channel: str) -> Delivery:
        """Send the test message now, once, and return what came of it."""
        self.channels.address(channel)
        with self.state.begin() as connection:
            number = put(connection, channel, tested(channel), now=self.clock())
            connection.execute(sa.update(OUTBOX).where(OUTBOX.c.number == number).values(state="sending"))
        with self._sending:
            self._deliver(self._rows(OUTBOX.c.number == number), last_try=True)
        return self._rows(OUTBOX.c.number == number)[0]

    def deliver_due(self) -> None:
        """Send every message whose time has come, channel by channel."""
        due = OUTBOX.c.state.in_(OPEN) & (OUTBOX.c.at <= self.clock().timestamp())
        with self._sending:
            waiting = sorted(self._rows(due), key=lambda row: (row.channel, row.number))
            for _channel, rows in groupby(waiting, key=lambda row: row.channel):
                self._deliver_channel(list(rows))

    def _deliver_channel(self, rows: list[Delivery]) -> None:
        held = [row for row in rows if row.held]
        for together in ([held] if held else []) + [[row] for row in rows if not row.held]:
            if self._stopping or not self._deliver(together):
                return  # a channel that does not answer is not asked again for each message

    def _deliver(self, rows: list[Delivery], *, last_try: bool = False) -> bool:
        if not rows:
            return True
        numbers = [row.number for row in rows]
        attempts = max(row.attempts for row in rows) + 1
        self._mark(numbers, state="sending", attempts=attempts)
        try:
            url = self.channels.address(rows[0].channel)
            send.send(url, *written(self._message(rows), self.language))
        except WorkbenchError as error:
            gone = isinstance(error, NotFound) or last_try or attempts > len(WAITS_S)
            wait_s = WAITS_S[min(attempts, len(WAITS_S)) - 1]
            later = (self.clock() + timedelta(seconds=wait_s)).timestamp()
            reason = error.given if isinstance(error, Unavailable) else str(error)
            self._mark(numbers, state="given_up" if gone else "waiting", at=later, error=reason)
            return False
        self._mark(numbers, state="sent", sent=self.clock().timestamp(), error=None)
        return True

    def _message(self, rows: list[Delivery]) -> Message:
        messages = []
        for row in rows:
            body = row.message.body
            if row.link and self.address:
                link = self.address + row.link
                body = {"en": f"{body['en']}\nOpen the run: {link}", "zh": f"{body['zh']}\n打开运行: {link}"}
            messages.append(row.message.model_copy(update={"body": body, "key": str(row.number)}))
        if len(messages) == 1 and not rows[0].held:
            return messages[0]
        return digest(messages).model_copy(update={"key": messages[0].key})

    def _rows(self, condition: Any) -> list[Delivery]:
        with self.state.connect() as connection:
            statement = sa.select(OUTBOX).where(condition).order_by(OUTBOX.c.number)
            return [_delivery(row) for row in connection.execute(statement)]

    def _mark(self, numbers: list[int], **values: Any) -> None:
        with self.state.begin() as connection:
            connection.execute(sa.update(OUTBOX).where(OUTBOX.c.number.in_(numbers)).values(values))

    def _loop(self) -> None:
        while not self._stopping:
            try:
                self.deliver_due()
            except Exception:  # a thread that ends sends nothing any more
                LOG.exception("messages could not be sent; trying again")
            self._wake.wait(LOOK_S)
            self._wake.clear()


def put(
    connection: sa.Connection,
    channel: str,
    message: Message,
    *,
    now: datetime,
    rule: str | None = None,
    link: str = "",
    until: datetime | None = None,
) -> int:
    """Put a message into the outbox, as part of the transaction that knows why; ``until`` holds it back."""
    values = {
        "channel": channel,
        "rule": rule,
        "message": message.model_dump_json(),
        "link": link,
        "created": now.timestamp(),
        "at": (until or now).timestamp(),
        "held": until is not None,
        "state": "waiting",
    }
    return int(connection.execute(sa.insert(OUTBOX).values(values)).lastrowid)


def _delivery(row: Any) -> Delivery:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["message"] = Message.model_validate_json(row.message)
    values |= {
        name: moment(values[name]) if values[name] is not None else None for name in ("created", "at", "sent")
    }
    return Delivery.model_validate(values)
