"""Databases: rows of a table or query whose key is new; PostgreSQL through ADBC, others through SQLAlchemy.

The database is read only: nothing but SELECT is sent, in a session or transaction that cannot write where the
database knows one. A driver may wait for ever on a server that hangs: its thread is left to itself then.
"""

import asyncio
import contextlib
import inspect
import re
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import Future
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import adbc_driver_manager
import adbc_driver_postgresql.dbapi
import pyarrow as pa
import sqlalchemy as sa
from pydantic import SecretStr, field_validator, model_validator

from workbench.connectors import increments, protocol
from workbench.connectors.addresses import parted, password, without_password
from workbench.connectors.increments import Increment
from workbench.connectors.protocol import Batch, Connector, Cursor, Point, setting
from workbench.errors import Invalid, Unavailable

ROWS = 20_000
POSTGRES = ("postgresql://", "postgres://")
CONNECT_S = 10
LOGIN_S = 30.0  # a server that accepts the connection and then says nothing is not there
ANSWER_S = 900.0  # a query may sort a long table
IN_TEXT = re.compile(r"(?i)[;?&{]\s*(pwd|password)\s*=")  # as ODBC writes it
REFUSED = frozenset(
    {"allow_local_infile", "init_command", "load_extension", "local_infile", "mode", "options", "passfile"}
    | {"plugin_dir", "read_default_file", "read_default_group", "service", "servicefile", "uri"}
)
# A cable that is pulled is noticed within half a minute: the system's own patience is two hours.
KEPT_ALIVE = {"keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3"}


