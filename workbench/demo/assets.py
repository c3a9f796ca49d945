"""The demo factory as a tree of assets: three lines of four machines, their tables given once at the top."""

from workbench.assets.model import Asset, Binding
from workbench.demo.table import LINE_OF, LINES, MACHINES

TOP, SITE, AREA = "DEMO", "DEMO-PLANT", "DEMO-MACHINING"
TIGHT_LINE, TIGHT_MACHINE = "L2", "M07"  # planted differences from what stands above


def assets() -> list[Asset]:
    """Return the tree, the top first."""
    machine = "machine"
    roles = {
        "measurements": Binding(table="demo.bore_diameter_all", column=machine),
        "events": Binding(table="demo.downtime_events", column=machine),
    }
    found = [
        Asset(id=TOP, name="Demo factory 示范企业", level="enterprise"),
        Asset(id=SITE, name="Plant 工厂", level="site", parent=TOP),
        Asset(id=AREA, name="Machining 机加车间", level="area", parent=SITE, roles=roles),
    ]
    for line in LINES:
        own = {"control-chart": {"limit_sigmas": 2.8}} if line == TIGHT_LINE else {}
        name = f"Line {line[1:]} 产线{line[1:]}"
        found.append(Asset(id=line, name=name, level="line", parent=AREA, parameters=own))
    for name in MACHINES:
        own = {"control-chart": {"limit_sigmas": 2.5}} if name == TIGHT_MACHINE else {}
        line = LINE_OF[name]
        found.append(Asset(id=name, name=f"Machine {name} 设备", parent=line, parameters=own))
    return found
