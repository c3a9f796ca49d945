"""What a multivariate chart says, in words for the shop floor, in English and Chinese.

Chooses sentences from what ``multivariate`` and ``multivariate_causes`` found; computes nothing of its own.
"""

from typing import Any

import pandas as pd

from workbench.errors import Refused, TooFew
from workbench.methods.chart_words import Answer, Text, about_chance, about_few, join, notes_table, place
from workbench.methods.multivariate import MultivariateChart, MultivariatePlan, multivariate_chart
from workbench.methods.multivariate_samples import Collinear, NoVariation, TooFewVariables, arrange_wide

ROWS_PER_VARIABLE = 10  # below, the covariance is too uncertain for limits to be more than preliminary


def attempt_multivariate(
    frame: pd.DataFrame, plan: MultivariatePlan, *, columns: list[str], subgroup_size: int
) -> tuple[MultivariateChart, None] | tuple[None, dict[str, Any]]:
    """Chart a wide table, or say why not and what would help, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame
        See ``multivariate_samples.arrange_wide``.
    plan : MultivariatePlan
    columns : list of str
    subgroup_size : int

    Returns
    -------
    chart, refusal : MultivariateChart or None, dict or None
        One of the two.

    Source
    ------
    None.
    """
    try:
        samples = arrange_wide(frame, columns=columns, subgroup_size=subgroup_size)
        return multivariate_chart(samples, plan), None
    except Refused as error:
        return None, _refusal(error)


def describe_multivariate(chart: MultivariateChart, causes: pd.DataFrame) -> Answer:
    """Say in one sentence whether several variables are stable together, and what to do next.

    Parameters
    ----------
    chart : MultivariateChart
    causes : DataFrame
        From ``multivariate_causes.contributions``.

    Returns
    -------
    Answer
        ``stable`` (good) or ``unstable`` (bad), with the first signal and the variables behind it.

    Source
    ------
    Mason and Young (2002): a signal of T² is read by its terms, the variable alone first, relations next.
    """
    caveat = join(_about_missing(chart), _about_few(chart))
    if not chart.n_signals:
        return Answer("stable", "good", join(_stable(chart), caveat), _NEXT["stable"])
    text = {
        "en": f"The process is not stable: {chart.n_signals} of {chart.n_points} points give a signal.",
        "zh": f"过程不稳定：{chart.n_points} 个点中有 {chart.n_signals} 个点发出信号。",
    }
    if not (chart.signals["chart"] == "location").any():
        return Answer("unstable", "bad", join(text, _spread_only(chart), caveat), _NEXT["spread"])
    where, kind = _behind(chart, causes)
    chance = about_chance(chart.n_points * (1 - chart.plan.confidence), chart.n_points)
    few = chance if chart.n_signals <= 3 else None
    return Answer("unstable", "bad", join(text, where, few, caveat), _NEXT[kind])


def _stable(chart: MultivariateChart) -> Text:
    count = len(chart.samples.variables)
    return {
        "en": f"The process is stable: none of {chart.n_points} points gives a signal in {count} variables "
        "together.",
        "zh": f"过程稳定：{count} 个变量共同判断，{chart.n_points} 个点均无异常信号。",
    }


def _behind(chart: MultivariateChart, causes: pd.DataFrame) -> tuple[Text, str]:
    """Name the variables behind the signals, by what they add in all of them."""
    first = int(chart.signals.loc[chart.signals["chart"] == "location", "point"].iloc[0])
    where = place(chart.points.iloc[first - 1])
    added = causes.groupby("variable", sort=False)["given_others"].sum().sort_values(ascending=False)
    named = causes[causes["cause"] != ""]
    top = str(added.index[0])
    own = (named.loc[named["variable"] == top, "cause"] == "own").mean() if len(named) else 0.0
    start = {"en": f"First at {where['en']}.", "zh": f"首次出现在{where['zh']}。"}
    if named.empty:
        many = {
            "en": "No single variable stands out: many differ a little at the same time.",
            "zh": "没有单个变量突出：多个变量同时略有偏离。",
        }
        return join(start, many), "many"
    if own >= 0.5:
        row = causes[causes["variable"] == top].iloc[0]
        side = ("above", "偏高") if row["value"] > row["mean"] else ("below", "偏低")
        text = {
            "en": f"{top} is behind it: {row['value']:.5g}, {side[0]} its usual {row['mean']:.5g}.",
            "zh": f"主要原因是 {top}：{row['value']:.5g}，比通常的 {row['mean']:.5g} {side[1]}。",
        }
        return join(start, text), "own"
    other = str(added.index[1])
    text = {
        "en": f"{top} and {other} no longer go together, although each alone is within its usual range.",
        "zh": f"{top} 与 {other} 的关系已改变，尽管各自仍在通常范围内。",
    }
    return join(start, text), "relation"


def _spread_only(chart: MultivariateChart) -> Text:
    where = place(chart.points.iloc[int(chart.signals["point"].iloc[0]) - 1])
    return {
        "en": f"The means are steady, the joint spread is not: first at {where['en']}.",
        "zh": f"均值平稳，但联合离散程度异常：首次出现在{where['zh']}。",
    }


