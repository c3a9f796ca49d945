"""The one error tree: a record first (what, given, expected, next step), a sentence second.

Children are named after what the user must do differently. Faces render the fields; nobody parses sentences.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class WorkbenchError(Exception):
    """Something the user can act on: what it is about, what was given, what was expected, what to do next."""

    code: ClassVar[str] = "error"

    def __init__(
        self,
        subject: str,
        *,
        given: object = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.subject = subject
        self.given = None if given is None else str(given)
        self.expected = expected
        self.hint = hint
        super().__init__(subject)

    def __str__(self) -> str:
        given = f": got {self.given}" if self.given is not None else ""
        expected = f", expected {self.expected}" if self.expected else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.subject}{given}{expected}{hint}"

    def record(self) -> dict[str, str | None]:
        """Return the fields every face shows, in the one shape all faces share."""
        return {
            "code": self.code,
            "subject": self.subject,
            "given": self.given,
            "expected": self.expected,
            "hint": self.hint,
            "message": str(self),
        }


class Invalid(WorkbenchError, ValueError):
    """A value, file, mapping or template is not what was asked for."""

    code = "invalid"


class NotFound(WorkbenchError, LookupError):
    """There is nothing of that name here."""

    code = "not_found"


class Unavailable(WorkbenchError):
    """A disk, server or source that is needed does not answer."""

    code = "unavailable"


class RunFailed(WorkbenchError):
    """A run ended without an answer."""

    code = "run_failed"


class Refused(WorkbenchError):
    """The data cannot carry the answer: an outcome with a remedy, not a crash."""

    code = "refused"


class TooFew(Refused):
    """Fewer values, subgroups or units than the method needs."""

    code = "too_few"

    def __init__(self, subject: str, *, need: int, have: int, hint: str | None = None) -> None:
        self.need, self.have = need, have
        super().__init__(subject, given=have, expected=f"at least {need}", hint=hint)


class NoSpread(Refused):
    """All values are equal, so nothing can be estimated from their spread."""

    code = "no_spread"


def did_you_mean(given: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to a misspelt one, or None."""
    found = get_close_matches(given, list(known), n=1, cutoff=0.5)
    return found[0] if found else None


def unknown(kind: str, given: str, known: Iterable[str]) -> NotFound:
    """Build the error for a name that does not exist, with the nearest one that does."""
    names = sorted(known)
    near = did_you_mean(given, names)
    hint = f"did you mean {near!r}?" if near else f"known: {', '.join(names[:12]) or 'none'}"
    return NotFound(f"unknown {kind}", given=repr(given), hint=hint)
