"""What the owner of a failed notebook may hear: the heading above a cell and the class of an error.

Both come from a stranger. A heading is taken from the file as it was submitted, before any hidden data was
near; a class only when everybody knows it, as a class made up on the spot could be named after hidden
values.
"""

import builtins
import json
import unicodedata
from collections.abc import Iterator

LONGEST = 80
MOST_LEVELS = 6
LIBRARIES = frozenset({
    "AxisError", "BinderException", "CatalogException", "ConversionException", "ConvergenceWarning",
    "CellTimeoutError",
    "DataError", "DTypePromotionError", "EmptyDataError", "InvalidIndexError", "IndexingError",
    "InvalidInputException",
    "JSONDecodeError", "LinAlgError", "LossySetitemError", "MergeError", "MissingDataError", "NotFittedError",
    "OutOfBoundsDatetime", "OutOfBoundsTimedelta", "ParserError", "ParserException", "PicklingError",
    "SpecificationError", "UFuncTypeError", "UndefinedVariableError", "UnpicklingError", "ArrowInvalid",
    "ArrowKeyError", "ArrowNotImplementedError", "ArrowTypeError", "CalledProcessError",
    "ColumnNotFoundError",
    "IntCastingNaNError", "UsageError", "StdinNotImplementedError", "XGBoostError", "LightGBMError",
    "Empty", "Full",
    "TimeoutExpired", "InvalidParameterError", "UnsupportedFunctionCall", "BrokenProcessPool",
    "Refused", "Invalid",
})  # fmt: skip
OTHER = "another error"
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def heading_above(notebook: bytes, index: int) -> str | None:
    """Return the last Markdown heading before a cell; None where there is none or the file is odd."""
    try:
        cells = json.loads(notebook)["cells"][:index]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
        texts = ["".join(source) for source in sources]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    found = [heading for text in texts for heading in _headings(text)]
    return found[-1] if found else None


def _headings(text: str) -> Iterator[str]:
    """Yield the headings of a cell; no pattern, which a long line of blanks could keep busy for hours."""
    for line in text.splitlines():
        rest = line.lstrip("#")
        title = plain(rest.rstrip().rstrip("#"), LONGEST)
        if 1 <= len(line) - len(rest) <= MOST_LEVELS and rest[:1].isspace() and title:
            yield title


def plain(text: str, longest: int) -> str:
    """Return a text as one line that moves no cursor, hides nothing and turns no direction round."""
    return "".join(one for one in text[: 4 * longest] if not hidden(one)).strip()[:longest]


def hidden(character: str) -> bool:
    """Whether a character is not seen, but does something: controls, marks of direction, half pairs."""
    return unicodedata.category(character) in UNSEEN


def known_class(name: object) -> str:
    """Return the name of an error's class where it is Python's or a well-known library's."""
    known = getattr(builtins, name, None) if isinstance(name, str) else None
    if isinstance(known, type) and issubclass(known, BaseException):
        return str(name)
    return str(name) if name in LIBRARIES else OTHER
