"""Short runs: several parts on one chart, each measured against its own nominal, or in its own sigmas.

Decides what each part's centre and sigma are, and turns its values into deviations that share one chart.
"""

import numpy as np
import pandas as pd

from workbench.errors import NoSpread, Refused, TooFew
from workbench.methods.spc_samples import arrange
from workbench.methods.spc_sigma import within_sigma

SHORT_RUNS = ("short-run-z", "short-run-target")
FEWEST_OF_A_PART = 5  # points behind a part's own sigma; its uncertainty is about 40 % then


class NoParts(Refused):
    """A short-run chart was asked for, but nothing says which part a value belongs to."""

    code = "no_parts"


class PartTooFew(TooFew):
    """A part has too few points for a sigma of its own."""

    def __init__(self, part: str, *, have: int) -> None:
        self.part = part
        hint = "use the target chart, which shares one sigma, or enter a known sigma"
        super().__init__(
            f"points of part {part} for its own sigma", need=FEWEST_OF_A_PART, have=have, hint=hint
        )


class PartNoSpread(NoSpread):
    """The values of a part do not differ."""

    def __init__(self, part: str) -> None:
        self.part = part
        super().__init__(f"values of part {part} do not differ", hint="record them with more decimals")


def deviations(
    frame: pd.DataFrame, *, standardised: bool, sigma: float | None = None, subgroup_size: int = 1
) -> pd.DataFrame:
    """Turn the values of several parts into deviations that share one chart.

    Parameters
    ----------
    frame : DataFrame
        As for ``spc_samples.arrange``, with ``part`` (any type) and optionally ``nominal`` (float, unit of
        the values). A part without a nominal is compared with the mean of its own baseline.
    standardised : bool
        Divide each part's deviations by its own sigma (Z chart); else leave them in their unit (target).
    sigma : float, optional
        Known standard deviation of every part, in the unit of the values.
    subgroup_size : int, default 1
        See ``spc_samples.arrange``.

    Returns
    -------
    DataFrame
        The rows that name a part, ``value`` replaced.

    Raises
    ------
    NoParts, PartTooFew, PartNoSpread

    Source
    ------
    Montgomery, Introduction to Statistical Quality Control, section 10.1: deviation from nominal and
    standardised charts; Minitab's Z-MR, sigma by parts.

    Examples
    --------
    >>> frame = pd.DataFrame({"value": [10.1, 20.3], "part": ["A", "B"], "nominal": [10.0, 20.0]})
    >>> deviations(frame, standardised=False)["value"].round(6).tolist()
    [0.1, 0.3]
    """
    if "part" not in frame or frame["part"].isna().all():
        raise NoParts("a short-run chart needs to know the part of each value", hint="map a part column")
    frame = frame[frame["part"].notna()].reset_index(drop=True)
    code, names = pd.factorize(frame["part"])
    values = frame["value"].to_numpy(dtype=float, na_value=np.nan)
    values = np.where(np.isfinite(values), values, np.nan)
    inside = np.isfinite(values)
    if "baseline" in frame:
        inside &= frame["baseline"].eq(True).fillna(False).to_numpy(dtype=bool)
    sums = np.bincount(code[inside], weights=values[inside], minlength=len(names))
    counts = np.bincount(code[inside], minlength=len(names))
    means = np.divide(sums, counts, out=np.full(len(names), np.nan), where=counts > 0)
    center = means[code]
    if "nominal" in frame:
        nominal = frame["nominal"].to_numpy(dtype=float, na_value=np.nan)
        center = np.where(np.isfinite(nominal), nominal, center)
    found = values - center
    if standardised:
        each = [
            sigma or _sigma_of(frame[code == at], str(name), subgroup_size) for at, name in enumerate(names)
        ]
        found = found / np.array(each)[code]
    return frame.assign(value=found)


def _sigma_of(rows: pd.DataFrame, part: str, subgroup_size: int) -> float:
    samples = arrange(rows.drop(columns="stages", errors="ignore"), subgroup_size=subgroup_size)
    have = len(samples.baseline)
    if have < FEWEST_OF_A_PART:
        raise PartTooFew(part, have=have)
    try:
        return within_sigma(samples, "mr" if samples.individuals else "pooled")
    except NoSpread:
        raise PartNoSpread(part) from None


MEASURED = ("value", "statistic", "mean", "sigma", "center", "ucl", "lcl")


def unit_of(chart: str, unit: str | None) -> str | None:
    """Return the unit of what a chart plots: standardised values have none.

    Parameters
    ----------
    chart : str
        One of ``spc_model.CHARTS``.
    unit : str or None
        Unit of the measurements.

    Returns
    -------
    str or None

    Source
    ------
    None.

    Examples
    --------
    >>> unit_of("imr", "mm"), unit_of("short-run-z", "mm")
    ('mm', None)
    """
    return None if chart == "short-run-z" else unit


def named(frame: pd.DataFrame, chart: str) -> pd.DataFrame:
    """Give the columns of standardised values names of their own, so that nobody reads them in a unit.

    Parameters
    ----------
    frame : DataFrame
        Points, signals or stages of a chart.
    chart : str
        One of ``spc_model.CHARTS``.

    Returns
    -------
    DataFrame
        For ``short-run-z`` with ``z_`` before the columns that hold standardised values.

    Source
    ------
    None.

    Examples
    --------
    >>> named(pd.DataFrame({"point": [1], "ucl": [3.0]}), "short-run-z").columns.tolist()
    ['point', 'z_ucl']
    """
    if chart != "short-run-z":
        return frame
    measured = {name: f"z_{name}" for name in frame if name in MEASURED or str(name).startswith("spread")}
    return frame.rename(columns=measured)
