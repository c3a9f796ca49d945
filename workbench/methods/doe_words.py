"""What an experiment shows, in words: what moves the result, the best setting, and what to do next.

Decides which terms enter the final model and which sentence belongs to it.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.errors import NoSpread, TooFew
from workbench.methods.chart_words import Answer, Text, join
from workbench.methods.doe_effects import by_lenth, effects, lenth, with_parents
from workbench.methods.doe_model import Experiment, Model, Term, candidates, experiment, fit, separable
from workbench.methods.doe_optimum import Fitness, Optimum, fitness, optimum

DOUBTFUL = 0.05  # p-value below which curvature or a lack of fit is said to be there
NAMED = 4  # terms named in the sentence
FEW_EFFECTS = 7  # those of a 2^3 design; with fewer Lenth's margin is very wide


@dataclass(frozen=True)
class Findings:
    """An experiment analysed: all terms, the ones that count, and the best setting."""

    experiment: Experiment
    whole: Model
    table: pd.DataFrame  # see ``doe_model.effects``
    also: dict[Term, list[Term]]
    model: Model | None  # None when nothing is more than noise
    fitness: Fitness | None
    optimum: Optimum | None
    margin: tuple[float, float, float] | None  # Lenth's, where noise was judged by it
    runs: int  # confirmation runs

    @property
    def active(self) -> pd.DataFrame:
        """The terms that are more than noise, the largest first."""
        found = self.table[self.table["active"] == "yes"]
        return found.reindex(found["effect"].abs().sort_values(ascending=False).index)

    @property
    def bent(self) -> bool:
        """Whether centre points lie off the plane of the corners."""
        return self.whole.curvature is not None and self.whole.curvature[1] < DOUBTFUL


def analyse(
    given: Experiment,
    *,
    goal: str = "maximise",
    target: float | None = None,
    confidence: float = 0.95,
    order: int | None = None,
    keep_all: bool = False,
    runs: int = 5,
) -> Findings:
    """Analyse a filled run sheet.

    Parameters
    ----------
    given : Experiment
    goal : {"maximise", "minimise", "target"}
    target : float, optional
    confidence : float, default 0.95
    order : int, optional
        Highest order of interactions.
    keep_all : bool, default False
        Keep every term in the final model, instead of those that count.
    runs : int, default 5
        Confirmation runs.

    Returns
    -------
    Findings

    Source
    ------
    See ``doe_model`` and ``doe_optimum``.
    """
    terms, also = separable(given, candidates(given, order))
    whole = fit(given, terms)
    table = effects(whole, also, confidence=confidence)
    margin = lenth(2 * whole.coefficients[1:], confidence=confidence) if by_lenth(whole) else None
    active = [term for term, said in zip(terms, table["active"], strict=True) if said == "yes"]
    if not active and not keep_all:
        return Findings(given, whole, table, also, None, None, None, margin, runs)
    kept = terms if keep_all else with_parents(active)
    bent = whole.curvature is not None and whole.curvature[1] < DOUBTFUL
    model = fit(given, [term for term in kept if term in terms], curvature=bent)
    best = optimum(model, goal, target=target, confidence=confidence, runs=runs)
    return Findings(given, whole, table, also, model, fitness(model), best, margin, runs)


def problem(
    frame: pd.DataFrame, *, factors: list[str], goal: str, target: float | None
) -> dict[str, Any] | None:
    """Say why an experiment cannot be analysed, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame
    factors : list of str
    goal : str
    target : float or None

    Returns
    -------
    dict or None

    Source
    ------
    See ``doe_model.experiment``.
    """
    if goal == "target" and target is None:
        return {"code": "no_target", **_NO_TARGET}
    unknown = [name for name in factors if name not in frame]
    if unknown:
        return {"code": "no_factors", **_unknown(unknown)}
    try:
        given = experiment(frame, factors=factors)
    except NoSpread:
        return {"code": "no_spread", **_NO_SPREAD}
    except TooFew as error:
        if error.subject == "factors":
            return {"code": "no_factors", **_NO_FACTORS}
        return {"code": "too_few", "need": error.need, "have": error.have, **_too_few(error)}
    need = len(given.factors) + 1
    if len(given.result) < need:
        few = TooFew("runs with a result", need=need, have=len(given.result))
        return {"code": "too_few", "need": need, "have": few.have, **_too_few(few)}
    return None


def describe_experiment(found: Findings) -> Answer:
    """Say what moves the result, where it is best, and what to do next.

    Parameters
    ----------
    found : Findings

    Returns
    -------
    Answer
        ``nothing_found`` (warning), ``curved`` or ``not_adequate`` (warning), or ``found`` (good).

    Source
    ------
    Montgomery, Design and Analysis of Experiments, 6 and 11.
    """
    if found.active.empty or found.model is None or found.optimum is None or found.fitness is None:
        return Answer("nothing_found", "warning", _nothing(found), _NEXT["nothing_found"])
    lack = found.fitness.lack_of_fit_p
    code = "curved" if found.bent else "not_adequate" if lack is not None and lack < DOUBTFUL else "found"
    text = join(_moves(found), _best(found, found.optimum), *_caveats(found, code))
    return Answer(code, "good" if code == "found" else "warning", text, _NEXT[code])


def tiles(found: Findings, *, unit: str | None = None) -> list[dict[str, Any]]:
    """List the numbers of an analysis, as arguments of ``wb.kpi``.

    Parameters
    ----------
    found : Findings
    unit : str, optional
        Of the result.

    Returns
    -------
    list of dict

    Source
    ------
    See ``doe_optimum``.
    """
    rows: list[dict[str, Any]] = [
        {"name": "active", "value": len(found.active)},
        {"name": "runs", "value": len(found.experiment.result)},
    ]
    if found.whole.curvature is not None:
        rows.append({"name": "curvature_p", "value": found.whole.curvature[1]})
    if found.margin is not None:
        names = ("pse", "margin", "simultaneous_margin")
        rows += [{"name": n, "value": v, "unit": unit} for n, v in zip(names, found.margin, strict=True)]
    if found.optimum is not None:
        best = found.optimum
        rows.append(
            {"name": "predicted", "value": best.predicted, "low": best.low, "high": best.high, "unit": unit}
        )
    if found.fitness is not None:
        holds = found.fitness
        shares = {"r2": holds.r2, "r2_adjusted": holds.r2_adjusted, "r2_predicted": holds.r2_predicted}
        rows += [{"name": n, "value": 100 * v, "unit": "%"} for n, v in shares.items() if v is not None]
        rows.append({"name": "sigma", "value": holds.sigma, "unit": unit})
        rows.append({"name": "lack_of_fit_p", "value": holds.lack_of_fit_p})
    return [row for row in rows if row["value"] is not None]


def coefficients(found: Findings) -> pd.DataFrame:
    """List the final model in coded units: term and coefficient, the intercept first.

    Parameters
    ----------
    found : Findings

    Returns
    -------
    DataFrame

    Source
    ------
    See ``doe_model.fit``.
    """
    model = found.model or found.whole
    names = ["1", *(model.name(term) for term in model.terms)]
    return pd.DataFrame({"term": names, "coefficient": model.coefficients})


def confirmation(found: Findings) -> pd.DataFrame:
    """Plan the confirmation: the setting, the runs, and between which bounds their mean must lie.

    Parameters
    ----------
    found : Findings

    Returns
    -------
    DataFrame
        A column per factor, runs, predicted, low, high.

    Source
    ------
    Montgomery, Design and Analysis of Experiments, 10.6.
    """
    best = found.optimum
    if best is None:
        return pd.DataFrame({"runs": [], "predicted": [], "low": [], "high": []})
    row = {**best.settings, "runs": found.runs, "predicted": best.predicted}
    return pd.DataFrame([{**row, "low": best.confirm_low, "high": best.confirm_high}])


def _moves(found: Findings) -> Text:
    rows = found.active
    listed = ", ".join(f"{row.term} ({row.effect:+.3g})" for row in rows.head(NAMED).itertuples())
    more = len(rows) - NAMED
    en, zh = (f" and {more} more", f"等 {len(rows)} 项") if more > 0 else ("", "")
    return {
        "en": f"The result is moved by {listed}{en}.",
        "zh": f"对结果有影响的是：{listed.replace(', ', '、')}{zh}。",
    }


def _best(found: Findings, best: Optimum) -> Text:
    used = (
        {found.experiment.factors[n].name for term in found.model.terms for n in term}
        if found.model
        else set()
    )
    settings = {name: value for name, value in best.settings.items() if name in used}
    at = ", ".join(f"{name} {value:.4g}" for name, value in settings.items())
    if best.low is None or best.high is None:
        bounds = ("", "")
    else:
        bounds = (f" ({best.low:.4g} to {best.high:.4g})", f"（{best.low:.4g} 至 {best.high:.4g}）")
    return {
        "en": f"Best within the levels: {at}, where {best.predicted:.4g}{bounds[0]} is expected.",
        "zh": f"水平范围内的最佳设置：{at.replace(', ', '、')}，预计结果 {best.predicted:.4g}{bounds[1]}。",
    }


def _caveats(found: Findings, code: str) -> list[Text]:
    rows: list[Text] = []
    if code == "curved":
        rows.append(
            {
                "en": "The centre lies off the plane of the corners: there is curvature the model lacks.",
                "zh": "中心点偏离角点平面：存在模型未包含的弯曲。",
            }
        )
    if code == "not_adequate":
        rows.append(
            {"en": "The model misses part of what was measured.", "zh": "模型未能解释部分规律（失拟显著）。"}
        )
    if any(found.table.loc[found.active.index, "aliases"]):
        rows.append({"en": "Some effects have aliases: see the table.", "zh": "部分效应存在别名，见效应表。"})
    if found.experiment.ignored:
        names = ", ".join(found.experiment.ignored[:3])
        rows.append({"en": f"Not taken as factors: {names}.", "zh": f"未作为因子：{names}。"})
    if found.experiment.missing:
        count = found.experiment.missing
        rows.append({"en": f"{count} runs have no result.", "zh": f"{count} 次试验没有结果。"})
    return rows


def _nothing(found: Findings) -> Text:
    runs, count = len(found.experiment.result), len(found.table)
    few: Text | None = {
        "en": f"From {count} effects noise can hardly be judged.",
        "zh": f"仅有 {count} 个效应，难以判断误差大小。",
    }
    return join(
        {
            "en": f"No factor moves the result more than noise does in {runs} runs.",
            "zh": f"{runs} 次试验中，没有因子的影响超过误差。",
        },
        few if found.margin is not None and count < FEW_EFFECTS else None,
    )


def _too_few(error: TooFew) -> dict[str, Text]:
    return {
        "text": {
            "en": f"Only {error.have} runs have a result; at least {error.need} are needed.",
            "zh": f"只有 {error.have} 次试验有结果，至少需要 {error.need} 次。",
        },
        "remedy": {
            "en": "Finish the run sheet, or choose fewer factors.",
            "zh": "请完成试验表，或减少因子。",
        },
    }


def _unknown(names: list[str]) -> dict[str, Text]:
    listed = ", ".join(names)
    return {
        "text": {"en": f"There is no column {listed}.", "zh": f"没有名为 {listed} 的列。"},
        "remedy": {"en": "Write the names as in the table.", "zh": "请按数据表中的列名填写。"},
    }


_NEXT: dict[str, Text] = {
    "found": {
        "en": "Run the confirmation plan; keep the setting when the mean lies between its bounds.",
        "zh": "按确认方案试验；若均值落在界限内，则采用该设置。",
    },
    "curved": {
        "en": "Add axial points (a central composite design) to find the best setting inside.",
        "zh": "增加轴点（中心复合设计），以寻找内部最优点。",
    },
    "not_adequate": {
        "en": "Look at the residuals for an outlier or a drift; then add interactions, axial points or runs.",
        "zh": "检查残差有无异常或漂移，再考虑增加交互作用、轴点或试验次数。",
    },
    "nothing_found": {
        "en": "Set the levels farther apart, repeat the design, or look for other factors.",
        "zh": "拉大水平差距、重复试验，或寻找其他因子。",
    },
}
_NO_TARGET: dict[str, Text] = {
    "text": {"en": "The target is not given.", "zh": "未给出目标值。"},
    "remedy": {
        "en": "Enter the target, or maximise or minimise.",
        "zh": "请输入目标值，或选择最大化、最小化。",
    },
}
_NO_SPREAD: dict[str, Text] = {
    "text": {"en": "All results are equal.", "zh": "所有结果相同。"},
    "remedy": {
        "en": "Measure with more decimals, or set the levels farther apart.",
        "zh": "请提高测量分辨力，或拉大水平差距。",
    },
}
_NO_FACTORS: dict[str, Text] = {
    "text": {"en": "No column has 2 to 9 levels, as a factor has.", "zh": "没有具有 2 至 9 个水平的因子列。"},
    "remedy": {
        "en": "Bring back the run sheet with its factor columns as numbers.",
        "zh": "请导入含数值因子列的试验表。",
    },
}
