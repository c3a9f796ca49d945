"""All connectors of a workspace: the book for people, and in a server the thread that keeps them running."""

import asyncio
import contextlib
import logging
import secrets
import shutil
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from workbench.collecting.book import Book
from workbench.collecting.collector import Collector
from workbench.collecting.journal import Journal
from workbench.collecting.model import Kept, NewConnector, Overview, Status
from workbench.collecting.vault import Vault, scrub
from workbench.collecting.writer import TABLE, Writer
from workbench.connectors.protocol import Connector, Point, Settings, secrets_of
from workbench.connectors.registry import connector, read_settings
from workbench.errors import Invalid, Unavailable, WorkbenchError
from workbench.runs.lease import Lease
from workbench.runs.state import State
from workbench.tables.catalog import Tables

LOG = logging.getLogger(__name__)
LOOK_S = 0.5
TEST_S = 20.0  # a source that says nothing for so long is not there
ALIVE = timedelta(seconds=15)
BEAT_S = 5.0  # an unchanged status is told again


@dataclass
class Going:
    """A connector that is kept running in this process."""

    revision: int
    collector: Collector
    task: "asyncio.Task[None]"
    lease: Lease


class Collecting:
    """The connectors of one workspace."""

    def __init__(self, root: Path, state: State, tables: Tables, *, key: str = "") -> None:
        self.root, self.tables = root / "collecting", tables
        self.book = Book(state)
        self.vault = Vault(root, key)
        self.consumers: tuple[str, ...] = (TABLE,)
        self.going: dict[str, Going] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._told: dict[str, tuple[str, float]] = {}

    # --- the book ---------------------------------------------------------------------------------------

    def add(self, new: NewConnector) -> Kept:
        """Check and keep a new connector; a running server starts it within a second."""
        if any(other.name == new.name for other in self.book.all()):
            raise Invalid("connector", given=repr(new.name), expected="a name that no other connector has")
        kept, sealed = self._checked(new, {}, id=f"connector-{secrets.token_hex(4)}")
        self.book.save(kept, sealed)
        return kept

    def edit(self, handle: str, new: NewConnector) -> Kept:
        """Change a connector; a credential that is not given again stays."""
        before = self.book.get(handle)
        if any(other.name == new.name and other.id != before.id for other in self.book.all()):
            raise Invalid("connector", given=repr(new.name), expected="a name that no other connector has")
        known = self.vault.open(self.book.sealed(before.id)) if new.type == before.type else {}
        kept, sealed = self._checked(new, known, id=before.id)
        kept = kept.model_copy(update={"revision": before.revision + 1, "created": before.created})
        self.book.save(kept, sealed)
        return kept

    def switch(self, handle: str, *, enabled: bool) -> Kept:
        """Start or stop a connector; what is in its buffer is written all the same."""
        kept = self.book.get(handle)
        kept = kept.model_copy(update={"enabled": enabled, "revision": kept.revision + 1})
        self.book.save(kept)
        return kept

    def remove(self, handle: str) -> Kept:
        """Forget a connector, its credentials and its buffer; its table stays."""
        kept = self.book.get(handle)
        self.book.remove(kept.id)
        if not self._lease(kept.id).held():
            shutil.rmtree(self.root / kept.id, ignore_errors=True)
        return kept

    def _lease(self, id: str) -> Lease:  # noqa: A002
        return Lease(self.root / f"{id}.lock")

    def overviews(self) -> list[Overview]:
        """Return all connectors with how they stand."""
        return [self._overview(kept, gaps=1) for kept in self.book.all()]

    def overview(self, handle: str) -> Overview:
        """Return one connector with how it stands and its gaps."""
        return self._overview(self.book.get(handle), gaps=50)

    def _overview(self, kept: Kept, *, gaps: int) -> Overview:
        status, at = self.book.status(kept.id)
        alive = at is not None and abs(datetime.now(UTC) - at) < ALIVE
        going = self.going.get(kept.id)
        if going:
            status, alive = going.collector.standing(), True
        if not kept.enabled:
            status = status.model_copy(update={"state": "stopped", "reason": "", "problem": None})
        elif not alive:
            status = status.model_copy(
                update={"state": "waiting", "reason": "no server keeps it", "problem": None}
            )
        return Overview(connector=kept, status=status, gaps=self.book.gaps(kept.id, gaps), alive=alive)

    # --- asking a source --------------------------------------------------------------------------------

    def test(self, new: NewConnector | str) -> str:
        """Reach the source of a connector, kept or not yet kept, and say what answered."""
        made, settings = self._made(new)
        return str(self._ask(made.test(), settings))

    def browse(self, new: NewConnector | str, parent: str = "") -> list[Point]:
        """List what a source offers below an address."""
        made, settings = self._made(new)
        return list(self._ask(made.browse(parent), settings))

    def _made(self, new: NewConnector | str) -> tuple[Connector, Settings]:
        if isinstance(new, str):
            kept = self.book.get(new)
            made = self._make(kept)
            return made, made.settings
        settings = read_settings(new.type, new.settings)
        return connector(new.type)(settings, id=f"test-{secrets.token_hex(4)}"), settings

    def _ask(self, question: Coroutine[Any, Any, Any], settings: Settings) -> Any:
        async def asked() -> Any:
            async with asyncio.timeout(TEST_S):
                return await question

        try:
            with ThreadPoolExecutor(1) as own:  # whoever asks may be in a loop already
                return own.submit(asyncio.run, asked()).result()
        except TimeoutError:
            raise Unavailable("source", given=f"no answer within {TEST_S:g} s") from None
        except WorkbenchError as error:
            raise _scrubbed(error, secrets_of(settings)) from None
        except Exception as error:  # noqa: BLE001 - whatever a library says, people get a sentence
            said = scrub(str(error) or type(error).__name__, secrets_of(settings))
            raise Unavailable("source", given=said) from None

    def _checked(self, new: NewConnector, known: dict[str, Any], *, id: str) -> tuple[Kept, str]:  # noqa: A002
        self.tables.folder_for(new.table)
        settings = read_settings(new.type, {**known, **new.settings})
        credentials, plain = _divided(settings)
        body = new.model_dump(exclude={"settings"})
        kept = Kept(**body, settings=plain, id=id, secrets=sorted(credentials), created=datetime.now(UTC))
        return kept, self.vault.seal(credentials)

    def _make(self, kept: Kept) -> Connector:
        given = {**kept.settings, **self.vault.open(self.book.sealed(kept.id))}
        return connector(kept.type)(read_settings(kept.type, given), id=kept.id)

    # --- in a server ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Keep the enabled connectors running until ``stop``."""
        self._stop.clear()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="collecting", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop reading, write what is buffered, and end."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    async def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                await self._follow_the_book()
                await asyncio.to_thread(self._tell)
            except Exception as error:  # noqa: BLE001 - a thread that ends collects nothing
                LOG.warning("connectors could not be looked after, trying again: %s", error)
            await asyncio.sleep(LOOK_S)
        await asyncio.gather(*map(self._end, list(self.going)))

    async def _follow_the_book(self) -> None:
        wanted = {kept.id: kept for kept in await asyncio.to_thread(self.book.all)}
        for id, going in list(self.going.items()):  # noqa: A001 - the word of the model
            kept = wanted.get(id)
            if kept is None or not kept.enabled or kept.revision != going.revision:
                await self._end(id)
            if kept is None:
                shutil.rmtree(self.root / id, ignore_errors=True)
        for id, kept in wanted.items():  # noqa: A001
            if kept.enabled and id not in self.going:
                await self._begin(kept)

    async def _begin(self, kept: Kept) -> None:
        """Keep a connector running, unless another process does: two would store everything twice."""
        try:
            lease = await asyncio.to_thread(self._lease(kept.id).take)
        except Unavailable:
            return
        try:
            await self._begin_alone(kept, lease)
        except BaseException:
            lease.drop()
            raise

    async def _begin_alone(self, kept: Kept, lease: Lease) -> None:
        journal = await asyncio.to_thread(Journal, self.root / kept.id, self.consumers)
        source = f"{kept.type}: {kept.name}"
        before, _ = await asyncio.to_thread(self.book.status, kept.id)
        known = Status(values=before.values, last_row=before.last_row, repeated=before.repeated)
        collector = Collector(
            kept,
            make=lambda: self._make(kept),
            journal=journal,
            writer=Writer(journal, self.tables, table=kept.table, id=kept.id, source=source),
            keep_gaps=lambda gaps: self.book.add_gaps(kept.id, gaps),
            status=known,
        )
        task = asyncio.create_task(collector.run())
        self.going[kept.id] = Going(kept.revision, collector, task, lease)

    async def _end(self, id: str) -> None:  # noqa: A002
        going = self.going.pop(id)
        going.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going.task
        going.lease.drop()
        status = going.collector.standing().model_copy(update={"state": "stopped", "reason": ""})
        with contextlib.suppress(WorkbenchError):
            await asyncio.to_thread(self.book.tell, {id: status})

    def _tell(self) -> None:
        """Write down what has changed, so that other processes see it."""
        now, changed = datetime.now(UTC).timestamp(), {}
        for id, going in list(self.going.items()):  # noqa: A001
            status: Status = going.collector.standing()
            text = status.model_dump_json(exclude={"lag_s"})
            before, at = self._told.get(id, ("", 0.0))
            if text != before or now - at > BEAT_S:
                changed[id] = status
                self._told[id] = (text, now)
        if changed:
            self.book.tell(changed)


def _divided(settings: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part the credentials from what may be shown."""
    credentials: dict[str, Any] = {}
    for name, value in dict(settings).items():
        if isinstance(value, SecretStr):
            if value.get_secret_value():
                credentials[name] = value.get_secret_value()
        elif isinstance(value, dict) and any(isinstance(each, SecretStr) for each in value.values()):
            credentials[name] = {key: each.get_secret_value() for key, each in value.items()}
    hidden = {
        name for name, field in type(settings).model_fields.items() if "SecretStr" in str(field.annotation)
    }
    return credentials, settings.model_dump(mode="json", exclude=hidden)


def _scrubbed(error: WorkbenchError, hidden: list[str]) -> WorkbenchError:
    fields = {
        name: None if value is None else scrub(value, hidden)
        for name, value in (("given", error.given), ("expected", error.expected), ("hint", error.hint))
    }
    clean = WorkbenchError.__new__(type(error))
    WorkbenchError.__init__(clean, scrub(error.subject, hidden), **fields)
    return clean


def read_new(given: dict[str, Any]) -> NewConnector:
    """Check what a person gave, in one sentence and without quoting what may be a secret."""
    try:
        return NewConnector.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"connector: {where}", expected=first["msg"]) from None
