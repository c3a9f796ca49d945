"""The process that runs one user query: a request on stdin, rows into a file, a word on stdout.

Started by path and in isolation, so it imports nothing of this package.
"""

import json
import re
import sys
from typing import Any

import duckdb

MEMORY = "1GB"
# What would print where the workspace lies; ``query`` runs a text and could hide the others in it.
TELLTALES = re.compile(
    r"\b(duckdb_settings|current_setting|allowed_paths|query)\b\W*\(|\bshow\b[^;]*\bsettings?\b", re.I
)
OTHER = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(pragma|call|set|reset)\b", re.IGNORECASE | re.DOTALL)
PATH = re.compile(r"(?:[A-Za-z]:)?[/\\][^\s\"',)]+[/\\]([^\s\"',)/\\]*)")


def main() -> None:
    """Serve one request."""
    if sys.platform == "linux":
        import resource

        # Whatever memory DuckDB's own limit does not see: long texts, plans of deep expressions.
        resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * 2**30, 2 * 2**30))
    # Bytes, since an isolated interpreter may run in a locale that is not UTF-8.
    request = json.loads(sys.stdin.buffer.read())
    try:
        run(request)
        answer: dict[str, Any] = {"ok": True}
    except (duckdb.Error, MemoryError, ValueError, RuntimeError) as error:
        answer = {"ok": False, "problem": sentence(error), "place": place(str(error), request["sql"])}
    sys.stdout.write(json.dumps(answer))


def run(request: dict[str, Any]) -> None:
    """Run the query of a request under DuckDB's lock-down."""
    connection = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    if TELLTALES.search(request["sql"]):
        raise ValueError("a question about this server's settings")
    for name, files in request["views"].items():
        schema, _, table = name.rpartition(".")
        if schema:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        target = f"{quoted(schema)}.{quoted(table)}" if schema else quoted(table)
        listed = "[" + ", ".join(map(literal, files)) + "]"
        connection.execute(f"CREATE VIEW {target} AS SELECT * FROM read_parquet({listed})")  # noqa: S608
    lock(connection, request)
    statements = connection.extract_statements(request["sql"])
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ValueError("something else than one SELECT")
    if OTHER.match(request["sql"]):  # DuckDB turns it into a SELECT of its own
        raise ValueError("something else than one SELECT")
    try:
        relation = connection.sql(request["sql"])
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise located(connection, request["sql"]) or error from error
    if relation is None:
        raise ValueError("something else than one SELECT")
    relation.limit(request["limit"]).write_parquet(request["target"])


def lock(connection: duckdb.DuckDBPyConnection, request: dict[str, Any]) -> None:
    """Leave the connection nothing but the files of its views and its own scratch folder."""
    files = sorted({file for files in request["views"].values() for file in files})
    settings = {
        "TimeZone": "'UTC'",
        "memory_limit": literal(MEMORY),
        "temp_directory": "'spill'",  # must be set before the door closes
        "home_directory": "'.'",
        "secret_directory": "'secrets'",
        "extension_directory": "'extensions'",
        "max_temp_directory_size": "'4GB'",
        "max_expression_depth": "500",
        "allow_community_extensions": "false",
        "python_enable_replacements": "false",
        "enable_progress_bar": "false",
        "allowed_paths": "[" + ", ".join(map(literal, [*files, request["target"]])) + "]",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    for name, value in settings.items():
        connection.execute(f"SET {name} = {value}")


def sentence(error: BaseException) -> str:
    """Shorten an error to its first sentence, without paths of this machine."""
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return f"a query that needs more than {MEMORY} of memory"
    text = str(error).strip()
    lines = [line for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else type(error).__name__
    hint = next((line for line in lines[1:] if line.startswith(("Did you mean", "Candidate"))), "")
    return PATH.sub(r"\1", f"{first} {hint}".strip())[:400]


def located(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Error | None:
    """Let DuckDB say the same once more, this time with the place."""
    try:
        connection.execute("EXPLAIN\n" + sql)
    except duckdb.Error as error:
        return type(error)(re.sub(r"^LINE (\d+):", _line_above, str(error), flags=re.MULTILINE))
    return None


def _line_above(found: "re.Match[str]") -> str:
    before = f"LINE {found[1]}:"
    return f"LINE {int(found[1]) - 1}:".ljust(len(before))


def place(text: str, sql: str) -> list[int]:
    """Return line and column of what an error points at; empty where it points at nothing."""
    found = re.search(r"^LINE (\d+): (.*)\n( *)\^", text, re.MULTILINE)
    lines = sql.split("\n")
    if not found or int(found[1]) > len(lines):
        return []
    shown = found[2]  # a long line is shown in part, with dots where it is cut
    column = len(found[3]) - len(f"LINE {found[1]}: ")
    if shown.startswith("..."):
        begins = lines[int(found[1]) - 1].find(shown.strip("."))
        column = column - 3 + begins if begins >= 0 else -1
    return [int(found[1]), column + 1] if column >= 0 else []


def quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    main()
