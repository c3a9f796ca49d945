"""What a study of judgements says, in words for the shop floor, and why there is none.

Decides from which effectiveness, miss rate and kappa on an inspector may judge: the limits of AIAG.
"""

import math
from typing import Any

import pandas as pd

from workbench.errors import TooFew
from workbench.methods.chart_words import Answer, Text
from workbench.methods.msa_attribute import Agreement
from workbench.methods.msa_judgements import UnknownRating, judgements
from workbench.methods.msa_kappa import Rate
from workbench.methods.msa_study import Unbalanced

# good up to or from, usable up to or from; AIAG MSA, 4th ed., III-C
LIMITS = {"effectiveness": (90.0, 80.0), "miss": (2.0, 5.0), "false_alarm": (5.0, 10.0)}
GOOD_KAPPA, POOR_KAPPA = 0.75, 0.40
CODES = ("acceptable", "marginal", "unacceptable")
NAMED_PARTS = 4


def problem(frame: pd.DataFrame, **choices: Any) -> dict[str, Any] | None:
    """Say why there can be no study of judgements, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame
    **choices
        See ``msa_judgements.judgements``.

    Returns
    -------
    dict or None

    Source
    ------
    See ``msa_judgements``.
    """
    try:
        study = judgements(frame, **choices)
    except Unbalanced as error:
        return {"code": "unbalanced", **_unbalanced(error)}
    except UnknownRating as error:
        return {"code": "unknown_rating", **_unknown(error)}
    except TooFew as error:
        return {"code": "too_few", "need": error.need, "have": error.have, **_TOO_FEW}
    if len(study.grades) < 2:
        return {"code": "one_rating", **_ONE_RATING}
    return None


def describe_agreement(study: Agreement) -> Answer:
    """Say in one sentence whether the inspectors may judge, and what to do next.

    Parameters
    ----------
    study : Agreement

    Returns
    -------
    Answer
        ``acceptable`` (good), ``marginal`` (warning) or ``unacceptable`` (bad): the worst of the inspectors
        decides by effectiveness, miss rate and false alarm rate, or, without a standard, the kappa between
        them.

    Source
    ------
    AIAG MSA, 4th ed., III-C: effectiveness 90 and 80 %, miss rate 2 and 5 %, false alarms 5 and 10 %;
    kappa above 0.75 good, below 0.40 poor.
    """
    if study.judgements.standard is None:
        return _without_standard(study)
    worst, reason = 0, _all_well(study)
    for name, (good, usable) in LIMITS.items():
        at, found = _worst(study, name)
        if found is None:
            continue
        bad_by = _grade(found.percent, good, usable, more_is_better=name == "effectiveness")
        if bad_by > worst:
            worst, reason = bad_by, _reason(name, study.judgements.operators[at], found)
    code = CODES[worst]
    level = ("good", "warning", "bad")[worst]
    return Answer(code, level, _join(_OPENINGS[code], reason, _kappa(study)), _next_step(study, worst))


def _grade(value: float, good: float, usable: float, *, more_is_better: bool) -> int:
    if more_is_better:
        return 0 if value >= good else 1 if value >= usable else 2
    return 0 if value <= good else 1 if value <= usable else 2


def _worst(study: Agreement, name: str) -> tuple[int, Rate | None]:
    """Return the operator with the worst rate of a kind, and that rate."""
    rates = [rate for rate in getattr(study, name) if not math.isnan(rate.percent)]
    if not rates:
        return 0, None
    chosen = (min if name == "effectiveness" else max)(rates, key=lambda rate: rate.percent)
    return getattr(study, name).index(chosen), chosen


def _without_standard(study: Agreement) -> Answer:
    kappa = study.kappa_between
    if math.isnan(kappa):  # one operator: only his own repeating can be judged
        kappa = study.kappa_within[0] if study.kappa_within else math.nan
    worst = 0 if kappa >= GOOD_KAPPA else 1 if kappa >= POOR_KAPPA else 2
    code, level = CODES[worst], ("good", "warning", "bad")[worst]
    sentence = {
        "en": f"agreement beyond chance (kappa) is {kappa:.2f}; {GOOD_KAPPA:g} is good, {POOR_KAPPA:g} poor.",
        "zh": f"超出偶然的一致性 kappa 为 {kappa:.2f}；{GOOD_KAPPA:g} 以上良好，低于 {POOR_KAPPA:g} 为差。",
    }
    return Answer(code, level, _join(_OPENINGS[code], sentence, _NO_STANDARD), _next_step(study, worst))


