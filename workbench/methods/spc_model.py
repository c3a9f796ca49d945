"""What goes into a control chart and what comes out: a plan, and the finished chart. Computes nothing new."""

import math
from dataclasses import dataclass, replace

import pandas as pd

from workbench.errors import Invalid, unknown
from workbench.methods.frozen import Frozen
from workbench.methods.spc_autocorrelation import Autocorrelation
from workbench.methods.spc_change import Change
from workbench.methods.spc_rules import CHANCE, Hit, chosen_rules
from workbench.methods.spc_samples import Samples
from workbench.methods.spc_short_run import SHORT_RUNS
from workbench.methods.spc_sigma import CHART_SIGMA_METHODS

CHARTS = ("imr", "xbar-r", "xbar-s", "median", "moving-average", "ewma", "cusum", *SHORT_RUNS)
RECOMMENDED_POINTS = 25  # ISO 7870-2: preliminary data of 20 to 25 subgroups


@dataclass(frozen=True)
class Plan:
    """Which chart to draw, and with which constants; the names are the template's parameters.

    Attributes
    ----------
    chart : str
        ``auto``, or one of ``CHARTS``. Auto: individual values → imr, up to 8 values → xbar-r, else xbar-s.
    subgroup_size : int
        Rows per subgroup when there is no subgroup column; 1 means individual values.
    subgroup_minutes : float
        Length of a window of time whose rows form a subgroup, whatever the column; 0: none.
    sigma_method : str
        ``auto`` (the one that belongs to the chart), or one of ``spc_sigma.CHART_SIGMA_METHODS``.
    mr_length : int
        Values in a moving range.
    baseline_points : int
        Only the first so many points (of each stage) carry the limits: phase 1. 0: all.
    span : int
        Points in a moving average.
    target, sigma : float or None
        Known mean and standard deviation of individual values, in their unit; None: estimated.
    limit_sigmas : float
        Distance of the limits in standard errors (L of an EWMA chart).
    lambda_ : float
        Weight of the newest point in the EWMA, 0 < λ <= 1.
    cusum_h, cusum_k : float
        Decision interval and reference value of the CUSUM in standard errors.
    rules : tuple of str
        Sets and single rules, see ``spc_rules``.
    fewest_points : int
        Points that limits may be estimated from; 0: ten in all, five in each of several stages.
    frozen : Frozen or None
        Limits in force: mean and sigma of each stage they know come from there, whatever the data.
    """

    chart: str = "auto"
    subgroup_size: int = 1
    subgroup_minutes: float = 0.0
    sigma_method: str = "auto"
    mr_length: int = 2
    baseline_points: int = 0
    span: int = 3
    target: float | None = None
    sigma: float | None = None
    limit_sigmas: float = 3.0
    lambda_: float = 0.2
    cusum_h: float = 5.0
    cusum_k: float = 0.5
    rules: tuple[str, ...] = ("iso7870",)
    fewest_points: int = 0
    frozen: Frozen | None = None

    def __post_init__(self) -> None:
        if self.chart not in ("auto", *CHARTS):
            raise unknown("chart", self.chart, ("auto", *CHARTS))
        if self.sigma_method not in ("auto", *CHART_SIGMA_METHODS):
            raise unknown("sigma method", self.sigma_method, ("auto", *CHART_SIGMA_METHODS))
        for name, count, least in (("mr_length", self.mr_length, 2), ("span", self.span, 2)):
            if count < least:
                raise Invalid(name, given=count, expected=f"{least} or more")
        for name, amount in (
            ("subgroup_minutes", self.subgroup_minutes),
            ("baseline_points", self.baseline_points),
        ):
            if not amount >= 0:
                raise Invalid(name, given=amount, expected="0 or more")
        positive = {"limit_sigmas": self.limit_sigmas, "lambda_": self.lambda_, "cusum_h": self.cusum_h}
        for name, value in {**positive, "sigma": self.sigma}.items():
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise Invalid(name, given=value, expected="a number above 0")
        if self.lambda_ > 1:
            raise Invalid("lambda_", given=self.lambda_, expected="a number above 0 and up to 1")
        if not self.cusum_k >= 0:
            raise Invalid("cusum_k", given=self.cusum_k, expected="0 or more")
        object.__setattr__(self, "rules", chosen_rules(self.rules))

    def of(self, stage: str) -> "Plan":
        """Return the plan of one stage: with its limits in force, where there are some."""
        row = self.frozen.stage(stage) if self.frozen else None
        return replace(self, target=row["mean"], sigma=row["sigma"]) if row else self

    def is_frozen(self, stage: str) -> bool:
        """Whether a stage is judged by limits in force."""
        return self.frozen is not None and self.frozen.stage(stage) is not None


