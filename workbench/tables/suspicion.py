"""Whether numbers look as if they were in another unit than said: psi for kPa, ℉ for ℃, seconds for minutes.

Compares the spread of a column with the range its role expects, or with what the same column held before. It
only ever suspects: what the unit is, a person says.
"""

import math
from dataclasses import dataclass

from workbench.config import Text
from workbench.tables import units


@dataclass(frozen=True)
class Spread:
    """Where most values of a column lie: quantiles at 5, 50 and 95 %."""

    low: float
    middle: float
    high: float

    def converted(self, scale: float, shift: float) -> "Spread":
        """Return the spread in another unit."""
        low, middle, high = sorted(value * scale + shift for value in (self.low, self.middle, self.high))
        return Spread(low, middle, high)

    @property
    def width(self) -> float:
        """How far apart most values lie; never nothing."""
        return max(self.high - self.low, 0.02 * abs(self.middle), 1e-12)


@dataclass(frozen=True)
class Change:
    """A change of unit that people make by mistake: ``new = old * scale + shift``."""

    scale: float
    shift: float
    told: str  # ×1000
    usual: str  # which units differ so


def _both(scale: float, there: str, usual: str) -> list[Change]:
    back = there.replace("×", "÷")
    return [Change(scale, 0.0, there, usual), Change(1 / scale, 0.0, back, usual)]


CHANGES = (
    *_both(1000.0, "×1000", "k–1, 1–m (kPa/Pa, kW/W, m/mm, kg/g)"),
    *_both(6.894757, "×6.895", "psi/kPa"),
    *_both(14.503774, "×14.5", "bar/psi"),
    Change(1.8, 32.0, "×9/5+32", "℃/℉"),
    Change(5 / 9, -160 / 9, "(−32)×5/9", "℃/℉"),
    Change(1.0, 273.15, "+273.15", "℃/K"),
    Change(1.0, -273.15, "−273.15", "℃/K"),
    *_both(60.0, "×60", "h/min, min/s"),
    *_both(3600.0, "×3600", "h/s, kWh/kJ"),
    *_both(100.0, "×100", "1/%, m/cm, bar/kPa"),
    *_both(3.6, "×3.6", "m/s–km/h, kWh/MJ"),
    *_both(25.4, "×25.4", "in/mm"),
    *_both(10.0, "×10", "MPa/bar, cm/mm"),
    *_both(10000.0, "×10000", "万元/元"),
    *_both(1e6, "×1000000", "MPa/Pa, m/µm"),
)
# Which of them people make with what a unit measures; the rest only where none of these explains it.
LIKELY = {
    "a time": (60.0, 3600.0, 1000.0),
    "a pressure": (6.894757, 14.503774, 10.0, 100.0, 1000.0, 1e6),
    "a temperature": (1.8, 1.0),
    "a length": (1000.0, 25.4, 10.0, 100.0, 1e6),
    "an energy": (3.6, 3600.0, 1000.0),
    "a speed": (3.6, 60.0, 1000.0),
    "a rotational speed": (60.0,),
    "a frequency": (60.0, 1000.0),
    "a share": (100.0,),
    "money": (10000.0,),
}
NEAR = 0.25  # of the old width, per quantile: how well a conversion must explain what is seen
FAR = 0.6  # below this the values have hardly moved


def within(spread: Spread, usual: tuple[float, float]) -> bool:
    """Whether most values lie where they usually do, a tenth beyond allowed."""
    slack = 0.1 * (usual[1] - usual[0])
    return usual[0] - slack <= spread.low and spread.high <= usual[1] + slack


def against_usual(spread: Spread, usual: tuple[float, float], *, unit: str | None) -> Text | None:
    """Say how values differ from the range their role expects, and which conversion would explain it."""
    if within(spread, usual):
        return None
    shown_unit = f" {unit}" if unit else ""
    low, high = shown(spread.low), shown(spread.high)
    usually = f"{shown(usual[0])}–{shown(usual[1])}{shown_unit}"
    change = _explaining(spread, usual, unit)
    if change:
        return {
            "en": f"values {low} to {high} do not look like the usual {usually}; "
            f"they would by {change.told} ({change.usual}): check the unit",
            "zh": f"数值 {low} 至 {high} 不像通常的 {usually}；"
            f"若差 {change.told}（{change.usual}）则吻合：请核对单位",
        }
    return {
        "en": f"values {low} to {high} lie outside the usual {usually}",
        "zh": f"数值 {low} 至 {high} 超出通常范围 {usually}",
    }


def _explaining(spread: Spread, usual: tuple[float, float], unit: str | None) -> Change | None:
    """Return the conversion after which values lie inside the usual range, best in its middle."""
    centre = (usual[0] + usual[1]) / 2
    likely = LIKELY.get(units.measures(unit), ()) if unit and units.is_known(unit) else ()
    found = []
    for change in CHANGES:
        before = spread.converted(1 / change.scale, -change.shift / change.scale)
        if usual[0] <= before.low and before.high <= usual[1]:
            scale = max(change.scale, 1 / change.scale)
            usual_one = any(math.isclose(scale, each, rel_tol=1e-6) for each in likely)
            found.append((not usual_one, abs(before.middle - centre), change))
    return min(found, key=lambda each: each[:2])[2] if found else None


def change_between(before: Spread, now: Spread) -> Change | None:
    """Return the conversion that turns what a column held before into what it holds now, if one does."""
    stayed = _distance(before, now)
    if stayed < FAR:
        return None
    found = [(_distance(before.converted(each.scale, each.shift), now), each) for each in CHANGES]
    nearest, change = min(found, key=lambda pair: pair[0])
    return change if nearest < NEAR and nearest < stayed / 4 else None


def _distance(one: Spread, other: Spread) -> float:
    """How far two spreads are apart, in widths of the wider; infinite when they scatter differently."""
    pairs = ((one.low, other.low), (one.middle, other.middle), (one.high, other.high))
    return max(abs(a - b) for a, b in pairs) / min(one.width, other.width)


def shown(value: float) -> str:
    """Write a number as people read it."""
    if not math.isfinite(value):
        return "?"
    return f"{value:.4g}" if abs(value) < 1e4 or abs(value) >= 1e9 else f"{value:,.0f}"
