"""Experiments of the demo factory: the factors of a moulding process, and a finished optimisation."""

import pandas as pd

from workbench.demo.table import DemoTable, column

FACTORS = (("temperature", 200.0, 240.0, "°C"), ("pressure", 60.0, 100.0, "bar"), ("time", 10.0, 30.0, "s"))


def moulding_factors() -> DemoTable:
    """Three factors of injection moulding with the levels that are safe to run."""
    names, low, high, units = zip(*FACTORS, strict=True)
    return DemoTable(
        name="demo.moulding_factors",
        frame=pd.DataFrame({"factor": names, "low": low, "high": high, "unit": units}),
        columns={
            "factor": column("factor", "因子"),
            "low": column("low level", "低水平"),
            "high": column("high level", "高水平"),
            "unit": column("unit of the levels", "水平的单位"),
        },
        description={
            "en": "Injection moulding: factors of an experiment with their levels",
            "zh": "注塑：试验因子及其水平",
        },
        truth={"factors": len(FACTORS)},
    )