class SqlSettings(protocol.Settings):
    """Which database, which rows."""

    url: str = setting(
        ...,
        {"en": "Address", "zh": "地址"},
        {
            "en": "Such as postgresql://user@host:5432/erp, mysql+pymysql://…, mssql+pyodbc://…, sqlite:///file",
            "zh": "如 postgresql://user@host:5432/erp、mysql+pymysql://…、mssql+pyodbc://…、sqlite:///文件",
        },
        pattern=r"^[a-z][a-z0-9+]*://",
    )
    password: SecretStr = password()
    source: str = setting(
        "",
        {"en": "Table", "zh": "表"},
        {"en": "Name of a table or view, such as public.orders", "zh": "表或视图名，如 public.orders"},
    )
    query: str = setting(
        "",
        {"en": "or query", "zh": "或查询语句"},
        {"en": "A SELECT in place of a table", "zh": "用 SELECT 代替表"},
    )
    key: str = setting(
        ...,
        {"en": "Key", "zh": "递增列"},
        {"en": "Column that grows: a number or a time", "zh": "不断增大的列：编号或时间"},
        min_length=1,
    )
    overlap: float = setting(
        0.0,
        {"en": "Overlap", "zh": "回看范围"},
        {
            "en": "Look back so far each time (seconds, or keys): for rows that are written late",
            "zh": "每次回看的范围（秒，或编号个数），用于晚写入的行",
        },
        ge=0,
    )
    every: float = setting(
        60.0,
        {"en": "Look every (s)", "zh": "查看间隔（秒）"},
        {"en": "How often to ask", "zh": "多久查询一次"},
        ge=0.1,
    )

    @model_validator(mode="before")
    @classmethod
    def _no_password_in_the_address(cls, given: Any) -> Any:
        given = without_password(given)
        if isinstance(given, dict) and isinstance(given.get("url"), str):
            url, secret = parted(given["url"])
            if set(map(str.lower, secret)) == {"password"}:
                return {"password": next(iter(secret.values())), **given, "url": url}
        return given

    @field_validator("url")
    @classmethod
    def _nothing_else_in_the_address(cls, url: str) -> str:
        if parted(url)[1] or IN_TEXT.search(unquote_plus(url)):
            raise ValueError("an address without credentials: they go into password, which is encrypted")
        asked = {name.lower() for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
        if refused := sorted(asked & REFUSED):
            raise ValueError(
                f"an address without the option {refused[0]}, which reads files or runs commands"
            )
        return url

    @model_validator(mode="after")
    def _one_of_both(self) -> "SqlSettings":
        if bool(self.source) == bool(self.query):
            raise ValueError("a table in source, or a SELECT in query")
        text = self.query.strip().rstrip(";")
        if text and (";" in text or not text.lower().startswith(("select", "with"))):
            raise ValueError("one SELECT in query")
        return self


class Sql(Connector):
    """A table or query of a database."""

    kind = "sql"
    label = {"en": "Database (SQL)", "zh": "数据库（SQL）"}  # noqa: RUF012 - a constant
    Settings = SqlSettings
    settings: SqlSettings

    def __init__(self, settings: SqlSettings, *, id: str = "workbench") -> None:  # noqa: A002
        super().__init__(settings, id=id)
        self._postgres = settings.url.startswith(POSTGRES)

    async def test(self) -> str:
        """Ask for one row."""
        return str(await _left_alone(self._test))

    async def browse(self, parent: str = "") -> list[Point]:
        """List tables and views, or the columns of one."""
        return list(await _left_alone(self._browse, parent))

    async def read(self, cursor: Cursor) -> AsyncGenerator[Batch, None]:
        """Yield the rows from the last key on that were not read before."""
        rows = self._batches(cursor)
        try:
            while (batch := await _left_alone(next, rows, None)) is not None:
                yield batch
        finally:
            if inspect.getgeneratorstate(rows) != inspect.GEN_RUNNING:
                await asyncio.to_thread(rows.close)

    # --- in a thread ------------------------------------------------------------------------------------

    def _batches(self, cursor: Cursor) -> Generator[Batch]:
        """Yield batches in the order of the key, so that the cursor after each one is true."""
        types: dict[str, str] = dict(cursor.get("types", {}))
        increment = Increment(cursor, self.settings.key, self.settings.overlap)
        start = increments.since(cursor, self.settings.overlap)
        quiet = {**cursor} if cursor else {}
        yield Batch(pa.table({}), quiet)
        with self._named():
            parts = self._postgres_rows(start) if self._postgres else self._other_rows(start)
            for names, rows in parts:
                if self.settings.key not in names:
                    raise _no_column(self.settings.key, names)
                fresh = increment.fresh(rows)
                if fresh:
                    shown = increments.table(fresh, types, whole=frozenset(names))
                    yield Batch(shown, increment.cursor() | {"types": types})

    def _select(self, quote: Any, start: Any, mark: str) -> str:
        given = self.settings
        inner = given.query.strip().rstrip(";")
        source = f"({inner}) q" if inner else ".".join(quote(part) for part in given.source.split("."))
        where = f" WHERE {quote(given.key)} >= {mark}" if start is not None else ""
        return f"SELECT * FROM {source}{where} ORDER BY {quote(given.key)}"  # noqa: S608 - names are quoted

    def _postgres_rows(self, start: Any) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
        with self._postgres_cursor() as cursor:
            query = self._select(_quoted, start, "$1")
            cursor.execute(query, None if start is None else (start,))
            reader = cursor.fetch_record_batch()
            numbers = {field.name for field in reader.schema if _is_numeric(field)}
            for batch in reader:
                for position in range(0, batch.num_rows, ROWS):
                    rows = batch.slice(position, ROWS).to_pylist()
                    for row in rows:
                        for name in numbers:
                            row[name] = None if row[name] is None else _number(row[name])
                    yield reader.schema.names, rows

    @contextlib.contextmanager
    def _postgres_cursor(self) -> Iterator[Any]:
        address = sa.make_url(self.settings.url).set(drivername="postgresql")
        address = address.update_query_dict({"connect_timeout": str(CONNECT_S), **KEPT_ALIVE})
        secret = self.settings.password.get_secret_value()
        if secret:
            address = address.set(password=secret)
        uri = address.render_as_string(hide_password=False)
        connect = adbc_driver_postgresql.dbapi.connect
        with _within(LOGIN_S, connect, uri) as connection, connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
            cursor.execute("SET TIME ZONE 'UTC'")
            connection.commit()
            yield cursor
            connection.rollback()

    def _other_rows(self, start: Any) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
        with self._engine() as engine, engine.connect() as connection:
            quote = engine.dialect.identifier_preparer.quote_identifier
            query = sa.text(self._select(quote, start, ":start"))
            values = {} if start is None else {"start": start}
            result = connection.execution_options(stream_results=True, yield_per=ROWS).execute(query, values)
            for part in result.mappings().partitions(ROWS):
                yield list(result.keys()), [dict(row) for row in part]

    @contextlib.contextmanager
    def _engine(self) -> Iterator[sa.Engine]:
        address = sa.make_url(self.settings.url)
        secret = self.settings.password.get_secret_value()
        if secret:
            address = address.set(password=secret)
        if address.drivername.startswith("sqlite") and address.database:
            # A file that is not there must not come into being by being asked.
            uri = f"file:{address.database}"
            address = address.set(database=uri, query={"mode": "ro", "uri": "true"})
        try:
            engine = sa.create_engine(address, poolclass=sa.NullPool)
        except (sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
            hint = "install its driver beside the workbench, such as pyodbc or pymysql"
            raise Unavailable(f"driver for {address.drivername}", given=str(error), hint=hint) from None
        try:
            yield engine
        finally:
            engine.dispose()

    def _test(self) -> str:
        with self._named():
            query = f"SELECT * FROM ({self._select_all()}) one LIMIT 1"  # noqa: S608 - names are quoted
            if self._postgres:
                with self._postgres_cursor() as cursor:
                    cursor.execute(query)
                    names = [column[0] for column in cursor.description]
            else:
                with self._engine() as engine, engine.connect() as connection:
                    result = connection.execution_options(stream_results=True).execute(
                        sa.text(self._select_all(engine))
                    )
                    names = list(result.keys())
                    result.close()
            if self.settings.key not in names:
                raise _no_column(self.settings.key, names)
            return f"{len(names)} columns: {', '.join(names[:8])}"

    def _select_all(self, engine: sa.Engine | None = None) -> str:
        given = self.settings
        quote = engine.dialect.identifier_preparer.quote_identifier if engine else _quoted
        if given.query:
            return given.query.strip().rstrip(";")
        return f"SELECT * FROM {'.'.join(quote(part) for part in given.source.split('.'))}"  # noqa: S608

    def _browse(self, parent: str) -> list[Point]:
        with self._named():
            return self._browse_postgres(parent) if self._postgres else self._browse_other(parent)

    def _browse_postgres(self, parent: str) -> list[Point]:
        with self._postgres_cursor() as cursor:
            if parent:
                schema, _, name = parent.rpartition(".")
                cursor.execute(
                    "SELECT column_name, data_type FROM information_schema.columns "
                    "WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position",
                    (schema or "public", name),
                )
                return [Point(address=row[0], name=row[0], type=row[1]) for row in cursor.fetchall()]
            cursor.execute(
                "SELECT table_schema, table_name FROM information_schema.tables "
                "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
            )
            return [
                Point(address=f"{row[0]}.{row[1]}", name=row[1], folder=True) for row in cursor.fetchall()
            ]

    def _browse_other(self, parent: str) -> list[Point]:
        with self._engine() as engine:
            inspector = sa.inspect(engine)
            if parent:
                schema, _, name = parent.rpartition(".")
                columns = inspector.get_columns(name, schema=schema or None)
                return [
                    Point(address=each["name"], name=each["name"], type=str(each["type"])) for each in columns
                ]
            names = [*inspector.get_table_names(), *inspector.get_view_names()]
            return [Point(address=name, name=name, folder=True) for name in names]

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        where = f"database {sa.make_url(self.settings.url).host or self.settings.url.partition('://')[0]}"
        try:
            yield
        except adbc_driver_manager.ProgrammingError as error:
            raise Invalid(where, given=_first_line(error), hint="check table, query and key") from None
        except (sa.exc.NoSuchTableError, sa.exc.ProgrammingError) as error:
            raise Invalid(where, given=_first_line(error), hint="check table, query and key") from None
        except (adbc_driver_manager.Error, sa.exc.SQLAlchemyError, OSError) as error:
            hint = "check address, user and password, and that the database runs"
            raise Unavailable(where, given=_first_line(error), hint=hint) from None


def _apart(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """Call in a thread of its own that nobody waits for when the program or the connector ends."""
    outcome: Future[Any] = Future()

    def call() -> None:
        try:
            outcome.set_result(function(*arguments))
        except BaseException as error:  # noqa: BLE001 - it is raised where the outcome is asked for
            outcome.set_exception(error)

    outcome.set_running_or_notify_cancel()
    threading.Thread(target=call, name="database", daemon=True).start()
    return outcome


async def _left_alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call in a thread; when it takes too long, or nobody wants it any more, go on without it."""
    answer = asyncio.wrap_future(_apart(function, *arguments))
    try:
        return await asyncio.wait_for(asyncio.shield(answer), ANSWER_S)
    except TimeoutError:
        raise Unavailable("database", given=f"no answer within {ANSWER_S:g} s") from None
    finally:
        answer.add_done_callback(_looked_at)


def _looked_at(answer: asyncio.Future[Any]) -> None:
    """Look at an outcome that nobody waits for, so that nobody complains about it."""
    if not answer.cancelled():
        answer.exception()


def _within(seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a driver and wait no longer than this for it."""
    answer = _apart(function, *arguments)
    try:
        return answer.result(seconds)
    except TimeoutError:
        answer.add_done_callback(lambda late: late.exception() or late.result().close())
        raise OSError(f"no answer within {seconds:g} s") from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _is_numeric(field: pa.Field) -> bool:
    """Whether PostgreSQL's exact number, which Arrow has no type for, was sent as text."""
    return "numeric" in str(field.type) and not pa.types.is_decimal(field.type)


def _number(text: Any) -> float | int:
    return int(text) if str(text).lstrip("-").isdigit() else float(text)


def _no_column(key: str, names: list[str]) -> Invalid:
    return Invalid("key", given=repr(key), expected=f"one of {', '.join(names[:12])}")


def _first_line(error: Exception) -> str:
    """Return what a driver said, without the statement and its values."""
    original = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(original).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
