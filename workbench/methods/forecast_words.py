"""What a forecast says, in words for planners, in English and Chinese.

Chooses sentences from what ``forecasting`` found; computes nothing of its own.
"""

import math
from dataclasses import dataclass

from workbench.methods.forecasting import DemandForecast, SeriesForecast

Text = dict[str, str]

SMALL_GAIN = 0.05  # share of the naive method's error; less than that is no reason to trust a model more

MODEL_TEXTS: dict[str, Text] = {
    "seasonal_naive": {"en": "last season again", "zh": "上一季重复"},
    "ets_damped": {"en": "damped-trend smoothing", "zh": "阻尼趋势指数平滑"},
    "ets_multiplicative": {"en": "multiplicative smoothing", "zh": "乘法指数平滑"},
    "ets_level": {"en": "smoothing without trend", "zh": "无趋势指数平滑"},
    "theta": {"en": "Theta", "zh": "Theta 方法"},
    "arima": {"en": "ARIMA (airline model)", "zh": "ARIMA（航线模型）"},
    "ensemble": {"en": "median ensemble", "zh": "中位数组合"},
    "ensemble_holidays": {"en": "median ensemble with holidays", "zh": "含节假日的中位数组合"},
    "prophet": {"en": "Prophet", "zh": "Prophet"},
    "sba": {"en": "Croston's method (SBA)", "zh": "Croston 法（SBA）"},
    "mean": {"en": "mean of the past", "zh": "历史均值"},
}


@dataclass(frozen=True)
class Answer:
    """A verdict in one sentence, and what to do next."""

    code: str  # better or not_better
    level: str
    text: Text
    next_step: Text


def judge(result: DemandForecast) -> Answer:
    """Say how good the forecast is against repeating the last season.

    Parameters
    ----------
    result : DemandForecast

    Returns
    -------
    Answer
        better: at least 5 % less error than the naive method in the same backtest; else not_better. A MASE
        below 1 alone does not decide: it compares with the naive error in sample, one season ahead, while
        the naive method itself has 1.22 on the 60 monthly M3 series.
    """
    gain, naive = _gain(result), _benchmark(result)
    model = MODEL_TEXTS[result.model]
    en, zh = _errors(result)
    tail = _remarks(result)
    if gain >= SMALL_GAIN:
        return Answer(
            "better",
            "good",
            {
                "en": f"The forecast errs {gain:.0%} less than repeating {naive['en']}"
                f" ({en}; {model['en']}).{tail['en']}",
                "zh": f"预测误差比重复{naive['zh']}小 {gain:.0%}（{zh}；{model['zh']}）。{tail['zh']}",
            },
            {
                "en": "Plan with the value, and set safety stock from the upper 80 % or 95 % limit.",
                "zh": "按预测值排产，安全库存参考 80% 或 95% 区间上限。",
            },
        )
    return Answer(
        "not_better",
        "warning",
        {
            "en": f"The forecast is not better than repeating {naive['en']}"
            f" ({en}; {model['en']}).{tail['en']}",
            "zh": f"预测并不优于重复{naive['zh']}（{zh}；{model['zh']}）。{tail['zh']}",
        },
        {
            "en": f"Repeat {naive['en']} in the plan, and look for what drives demand: orders, prices.",
            "zh": f"暂按{naive['zh']}的数值计划，并查找驱动需求的因素：订单、价格、项目。",
        },
    )


def _benchmark(result: DemandForecast) -> Text:
    if all(one.season == 1 for one in result.series):
        return {"en": "the last value", "zh": "上一期"}
    return {"en": "last season", "zh": "上一季"}


def _gain(result: DemandForecast) -> float:
    ours, naive = result.mase, result.naive_mase
    if not (math.isfinite(ours) and math.isfinite(naive)):
        ours, naive = result.smape, result.naive_smape
    return 1 - ours / naive if naive > 0 else 0.0


def _errors(result: DemandForecast) -> tuple[str, str]:
    if not math.isfinite(result.mase):
        return f"sMAPE {result.smape:.1f} %", f"sMAPE {result.smape:.1f}%"
    pair = f"MASE {result.mase:.2f}"
    return f"{pair} against {result.naive_mase:.2f}", f"{pair}，对照为 {result.naive_mase:.2f}"


def _remarks(result: DemandForecast) -> Text:
    """Say what the reader must know besides: few windows, skipped and intermittent series."""
    en, zh = [], []
    if min(one.windows for one in result.series) < 2:
        en.append("The history allows one test only, so the comparison is weak.")
        zh.append("历史数据只够一次回测，比较结果不够可靠。")
    rare = sum(one.demand.is_intermittent for one in result.series)
    if rare:
        en.append(
            f"{_count(rare, 'series has', 'series have')} intermittent demand: plan the mean, not dates."
        )
        zh.append(f"{rare} 个序列为间断需求：只预测平均需求，不预测具体日期。")
    if result.skipped:
        en.append(f"{_count(len(result.skipped), 'series is', 'series are')} not forecast; see the list.")
        zh.append(f"{len(result.skipped)} 个序列未预测，见列表。")
    return {"en": "".join(f" {text}" for text in en), "zh": "".join(zh)}


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def about(one: SeriesForecast) -> Text:
    """Name a series' model and its backtest, for the note beside a number.

    Parameters
    ----------
    one : SeriesForecast

    Returns
    -------
    dict of text by language
    """
    model = MODEL_TEXTS[one.chosen.model]
    return {
        "en": f"{one.name}: {model['en']}, sMAPE {one.chosen.smape:.1f} %"
        f" in {_count(one.windows, 'test', 'tests')}",
        "zh": f"{one.name}：{model['zh']}，{one.windows} 次回测 sMAPE {one.chosen.smape:.1f}%",
    }


def chart_title(one: SeriesForecast) -> Text:
    """Name the series and its model, above the chart.

    Parameters
    ----------
    one : SeriesForecast

    Returns
    -------
    dict of text by language
    """
    model = MODEL_TEXTS[one.chosen.model]
    return {"en": f"{one.name}: {model['en']}", "zh": f"{one.name}：{model['zh']}"}
