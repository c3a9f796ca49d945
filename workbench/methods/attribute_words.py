"""What an attribute chart says, in words for the shop floor, in English and Chinese.

Chooses sentences from what ``attribute`` found; computes nothing of its own but the level before and after.
"""

import math
from dataclasses import dataclass

import pandas as pd

from workbench.methods.attribute import RECOMMENDED_POINTS, AttributeChart
from workbench.methods.attribute_samples import OF_ITEMS, RARE, SIZED
from workbench.methods.attribute_stages import with_laney
from workbench.methods.chart_words import Answer, Text, about_chance, about_few, about_stages, join, place
from workbench.methods.spc_causes import RULE_TEXTS
from workbench.methods.spc_change import Change, find_change


@dataclass(frozen=True)
class LevelChange:
    """A lasting change of the level: the points of it, and the level outside and inside."""

    change: Change
    since: str
    before: float
    after: float


def level_change(chart: AttributeChart) -> LevelChange | None:
    """Locate the lasting change of the level behind the signals of a chart.

    Parameters
    ----------
    chart : AttributeChart

    Returns
    -------
    LevelChange or None
        None without signals, when they are single points, and with several stages, which are changes.

    Source
    ------
    See ``spc_change.find_change``; on standardised counts.
    """
    if not chart.n_signals or chart.stages:
        return None
    change = find_change(chart.points["z"].to_numpy(dtype=float), 1.0)
    if change is None:
        return None
    inside = chart.points["point"].between(change.first + 1, change.last + 1)
    if change.kind == "drift":
        third = max(1, chart.n_points // 3)
        before, after = chart.points.head(third), chart.points.tail(third)
    else:
        before, after = chart.points[~inside], chart.points[inside]
    since = str(chart.points["subgroup"].iloc[change.first])
    return LevelChange(change, since, _level(chart, before), _level(chart, after))


def _level(chart: AttributeChart, points: pd.DataFrame) -> float:
    whole = points["size"].sum() if chart.chart in SIZED else len(points)
    return float(points["count"].sum() / whole)


def describe_attribute(chart: AttributeChart, unit: str | None = None) -> Answer:
    """Say in one sentence whether a process is stable, and what to do next.

    Parameters
    ----------
    chart : AttributeChart
    unit : str, optional
        Unit of the time between events, as it is to be shown.

    Returns
    -------
    Answer
        ``stable`` (good), ``unstable`` (bad), or ``overdispersed`` (warning): counts scatter more than chance
        allows on a chart that trusts chance, so that its red points cannot be believed.

    Source
    ------
    ISO 7870-2:2013; Laney, Quality Engineering 14 (2002) 531-537, on what to do about overdispersion.
    """
    caveat = join(about_stages(chart.stages), _about_missing(chart), _about_few(chart))
    spread = chart.dispersion
    if spread is not None and spread.over and not chart.chart.startswith("laney"):
        return Answer("overdispersed", "warning", join(_too_wide(chart), caveat), _remedy_of_width(chart))
    if not chart.n_signals:
        text = join(_stable(chart, unit), _too_narrow(chart), _no_floor(chart), caveat)
        return Answer("stable", "good", text, _NEXT["stable"])
    text = {
        "en": f"The process is not stable: {chart.n_signals} of {chart.n_points} points give a signal.",
        "zh": f"过程不稳定：{chart.n_points} 个点中有 {chart.n_signals} 个点发出信号。",
    }
    found = level_change(chart)
    if found is None:
        return Answer(
            "unstable",
            "bad",
            join(text, _first(chart), about_chance(chart.chance_signals, chart.n_points), caveat),
            _NEXT["points"],
        )
    worse = (found.after > found.before) != (chart.chart in RARE)
    what = _changed(chart, found, unit)
    return Answer("unstable", "bad", join(text, what, caveat), _NEXT["worse" if worse else "better"])


def level_text(chart: AttributeChart, value: float, unit: str | None = None) -> Text:
    """Write a level as people say it: 2.1 %, 0.20 per unit, 16.0 per sample, 24 between events.

    Parameters
    ----------
    chart : AttributeChart
    value : float
        A share, a rate, a mean count or a mean between events.
    unit : str, optional
        Of the time between events.

    Returns
    -------
    dict
        en, zh.

    Source
    ------
    None.
    """
    if chart.chart in OF_ITEMS:
        return _same(f"{100 * value:.{_places(100 * value)}f} %")
    number = f"{value:.{_places(value)}f}"
    if chart.chart == "t":
        return _same(f"{number} {unit}" if unit else number)
    if chart.chart == "g":
        return {"en": f"{number} items", "zh": f"{number} 件"}
    if chart.chart == "c":
        return {"en": f"{number} per sample", "zh": f"每个样本 {number} 个"}
    return {"en": f"{number} per unit", "zh": f"每单位 {number} 个"}


def _what(chart: AttributeChart) -> Text:
    return _WHAT[{"np": "p", "laney-p": "p", "laney-u": "u"}.get(chart.chart, chart.chart)]


def _places(value: float) -> int:
    return max(0, 1 - math.floor(math.log10(abs(value)))) if value else 0


def _same(text: str) -> Text:
    return {"en": text, "zh": text}


def _stable(chart: AttributeChart, unit: str | None) -> Text:
    level = level_text(chart, chart.rate, unit)
    what = _what(chart)
    return {
        "en": f"The process is stable: none of {chart.n_points} points gives a signal. "
        f"{what['en']}: {level['en']}.",
        "zh": f"过程稳定：{chart.n_points} 个点均无异常信号。{what['zh']}：{level['zh']}。",
    }


def _changed(chart: AttributeChart, found: LevelChange, unit: str | None) -> Text:
    first, last = place(chart.points.iloc[found.change.first]), place(chart.points.iloc[found.change.last])
    before, after = level_text(chart, found.before, unit), level_text(chart, found.after, unit)
    what = _what(chart)
    en = what["en"][0].lower() + what["en"][1:]
    if found.change.kind == "drift":
        return {
            "en": f"The {en} drifts: {before['en']} in the first third, {after['en']} in the last.",
            "zh": f"{what['zh']}持续变化：前三分之一为 {before['zh']}，后三分之一为 {after['zh']}。",
        }
    if found.change.kind == "episode":
        return {
            "en": f"From {first['en']} to {last['en']} the {en} was {after['en']}, otherwise {before['en']}.",
            "zh": f"从{first['zh']}到{last['zh']}，{what['zh']}为 {after['zh']}，其余为 {before['zh']}。",
        }
    return {
        "en": f"Since {first['en']} the {en} is {after['en']} instead of {before['en']}.",
        "zh": f"自{first['zh']}起，{what['zh']}由 {before['zh']} 变为 {after['zh']}。",
    }


def _first(chart: AttributeChart) -> Text:
    row = chart.signals.iloc[0]
    where, rule = place(chart.points.iloc[int(row["point"]) - 1]), RULE_TEXTS[str(row["rule"])]
    lasting = {"en": "No lasting change of the level.", "zh": "水平没有持续变化。"}
    found = {"en": f"First at {where['en']}: {rule['en']}.", "zh": f"首次出现在{where['zh']}：{rule['zh']}。"}
    return found if chart.stages else join(found, lasting)


def _too_wide(chart: AttributeChart) -> Text:
    spread = chart.dispersion
    factor = f"{math.sqrt(spread.ratio):.1f}" if spread else ""
    text = {
        "en": f"The counts scatter {factor} times as much as chance allows, so the limits of this chart "
        "are too "
        f"narrow: {chart.n_signals} of {chart.n_points} points are red.",
        "zh": f"计数的离散是随机波动的 {factor} 倍，本图的控制限过窄："
        f"{chart.n_points} 个点中有 {chart.n_signals} 个报警。",
    }
    laney = with_laney(chart)
    if laney is None:
        return text
    return join(
        text,
        {
            "en": f"On Laney's chart {laney.n_signals or 'none'} of them give a signal.",
            "zh": f"改用 Laney 图后，发出信号的点为 {laney.n_signals} 个。",
        },
    )


def _remedy_of_width(chart: AttributeChart) -> Text:
    if chart.chart in ("p", "np", "u"):
        name = "u′" if chart.chart == "u" else "p′"
        return {
            "en": f"Choose Laney's {name} chart, and ask what differs from sample to sample: lots, moulds, "
            "inspectors, products in one table.",
            "zh": f"请改用 Laney {name} 图，并查明样本之间的差异：批次、模具、检验员，"
            "或多种产品混在一张表中。",
        }
    return {
        "en": "Map the number of units inspected and choose Laney's u′ chart; ask what differs from sample "
        "to sample.",
        "zh": "请映射检验单位数并改用 Laney u′ 图，同时查明样本之间的差异。",
    }


def _too_narrow(chart: AttributeChart) -> Text | None:
    if chart.dispersion is None or not chart.dispersion.under:
        return None
    return {
        "en": "The counts scatter less than chance would make them: are they real counts, or smoothed ones?",
        "zh": "计数的离散小于随机波动：这些是真实计数，还是经过平滑处理？",
    }


def _no_floor(chart: AttributeChart) -> Text | None:
    """Say that an improvement cannot be seen where the lower limit is zero, and what would change that."""
    if chart.lcl > 0 or chart.chart in ("c", "t"):
        return None
    if chart.chart == "g":
        return {
            "en": "The lower limit is 0: a rise of the rate shows as a run of short distances only.",
            "zh": "下限为 0：事件变频繁时只会表现为一连串较短的间隔。",
        }
    share = 1 - chart.rate if chart.chart in OF_ITEMS else 1.0
    need = math.floor(chart.plan.limit_sigmas**2 * share / chart.rate) + 1
    return {
        "en": f"The lower limit is 0: an improvement shows from samples of {need} on.",
        "zh": f"下限为 0：样本量达到 {need} 以上才能看出改善。",
    }


def _about_missing(chart: AttributeChart) -> Text | None:
    missing = chart.inspections.notes.get("missing_counts", 0)
    if not missing:
        return None
    return {
        "en": f"{missing} rows without a count or size were left out.",
        "zh": f"{missing} 行缺少计数或检验数，未计入。",
    }


def _about_few(chart: AttributeChart) -> Text | None:
    return about_few(chart.limit_points, RECOMMENDED_POINTS) if chart.preliminary else None


_WHAT: dict[str, Text] = {
    "p": {"en": "Share of defective items", "zh": "不合格品率"},
    "u": {"en": "Rate of defects", "zh": "缺陷率"},
    "c": {"en": "Number of defects", "zh": "缺陷数"},
    "g": {"en": "Mean number of items between events", "zh": "事件之间的平均件数"},
    "t": {"en": "Mean time between events", "zh": "事件之间的平均时间"},
}
_NEXT: dict[str, Text] = {
    "stable": {
        "en": "Keep these limits in force. To get better, change the process itself: a Pareto chart of "
        "the kinds "
        "of defect shows where to begin.",
        "zh": "继续使用这组控制限。若要改善，应改变过程本身：先用帕累托图找出主要缺陷类型。",
    },
    "worse": {
        "en": "Ask what changed at that time: material, tool, setting, people, inspection. Correct it, then "
        "compute new limits from a stable period.",
        "zh": "查明当时发生了什么变化：材料、刀具、参数、人员或检验方法。纠正后，"
        "用稳定时段的数据重新计算控制限。",
    },
    "better": {
        "en": "Find out what made it better and keep it; make sure that inspection did not become milder. "
        "Then "
        "compute new limits.",
        "zh": "找出改善的原因并固化；同时确认检验标准没有放松。然后重新计算控制限。",
    },
    "points": {
        "en": "Look at these samples first: were they inspected by other people, against another "
        "standard, or of "
        "another product?",
        "zh": "先查看这些样本：是否由不同人员检验、按不同标准检验，或属于不同产品？",
    },
}
