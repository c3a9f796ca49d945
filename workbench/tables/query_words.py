"""What DuckDB says of a query, in one plain sentence with the place it points at."""

import re
from collections.abc import Iterable

from workbench.errors import Invalid, did_you_mean, unknown

# What it says → what is given, and what to do; ``{0}`` and ``{1}`` are what it names. The interface
# translates the result, see ``workbench.ui.phrases_query``.
SENTENCES: tuple[tuple[str, str, str], ...] = (
    (r'syntax error at or near "(.*?)"', "no SQL that can be read near {0!r}", ""),
    (r"syntax error at end of input", "SQL that ends too early", "complete it"),
    (
        r'Referenced (?:column|table) "(.*?)" not found.*?(?:Candidate bindings: (.*))?',
        "no column {0!r}",
        "{1}",
    ),
    (
        r'(?:Table|Values list) ".*?" does not have a column named "(.*?)".*?(?:Candidate bindings: (.*))?',
        "no column {0!r}",
        "{1}",
    ),
    (
        r'column "?(.*?)"? must appear in the GROUP BY.*',
        "column {0!r} neither grouped nor summed up",
        "name it in GROUP BY, or use avg, min, max …",
    ),
    (
        r"(?:\w+ )?Function with name \"?(.*?)\"? does not exist.*?(?:Did you mean \"(.*?)\".*)?",
        "no function {0!r}",
        "{1}",
    ),
    (
        r"No function matches the given name and argument types '(.*?)'.*",
        "values of the wrong type in {0!r}",
        "convert them, as in CAST(x AS DOUBLE)",
    ),
    (
        r"Could not convert string '(.*?)' to (\w+).*",
        "{0!r}, which cannot be read as {1}",
        "use TRY_CAST, which gives NULL instead",
    ),
    (
        r"Cannot compare values of type (\w+).*? and (?:values of )?type (\w+).*",
        "{0} compared with {1}",
        "convert one of them with CAST",
    ),
    (
        r'Ambiguous reference to column name "(.*?)".*',
        "column {0!r}, which several tables have",
        "write table.column",
    ),
    (
        r".*(?:Cannot access|external access|disabled by configuration|operations are disabled).*",
        "a query that reaches beyond the tables",
        "files, programs and the network are closed to queries",
    ),
    (
        r"something else than one SELECT",
        "something else than one SELECT",
        "write a single question that begins with SELECT or WITH",
    ),
    (
        r"Could not choose a best candidate function.*?\"(.*?)\".*",
        "values of an unclear type in {0!r}",
        "convert them, as in CAST(x AS DOUBLE)",
    ),
)
KIND = re.compile(r"^(?:[A-Z][\w-]*(?: [\w-]+)? Error|TransactionContext Error): (?:\w+ Error: )?")
MISSING_TABLE = re.compile(r"Table with name \"?(.+?)\"? does not exist.*")


def refused(problem: str, place: list[int], *, known: Iterable[str]) -> Invalid:
    """Return the error that says what is wrong with a query, where, and what to do."""
    said = KIND.sub("", problem)
    where = f" (line {place[0]}, column {place[1]})" if place else ""
    missing = MISSING_TABLE.fullmatch(said)
    if missing:
        # The workspace's own names, which DuckDB's suggestions do not know.
        error = unknown("table", missing[1], known)
        return Invalid("query: unknown table", given=f"{error.given}{where}", hint=error.hint)
    for pattern, sentence, todo in SENTENCES:
        found = re.fullmatch(pattern, said, re.IGNORECASE | re.DOTALL)
        if found:
            names = [name or "" for name in found.groups()] + ["", ""]
            given = sentence.format(*names).replace("'", '"')
            hint = _near(names[0], names[1]) if todo == "{1}" else todo.format(*names)
            return Invalid("query", given=f"{given}{where}", hint=hint or None)
    return Invalid("query", given=f"{said}{where}")


def _near(name: str, candidates: str) -> str:
    """Suggest the nearest of what there is."""
    there = re.findall(r'"([^"]+)"', candidates) or [candidates] * bool(candidates)
    near = did_you_mean(name, there)
    if near:
        return f"did you mean {near!r}?"
    return f"there is {', '.join(there[:8])}" if there else ""
