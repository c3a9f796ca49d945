"""What a comparison of groups says, in words for the shop floor, in English and Chinese.

Chooses sentences from what ``groups_compare`` found, and says why its test was the right one.
"""

import math
from typing import Any

import numpy as np

from workbench.methods.chart_words import Answer, Text, join
from workbench.methods.groups_compare import (
    ENOUGH_FOR_MEANS,
    ON_RANKS,
    Comparison,
)
from workbench.methods.spc_words import decimals_for

TEST_NAMES: dict[str, Text] = {
    "one-sample": {"en": "t test against the target", "zh": "与目标值比较的 t 检验"},
    "student": {"en": "t test with one variance for both (Student)", "zh": "等方差 t 检验 (Student)"},
    "welch": {"en": "t test with a variance for each (Welch)", "zh": "不等方差 t 检验 (Welch)"},
    "mann-whitney": {"en": "test of ranks (Mann-Whitney)", "zh": "秩和检验 (Mann-Whitney)"},
    "anova": {"en": "analysis of variance", "zh": "方差分析"},
    "welch-anova": {"en": "analysis of variance with a variance for each (Welch)", "zh": "Welch 方差分析"},
    "kruskal-wallis": {"en": "test of ranks (Kruskal-Wallis)", "zh": "秩和检验 (Kruskal-Wallis)"},
}


def describe_comparison(found: Comparison, unit: str | None = None) -> Answer:
    """Say in one sentence whether groups differ, why this test was chosen, and what to do next.

    Parameters
    ----------
    found : Comparison
    unit : str, optional
        Unit of the values, as it is to be shown.

    Returns
    -------
    Answer
        ``different`` or ``off_target`` (warning), ``equivalent`` (good: shown to be alike within the margin),
        ``no_difference`` or ``on_target`` (info: none was shown, which is no proof of equality).

    Source
    ------
    NIST/SEMATECH e-Handbook, chapter 7.
    """
    why = explain_choice(found)
    sentence = _headline(found, unit)
    single = len(found.groups.away) == 1
    if found.equivalent:
        return Answer("equivalent", "good", join(sentence, _within(found, unit), why), _NEXT["equivalent"])
    if found.differs:
        code = "off_target" if single else "different"
        return Answer(code, "warning", join(sentence, why, _about_size(found, unit)), _NEXT[code])
    code = "on_target" if single else "no_difference"
    return Answer(code, "info", join(sentence, _could_find(found, unit), why), _next_of_none(found))


def explain_choice(found: Comparison) -> Text:
    """Say which test was used, and what the checks of its assumptions found.

    Parameters
    ----------
    found : Comparison

    Returns
    -------
    dict
        en, zh.

    Source
    ------
    See ``groups_compare.choose``.
    """
    name = TEST_NAMES[found.test]
    head = {"en": f"Test: {name['en']}.", "zh": f"检验方法：{name['zh']}。"}
    return join(head, _about_spread(found), _about_shape(found))


def _about_spread(found: Comparison) -> Text | None:
    p = found.checks.levene.p
    if not math.isfinite(p):
        return None
    if found.checks.equal_spread:
        return {
            "en": f"The spreads are alike (Levene p {_p(p)}).",
            "zh": f"各组离散程度相近（Levene p {_p(p)}）。",
        }
    blind = found.test in ("anova", "student")
    text = {"en": f"The spreads differ (Levene p {_p(p)}).", "zh": f"各组离散程度不同（Levene p {_p(p)}）。"}
    warn = {
        "en": "This test assumes equal ones: prefer Welch's.",
        "zh": "该检验假定离散相等，建议改用 Welch 方法。",
    }
    return join(text, warn if blind else None)


