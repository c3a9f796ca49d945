"""Attribute charts stage by stage: each stage has its own level and limits, and rules end with it.

Decides how the charts of stages become one; what a chart of one stage is, is decided by ``attribute``.
"""

from dataclasses import replace

import pandas as pd

from workbench.errors import Refused
from workbench.methods.attribute import MINIMUM_FOR_LANEY, AttributeChart, AttributePlan, attribute_chart
from workbench.methods.attribute_samples import Inspections


def staged_chart(inspections: Inspections, plan: AttributePlan | None = None) -> AttributeChart:
    """Chart counts, each stage by its own limits.

    Parameters
    ----------
    inspections : Inspections
        With the column stage among its points, or without: one stage.
    plan : AttributePlan, optional

    Returns
    -------
    AttributeChart
        Of several stages: level, limits and dispersion are those of the last one.

    Raises
    ------
    Refused
        See ``attribute_chart``; the error's notes name the stage.

    Source
    ------
    ISO 7870-2:2013: limits are computed anew after a known change of the process.

    Examples
    --------
    >>> from workbench.methods.attribute_samples import arrange
    >>> frame = pd.DataFrame({"count": [9] * 5 + [4] * 5, "stages": ["old"] * 5 + ["new"] * 5})
    >>> staged_chart(arrange(frame, "c")).points["center"].unique().tolist()
    [9.0, 4.0]
    """
    points = inspections.points
    stages = list(dict.fromkeys(points["stage"])) if "stage" in points else []
    if len(stages) < 2:
        return attribute_chart(inspections, plan)
    charts = []
    for stage in stages:
        own = points[points["stage"] == stage].reset_index(drop=True)
        try:
            charts.append(attribute_chart(replace(inspections, points=own), plan))
        except Refused as error:
            error.add_note(stage)
            raise
    return replace(
        charts[-1],
        points=_joined([chart.points for chart in charts]),
        signals=_joined([chart.signals for chart in charts]),
        inspections=inspections,
    )


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables).sort_values("point", kind="stable", ignore_index=True)


def with_laney(chart: AttributeChart) -> AttributeChart | None:
    """Return the same counts on Laney's chart, where there is one.

    Parameters
    ----------
    chart : AttributeChart

    Returns
    -------
    AttributeChart or None
        None for charts without sizes, for Laney's own, and when there are too few points.

    Source
    ------
    Laney (2002).
    """
    instead = {"p": "laney-p", "np": "laney-p", "u": "laney-u"}.get(chart.chart)
    if instead is None or chart.limit_points < MINIMUM_FOR_LANEY:
        return None
    return staged_chart(replace(chart.inspections, chart=instead), chart.plan)