@dataclass(frozen=True)
class Spread:
    """The chart below the chart: moving ranges, ranges or standard deviations, for the usual size."""

    kind: str  # mr, range, deviation
    center: float
    ucl: float
    lcl: float


@dataclass(frozen=True)
class ControlChart:
    """A finished control chart; all numbers are in the unit of the measurements.

    Attributes
    ----------
    chart : str
        One of ``CHARTS``; never ``auto``.
    center, ucl, lcl : float
        Centre line and limits for the usual subgroup size. EWMA: the steady-state limits, which are those of
        the next points. CUSUM: 0 and the decision interval on both sides.
    reference : float
        The mean that points are compared with: the target, or the mean of the baseline.
    sigma : float
        Standard deviation of individual values, within subgroups.
    points : DataFrame
        One row per point: point, subgroup, ts, n, value, statistic, center, ucl, lcl, spread…, baseline,
        signal, rules. CUSUM adds upper and lower (positive sums) and upper_se, lower_se (in standard errors,
        downward ones negative).
    signals : DataFrame
        One row per fulfilled rule: point, subgroup, ts, chart, value, rule, side, from_point, from_subgroup.
    spread : Spread or None
    rules : tuple of str
        The rules applied to the location chart; none before the points are judged.
    samples : Samples
    estimated : bool
        Whether the mean or the sigma behind the limits was estimated from the baseline.
    limit_sigmas : float
        Distance of the limits in standard errors.
    error : float
        Standard error of a point of the usual subgroup size.
    stages : DataFrame
        One row per stage: stage, points, baseline_points, mean, sigma, center, ucl, lcl, spread_center,
        spread_ucl, spread_lcl. The chart's own numbers are those of the last stage.
    crossings : tuple of Hit
        Where a chart that remembers leaves its limits.
    change : Change or None
        The lasting change of the mean that explains the points best.
    dependence : Autocorrelation or None
        How much neighbouring points resemble each other beside that change.
    frozen : Frozen or None
        The limits in force that the points are judged by.
    """

    chart: str
    center: float
    ucl: float
    lcl: float
    reference: float
    sigma: float
    points: pd.DataFrame
    signals: pd.DataFrame
    spread: Spread | None
    rules: tuple[str, ...]
    samples: Samples
    estimated: bool
    limit_sigmas: float
    error: float
    stages: pd.DataFrame
    crossings: tuple[Hit, ...] = ()
    change: Change | None = None
    dependence: Autocorrelation | None = None
    frozen: Frozen | None = None

    @property
    def new_stages(self) -> list[str]:
        """Stages for which the limits in force have none."""
        frozen = self.frozen
        return [name for name in self.stages["stage"] if not frozen.stage(name)] if frozen else []

    @property
    def n_signals(self) -> int:
        """Number of points at which a rule is fulfilled, on either chart."""
        return int(self.points["signal"].sum())

    @property
    def n_points(self) -> int:
        """Number of points that hold a value."""
        return int(self.points["statistic"].notna().sum())

    @property
    def preliminary(self) -> bool:
        """Whether the limits were estimated from fewer points than recommended."""
        return self.estimated and self.limit_points < RECOMMENDED_POINTS

    @property
    def limit_points(self) -> int:
        """Number of points behind the limits; of several stages that of the shortest one."""
        counts = self.stages["baseline_points"]
        return int(counts[counts > 0].min()) if (counts > 0).any() else 0

    @property
    def chance_signals(self) -> float:
        """Signals that chance alone gives on average in as many points of a stable process.

        Shewhart charts only (NaN else); of ranges and deviations that of five values at three sigma is taken.
        """
        if self.spread is None:
            return math.nan
        limit = (self.ucl - self.center) / self.error
        rate = math.erfc(limit / math.sqrt(2)) + sum(CHANCE.get(rule, 0.0) for rule in self.rules)
        return self.n_points * (rate + (0.009 if self.spread.kind == "mr" else 0.0046))

    @property
    def n_new_signals(self) -> int:
        """Number of points with a signal that had no part in the limits: phase 2."""
        return int((self.points["signal"] & ~self.points["baseline"]).sum())
