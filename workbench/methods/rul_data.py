"""What remaining-life methods ask of their tables, and what they refuse, with the remedy.

Decides whether a history and a fleet can carry a prediction; it learns nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from workbench.errors import Invalid, NoSpread, Refused, TooFew
from workbench.methods.rul_metrics import Floats

KEYS = ("unit", "cycle")
FEWEST_UNITS = 8  # four folds of two: below this no error can be stated for unseen units


class Bilingual(Refused):
    """A refusal that carries its sentence and its remedy in Chinese as well."""

    zh_text = zh_remedy = ""

    def in_chinese(self, text: str, remedy: str) -> Self:
        """Add the Chinese sentence and remedy."""
        self.zh_text, self.zh_remedy = text, remedy
        return self

    @property
    def zh(self) -> str:
        """The whole message in Chinese."""
        return f"{self.zh_text}；{self.zh_remedy}"


class UnknownSensors(Bilingual):
    """The fleet has sensors on which nothing was learnt."""

    code: ClassVar[str] = "unknown_sensors"


class CycleNotIncreasing(Bilingual):
    """A unit's cycle is missing or occurs twice, so its rows have no order."""

    code: ClassVar[str] = "cycle_not_increasing"


class TruthMismatch(Bilingual):
    """The true remaining lives cannot be matched to the units of the fleet."""

    code: ClassVar[str] = "truth_mismatch"


class NoUsableSensor(Bilingual, NoSpread):
    """No column varies, so none can tell worn from new."""

    code: ClassVar[str] = "no_usable_sensor"


class TooFewUnits(Bilingual, TooFew):
    """Fewer failed units than an honest error needs, or no running unit at all."""

    code: ClassVar[str] = "too_few_units"


@dataclass(frozen=True)
class Tables:
    """A history and a fleet that fit each other, each sorted by unit and cycle."""

    history: pd.DataFrame
    fleet: pd.DataFrame
    sensors: tuple[str, ...]  # in both tables, and not constant in the history
    skipped: dict[str, str]  # other numeric columns and why: constant, empty, not_in_fleet


def read_tables(history: pd.DataFrame, fleet: pd.DataFrame) -> Tables:
    """Check that a history can teach and that the fleet can be judged by it.

    Parameters
    ----------
    history : DataFrame
        ``unit``, ``cycle`` (cycles) and sensors, one row per unit and cycle; each unit's last row is
        its failure. Every further numeric column is a sensor, in any unit.
    fleet : DataFrame
        The same columns for units still running; unit names may occur in both tables.

    Returns
    -------
    Tables

    Raises
    ------
    Invalid
        If ``unit`` or ``cycle`` is not a column.
    TooFewUnits
        If fewer than 8 units of the history ran to failure, or the fleet is empty.
    UnknownSensors
        If the fleet has numeric columns that the history lacks.
    CycleNotIncreasing
        If a unit or cycle is missing, or a unit has one cycle twice.
    NoUsableSensor
        If no sensor varies in the history.

    Source
    ------
    Own rules.
    """
    history, fleet = _ordered(history, "history", "历史表"), _ordered(fleet, "fleet", "在役表")
    _need_units(history["unit"].nunique(), fleet["unit"].nunique())
    known, running = _numeric(history), _numeric(fleet)
    unknown = [name for name in running if name not in known and fleet[name].notna().any()]
    if unknown:
        raise UnknownSensors(
            "the fleet has sensors that the history lacks",
            given=_names(unknown),
            expected=f"the columns of the history: {_names(known)}",
            hint="rename them as in the history, or remove them",
        ).in_chinese(f"在役表中有历史表没有的传感器：{_names(unknown)}", "请改成历史表中的列名，或删除这些列")
    skipped = {name: reason for name in known if (reason := _useless(name, history, fleet))}
    sensors = tuple(name for name in known if name not in skipped)
    if not sensors:
        raise NoUsableSensor(
            "no sensor varies in the history",
            hint="add columns that change as a unit wears, in both tables",
        ).in_chinese("历史表中没有变化的传感器", "请在两张表中加入随磨损变化的测量列")
    return Tables(history=history, fleet=fleet, sensors=sensors, skipped=skipped)


