"""The metrics a competition may choose: direction, needs, options, and where each one is from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.competitions import metrics_classes as classes
from workbench.competitions import metrics_events as events
from workbench.competitions import metrics_values as values


@dataclass(frozen=True)
class Metric:
    """A metric: how to read it and how to compute it from ``Rows`` and its options."""

    direction: Literal["min", "max"]
    en: str
    zh: str
    function: Callable[..., float]
    source: str
    needs: tuple[str, ...] = ()  # roles of the schema besides id, target and prediction: group, time, scale
    kind: Literal["number", "label"] = "number"  # what truth and prediction are
    options: Mapping[str, Any] = field(default_factory=dict)  # with their defaults


NAB = "A. Lavin, S. Ahmad (2015), Evaluating real-time anomaly detection algorithms, ICMLA; numenta/NAB"
RANGES = "N. Tatbul et al. (2018), Precision and recall for time series, NeurIPS: flat bias, cardinality 1/x"
ALARM = {"threshold": 0.5}

METRICS: dict[str, Metric] = {
    "rmse": Metric("min", "RMSE", "均方根误差", values.rmse, "Hyndman & Athanasopoulos, FPP3, 5.8"),
    "mae": Metric("min", "MAE", "平均绝对误差", values.mae, "Hyndman & Athanasopoulos, FPP3, 5.8"),
    "smape": Metric(
        "min", "sMAPE, %", "对称平均百分比误差，%", values.smape, "Makridakis & Hibon (2000), the M3 rules"
    ),
    "mase": Metric(
        "min",
        "MASE",
        "平均标度误差",
        values.mase,
        "Hyndman & Koehler (2006), Int. J. Forecasting 22",
        ("scale",),
    ),
    "nasa": Metric("min", "NASA score", "NASA 评分", values.nasa, "Saxena et al. (2008), PHM08 challenge"),
    "alpha_lambda": Metric(
        "max",
        "α-λ accuracy",
        "α-λ 准确率",
        values.alpha_lambda,
        "Saxena et al. (2010), Metrics for offline evaluation of prognostic performance, IJPHM 1",
        options={"alpha": 0.2, "lambda_": -1.0},
    ),
    "f1": Metric(
        "max", "F1", "F1", classes.f1, "van Rijsbergen (1979)", kind="label", options={"positive": ""}
    ),
    "mcc": Metric(
        "max",
        "Matthews correlation",
        "马修斯相关系数",
        classes.mcc,
        "Gorodkin (2004), two K-category assignments",
        kind="label",
    ),
    "cost": Metric(
        "min",
        "mean cost",
        "平均代价",
        classes.cost,
        "Elkan (2001), cost-sensitive learning",
        kind="label",
        options={"costs": {}},
    ),
    "auc": Metric(
        "max", "ROC AUC", "ROC 曲线下面积", classes.auc, "Hanley & McNeil (1982): the Mann-Whitney statistic"
    ),
    "spearman": Metric("max", "Spearman's ρ", "斯皮尔曼相关", classes.spearman, "Spearman (1904)"),
    "ndcg": Metric(
        "max",
        "NDCG",
        "NDCG",
        classes.ndcg,
        "Järvelin & Kekäläinen (2002); ties as McSherry & Najork (2008)",
        options={"k": 0},
    ),
    "map": Metric(
        "max", "MAP", "平均精度均值", classes.mean_average_precision, "Manning et al. (2008), IIR, 8.4"
    ),
    "nab": Metric(
        "max",
        "NAB score",
        "NAB 评分",
        events.nab,
        NAB,
        options={**ALARM, "fp": 0.11, "fn": 1.0, "probation": 0.15},
    ),
    "detection_delay": Metric(
        "min",
        "detection delay",
        "检出延迟",
        events.detection_delay,
        "Basseville & Nikiforov (1993), Detection of abrupt changes: mean delay",
        options=ALARM,
    ),
    "false_alarms_per_week": Metric(
        "min",
        "false alarms per week",
        "每周误报数",
        events.false_alarms_per_week,
        "EEMUA 191: alarm rates per operator and time",
        ("time",),
        options=ALARM,
    ),
    "range_f1": Metric(
        "max", "range-based F1", "区间 F1", events.range_f1, RANGES, options={**ALARM, "alpha": 0.5}
    ),
}
