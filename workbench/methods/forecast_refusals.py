"""Why a series, or a whole table, cannot be forecast: need, finding and remedy, in both languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import Refused, TooFew

Text = dict[str, str]


@dataclass(frozen=True)
class Skipped:
    """A series that is not forecast, and what it lacks."""

    name: str
    reason: str  # too_short, gaps or no_demand
    need: int
    have: int


class TooShort(TooFew):
    """Fewer periods than the models need."""

    code = "too_short"


class Gaps(Refused):
    """More periods are missing than may be filled."""

    code = "gaps"


class NoDemand(TooFew):
    """No period has a demand."""

    code = "no_demand"


SENTENCES: dict[str, tuple[Text, Text]] = {
    "too_short": (
        {
            "en": "Series “{name}” has {have} periods; a forecast needs at least {need}.",
            "zh": "序列“{name}”只有 {have} 个周期，预测至少需要 {need} 个。",
        },
        {
            "en": "Add earlier data, or sum into shorter periods (weeks instead of months).",
            "zh": "请补充更早的数据，或按更短的周期汇总（例如按周而不是按月）。",
        },
    ),
    "gaps": (
        {
            "en": "Series “{name}” lacks {have} periods; at most {need} may be filled in.",
            "zh": "序列“{name}”缺少 {have} 个周期，最多可补全 {need} 个。",
        },
        {
            "en": "Set “missing periods” to zero if nothing was asked for then; else complete the data.",
            "zh": "若缺失表示没有需求，请把“缺失周期”设为“按零处理”；否则请补齐数据。",
        },
    ),
    "no_demand": (
        {
            "en": "Series “{name}” has no period with a demand.",
            "zh": "序列“{name}”没有任何有需求的周期。",
        },
        {"en": "Check which column is mapped to the value.", "zh": "请检查数值列的映射是否正确。"},
    ),
}


def nearest(skipped: Sequence[Skipped]) -> Skipped:
    """Return the series that lacks least.

    Parameters
    ----------
    skipped : sequence of Skipped, at least one

    Returns
    -------
    Skipped
    """
    return min(skipped, key=lambda one: abs(one.need - one.have))


def problem(skipped: Skipped) -> dict[str, Any]:
    """Describe what a series lacks, in the words of ``wb.refuse``.

    Parameters
    ----------
    skipped : Skipped

    Returns
    -------
    dict
        code, need, have, text and remedy.

    Examples
    --------
    >>> problem(Skipped("Pump A", "too_short", need=13, have=8))["text"]["en"]
    'Series “Pump A” has 8 periods; a forecast needs at least 13.'
    """
    text, remedy = SENTENCES[skipped.reason]
    given = {"name": skipped.name, "need": skipped.need, "have": skipped.have}
    filled = {language: sentence.format(**given) for language, sentence in text.items()}
    return {
        "code": skipped.reason,
        "need": skipped.need,
        "have": skipped.have,
        "text": filled,
        "remedy": remedy,
    }


def refusal(skipped: Sequence[Skipped]) -> Refused:
    """Build the refusal of a table none of whose series can be forecast: that of the series nearest to it.

    Parameters
    ----------
    skipped : sequence of Skipped, at least one

    Returns
    -------
    Refused
    """
    one = nearest(skipped)
    remedy = SENTENCES[one.reason][1]["en"].rstrip(".")
    if one.reason == "gaps":
        expected = f"at most {one.need}"
        return Gaps(f"missing periods of {one.name!r}", given=one.have, expected=expected, hint=remedy)
    kind = TooShort if one.reason == "too_short" else NoDemand
    subject = f"periods of {one.name!r}" + (" with a demand" if kind is NoDemand else "")
    return kind(subject, need=one.need, have=one.have, hint=remedy)
