"""From counts to a score: indicators, dimensions, total; and how much of the standard was assessed at all.

Pure: counts in, frozen results out. What was not assessed has no score and never counts as a good one.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from workbench.config import Text
from workbench.governance.indicators import DIMENSIONS, SPECS, STANDARD, Spec

DECIMALS = 4


@dataclass(frozen=True)
class Part:
    """The share of one column, rule or other piece in an indicator."""

    name: str
    met: int
    of: int


@dataclass(frozen=True)
class Count:
    """What was counted for one indicator: A of B, where it comes from, and rows that show it."""

    met: int
    of: int
    parts: tuple[Part, ...] = ()
    examples: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Unassessed:
    """Why an indicator was not assessed."""

    because: Text


Measured = Mapping[str, Count | Unassessed]
NOT_MEASURED = Unassessed(Text(en="it was not measured", zh="未测量"))


@dataclass(frozen=True)
class Indicator:
    """One indicator with its value and evidence, or the reason why it has none."""

    spec: Spec
    value: float | None = None  # A/B, as the standard has it
    score: float | None = None  # 0 to 100, more is better
    met: int | None = None
    of: int | None = None
    parts: tuple[Part, ...] = ()
    examples: tuple[dict[str, Any], ...] = ()
    because: Text | None = None

    @property
    def assessed(self) -> bool:
        """Whether there is a value."""
        return self.score is not None


@dataclass(frozen=True)
class Dimension:
    """The assessed indicators of one dimension together."""

    code: str
    name: Text
    score: float | None
    assessed: int
    total: int


@dataclass(frozen=True)
class Health:
    """The health of one version of a table; ``score`` says nothing without ``assessed``."""

    score: float | None
    assessed: int
    total: int
    dimensions: tuple[Dimension, ...] = ()
    indicators: tuple[Indicator, ...] = field(default=(), repr=False)


def judge(measured: Measured, *, weights: Mapping[str, float] | None = None) -> Health:
    """Score what was measured.

    Parameters
    ----------
    measured : code → count, or why there is none
    weights : indicator or dimension code → weight; 1 where none is given

    Returns
    -------
    Health
        An indicator scores 100·A/B, or 100·(1 - A/B) where fewer is better; a dimension is the weighted mean
        of its assessed indicators, the total that of the dimensions which have a score.
    """
    weights = weights or {}
    indicators = tuple(_indicator(spec, measured.get(spec.code, NOT_MEASURED)) for spec in SPECS)
    dimensions = tuple(
        _dimension(code, [each for each in indicators if each.spec.dimension == code], weights)
        for code in DIMENSIONS
    )
    scored = [(each.score, weights.get(each.code, 1.0)) for each in dimensions]
    assessed = sum(each.assessed for each in indicators)
    return Health(_mean(scored), assessed, len(SPECS), dimensions, indicators)


def _indicator(spec: Spec, found: Count | Unassessed) -> Indicator:
    if isinstance(found, Unassessed):
        return Indicator(spec, because=found.because)
    if not found.of:
        return Indicator(spec, because=Text(en="there is nothing to count", zh="没有可统计的内容"))
    share = found.met / found.of
    return Indicator(
        spec,
        value=round(share, 8),
        score=shown(100 * (1 - share if spec.falls else share)),
        met=found.met,
        of=found.of,
        parts=found.parts,
        examples=found.examples,
    )


def _dimension(code: str, indicators: list[Indicator], weights: Mapping[str, float]) -> Dimension:
    score = _mean([(each.score, weights.get(each.spec.code, 1.0)) for each in indicators])
    assessed = sum(each.assessed for each in indicators)
    return Dimension(code, DIMENSIONS[code], score, assessed, len(indicators))


def _mean(scored: list[tuple[float | None, float]]) -> float | None:
    known = [(score, weight) for score, weight in scored if score is not None and weight > 0]
    total = sum(weight for _, weight in known)
    return shown(sum(score * weight for score, weight in known) / total) if known else None


def shown(score: float, decimals: int = DECIMALS) -> float:
    """Round a score; what is not perfect never becomes 100 by rounding."""
    rounded: float = round(score, decimals)
    if rounded >= 100 and score < 100 - 1e-9:
        return float(math.floor(score * 10**decimals) / 10**decimals)
    return rounded


def document(health: Health) -> dict[str, Any]:
    """Return a health as programs read it."""
    return {
        "standard": STANDARD,
        "score": health.score,
        "assessed": health.assessed,
        "total": health.total,
        "dimensions": [asdict(each) for each in health.dimensions],
        "indicators": [
            {
                "code": each.spec.code,
                "dimension": each.spec.dimension,
                "name": each.spec.name,
                "formula": each.spec.formula,
                "fewer_is_better": each.spec.falls,
                "assessed": each.assessed,
                "value": each.value,
                "score": each.score,
                "met": each.met,
                "of": each.of,
                "parts": [asdict(part) for part in each.parts],
                "examples": list(each.examples),
                "not_assessed_because": each.because,
            }
            for each in health.indicators
        ],
    }
