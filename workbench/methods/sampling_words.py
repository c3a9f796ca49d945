"""What a sampling plan and its history of lots say, in words for incoming inspection.

Decides which sentence belongs to which severity; the numbers come from ``sampling`` and its neighbours.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.methods.chart_words import Answer, Text, join
from workbench.methods.sampling import acceptance, curve, outgoing_limit, quality_at, total_inspected
from workbench.methods.sampling_refusals import judged
from workbench.methods.sampling_switching import History, Rule, walk
from workbench.methods.sampling_tables import LARGEST_PERCENT, Plan, plan_for
from workbench.methods.sampling_variables import (
    ByMeasurement,
    VariablesPlan,
    accepted_by_measurement,
)


@dataclass(frozen=True)
class Inspection:
    """What applies to the next lot, and how it came to it."""

    lot_size: int
    level: str
    aql: float  # percent
    severity: str
    plan: Plan
    variables: VariablesPlan | None
    history: History | None

    @property
    def per_item(self) -> bool:
        """Whether nonconformities are counted instead of nonconforming items."""
        return self.aql > LARGEST_PERCENT

    @property
    def n(self) -> int:
        """Items to take from the next lot."""
        return self.variables.n if self.variables else self.plan.n

    @property
    def accepted_at_aql(self) -> float:
        """How probably a lot at the AQL is accepted."""
        if self.variables:
            return float(accepted_by_measurement(self.aql / 100, self.variables))
        return float(acceptance(self.aql / 100, self.plan, per_item=self.per_item))


def inspect(frame: pd.DataFrame | None, rule: Rule, **choices: Any) -> Inspection:
    """Walk through the lots there are and find the plan of the next one.

    Parameters
    ----------
    frame : DataFrame or None
        Columns lot_id, and lot_size, n, defects, result, mean, sd as far as mapped.
    rule : Rule
    **choices
        lot_size, level, aql, severity.

    Returns
    -------
    Inspection

    Source
    ------
    ISO 2859-1:1999; ISO 3951-1:2013.

    Examples
    --------
    >>> from workbench.methods.sampling_switching import ByCount
    >>> found = inspect(None, ByCount(), lot_size=2000, level="II", aql=1.0, severity="normal")
    >>> (found.plan.letter, found.n, found.plan.ac)
    ('K', 125, 3)
    """
    level, aql, severity = choices["level"], choices["aql"], choices["severity"]
    history = None
    if frame is not None:
        lots = judged(frame, lot_size=choices["lot_size"])
        history = walk(lots, level=level, aql=aql, start=severity, rule=rule)
        severity = history.severity
    applied = "tightened" if severity == "discontinued" else severity
    plan = plan_for(choices["lot_size"], level, aql, applied)
    variables = rule.plan(plan) if isinstance(rule, ByMeasurement) else None
    return Inspection(choices["lot_size"], level, aql, severity, plan, variables, history)


def describe_inspection(found: Inspection) -> Answer:
    """Say what to take from the next lot and why, and what to do next.

    Parameters
    ----------
    found : Inspection

    Returns
    -------
    Answer
        ``normal`` (info), ``reduced`` (good), ``tightened`` (warning) or ``discontinued`` (bad).

    Source
    ------
    ISO 2859-1:1999, clauses 9 and 10.
    """
    parts = [_OPENINGS[found.severity], _instruction(found), _strength(found)]
    if found.history is not None:
        parts[1:1] = [_past(found.history)]
    if found.severity == "discontinued":
        parts = [parts[0], parts[1]]
    return Answer(found.severity, _LEVELS[found.severity], join(*parts), _NEXT[found.severity])


def numbers(found: Inspection) -> list[dict[str, Any]]:
    """List the numbers of the plan, as arguments of ``wb.kpi``.

    Parameters
    ----------
    found : Inspection

    Returns
    -------
    list of dict

    Source
    ------
    See ``sampling``.
    """
    plan, per_item, history = found.plan, found.per_item, found.history
    rows: dict[str, Any] = {
        "n": found.n,
        "ac": None if found.variables else plan.ac,
        "re": None if found.variables else plan.re,
        "k": found.variables.k if found.variables else None,
        "code_letter": plan.letter,
        "pa_aql": found.accepted_at_aql,
        "producer_quality": 100 * quality_at(0.95, plan, per_item=per_item),
        "consumer_quality": 100 * quality_at(0.10, plan, per_item=per_item),
        "asn": found.n,
    }
    if not found.variables:
        rows["aoql"] = 100 * outgoing_limit(plan, found.lot_size, per_item=per_item)[0]
        rows["ati"] = float(total_inspected(found.aql / 100, plan, found.lot_size, per_item=per_item))
    if history is not None:
        rows["score"] = history.score
        rows["lots"] = len(history.lots)
        rows["rejected"] = int((history.lots["accepted"] == "no").sum())
    return [{"name": name, "value": value} for name, value in rows.items() if value is not None]


def samples(history: History) -> dict[str, Any]:
    """Say whether samples were taken that are not of the plan's size, as arguments of ``wb.alarm``.

    Parameters
    ----------
    history : History

    Returns
    -------
    dict

    Source
    ------
    ISO 2859-1:1999, clause 10: the sample size is that of the plan.
    """
    other = history.lots.loc[history.lots["sample"] == "differs", "lot"].tolist()
    named = ", ".join(other[:3])
    return {
        "when": bool(other),
        "text": {
            "en": f"{len(other)} lots with a sample that is not the plan's: {named}."
            if other
            else "Every sample has the size of its plan.",
            "zh": f"{len(other)} 批的抽样数与方案不符：{named}。" if other else "抽样数均符合方案。",
        },
    }


def curves(found: Inspection) -> pd.DataFrame:
    """Tabulate the operating characteristic of the plan of the next lot.

    Parameters
    ----------
    found : Inspection

    Returns
    -------
    DataFrame
        quality (percent), accepted; by count also outgoing, inspected, curtailed.

    Source
    ------
    See ``sampling.curve``.
    """
    table = curve(found.plan, found.lot_size, aql=found.aql / 100, per_item=found.per_item)
    if not found.variables:
        return table
    inside = table[(table["quality"] > 0) & (table["quality"] < 100)]
    chance = accepted_by_measurement(inside["quality"] / 100, found.variables)
    return inside.assign(accepted=chance)[["quality", "accepted"]]


def _instruction(found: Inspection) -> Text:
    size = found.lot_size
    if found.variables:
        name, n, k = ("σ" if found.variables.known_sigma else "s"), found.variables.n, found.variables.k
        return {
            "en": f"Measure {n} items of a lot of {size}; accept when the nearer limit is at least "
            f"{k:.3f} {name} away from the mean.",
            "zh": f"批量 {size}：测量 {n} 件，较近规格限与均值之差不小于 {k:.3f}{name} 时接收。",
        }
    en, zh = ("nonconformities", "个不合格") if found.per_item else ("nonconforming", "件不合格品")
    if found.plan.whole_lot:
        return {
            "en": f"Inspect all {size} items, as the sample would be the lot; "
            f"accept with at most {found.plan.ac} {en}.",
            "zh": f"样本量不小于批量：{size} 件全检，不超过 {found.plan.ac} {zh}时接收。",
        }
    return {
        "en": f"Take {found.plan.n} items of a lot of {size} (letter {found.plan.letter}); "
        f"accept with at most {found.plan.ac} {en}.",
        "zh": f"批量 {size}：抽取 {found.plan.n} 件（字码 {found.plan.letter}），"
        f"不超过 {found.plan.ac} {zh}时接收。",
    }


def _strength(found: Inspection) -> Text:
    good = 100 * found.accepted_at_aql
    poor = 100 * quality_at(0.10, found.plan, per_item=found.per_item)
    en, zh = (" per 100", "（每百单位）") if found.per_item else (" %", "%")
    return {
        "en": f"A lot at the AQL passes with {good:.1f} %; one of {poor:.2g}{en} still"
        " passes one time in ten.",
        "zh": f"质量等于 AQL 的批接收概率为 {good:.1f}%；质量为 {poor:.2g}{zh} 的批仍有一成被接收。",
    }


def _past(history: History) -> Text:
    lots = history.lots
    failed = int((lots["accepted"] == "no").sum())
    moved = lots[(lots["reason"] != "") & (lots["reason"] != "stopped")]
    counted = {
        "en": f"Of {len(lots)} lots {failed} were not accepted.",
        "zh": f"{len(lots)} 批中有 {failed} 批不接收。",
    }
    if moved.empty:
        return counted
    last = moved.iloc[-1]
    why = _REASONS[last["reason"]]
    return {
        "en": f"{counted['en']} After lot {last['lot']}: {why['en']}.",
        "zh": f"{counted['zh']}批 {last['lot']} 之后：{why['zh']}。",
    }


_LEVELS = {"normal": "info", "reduced": "good", "tightened": "warning", "discontinued": "bad"}
_OPENINGS: dict[str, Text] = {
    "normal": {"en": "Normal inspection applies.", "zh": "采用正常检验。"},
    "reduced": {"en": "Reduced inspection applies.", "zh": "采用放宽检验。"},
    "tightened": {"en": "Tightened inspection applies.", "zh": "采用加严检验。"},
    "discontinued": {"en": "Inspection is discontinued.", "zh": "暂停检验。"},
}
_REASONS: dict[str, Text] = {
    "two_of_five": {"en": "two of five lots in a row were not accepted", "zh": "连续 5 批以内有 2 批不接收"},
    "five_accepted": {"en": "five lots in a row were accepted", "zh": "连续 5 批接收"},
    "score_reached": {"en": "the switching score reached 30", "zh": "转移得分达到 30"},
    "reduced_failed": {"en": "a lot failed under reduced inspection", "zh": "放宽检验下有 1 批不接收"},
    "five_failed": {
        "en": "five lots were not accepted under tightened inspection",
        "zh": "加严检验下累计 5 批不接收",
    },
}
_NEXT: dict[str, Text] = {
    "normal": {
        "en": "Draw the sample at random from the whole lot and add the result to the table.",
        "zh": "请从整批中随机抽样，并把结果记入数据表。",
    },
    "reduced": {
        "en": "Go on with the smaller sample while production is steady and the customer agrees.",
        "zh": "生产稳定且负责部门同意时，可继续采用较小样本。",
    },
    "tightened": {
        "en": "Ask the supplier for the cause of the failed lots; five accepted lots lead back to normal.",
        "zh": "请要求供方查明不接收批的原因；连续 5 批接收后恢复正常检验。",
    },
    "discontinued": {
        "en": "Take no further lots until the supplier has acted; then start again with 'tightened'.",
        "zh": "供方采取措施前不再接收来货；恢复时从“加严”开始。",
    },
}
