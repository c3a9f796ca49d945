"""The demo factory: every table by name, made on demand, the same on every machine.

Decides which tables there are; the modules beside this one decide what is in them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

import pyarrow as pa

from workbench.config import Text
from workbench.demo import (
    drivers,
    energy,
    experiments,
    gauges,
    incoming,
    inspection,
    maintenance,
    planning,
    production,
    quality,
    sensors,
)
from workbench.demo.table import DemoTable
from workbench.errors import unknown

BUILDERS: dict[str, Callable[[], DemoTable]] = {
    "demo.bore_diameter": quality.bore_diameter,
    "demo.bore_diameter_wear": quality.bore_diameter_wear,
    "demo.bore_diameter_all": quality.bore_diameter_all,
    "demo.shaft_diameter": quality.shaft_diameter,
    "demo.gauge_study": gauges.gauge_study,
    "demo.gauge_nested": gauges.gauge_nested,
    "demo.gauge_attribute": gauges.gauge_attribute,
    "demo.gauge_type1": gauges.gauge_type1,
    "demo.gauge_linearity": gauges.gauge_linearity,
    "demo.inspections": inspection.inspections,
    "demo.lot_inspections": inspection.lot_inspections,
    "demo.housings": inspection.housings,
    "demo.cavity_weight": inspection.cavity_weight,
    "demo.incoming_lots": incoming.incoming_lots,
    "demo.moulding_factors": experiments.moulding_factors,
    "demo.moulding_results": experiments.moulding_results,
    "demo.paint_gloss": drivers.paint_gloss,
    "demo.downtime_events": production.downtime_events,
    "demo.production_counts": production.production_counts,
    "demo.energy": energy.energy,
    "demo.vibration": maintenance.vibration,
    "demo.vibration_waveform": maintenance.vibration_waveform,
    "demo.run_to_failure": maintenance.run_to_failure,
    "demo.fleet": maintenance.fleet,
    "demo.fleet_truth": maintenance.fleet_truth,
    "demo.monthly_demand": planning.monthly_demand,
    "demo.purchases": planning.purchases,
    "demo.bom": planning.bom,
    "demo.sensor_log": sensors.sensor_log,
}


class Named(Protocol):
    """Something that has a name."""

    @property
    def name(self) -> str:
        """The table's name."""


class TableStore(Protocol):
    """Where tables are kept."""

    def list(self) -> Iterable[Named]:
        """Return the tables there are."""

    def add(
        self, name: str, data: pa.Table, *, units: Mapping[str, str], source: str, description: Text
    ) -> Any:
        """Keep a table under a name."""


def table(name: str) -> DemoTable:
    """Make one table."""
    if name not in BUILDERS:
        raise unknown("demo table", name, BUILDERS)
    return BUILDERS[name]()


def tables() -> Iterator[DemoTable]:
    """Make every table, one at a time."""
    for name in BUILDERS:
        yield table(name)


def load(store: TableStore) -> list[str]:
    """Add the tables the store does not have yet, and return their names."""
    present = {item.name for item in store.list()}
    added = [name for name in BUILDERS if name not in present]
    for name in added:
        made = table(name)
        rows = pa.Table.from_pandas(made.frame, preserve_index=False).replace_schema_metadata(None)
        store.add(name, rows, units=made.units, source="demo factory", description=made.description)
    return added
