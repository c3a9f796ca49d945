"""What the distribution of measured values means, in words, in English and Chinese.

Decides which sentences are said about the choice of a distribution; computes nothing of its own.
"""

from typing import Any

from workbench.methods.capability_choice import model_of
from workbench.methods.capability_laws import Study
from workbench.methods.capability_model import Capability, StudyPlan
from workbench.methods.chart_words import Text
from workbench.methods.distributions import NeedsPositive, NoFit
from workbench.methods.spc_samples import Samples

NAMES: dict[str, Text] = {
    "normal": {"en": "normal distribution", "zh": "正态分布"},
    "lognormal": {"en": "lognormal distribution", "zh": "对数正态分布"},
    "lognormal-3": {"en": "lognormal distribution with threshold", "zh": "三参数对数正态分布"},
    "weibull": {"en": "Weibull distribution", "zh": "威布尔分布"},
    "weibull-3": {"en": "Weibull distribution with threshold", "zh": "三参数威布尔分布"},
    "gamma": {"en": "gamma distribution", "zh": "伽马分布"},
    "gamma-3": {"en": "gamma distribution with threshold", "zh": "三参数伽马分布"},
    "exponential": {"en": "exponential distribution", "zh": "指数分布"},
    "logistic": {"en": "logistic distribution", "zh": "逻辑斯谛分布"},
    "loglogistic": {"en": "loglogistic distribution", "zh": "对数逻辑斯谛分布"},
    "folded-normal": {"en": "folded normal distribution", "zh": "折叠正态分布"},
    "box-cox": {"en": "Box-Cox transformation", "zh": "Box-Cox 变换"},
    "johnson": {"en": "Johnson transformation", "zh": "Johnson 变换"},
    "empirical": {"en": "quantiles of the values themselves", "zh": "数据自身的分位数"},
}


def model_name(family: str) -> Text:
    """Return what a distribution is called.

    Parameters
    ----------
    family : str

    Returns
    -------
    dict
        en, zh.

    Source
    ------
    None.

    Examples
    --------
    >>> model_name("johnson-su")["en"]
    'Johnson transformation'
    """
    return NAMES["johnson" if family.startswith("johnson") else family]


def problem_of(samples: Samples, plan: StudyPlan) -> dict[str, Any] | None:
    """Say why the distribution asked for cannot describe the values, as arguments of ``wb.refuse``.

    Parameters
    ----------
    samples : Samples
    plan : StudyPlan

    Returns
    -------
    dict or None

    Source
    ------
    See ``distributions.fit``.
    """
    if plan.distribution in ("normal", "auto", "empirical"):
        return None
    name = model_name(plan.distribution)
    try:
        model_of(samples.values[samples.in_baseline], plan.distribution, plan)
    except NeedsPositive:
        smallest = f"{samples.values[samples.in_baseline].min():g}"
        text = {
            "en": f"The {name['en']} needs values above 0; the smallest one is {smallest}.",
            "zh": f"{name['zh']}要求数值大于 0，而最小值为 {smallest}。",
        }
        return {"code": "no_fit", "need": 0, "have": smallest, "text": text, "remedy": _OTHER}
    except NoFit:
        text = {
            "en": f"No parameters of the {name['en']} are most likely for these values.",
            "zh": f"{name['zh']}无法拟合这些数值：找不到最可能的参数。",
        }
        return {"code": "no_fit", "text": text, "remedy": _OTHER}
    return None


def about_choice(study: Capability, choice: Study | None) -> list[Text]:
    """Say whether the values speak against the distribution used, and which one would fit.

    Parameters
    ----------
    study : Capability
    choice : Study or None

    Returns
    -------
    list of dict

    Source
    ------
    See ``capability_choice.chosen``.
    """
    if study.model.family == "empirical":
        return [_NOTHING_FITS if choice is not None and choice.reason == "nothing_fits" else _NO_TAILS]
    if not study.model.rejected:
        return []
    p = f"{study.model.p:.3f}" if study.model.p >= 0.001 else "< 0.001"
    name = model_name(study.model.family)
    what = {"en": f"do not follow the {name['en']}", "zh": f"不服从{name['zh']}"}
    if study.model.family == "normal":
        what = {"en": "are not normally distributed", "zh": "不服从正态分布"}
    found: list[Text] = [
        {
            "en": f"The values {what['en']} (Anderson-Darling p {p}), so the index and the expected share "
            "may mislead.",
            "zh": f"数值{what['zh']}（Anderson-Darling p {p}），能力指数和预计超差率可能失真。",
        }
    ]
    return found + ([_suggestion(choice)] if choice is not None else [])


def _suggestion(choice: Study) -> Text:
    if choice.family == "empirical":
        return _NOTHING_FITS
    name = model_name(choice.family)
    row = choice.table.set_index("distribution").loc[choice.family]
    ppk, p = f"{row['ppk']:.2f}", f"{row['p']:.2f}"
    return {
        "en": f"They fit a {name['en']} (p {p}), which gives Ppk {ppk}: choose it, or the automatic choice.",
        "zh": f"{name['zh']}拟合良好（p {p}），对应 Ppk 为 {ppk}：请选用该分布或“自动”。",
    }


_OTHER: Text = {
    "en": "Choose the automatic distribution, one with a threshold, or the Johnson transformation.",
    "zh": "请选择“自动”、带阈值的三参数分布，或 Johnson 变换。",
}
_NO_TAILS: Text = {
    "en": "Quantiles of the values themselves say nothing beyond the outermost value.",
    "zh": "数据自身的分位数无法反映最外侧数值以外的情况。",
}
_NOTHING_FITS: Text = {
    "en": "No distribution fits: look for mixed streams, sorting or drift before trusting any index.",
    "zh": "没有分布能拟合：在相信任何指数之前，请先检查是否混料、经过筛选或存在漂移。",
}
