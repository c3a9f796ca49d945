"""What a gauge study says, in words for the shop floor, in English and Chinese.

Decides from which share of variation on a gauge is said to be fit: AIAG's 10 and 30 percent.
"""

import math
from typing import Any

import pandas as pd

from workbench.errors import Invalid
from workbench.methods.chart_words import Answer, Text
from workbench.methods.msa_model import GaugeStudy

GOOD_UP_TO, USABLE_UP_TO = 10.0, 30.0  # percent; AIAG MSA, 4th ed., table II-D
ENOUGH_CLASSES = 5
USES = ("both", "process", "product")


def describe_gauge(study: GaugeStudy, *, use: str = "both") -> Answer:
    """Say in one sentence whether a gauge may be used, and what to do next.

    Parameters
    ----------
    study : GaugeStudy
    use : {"both", "process", "product"}
        What the gauge is for: to follow the process (share of the total variation), to sort product (share
        of the tolerance, where there is one), or both (the larger of the two).

    Returns
    -------
    Answer
        ``acceptable`` (good, up to 10 %), ``conditional`` (warning, up to 30 %) or ``unacceptable`` (bad).

    Source
    ------
    AIAG MSA, 4th ed., II-D, table II-D; ndc of five or more.
    """
    if use not in USES:
        raise Invalid("use", given=repr(use), expected=", ".join(USES))
    decisive = _decisive(study, use)
    if decisive <= GOOD_UP_TO:
        code, level = "acceptable", "good"
    elif decisive <= USABLE_UP_TO:
        code, level = "conditional", "warning"
    else:
        code, level = "unacceptable", "bad"
    text = _join(_OPENINGS[code], _shares(study), _classes(study), *_remarks(study))
    return Answer(code, level, text, _next_step(study, code, decisive))


def _decisive(study: GaugeStudy, use: str) -> float:
    tolerance = study.percent_tolerance()
    if tolerance is None or use == "process":
        return study.percent_grr
    return tolerance if use == "product" else max(tolerance, study.percent_grr)


def _shares(study: GaugeStudy) -> Text:
    low, high = study.share
    between = (f" (between {low:.0f} and {high:.0f} %)", f"（区间 {low:.0f}% 至 {high:.0f}%）")
    en, zh = between if math.isfinite(low) else ("", "")
    of = (
        ("the process variation", "过程变差")
        if study.allowed.historical_sigma
        else ("all variation", "总变差")
    )
    tolerance = study.percent_tolerance()
    more = ("", "")
    if tolerance is not None:
        more = (f" and {tolerance:.1f} % of the tolerance", f"、公差的 {tolerance:.1f}%")
    return {
        "en": f"measuring makes up {study.percent_grr:.1f} %{en} of {of[0]}{more[0]}.",
        "zh": f"测量变差占{of[1]}的 {study.percent_grr:.1f}%{zh}{more[1]}。",
    }


def _classes(study: GaugeStudy) -> Text:
    if study.ndc is None:
        return {"en": "The gauge itself does not vary at all.", "zh": "量具本身没有任何变差。"}
    short = study.ndc < ENOUGH_CLASSES
    en, zh = (f", fewer than {ENOUGH_CLASSES}", f"，少于 {ENOUGH_CLASSES} 个") if short else ("", "")
    plural = "class" if study.ndc == 1 else "classes"
    return {
        "en": f"It tells {study.ndc} {plural} of parts apart{en}.",
        "zh": f"可区分 {study.ndc} 个零件类别{zh}。",
    }


def _remarks(study: GaugeStudy) -> list[Text]:
    """Say what was done to the components, as far as a reader must know."""
    found: list[Text] = []
    negative = [source for source in study.negative if not (source == "interaction" and study.pooled)]
    if negative:
        en = " and ".join(_SOURCES[source]["en"] for source in negative)
        zh = "、".join(_SOURCES[source]["zh"] for source in negative)
        found.append(
            {
                "en": f"The estimate for {en} was negative and is taken as zero.",
                "zh": f"{zh}的方差估计为负，按零处理。",
            }
        )
    if not study.pooled and study.interaction_p <= study.alpha:
        found.append(
            {
                "en": f"Operators differ from part to part (interaction, p {_p(study.interaction_p)}).",
                "zh": f"不同操作员在不同零件上的差异不一致（交互作用，p {_p(study.interaction_p)}）。",
            }
        )
    return found


def _next_step(study: GaugeStudy, code: str, decisive: float) -> Text:
    if code == "acceptable":
        return _KEEP
    tolerance = study.percent_tolerance()
    if tolerance is not None and tolerance <= GOOD_UP_TO < decisive:
        return _MORE_PARTS
    repeatability = study.components["repeatability"].variance
    reproducibility = study.components.get("reproducibility")
    if reproducibility is not None and reproducibility.variance > repeatability:
        interaction = study.components.get("interaction")
        if interaction is not None and interaction.variance > study.components["operator"].variance:
            return _LOOK_AT_INTERACTION
        return _TRAIN
    return _REPAIR


def tiles(study: GaugeStudy) -> list[dict[str, Any]]:
    """List the numbers to show without a unit, as arguments of ``wb.kpi``.

    Parameters
    ----------
    study : GaugeStudy

    Returns
    -------
    list of dict
        What the design or the limits cannot give has the value None.

    Source
    ------
    See ``describe_gauge``.
    """
    low, high = (bound if math.isfinite(bound) else None for bound in study.share)
    exact = study.ndc_exact if math.isfinite(study.ndc_exact) else None
    historical = study.allowed.historical_sigma
    gauge = study.components["gauge"].sigma
    own = 100 * gauge / study.own_sigma
    tolerance = study.percent_tolerance()
    note = _ONE_SIDED if study.allowed.one_sided else None if tolerance is not None else _NO_TOLERANCE
    found: list[dict[str, Any]] = [
        {"name": "percent_grr", "value": study.percent_grr, "low": low, "high": high, "target": USABLE_UP_TO},
        {"name": "percent_tolerance", "value": tolerance, "target": USABLE_UP_TO, "note": note},
        {"name": "ndc", "value": study.ndc, "target": ENOUGH_CLASSES, "note": _ndc_note(exact)},
        {"name": "ndc_exact", "value": exact},
    ]
    if historical:
        found.append({"name": "percent_study", "value": own, "note": _OWN})
    return found