def _all_well(study: Agreement) -> Text:
    lowest = min(rate.percent for rate in study.effectiveness)
    return {
        "en": f"every inspector is right and consistent on {lowest:.0f} % of the parts or more.",
        "zh": f"每名检验员判定正确且一致的零件均不少于 {lowest:.0f}%。",
    }


def _reason(name: str, operator: str, found: Rate) -> Text:
    good, usable = LIMITS[name]
    who_en, who_zh = operator or "the inspector", operator or "检验员"
    share = f"{found.percent:.1f}"
    if name == "effectiveness":
        return {
            "en": f"{who_en} is right and consistent on {found.hits} of {found.of} parts only ({share} %).",
            "zh": f"{who_zh} 仅在 {found.of} 个零件中的 {found.hits} 个上判定正确且一致（{share}%）。",
        }
    if name == "miss":
        return {
            "en": f"{who_en} passes {share} % of bad parts; {good:g} % is good, {usable:g} % the most.",
            "zh": f"{who_zh} 对不良品的判定有 {share}% 误判为合格，{good:g}% 以内良好，最多 {usable:g}%。",
        }
    return {
        "en": f"{who_en} rejects {share} % of good parts; {good:g} % is good, {usable:g} % the most.",
        "zh": f"{who_zh} 对良品的判定有 {share}% 误判为不合格，{good:g}% 以内良好，最多 {usable:g}%。",
    }


def _kappa(study: Agreement) -> Text:
    value = study.kappa_standard
    if math.isnan(value):
        return {"en": "", "zh": ""}
    return {
        "en": f"Kappa with the standard is {value:.2f}.",
        "zh": f"与标准的 kappa 为 {value:.2f}。",
    }


def _next_step(study: Agreement, worst: int) -> Text:
    if worst == 0:
        return _KEEP
    parts = study.disputed["part"].head(NAMED_PARTS).tolist()
    en, zh = ", ".join(parts), "、".join(parts)
    return {
        "en": f"Judge the disputed parts together ({en}), agree on limit samples, train, and repeat.",
        "zh": f"一起复核有争议的零件（{zh}），确定极限样件，培训后重新研究。",
    }


def tiles(study: Agreement) -> list[dict[str, Any]]:
    """List the numbers to show, as arguments of ``wb.kpi``.

    Parameters
    ----------
    study : Agreement

    Returns
    -------
    list of dict
        What the data cannot give (no standard, no order, one operator) has the value None.

    Source
    ------
    See ``describe_agreement``.
    """
    rows = []
    for name, kind in (
        ("effectiveness", "effectiveness"),
        ("miss_rate", "miss"),
        ("false_alarm_rate", "false_alarm"),
    ):
        at, found = _worst(study, kind)
        row: dict[str, Any] = {"name": name, "value": None, "target": LIMITS[kind][0]}
        if found is not None:
            row |= {"value": found.percent, "low": found.low, "high": found.high}
            row["note"] = _weakest(study.judgements.operators[at])
        else:
            row["note"] = _NO_STANDARD if study.judgements.standard is None else _NO_GOOD
        rows.append(row)
    for name, whole in (("agreement_between", study.between), ("agreement_standard", study.all_right)):
        given = whole or Rate(math.nan, math.nan, math.nan, 0, 0)
        rows.append({"name": name, "value": given.percent, "low": given.low, "high": given.high})
    kappas = ("kappa_between", "kappa_standard", "fleiss_standard")
    rows += [{"name": name, "value": getattr(study, name), "target": GOOD_KAPPA} for name in kappas]
    note = None if study.judgements.ordered else _NO_ORDER
    rows.append({"name": "kendall_between", "value": study.kendall_between, "note": note})
    rows.append({"name": "kendall_standard", "value": study.kendall_all, "note": note})
    return [{key: _known(value) for key, value in row.items()} for row in rows]


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def notes_of_agreement(study: Agreement) -> pd.DataFrame:
    """List what was done to the rows and what could not be said: note (a code) and count.

    Parameters
    ----------
    study : Agreement

    Returns
    -------
    DataFrame

    Source
    ------
    None: honesty.
    """
    found = study.judgements
    rows = list(found.notes.items())
    rows += [("no_standard", 0)] if found.standard is None else []
    rows += [("no_order", len(found.grades))] if not found.ordered else []
    rows += [("no_good", len(found.grades))] if found.standard is not None and not study.miss else []
    return pd.DataFrame(rows, columns=["note", "count"])


