"""The four lights of the guideline: visible, manageable, usable, trusted; each with what it still lacks.

The guideline (工信部信发〔2020〕67号, clause 3) asks that data can be seen, managed, used and trusted; when a
light is on is this project's own rule, and is told beside it.
"""

from dataclasses import dataclass

from workbench.config import Text

LEAST_ASSESSED = 10  # of the twenty indicators: fewer are no ground for trust


@dataclass(frozen=True)
class Facts:
    """What the lights look at."""

    description: bool
    columns_described: int
    columns: int
    owner: bool
    grade: bool
    answered_runs: int
    score: float | None
    assessed: int
    threshold: float
    sources_known: bool


@dataclass(frozen=True)
class Light:
    """One light: on, or off with what is missing."""

    code: str
    name: Text
    on: bool
    rule: Text
    lacks: tuple[Text, ...]


def lights(facts: Facts) -> tuple[Light, ...]:
    """Judge the four lights, in the guideline's order."""
    return (
        _light(
            "visible",
            ("Visible", "可视"),
            ("it has a description, and every column a meaning", "有说明，且每列都有含义"),
            [
                (facts.description, "a description", "数据表说明"),
                (
                    facts.columns_described == facts.columns,
                    f"the meaning of {facts.columns - facts.columns_described} columns",
                    f"{facts.columns - facts.columns_described} 列的含义",
                ),
            ],
        ),
        _light(
            "manageable",
            ("Manageable", "可管"),
            ("it has an owner and a grade", "有负责人和分级"),
            [(facts.owner, "an owner", "负责人"), (facts.grade, "a grade", "分级")],
        ),
        _light(
            "usable",
            ("Usable", "可用"),
            ("an app has given an answer with it", "已有应用用它得出结果"),
            [
                (
                    facts.answered_runs > 0,
                    "a run that gave an answer",
                    "得出结果的运行",
                )
            ],
        ),
        _light(
            "trusted",
            ("Trusted", "可信"),
            (
                f"health of {facts.threshold:g} or more from at least {LEAST_ASSESSED} indicators, "
                "and the source of every version is known",
                f"至少评估 {LEAST_ASSESSED} 项指标且健康度不低于 {facts.threshold:g}，每个版本来源明确",
            ),
            [
                (
                    facts.score is not None and facts.score >= facts.threshold,
                    f"health of {facts.threshold:g}",
                    f"健康度达到 {facts.threshold:g}",
                ),
                (
                    facts.assessed >= LEAST_ASSESSED,
                    f"{LEAST_ASSESSED - facts.assessed} more assessed indicators",
                    f"再评估 {LEAST_ASSESSED - facts.assessed} 项指标",
                ),
                (facts.sources_known, "the source of every version", "每个版本的来源"),
            ],
        ),
    )


def _light(
    code: str, names: tuple[str, str], rules: tuple[str, str], needs: list[tuple[bool, str, str]]
) -> Light:
    lacks = tuple(Text(en=en, zh=zh) for met, en, zh in needs if not met)
    return Light(code, Text(en=names[0], zh=names[1]), not lacks, Text(en=rules[0], zh=rules[1]), lacks)