def _about_missing(chart: MultivariateChart) -> Text | None:
    missing = chart.samples.notes.get("incomplete_rows", 0)
    if not missing:
        return None
    return {
        "en": f"{missing} rows with a missing value were left out.",
        "zh": f"{missing} 行含缺失值，未计入。",
    }


def _few(chart: MultivariateChart) -> int | None:
    need = ROWS_PER_VARIABLE * len(chart.samples.variables)
    return need if chart.freedom < need else None


def _about_few(chart: MultivariateChart) -> Text | None:
    need = _few(chart)
    return about_few(chart.freedom, need) if need else None


def multivariate_notes(chart: MultivariateChart) -> pd.DataFrame:
    """List what had to be done to the data before it could be charted: note (a code) and count.

    Parameters
    ----------
    chart : MultivariateChart

    Returns
    -------
    DataFrame
        Columns note (str) and count (int).

    Source
    ------
    None: honesty.
    """
    few = {"preliminary_limits": chart.freedom} if _few(chart) else {}
    return notes_table({**chart.samples.notes, **few})


def estimates(chart: MultivariateChart) -> tuple[pd.DataFrame, pd.DataFrame]:
    """List the centre, and the covariance with one column per variable.

    Parameters
    ----------
    chart : MultivariateChart

    Returns
    -------
    center : DataFrame
        variable, mean, sigma (within subgroups), variance.
    covariance : DataFrame
        variable, then one column per variable.

    Source
    ------
    None.
    """
    names = list(chart.samples.variables)
    variance = chart.covariance.diagonal()
    center = pd.DataFrame(
        {"variable": names, "mean": chart.mean, "sigma": variance**0.5, "variance": variance}
    )
    covariance = pd.DataFrame(chart.covariance, columns=names)
    if "variable" not in names:
        covariance.insert(0, "variable", names)
    return center, covariance


def _refusal(error: Refused) -> dict[str, Any]:
    if isinstance(error, TooFew):
        text = {
            "en": f"Only {error.have} complete points in the baseline; limits of these variables need "
            f"{error.need}.",
            "zh": f"基准数据中只有 {error.have} 个完整的点，这些变量至少需要 {error.need} 个。",
        }
        return {
            "code": "too_few_points",
            "need": error.need,
            "have": error.have,
            "text": text,
            "remedy": _MORE,
        }
    if isinstance(error, TooFewVariables):
        return {"code": "too_few_variables", "have": error.given, **_VARIABLES}
    if isinstance(error, NoVariation):
        text = {"en": f"{error.variable} has one value only.", "zh": f"{error.variable} 只有一个取值。"}
        return {"code": "no_spread", "text": text, "remedy": _LEAVE_OUT}
    if isinstance(error, Collinear):
        text = {
            "en": f"{error.variable} follows exactly from the other columns.",
            "zh": f"{error.variable} 可由其他列精确推出。",
        }
        return {"code": "collinear", "text": text, "remedy": _LEAVE_OUT}
    raise error


_NEXT: dict[str, Text] = {
    "stable": {
        "en": "Keep these limits in force, and judge the next parts with them.",
        "zh": "继续使用这组控制限，并用于判断后续零件。",
    },
    "own": {
        "en": "Measure it again, then ask what moves this variable alone: its tool, its setting, its gauge.",
        "zh": "先复测，再查找只影响该变量的因素：其刀具、参数或量具。",
    },
    "relation": {
        "en": "Look for what lets them move apart: clamping, temperature, another fixture or gauge, a "
        "swapped "
        "column. A chart of each one alone would not have shown it.",
        "zh": "查找使两者分离的因素：装夹、温度、夹具或量具更换、列错位。单独的控制图看不出这一变化。",
    },
    "many": {
        "en": "Look for what moves everything a little: material, temperature, a new set-up.",
        "zh": "查找同时影响所有变量的因素：材料、温度、重新装调。",
    },
    "spread": {
        "en": "Check clamping, gauge and mixed material: they change the spread without moving the means.",
        "zh": "检查装夹、量具和混料：它们会改变离散程度而不影响均值。",
    },
}
_MORE: Text = {
    "en": "Collect more rows, chart fewer columns, or mark more rows as baseline; about ten rows per "
    "variable "
    "make good limits.",
    "zh": "请收集更多行、减少列数，或标记更多基准行；每个变量约十行可得到较好的控制限。",
}
_LEAVE_OUT: Text = {
    "en": "Name the columns to chart, without this one.",
    "zh": "请指定要分析的列，并去掉这一列。",
}
_VARIABLES: dict[str, Text] = {
    "text": {
        "en": "A multivariate chart needs 2 to 60 columns of numbers.",
        "zh": "多变量控制图需要 2 到 60 个数值列。",
    },
    "remedy": {
        "en": "Name the columns to chart; for a single variable use the control chart.",
        "zh": "请指定要分析的列；只有一个变量时请使用控制图。",
    },
}
