"""Why a series, or a whole table, cannot be forecast: need, finding and remedy, in both languages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.errors import Refused, TooFew


@dataclass(frozen=True)
class Skipped:
    """A series that is not forecast, and what it lacks."""

    name: str
    reason: str  # too_short, gaps or no_demand
    need: int
    have: int


class TooShort(TooFew):
    """Fewer periods than the models need."""

    code = "too_short"

    def __init__(self, skipped: Skipped) -> None:
        self.zh = (
            f"序列“{skipped.name}”只有 {skipped.have} 个周期，至少需要 {skipped.need} 个；"
            "请补充更早的数据或使用更短的周期"
        )
        hint = "add earlier data, or use shorter periods"
        super().__init__(f"periods of {skipped.name!r}", need=skipped.need, have=skipped.have, hint=hint)


class Gaps(Refused):
    """More periods are missing than may be filled."""

    code = "gaps"

    def __init__(self, skipped: Skipped) -> None:
        self.need, self.have = skipped.need, skipped.have
        self.zh = (
            f"序列“{skipped.name}”缺少 {skipped.have} 个周期，最多允许 {skipped.need} 个；"
            "若缺失表示没有需求，请把“缺失周期”设为“按零处理”，否则请补齐数据"
        )
        super().__init__(
            f"missing periods of {skipped.name!r}",
            given=skipped.have,
            expected=f"at most {skipped.need}",
            hint="set missing periods to zero if nothing was asked for, else complete the data",
        )


class NoDemand(Refused):
    """No period has a demand."""

    code = "no_demand"

    def __init__(self, skipped: Skipped) -> None:
        self.need, self.have = skipped.need, skipped.have
        self.zh = f"序列“{skipped.name}”没有任何非零需求；请检查数值列的映射"
        hint = "check which column is mapped to the value"
        super().__init__(
            f"periods of {skipped.name!r} with a demand", given=0, expected="at least 1", hint=hint
        )


REFUSALS: dict[str, Callable[[Skipped], Refused]] = {
    "too_short": TooShort,
    "gaps": Gaps,
    "no_demand": NoDemand,
}


def refusal(skipped: Sequence[Skipped]) -> Refused:
    """Build the refusal of a table none of whose series can be forecast: that of the series nearest to it.

    Parameters
    ----------
    skipped : sequence of Skipped, at least one

    Returns
    -------
    Refused
    """
    nearest = min(skipped, key=lambda one: abs(one.need - one.have))
    return REFUSALS[nearest.reason](nearest)