def _about_shape(found: Comparison) -> Text:
    shape, few = found.checks.normality, found.checks.smallest < ENOUGH_FOR_MEANS
    if shape is None:
        return {"en": "Too few values to judge their shape.", "zh": "数值太少，无法判断分布形状。"}
    if not shape.rejected:
        return {
            "en": f"The values look normal (Anderson-Darling p {_p(shape.p)}).",
            "zh": f"数值近似正态（Anderson-Darling p {_p(shape.p)}）。",
        }
    head = {
        "en": f"The values are not normal (Anderson-Darling p {_p(shape.p)})",
        "zh": f"数值不服从正态分布（Anderson-Darling p {_p(shape.p)}）",
    }
    if found.test in ON_RANKS:
        tail = {"en": ", so ranks are compared instead of means.", "zh": "，因此比较秩而非均值。"}
    elif few:
        tail = {
            "en": f", and a group has fewer than {ENOUGH_FOR_MEANS} of them: prefer a test of ranks.",
            "zh": f"，且有的组少于 {ENOUGH_FOR_MEANS} 个数值，建议改用秩和检验。",
        }
    else:
        tail = {
            "en": f", but with {found.checks.smallest} or more per group their means are fair to compare.",
            "zh": f"，但每组至少 {found.checks.smallest} 个数值，比较均值仍然可靠。",
        }
    return {"en": head["en"] + tail["en"], "zh": head["zh"] + tail["zh"]}


def _headline(found: Comparison, unit: str | None) -> Text:
    if len(found.groups.away) == 1:
        return _against_target(found, unit)
    if not found.differs:
        return {
            "en": f"No difference between the {len(found.groups.away)} groups is shown (p "
            f"{_p(found.finding.p)}).",
            "zh": f"{len(found.groups.away)} 个组之间未发现差异（p {_p(found.finding.p)}）。",
        }
    if len(found.groups.away) == 2:
        return _two(found, unit)
    return join(_several(found), _odd_one(found, unit))


def _against_target(found: Comparison, unit: str | None) -> Text:
    apart, target = found.difference, found.plan.target
    size = apart.size if apart else 0.0
    side = ("above", "高于") if size > 0 else ("below", "低于")
    show = _number(found, unit)
    if not found.differs:
        return {
            "en": f"No deviation from the target {target:g} is shown (p {_p(found.finding.p)}).",
            "zh": f"未发现与目标值 {target:g} 的偏差（p {_p(found.finding.p)}）。",
        }
    low, high = _interval(found)
    return {
        "en": f"The mean is {show(abs(size))} {side[0]} the target {target:g} "
        f"(between {show(low)} and {show(high)}).",
        "zh": f"均值{side[1]}目标值 {target:g} {show(abs(size))}（区间 {show(low)} 至 {show(high)}）。",
    }


def _two(found: Comparison, unit: str | None) -> Text:
    first, second = found.groups.names
    show = _number(found, unit)
    if found.test in ON_RANKS:
        size = float(found.pairs["difference"].iloc[0])
        side = ("higher", "高") if size > 0 else ("lower", "低")
        return {
            "en": f"{first} is {side[0]} than {second}, by {show(abs(size))} in the median "
            f"(p {_p(found.finding.p)}).",
            "zh": f"{first} 比 {second} {side[1]}，中位数相差 {show(abs(size))}（p {_p(found.finding.p)}）。",
        }
    size = found.difference.size if found.difference else 0.0
    side = ("higher", "高") if size > 0 else ("lower", "低")
    low, high = _interval(found)
    return {
        "en": f"{first} is {show(abs(size))} {side[0]} than {second} (between {show(low)} and {show(high)}).",
        "zh": f"{first} 比 {second} {side[1]} {show(abs(size))}（区间 {show(low)} 至 {show(high)}）。",
    }


def _interval(found: Comparison) -> tuple[float, float]:
    """Return the interval of the size of the difference, smaller bound first."""
    if found.difference is None:
        return math.nan, math.nan
    low, high = found.difference.interval(1 - found.plan.alpha)
    return (low, high) if found.difference.size > 0 else (-high, -low)


def _several(found: Comparison) -> Text:
    count, differ = len(found.pairs), int(found.pairs["differs"].sum())
    return {
        "en": f"The groups differ (p {_p(found.finding.p)}): {differ} of {count} pairs.",
        "zh": f"各组存在差异（p {_p(found.finding.p)}）：{count} 对中有 {differ} 对不同。",
    }


