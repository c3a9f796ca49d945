"""Which severity applies to the next lot: the switching rules of ISO 2859-1, walked through a history.

Decides state, plan and reason of every lot; whether a lot passes is asked of a rule, by count or measurement.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd

from workbench.methods.sampling_tables import AQLS, Plan, aql_index, code_letter, master_plan, plan_for

REDUCED_FROM = 30  # switching score; clause 9.3.3.1
BACK_TO_NORMAL = 5  # accepted lots in a row; clause 9.3.2
STOP_AT = 5  # lots not accepted under tightened inspection; clause 9.4
WINDOW, TOLERATED = 5, 1  # of five lots in a row, one may fail; clause 9.3.1


class Rule(Protocol):
    """How a lot is judged."""

    def size(self, plan: Plan) -> int:
        """Items to take."""

    def passes(self, lot: dict[Any, Any], plan: Plan) -> bool:
        """Whether the lot is accepted."""


@dataclass(frozen=True)
class ByCount:
    """Judge a lot by its nonconforming items: column defects."""

    def size(self, plan: Plan) -> int:
        """Items to inspect."""
        return plan.n

    def passes(self, lot: dict[Any, Any], plan: Plan) -> bool:
        """Whether no more were found than the acceptance number."""
        return bool(lot["defects"] <= plan.ac)


@dataclass(frozen=True)
class History:
    """Every lot with the plan that applied to it, and what applies to the next one."""

    lots: pd.DataFrame  # lot, severity, letter, n, ac, accepted, score, next, reason, sample
    severity: str  # of the next lot; "discontinued" when inspection stops
    score: int


@dataclass
class _State:
    """Where the walk stands."""

    severity: str
    score: int = 0
    recent: list[bool] = field(default_factory=list)
    rejected: int = 0  # under tightened inspection

    def enter(self, severity: str) -> None:
        """Change severity; what was counted under the old one no longer counts."""
        self.severity, self.score, self.recent, self.rejected = severity, 0, [], 0


def walk(
    lots: pd.DataFrame, *, level: str, aql: float, start: str = "normal", rule: Rule | None = None
) -> History:
    """Apply the switching rules to lots in order.

    Parameters
    ----------
    lots : DataFrame
        lot, lot_size and what the rule needs; optional accepted (a decision already made), n (items taken).
    level : str
    aql : float
    start : {"normal", "tightened", "reduced"}
    rule : Rule, optional
        By count, unless given.

    Returns
    -------
    History

    Source
    ------
    ISO 2859-1:1999, clause 9.3 (switching, with the score for single sampling of 9.3.3.2) and 9.4.

    Examples
    --------
    >>> lots = pd.DataFrame({"lot": [1, 2], "lot_size": 2000, "defects": [4, 4]})
    >>> walk(lots, level="II", aql=1.0).severity
    'tightened'
    """
    state, judge = _State(start), _Judge(level, aql, rule or ByCount())
    rows = [judge.row(state, lot) for lot in lots.to_dict("records")]
    return History(pd.DataFrame(rows), state.severity, state.score)


@dataclass(frozen=True)
class _Judge:
    """Judges lots one after the other and moves the state on."""

    level: str
    aql: float
    rule: Rule

    def row(self, state: _State, lot: dict[Any, Any]) -> dict[str, Any]:
        """Judge one lot under the severity that applies to it."""
        before = state.severity
        applied = "tightened" if before == "discontinued" else before
        plan = plan_for(int(lot["lot_size"]), self.level, self.aql, applied)
        decided = lot.get("accepted")
        accepted = self.rule.passes(lot, plan) if decided is None else bool(decided)
        reason = "stopped" if before == "discontinued" else self._step(state, lot, accepted)
        taken, size = lot.get("n"), self.rule.size(plan)
        as_planned = taken is None or pd.isna(taken) or int(taken) == size
        return {
            "lot": str(lot["lot"]),
            "severity": before,
            "letter": plan.letter,
            "n": size,
            "ac": plan.ac,
            "accepted": "yes" if accepted else "no",
            "score": state.score,
            "next": state.severity,
            "reason": reason,
            "sample": "as_planned" if as_planned else "differs",
        }

    def _step(self, state: _State, lot: dict[Any, Any], accepted: bool) -> str:
        """Move on by one lot and return why the severity changes; empty when it stays."""
        if state.severity == "reduced":
            if accepted:
                return ""
            state.enter("normal")
            return "reduced_failed"
        state.recent.append(accepted)
        if state.severity == "tightened":
            return _step_tightened(state, accepted)
        state.score = self._score(state.score, lot, accepted)
        if state.recent[-WINDOW:].count(False) > TOLERATED:
            state.enter("tightened")
            return "two_of_five"
        if state.score >= REDUCED_FROM:
            state.enter("reduced")
            return "score_reached"
        return ""

    def _score(self, score: int, lot: dict[Any, Any], accepted: bool) -> int:
        """Return the switching score after a lot under normal inspection (clause 9.3.3.2)."""
        letter, column = code_letter(int(lot["lot_size"]), self.level), aql_index(self.aql)
        if not accepted:
            return 0
        if master_plan(letter, self.aql).ac <= 1 or column == 0:
            return score + 2
        return score + 3 if self.rule.passes(lot, master_plan(letter, AQLS[column - 1])) else 0


def _step_tightened(state: _State, accepted: bool) -> str:
    state.rejected += not accepted
    if state.rejected >= STOP_AT:
        state.enter("discontinued")
        return "five_failed"
    if len(state.recent) >= BACK_TO_NORMAL and all(state.recent[-BACK_TO_NORMAL:]):
        state.enter("normal")
        return "five_accepted"
    return ""