def _need_units(failed: int, running: int) -> None:
    if failed < FEWEST_UNITS:
        hint = "add units that failed; with fewer, use the Weibull analysis of their lives"
        raise TooFewUnits(
            "units that ran to failure in the history", need=FEWEST_UNITS, have=failed, hint=hint
        ).in_chinese(
            f"历史表中运行至失效的单元只有 {failed} 个，至少需要 {FEWEST_UNITS} 个",
            "请补充已失效的单元；数量不足时可改用寿命的威布尔分析",
        )
    if not running:
        hint = "choose a table with the units still running"
        raise TooFewUnits("units in the fleet", need=1, have=0, hint=hint).in_chinese(
            "在役表中没有单元", "请选择仍在运行的单元的数据表"
        )


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more


def _numeric(frame: pd.DataFrame) -> list[str]:
    numeric = frame.select_dtypes(include=["number", "bool"]).columns
    return [str(name) for name in numeric if name not in KEYS]


def _useless(name: str, history: pd.DataFrame, fleet: pd.DataFrame) -> str | None:
    if name not in fleet.columns:
        return "not_in_fleet"
    if history[name].isna().all() or fleet[name].isna().all():
        return "empty"
    return "constant" if history[name].nunique() < 2 else None


def _ordered(frame: pd.DataFrame, role: str, role_zh: str) -> pd.DataFrame:
    """Sort rows by unit and cycle; refuse what has no order."""
    missing = [key for key in KEYS if key not in frame.columns]
    if missing:
        raise Invalid(f"{role}: columns", given=_names(list(frame.columns)), expected=" and ".join(missing))
    frame = frame.replace([np.inf, -np.inf], np.nan)
    frame["cycle"] = pd.to_numeric(frame["cycle"], errors="coerce")
    gaps = int(frame[list(KEYS)].isna().any(axis=1).sum())
    twice = frame.duplicated(subset=list(KEYS), keep=False) & frame["cycle"].notna()
    if gaps or twice.any():
        unit = None if not twice.any() else frame.loc[twice, "unit"].iloc[0]
        found = f"{gaps} rows without unit or cycle" if gaps else f"unit {unit} has one cycle twice"
        found_zh = f"有 {gaps} 行缺少单元或循环" if gaps else f"单元 {unit} 的同一循环出现两次"
        raise CycleNotIncreasing(
            f"the cycle in the {role} does not increase",
            given=found,
            expected="each unit's cycles in increasing order, each once",
            hint="correct these rows, or map another column to cycle",
        ).in_chinese(f"{role_zh}的循环不是递增的：{found_zh}", "请更正这些行，或把另一列映射为循环")
    return frame.sort_values(list(KEYS), kind="stable", ignore_index=True)


def match_truth(truth: pd.DataFrame, units: Sequence[object]) -> Floats:
    """Find the true remaining life of each unit of the fleet.

    With a ``unit`` column rows are matched by name, and units without one get NaN. Without it row n
    belongs to the n-th unit, units sorted (numbers by size, as in the C-MAPSS files).

    Parameters
    ----------
    truth : DataFrame
        ``rul`` (cycles) and optionally ``unit``.
    units : sequence, length m
        The fleet's units, sorted.

    Returns
    -------
    array of float, shape (m,), cycles

    Raises
    ------
    TruthMismatch
        If there is no unit column and the lengths differ, if a unit occurs twice, or if no unit matches.

    Source
    ------
    C-MAPSS readme: one value per test engine, in the order of the engines.

    Examples
    --------
    >>> match_truth(pd.DataFrame({"rul": [112, 98]}), [1, 2]).tolist()
    [112.0, 98.0]
    """
    rul = pd.to_numeric(truth["rul"], errors="coerce").to_numpy(dtype=float)
    if "unit" not in truth.columns:
        if len(rul) != len(units):
            raise _mismatch(
                f"{len(rul)} values for {len(units)} units",
                "one value per unit of the fleet",
                f"{len(units)} 个单元，{len(rul)} 个值",
            )
        return rul
    known = dict(zip(truth["unit"], rul, strict=True))
    if len(known) < len(rul):
        raise _mismatch("a unit occurs twice", "each unit once", "同一单元出现两次")
    if not set(known) & set(units):
        raise _mismatch("no unit of the fleet is in it", "the fleet's unit names", "没有相同的单元")
    return np.array([known.get(unit, np.nan) for unit in units], dtype=float)


def _mismatch(given: str, expected: str, zh: str) -> TruthMismatch:
    return TruthMismatch(
        "the true remaining lives do not fit the fleet",
        given=given,
        expected=expected,
        hint="add a unit column with the fleet's names, or leave the truth out",
    ).in_chinese(f"真实剩余寿命与在役表不符（{zh}）", "请加上与在役表一致的单元列，或不提供真实值")