def _weakest(operator: str) -> Text | None:
    return {"en": operator, "zh": operator} if operator else None


def _unbalanced(error: Unbalanced) -> dict[str, Text]:
    named, more = "; ".join(error.cells[:3]), len(error.cells) - 3
    en, zh = (f" and {more} more", f"及另外 {more} 处") if more > 0 else ("", "")
    return {
        "text": {
            "en": f"Judgements are missing or contradict: {named}{en}; expected {error.trials} each.",
            "zh": f"判定数据不完整或自相矛盾：{named}{zh}；每处应有 {error.trials} 次。",
        },
        "remedy": {
            "en": "Let every inspector judge every part equally often, and give each part one standard.",
            "zh": "请让每名检验员对每个零件判定相同次数，并为每个零件只给出一个标准值。",
        },
    }


def _unknown(error: UnknownRating) -> dict[str, Text]:
    return {
        "text": {
            "en": f"The rating {error.given!r} does not fit: the study has {error.expected}.",
            "zh": f"判定值“{error.given}”不符：已知判定值为 {error.expected}。",
        },
        "remedy": {
            "en": "Write the ratings as in the table: all of them in order, or the one of a good part.",
            "zh": "请按数据表中的写法填写：按顺序列出全部等级，或填写良品的判定值。",
        },
    }


def _join(*texts: Text) -> Text:
    return {"en": " ".join(t["en"] for t in texts if t["en"]), "zh": "".join(t["zh"] for t in texts)}


_OPENINGS: dict[str, Text] = {
    "acceptable": {"en": "The inspection can be relied on:", "zh": "检验结果可信："},
    "marginal": {"en": "The inspection is only just usable:", "zh": "检验勉强可用："},
    "unacceptable": {"en": "The inspection cannot be relied on:", "zh": "检验结果不可信："},
}
_KEEP: Text = {
    "en": "Keep the limit samples at the station, and repeat the study when inspectors or products change.",
    "zh": "在工位保留极限样件；检验员或产品变化时重新研究。",
}
_NO_STANDARD: Text = {
    "en": "No standard was given, so nobody knows who is right.",
    "zh": "未给出标准值，无法判断谁是正确的。",
}
_NO_GOOD: Text = {"en": "needs two ratings, one of them good", "zh": "需要两种判定值，并指明良品的判定值"}
_NO_ORDER: Text = {
    "en": "the ratings have no order of three or more grades",
    "zh": "判定值没有三级以上的顺序",
}
_TOO_FEW: dict[str, Text] = {
    "text": {"en": "There are too few judgements to compare.", "zh": "判定数据太少，无法比较。"},
    "remedy": {
        "en": "Let 2 or more inspectors judge 30 parts 3 times each, a third of them bad, in random order.",
        "zh": "建议 2 名以上检验员对 30 个零件各判定 3 次，其中三分之一为不良品，随机顺序。",
    },
}
_ONE_RATING: dict[str, Text] = {
    "text": {"en": "All parts have the same rating.", "zh": "所有零件的判定相同。"},
    "remedy": {
        "en": "Put good, bad and doubtful parts into the study; agreement on one kind says nothing.",
        "zh": "请在研究中加入良品、不良品和临界品；只有一种零件时一致性没有意义。",
    },
}
