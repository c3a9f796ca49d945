"""What the owner of a failed notebook may hear: the heading above a cell and the class of an error.

Both come from a stranger. A heading is taken from the file as it was submitted, before any hidden data was
near; a class only when everybody knows it, as a class made up on the spot could be named after hidden
values.
"""

import builtins
import json
import re

HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
LONGEST = 80
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


def heading_above(notebook: bytes, index: int) -> str | None:
    """Return the last Markdown heading before a cell; None where there is none or the file is odd."""
    try:
        cells = json.loads(notebook)["cells"][:index]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
        texts = ["".join(source) for source in sources]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    found = [match for text in texts for match in HEADING.findall(text)]
    return found[-1][:LONGEST] if found else None


def known_class(name: object) -> str:
    """Return the name of an error's class where it is Python's or a well-known library's."""
    known = getattr(builtins, name, None) if isinstance(name, str) else None
    if isinstance(known, type) and issubclass(known, BaseException):
        return str(name)
    return str(name) if name in LIBRARIES else OTHER
