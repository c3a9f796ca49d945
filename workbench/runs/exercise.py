"""What the nursery does once so that no run pays for a library's first use: small, common, on one thread.

A library's first call imports what it had put off, fills its caches and grows the heap; a child that is
forked afterwards finds all that done. Only libraries that were proven to survive a fork are used here.
"""

import io
import json

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from workbench import kernel

ROWS = 2000


def exercise() -> None:
    """Use what most templates use: frames, dates, groups, a regression, a distribution, a chart, a table."""
    kernel.warm()
    frame = pd.DataFrame(
        {
            "ts": pd.date_range("2024-01-01", periods=ROWS, freq="min"),
            "name": np.where(np.arange(ROWS) % 2, "a", "b"),
            "value": np.sin(np.arange(ROWS)),
        }
    )
    frame.set_index("ts")["value"].resample("10min").agg(["mean", "count"])
    frame["value"].rolling(5).mean()
    frame.groupby("name")["value"].describe()
    frame.pivot_table(index=frame["ts"].dt.hour, columns="name", values="value")
    frame.merge(frame.groupby("name", as_index=False)["value"].max(), on="name").sort_values("ts")
    frame.to_csv(io.StringIO())
    design = sm.add_constant(np.column_stack([np.arange(ROWS), frame["value"]]))
    sm.OLS(np.cos(np.arange(ROWS)), design).fit().summary().as_text()
    stats.norm.ppf(stats.t.cdf(0.5, 9))
    json.dumps(frame.head().to_dict("list"), default=str)
