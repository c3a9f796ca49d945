"""How an entry ended, in words its team may read: class, cell, heading, limit; never a hidden value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.competitions import box_words, scoring_words
from workbench.competitions.box import BoxResult
from workbench.competitions.entry import Reason, Scored, Status
from workbench.competitions.scoring import Scores
from workbench.config import LANGUAGES

GIVEN_BACK = {"en": "; the submission is given back", "zh": "；本次提交不计入次数"}
WORDS = {
    "lost": {
        "en": "the judge was interrupted three times while it worked on this entry, which is not tried again",
        "zh": "评审程序在处理该提交时三次中断，不再重试",
    },
    "cancelled": {"en": "cancelled by the team", "zh": "已由参赛队取消"},
}
STATUS: dict[str, Status] = {
    "failed": "failed",
    "timed_out": "timed_out",
    "over_limit": "over_limit",
    "refused": "refused",
}
AGAIN = frozenset({"broken", "scorer_failed"})  # ours: the process was killed, the machine was full


def may_be_ours(result: BoxResult) -> bool:
    """Whether a process was killed and nobody can tell by whom: the machine, or the entry itself.

    It runs again; one that kills itself does so each time, and then pays for it.
    """
    return result.code == "process_ended" and "SIGKILL" in str(result.facts.get("how"))


@dataclass(frozen=True)
class Ending:
    """What is written down when an entry has ended."""

    status: Status
    reason: Reason | None = None
    counts: bool = True  # whether the submission is used up
    public: Scored = field(default_factory=dict)
    private: Scored = field(default_factory=dict)
    seconds: float | None = None
    memory_mb: float | None = None
    answer_print: str | None = None

    def timed(self, result: BoxResult) -> "Ending":
        """Add what the run took."""
        return replace(self, seconds=round(result.seconds, 2), memory_mb=round(result.peak_mb, 1))

    def body(self, code_print: str | None) -> dict[str, Any]:
        """Return what is kept of it beside status and quota."""
        return {
            "reason": self.reason.model_dump(mode="json") if self.reason else None,
            "public": self.public,
            "private": self.private,
            "seconds": self.seconds,
            "memory_mb": self.memory_mb,
            "code_print": code_print,
            "answer_print": self.answer_print,
        }


def lost() -> Ending:
    """Return the end of an entry that the judge cannot get through, through no fault of the team."""
    return Ending(
        "lost", _given_back("lost", {each: WORDS["lost"][each] for each in LANGUAGES}), counts=False
    )


def cancelled() -> Ending:
    """Return the end of an entry that its team stopped while it ran."""
    return Ending("cancelled", Reason(code="cancelled", text=WORDS["cancelled"]))


def waiting_cancelled() -> Ending:
    """Return the end of an entry that its team took back before it ran."""
    return Ending("cancelled", _given_back("cancelled", WORDS["cancelled"]), counts=False)


def of_box(result: BoxResult) -> Ending | None:
    """Return how an entry ended in the box; None when it has predictions to score."""
    if result.outcome == "done":
        return None
    text: dict[str, str] = {each: box_words.sentence(result.code, result.facts, each) for each in LANGUAGES}
    if result.outcome == "refused":
        return Ending("refused", _given_back(result.code, text), counts=False).timed(result)
    reason = Reason(
        code=result.code,
        text=text,
        cell=result.failed_cell,
        heading=result.heading,
        error_class=result.error_class,
        limit=result.limit,
    )
    return Ending(STATUS[result.outcome], reason).timed(result)


def of_scores(scores: Scores, result: BoxResult) -> Ending:
    """Return how an entry ended whose predictions went to the scorer."""
    if scores.ok:
        return Ending(
            "scored",
            public=dict(scores.public),
            private=dict(scores.private),
            answer_print=scores.fingerprint,
        ).timed(result)
    text: dict[str, str] = {
        each: scoring_words.sentence(scores.code, scores.facts, each) for each in LANGUAGES
    }
    return Ending("failed", Reason(code=scores.code, text=text)).timed(result)


def _given_back(code: str, text: Mapping[str, str]) -> Reason:
    return Reason(code=code, text={each: text[each] + GIVEN_BACK[each] for each in LANGUAGES})
