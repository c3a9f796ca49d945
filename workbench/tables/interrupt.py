"""A query that takes longer than a person waits is stopped, and says so."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from workbench.errors import Invalid, Unavailable

RESTORE = "restore an earlier version"


def damaged(subject: str) -> Unavailable:
    """Say that files of a table are gone or cut off."""
    return Unavailable(f"rows of table {subject}", given="damaged or missing files", hint=RESTORE)


@contextmanager
def limited(connection: duckdb.DuckDBPyConnection, seconds: float, subject: str) -> Iterator[None]:
    """Stop what runs on a connection after some seconds."""
    timer = threading.Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        hint = "choose fewer columns or rows, or ask for a part of the table"
        raise Invalid(f"table {subject}", given=f"nothing after {seconds:g} s", hint=hint) from error
    except duckdb.OutOfMemoryException as error:
        raise Invalid(f"table {subject}", given="a query that needs too much memory") from error
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.PermissionException) as error:
        raise damaged(subject) from error
    finally:
        timer.cancel()
