"""The sheet of an experiment: runs in random order and real units, ready to fill in.

Decides the order, what the columns hold, and what a design can tell, in words; where the runs stand is
decided by ``doe_designs``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import Invalid
from workbench.methods.chart_words import Answer, Text, join
from workbench.methods.doe_confounding import LETTERS, aliases
from workbench.methods.doe_designs import Design, design

ROMAN = {3: "III", 4: "IV", 5: "V", 6: "VI", 7: "VII", 8: "VIII"}
OWN_COLUMNS = ("run_order", "std_order", "block", "point", "result")


@dataclass(frozen=True)
class Sheet:
    """An experiment to run, with what it was made from."""

    design: Design
    levels: pd.DataFrame  # letter, factor, low, centre, high, unit
    runs: pd.DataFrame  # run_order, std_order, block, point, a column per factor, result (empty)


def sheet(factors: pd.DataFrame, kind: str, *, seed: int = 1, **choices: Any) -> Sheet:
    """Make the sheet of an experiment.

    Parameters
    ----------
    factors : DataFrame
        factor, low, high; optional unit. One row per factor.
    kind : str
        See ``doe_designs.design``.
    seed : int, default 1
        The same number gives the same order.
    **choices
        See ``doe_designs.design``.

    Returns
    -------
    Sheet

    Raises
    ------
    Invalid
        If there is no such design.

    Source
    ------
    Fisher, The Design of Experiments: randomise within blocks.

    Examples
    --------
    >>> given = pd.DataFrame({"factor": ["speed", "feed"], "low": [10.0, 0.1], "high": [20.0, 0.3]})
    >>> sorted(sheet(given, "full").runs["speed"])
    [10.0, 10.0, 20.0, 20.0]
    """
    made = design(kind, len(factors), **choices)
    low, high = (factors[name].to_numpy(dtype=float) for name in ("low", "high"))
    centre, half = (low + high) / 2, (high - low) / 2
    names = [str(name).strip() for name in factors["factor"]]
    # Twelve digits: 15 + 1 * 5 is to read 20, and axial points are no exact numbers anyway.
    real = pd.DataFrame(np.round(centre + made.coded * half, 12), columns=names)
    head = pd.DataFrame(
        {
            "std_order": np.arange(1, len(real) + 1),
            "block": made.block.astype(int),
            "point": list(made.point),
        }
    )
    random = np.random.default_rng(seed).permutation(len(real))
    order = random[np.argsort(made.block[random], kind="stable")]
    runs = pd.concat([head, real], axis=1).iloc[order].reset_index(drop=True)
    runs.insert(0, "run_order", np.arange(1, len(runs) + 1))
    runs["result"] = np.full(len(runs), np.nan)
    units = factors["unit"] if "unit" in factors else pd.Series([None] * len(factors))
    levels = pd.DataFrame(
        {
            "letter": list(LETTERS[: len(names)]),
            "factor": names,
            "low": low,
            "centre": centre,
            "high": high,
            "unit": [None if pd.isna(unit) else str(unit) for unit in units],
        }
    )
    return Sheet(made, levels, runs)


def alias_table(made: Sheet) -> pd.DataFrame:
    """List effects, in words of the factors, with what each cannot be told apart from.

    Parameters
    ----------
    made : Sheet

    Returns
    -------
    DataFrame
        effect, factors, aliases, clear ("yes", "no" or "block").

    Source
    ------
    See ``doe_confounding.aliases``.
    """
    names = dict(zip(made.levels["letter"], made.levels["factor"], strict=True))
    blocked = set(made.design.confounded)
    rows = []
    for effect, others in aliases(made.design.defining, len(names)):
        low_order = [word for word in others if len(word) <= 2]
        clear = "block" if blocked & {effect, *others} else "no" if low_order else "yes"
        spelt = " × ".join(names[letter] for letter in effect)
        rows.append((effect, spelt, " = ".join(others), clear))
    return pd.DataFrame(rows, columns=["effect", "factors", "aliases", "clear"])


def problem(factors: pd.DataFrame, kind: str, **choices: Any) -> dict[str, Any] | None:
    """Say why there can be no design, as arguments of ``wb.refuse``.

    Parameters
    ----------
    factors : DataFrame
    kind : str
    **choices
        See ``sheet``.

    Returns
    -------
    dict or None

    Source
    ------
    See ``doe_designs``.
    """
    if factors[["factor", "low", "high"]].isna().any(axis=None) or (factors["low"] == factors["high"]).any():
        return {"code": "levels_unclear", **_LEVELS_UNCLEAR}
    names = [str(name).strip().casefold() for name in factors["factor"]]
    if len(set(names)) < len(names) or set(names) & set(OWN_COLUMNS):
        return {"code": "names_unclear", **_NAMES_UNCLEAR}
    if len(names) < 2:
        return {"code": "too_few", "need": 2, "have": len(names), **_TOO_FEW}
    try:
        design(kind, len(names), **choices)
    except Invalid as error:
        return {"code": "no_such_design", **_no_such_design(error)}
    return None


def describe_design(made: Sheet) -> Answer:
    """Say what an experiment costs and what it can tell, and what to do next.

    Parameters
    ----------
    made : Sheet

    Returns
    -------
    Answer
        ``ready`` (good), or ``screening`` (warning) where main effects are mixed with interactions.

    Source
    ------
    Box, Hunter and Hunter, Statistics for Experimenters, 2nd ed., chapter 6.
    """
    plan = made.design
    screening = plan.resolution == 3
    blocks = int(plan.block.max())
    counted = {
        "en": f"{len(plan.coded)} runs for {len(made.levels)} factors"
        + (f" in {blocks} blocks" if blocks > 1 else "")
        + ".",
        "zh": f"{len(made.levels)} 个因子，共 {len(plan.coded)} 次试验"
        + (f"，分 {blocks} 个区组" if blocks > 1 else "")
        + "。",
    }
    text = join(counted, _tells(plan), _error(plan))
    code, level = ("screening", "warning") if screening else ("ready", "good")
    return Answer(code, level, text, _NEXT)


def tiles(made: Sheet) -> list[dict[str, Any]]:
    """List the numbers of an experiment, as arguments of ``wb.kpi``.

    Parameters
    ----------
    made : Sheet

    Returns
    -------
    list of dict

    Source
    ------
    None.
    """
    plan = made.design
    rows: dict[str, Any] = {
        "runs": len(plan.coded),
        "factors": len(made.levels),
        "resolution": ROMAN.get(plan.resolution or 0),
        "blocks": int(plan.block.max()),
        "centre_points": plan.point.count("centre"),
        "alpha": plan.alpha,
    }
    return [{"name": name, "value": value} for name, value in rows.items() if value is not None]


def _tells(plan: Design) -> Text:
    if plan.kind in ("ccd", "box-behnken"):
        return {
            "en": "It shows main effects, interactions and curvature, and so an optimum.",
            "zh": "可估计主效应、交互作用和弯曲，并求最优点。",
        }
    if plan.resolution is None:
        return {"en": "Every effect can be told apart.", "zh": "所有效应均可区分。"}
    roman = ROMAN.get(plan.resolution, str(plan.resolution))
    if plan.resolution == 3:
        return {
            "en": f"Resolution {roman}: main effects are mixed with interactions of two factors.",
            "zh": f"分辨度 {roman}：主效应与二因子交互作用混杂。",
        }
    if plan.resolution == 4:
        return {
            "en": f"Resolution {roman}: main effects are clear, interactions are mixed with each other.",
            "zh": f"分辨度 {roman}：主效应清晰，二因子交互作用相互混杂。",
        }
    return {
        "en": f"Resolution {roman}: main effects and interactions of two factors are clear.",
        "zh": f"分辨度 {roman}：主效应与二因子交互作用均清晰。",
    }


def _error(plan: Design) -> Text:
    if len(plan.coded) > len(np.unique(plan.coded, axis=0)):
        return {"en": "Repeated runs show the noise.", "zh": "重复试验可估计误差。"}
    return {
        "en": "No run is repeated: 3 to 5 centre points would show noise and curvature.",
        "zh": "没有重复试验：增加 3 至 5 个中心点可估计误差并检验弯曲。",
    }


def _no_such_design(error: Invalid) -> dict[str, Text]:
    zh = _SUBJECTS.get(error.subject, error.subject)
    return {
        "text": {"en": f"There is no such design: {error}.", "zh": f"没有这种设计：{zh}为 {error.given}。"},
        "remedy": {
            "en": f"Choose {error.expected}.",
            "zh": f"请修改{zh}（可用：{_EXPECTED.get(error.subject, error.expected)}）。",
        },
    }


_SUBJECTS = {
    "runs of the fraction": "部分因子设计的试验次数",
    "factors of a fraction": "部分因子设计的因子数",
    "factors of a Plackett-Burman design": "Plackett-Burman 设计的因子数",
    "factors of a Box-Behnken design": "Box-Behnken 设计的因子数",
    "factors of a central composite design": "中心复合设计的因子数",
    "factors": "因子数",
    "runs": "试验次数",
    "blocks": "区组数",
    "generator": "生成元",
}
_EXPECTED = {
    "runs of the fraction": "2 的幂，如 8、16、32",
    "factors of a fraction": "3 至 11",
    "factors of a Plackett-Burman design": "2 至 23",
    "factors of a Box-Behnken design": "3 至 7",
    "factors of a central composite design": "2 至 8",
    "factors": "至少 2",
    "runs": "最多 512",
    "blocks": "1、2 或 4，视设计而定",
    "generator": "如 D=ABC",
}
_NEXT: Text = {
    "en": "Download the run sheet, run it in its order, fill in the result, and open 'Experiment: analysis'.",
    "zh": "下载试验表，按给定顺序试验并填写结果，再打开“试验分析”。",
}
_LEVELS_UNCLEAR: dict[str, Text] = {
    "text": {"en": "A factor has no two different levels.", "zh": "有因子缺少两个不同的水平。"},
    "remedy": {
        "en": "Enter a low and a high level for each factor, far enough apart to matter.",
        "zh": "请为每个因子填写低水平和高水平，并拉开足够差距。",
    },
}
_NAMES_UNCLEAR: dict[str, Text] = {
    "text": {
        "en": "Factor names are not unique, or are names of the sheet's own columns.",
        "zh": "因子名称重复，或与试验表自带的列同名。",
    },
    "remedy": {
        "en": f"Rename them; reserved are {', '.join(OWN_COLUMNS)}.",
        "zh": f"请改名；保留名称：{'、'.join(OWN_COLUMNS)}。",
    },
}
_TOO_FEW: dict[str, Text] = {
    "text": {"en": "One factor needs no design.", "zh": "只有一个因子，无需设计。"},
    "remedy": {"en": "List at least two factors.", "zh": "请至少列出两个因子。"},
}
