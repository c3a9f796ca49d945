"""The rows a proof case reads: a published file as it is, or a part of it written out for the run.

Templates do not open DuckDB, so the few conditions cases need are understood here; nothing is evaluated.
"""

import io
import operator
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import Invalid, unknown
from workbench.templates.proof_cases import CaseInput

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.])
    |'(?P<text>(?:[^']|'')*)'|"(?P<quoted>[^"]+)"|(?P<operator><=|>=|<>|!=|==|=|<|>|\(|\)|,)|(?P<word>\w+))""",
    re.VERBOSE,
)
_SIGNS = {
    "=": operator.eq,
    "==": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def reference_of(given: CaseInput, role: str, *, data: Path | None, folder: Path) -> str | None:
    """Return the reference a run gets for one role, or None when the published file is not here."""
    if given.table is not None:
        return given.table
    source = data / given.file if data is not None and given.file is not None else None
    if given.file is not None and (source is None or not source.is_file()):
        return None
    if not given.is_written_out:
        return str(source)
    frame = _values(given) if source is None else _read(source, given)
    if given.where:
        frame = frame[matching(frame, given.where)]
    path = folder / f"{role}.parquet"
    frame.reset_index(drop=True).to_parquet(path, index=False)
    return str(path)


def _values(given: CaseInput) -> pd.DataFrame:
    return pd.DataFrame(given.values if isinstance(given.values, dict) else {"value": given.values})


def _read(path: Path, given: CaseInput) -> pd.DataFrame:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if ".parquet" in suffixes:
        return pd.read_parquet(path)
    headless = given.columns is not None
    separator = "," if ".csv" in suffixes else r"\s+"
    source: Any = path if given.skip_header is None else _below_header(path, given.skip_header)
    return pd.read_csv(source, sep=separator, header=None if headless else "infer", names=given.columns)


def _below_header(path: Path, skip: int | str) -> io.StringIO:
    """Return what follows a header; pandas would count its lines by quotes, and titles of books have them."""
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    if isinstance(skip, str):
        dashed = (number for number, line in enumerate(lines, 1) if re.fullmatch(r"\s*-{4,}[-\s]*", line))
        skip = next(dashed, 0)
    return io.StringIO("\n".join(lines[skip:]))


def matching(frame: pd.DataFrame, condition: str) -> "pd.Series[bool]":
    """Return which rows a condition holds for: comparisons, IN, AND, OR, NOT, parentheses."""
    parser = _Condition(frame, condition)
    found = parser.either()
    parser.end()
    return found


class _Condition:
    """A recursive descent over one condition."""

    def __init__(self, frame: pd.DataFrame, text: str) -> None:
        self.frame, self.text, self.position = frame, text, 0
        self.kind, self.token = "", ""
        self.next()

    def next(self) -> None:
        """Step to the next token."""
        rest = self.text[self.position :]
        if not rest.strip():
            self.kind, self.token = "end", ""
            return
        found = _TOKEN.match(rest)
        if found is None or found.lastgroup is None:
            raise self.refuse()
        self.kind, self.token = found.lastgroup, found.group(found.lastgroup)
        self.position += found.end()

    def refuse(self) -> Invalid:
        """Build the error for a condition that is not understood."""
        expected = "comparisons joined by and, or, not"
        return Invalid(f"where {self.text!r}", given=repr(self.token), expected=expected)

    def takes(self, *words: str) -> bool:
        """Step over a keyword or operator when it is next."""
        if self.kind in ("word", "operator") and self.token.lower() in words:
            self.next()
            return True
        return False

    def end(self) -> None:
        """Refuse what is left over."""
        if self.kind != "end":
            raise self.refuse()

    def either(self) -> "pd.Series[bool]":
        """Read conditions joined by OR."""
        found = self.both()
        while self.takes("or"):
            found = found | self.both()
        return found

    def both(self) -> "pd.Series[bool]":
        """Read conditions joined by AND."""
        found = self.negated()
        while self.takes("and"):
            found = found & self.negated()
        return found

    def negated(self) -> "pd.Series[bool]":
        """Read a condition with or without NOT."""
        if self.takes("not"):
            return ~self.negated()
        if self.takes("("):
            found = self.either()
            if not self.takes(")"):
                raise self.refuse()
            return found
        return self.comparison()

    def comparison(self) -> "pd.Series[bool]":
        """Read `column`, `column = value` or `column in (value, …)`."""
        if self.kind not in ("word", "quoted"):
            raise self.refuse()
        if self.token not in self.frame.columns:
            raise unknown("column", self.token, map(str, self.frame.columns))
        column = self.frame[self.token]
        self.next()
        if self.takes("in"):
            return column.isin(self.several())
        if self.kind == "operator" and self.token not in ("(", ")", ","):
            sign = self.token
            self.next()
            return _compare(column, sign, self.value())
        return column.astype(bool)

    def several(self) -> Sequence[Any]:
        """Read a list of values in parentheses."""
        if not self.takes("("):
            raise self.refuse()
        values = [self.value()]
        while self.takes(","):
            values.append(self.value())
        if not self.takes(")"):
            raise self.refuse()
        return values

    def value(self) -> Any:
        """Read a number, a text, true or false."""
        kind, token = self.kind, self.token
        self.next()
        if kind == "number":
            return float(token) if re.search(r"[.eE]", token) else int(token)
        if kind == "text":
            return token.replace("''", "'")
        if kind == "word" and token.lower() in ("true", "false"):
            return token.lower() == "true"
        self.token = token
        raise self.refuse()


def _compare(column: "pd.Series[Any]", sign: str, value: Any) -> "pd.Series[bool]":
    found: pd.Series[bool] = _SIGNS[sign](column, value)
    return found