def _odd_one(found: Comparison, unit: str | None) -> Text:
    """Name the group that differs from all others, or else the highest and the lowest."""
    table, show = found.groups.table, _number(found, unit)
    level = "median" if found.test in ON_RANKS else "mean"
    apart = found.pairs[found.pairs["differs"]]
    names = found.groups.names
    for name in names:
        involved = (apart["first"] == name) | (apart["second"] == name)
        if involved.all() and len(apart) == len(names) - 1:
            own = float(table.loc[table["group"] == name, level].iloc[0])
            rest = float(table.loc[table["group"] != name, level].mean())
            side = ("higher", "高") if own > rest else ("lower", "低")
            return {
                "en": f"{name} stands out: {show(abs(own - rest))} {side[0]} than the others, which do "
                "not differ "
                "from each other.",
                "zh": f"{name} 与众不同：比其他组{side[1]} {show(abs(own - rest))}，其余各组之间无差异。",
            }
    ordered = table.sort_values(level)
    top, bottom = ordered.iloc[-1], ordered.iloc[0]
    return {
        "en": f"Highest: {top['group']} ({show(top[level])}), lowest: {bottom['group']} "
        f"({show(bottom[level])}).",
        "zh": f"最高：{top['group']}（{show(top[level])}），最低："
        f"{bottom['group']}（{show(bottom[level])}）。",
    }


def _within(found: Comparison, unit: str | None) -> Text:
    margin = f"{found.plan.margin:g}{f' {unit}' if unit else ''}"
    return {
        "en": f"All differences are smaller than {margin}, which was said not to matter "
        f"(p {_p(found.equivalence_p)}).",
        "zh": f"所有差异均小于规定的无关紧要界限 {margin}（p {_p(found.equivalence_p)}）。",
    }


def _about_size(found: Comparison, unit: str | None) -> Text | None:
    if found.plan.margin is None:
        return None
    margin = f"{found.plan.margin:g}{f' {unit}' if unit else ''}"
    return {
        "en": f"Equality within {margin} is not shown (p {_p(found.equivalence_p)}).",
        "zh": f"未能证明差异在 {margin} 以内（p {_p(found.equivalence_p)}）。",
    }


def _could_find(found: Comparison, unit: str | None) -> Text:
    show, share = _number(found, unit), f"{100 * found.plan.power:.0f} %"
    return {
        "en": f"With these numbers a difference of {show(found.detectable)} would be found in {share} of "
        "cases.",
        "zh": f"以现有数量，{show(found.detectable)} 的差异有 {share} 的机会被发现。",
    }


def _next_of_none(found: Comparison) -> Text:
    if found.sample_size is None:
        return _NEXT["no_difference"]
    have, need = found.checks.smallest, found.sample_size
    if need > have:
        return {
            "en": f"To find a difference of {found.plan.detect:g} take {need} values per group; the "
            "smallest group "
            f"has {have}.",
            "zh": f"要发现 {found.plan.detect:g} 的差异，每组需 {need} 个数值；目前最小的组只有 {have} 个。",
        }
    return {
        "en": f"The {have} values per group are enough to find {found.plan.detect:g}: act as if there "
        "were no such "
        "difference.",
        "zh": f"每组 {have} 个数值足以发现 {found.plan.detect:g} 的差异：可按无此差异处理。",
    }


def _number(found: Comparison, unit: str | None) -> Any:
    error = found.anova.sigma / math.sqrt(max(1.0, float(np.median(found.groups.sizes))))
    places, suffix = decimals_for(error), f" {unit}" if unit else ""
    return lambda value: f"{value:.{places}f}{suffix}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


_NEXT: dict[str, Text] = {
    "different": {
        "en": "Find out what the groups do differently, and move the worse ones to the better one; then "
        "compare "
        "again with new values.",
        "zh": "查明各组做法上的差异，使较差的组向较好的组看齐；然后用新数据再次比较。",
    },
    "off_target": {
        "en": "Adjust by the deviation, unless it is too small to matter; check the gauge against a "
        "standard first.",
        "zh": "按偏差进行调整（若偏差小到无关紧要则不必）；调整前先用标准件校核量具。",
    },
    "equivalent": {
        "en": "Treat the groups as one: they may be exchanged for each other.",
        "zh": "可将这些组视为相同，彼此可以互换。",
    },
    "no_difference": {
        "en": "This is no proof of equality. Enter the difference that matters: as a margin to test for "
        "equality, "
        "or as the difference to find, to learn how many values that takes.",
        "zh": "这并不证明相等。请输入有实际意义的差异：作为等效界限可检验是否相等，"
        "作为要发现的差异可得到所需样本量。",
    },
}