def sigmas(study: GaugeStudy) -> list[dict[str, Any]]:
    """List the standard deviations of the components, as arguments of ``wb.kpi`` that need a unit.

    Parameters
    ----------
    study : GaugeStudy

    Returns
    -------
    list of dict

    Source
    ------
    AIAG MSA, 4th ed.: EV, AV, INT, GRR, PV and TV.
    """
    rows = []
    is_nested = study.method == "anova" and "operator" in study.components
    is_nested = is_nested and "interaction" not in study.components
    for name, source in _NAMES.items():
        if source == "interaction" and is_nested:
            continue
        found = study.components.get(source)
        row: dict[str, Any] = {"name": name, "value": None}
        if found is not None:
            row["value"] = found.sigma
            if math.isfinite(found.low):
                row |= {"low": math.sqrt(found.low), "high": math.sqrt(found.high)}
        else:
            row["note"] = _NOT_SHOWN
        if source == "interaction" and study.pooled:
            row = {"name": name, "value": found.sigma if found else None, "note": _pooled_note(study)}
        rows.append(row)
    return rows


def notes_of_gauge(study: GaugeStudy) -> pd.DataFrame:
    """List what was done to rows and components: note (a code) and value (a count, p or variance).

    Parameters
    ----------
    study : GaugeStudy

    Returns
    -------
    DataFrame

    Source
    ------
    None: honesty.
    """
    rows: list[tuple[str, float]] = list(study.layout.notes.items())
    if study.pooled:
        rows.append(("pooled" if math.isfinite(study.interaction_p) else "one_trial", study.interaction_p))
    elif math.isfinite(study.interaction_p):
        rows.append(("kept", study.interaction_p))
    rows += [(f"negative_{source}", study.components[source].raw) for source in study.negative]
    if study.allowed.historical_sigma is not None:
        rows.append(("historical", study.own_sigma))
    return pd.DataFrame(rows, columns=["note", "value"])


def _ndc_note(exact: float | None) -> Text | None:
    if exact is None:
        return None
    return {"en": f"{exact:.2f} without its decimals", "zh": f"{exact:.2f} 取整数部分"}


def _pooled_note(study: GaugeStudy) -> Text:
    if not math.isfinite(study.interaction_p):
        return {"en": "one trial: part of repeatability", "zh": "仅测一次：并入重复性"}
    p = _p(study.interaction_p)
    return {
        "en": f"pooled with repeatability: p {p} above {study.alpha:g}",
        "zh": f"已并入重复性：p {p} 大于 {study.alpha:g}",
    }


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _join(*texts: Text) -> Text:
    return {"en": " ".join(text["en"] for text in texts), "zh": "".join(text["zh"] for text in texts)}


_NAMES = {
    "ev": "repeatability",
    "av": "operator",
    "interaction": "interaction",
    "grr": "gauge",
    "pv": "part",
    "tv": "total",
}
_SOURCES: dict[str, Text] = {
    "operator": {"en": "operators", "zh": "操作员"},
    "interaction": {"en": "the interaction", "zh": "交互作用"},
    "part": {"en": "parts", "zh": "零件"},
}
_OPENINGS: dict[str, Text] = {
    "acceptable": {"en": "The gauge is fit for use:", "zh": "量具可以使用："},
    "conditional": {"en": "The gauge may be used with care:", "zh": "量具可有条件使用："},
    "unacceptable": {"en": "The gauge is not fit for use:", "zh": "量具不可使用："},
}
_KEEP: Text = {
    "en": "Use it, and repeat the study after repair, a new operator, or once a year.",
    "zh": "可继续使用；维修、更换操作员后或每年重新分析一次。",
}
_MORE_PARTS: Text = {
    "en": "It holds the tolerance well; choose parts that span the whole process, or give the process sigma.",
    "zh": "相对公差已足够；请选用覆盖整个过程范围的零件，或输入过程标准差。",
}
_TRAIN: Text = {
    "en": "Operators differ most: agree on one way to clamp, place and read, train it, and measure again.",
    "zh": "操作员差异最大：统一装夹、放置和读数方法，培训后重新测量。",
}
_LOOK_AT_INTERACTION: Text = {
    "en": "Look at the interaction chart: which parts are measured differently, and how are they held?",
    "zh": "查看交互作用图：操作员在哪些零件上测得不同？装夹方式是否不同？",
}
_REPAIR: Text = {
    "en": "Repeating differs most: check clamping, wear, dirt and resolution, then measure again.",
    "zh": "重复测量差异最大：检查量具的装夹、磨损、清洁和分辨力，然后重新测量。",
}
_NOT_SHOWN: Text = {"en": "this design does not show it", "zh": "此研究设计无法得出"}
_ONE_SIDED: Text = {
    "en": "one limit: half the variation over its distance from the mean",
    "zh": "单侧规格：变差的一半除以规格限到均值的距离",
}
_NO_TOLERANCE: Text = {"en": "no tolerance given", "zh": "未给出公差"}
_OWN: Text = {"en": "of the variation in this study", "zh": "占本次研究的变差"}
