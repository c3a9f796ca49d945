"""Run a long query of DuckDB so that its progress is told and it can be stopped."""

import threading
from collections.abc import Callable

import duckdb

EVERY_S = 0.2


class Stopped(Exception):
    """The user stopped an import; nothing of it is left."""


def connect(memory: str) -> duckdb.DuckDBPyConnection:
    """Open a connection of its own that keeps silent and within a limit of memory."""
    connection = duckdb.connect(":memory:", config={"memory_limit": memory})
    # Left to itself DuckDB draws a bar on standard output, where one JSON document may be expected.
    connection.execute("SET enable_progress_bar = false")
    return connection


def execute(
    connection: duckdb.DuckDBPyConnection, query: str, watch: Callable[[float], None] | None = None
) -> None:
    """Run a query; ``watch`` is told the share done, and what it raises interrupts the query."""
    if watch is None:
        connection.execute(query)
        return
    failure: list[BaseException] = []

    def work() -> None:
        try:
            connection.execute(query)
        except duckdb.Error as error:
            failure.append(error)

    connection.execute("SET enable_progress_bar = true")
    connection.execute("SET enable_progress_bar_print = false")
    thread = threading.Thread(target=work, name="import")
    thread.start()
    try:
        while thread.is_alive():
            thread.join(EVERY_S)
            watch(min(0.99, max(0.0, connection.query_progress() / 100)))
    except BaseException:
        connection.interrupt()
        thread.join()
        raise
    if failure:
        raise failure[0]
