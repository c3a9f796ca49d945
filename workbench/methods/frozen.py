"""Limits in force, as a notebook is handed them: read, fitted to the unit, and said in words."""

import json
from dataclasses import dataclass
from typing import Any

from workbench.errors import Invalid
from workbench.methods.chart_words import Text


@dataclass(frozen=True)
class Frozen:
    """Approved limits that data are judged by, instead of limits computed from these data.

    Attributes
    ----------
    id, since, approved_by : str
        Of the approval; ``since`` is a time in ISO 8601.
    unit : str or None
        Unit of the numbers.
    rows : tuple of dict
        One for each stage, with the columns of the result they were found in.
    """

    id: str
    since: str
    approved_by: str
    unit: str | None
    rows: tuple[dict[str, Any], ...]

    def stage(self, label: str) -> dict[str, Any] | None:
        """Return the limits of a stage; None for a stage that came later."""
        return next((row for row in self.rows if str(row.get("stage") or "") == label), None)


def read(told: str) -> Frozen | None:
    """Read what a notebook is told of limits in force.

    Parameters
    ----------
    told : str
        JSON; or a word, when there are none or they are not wanted.

    Returns
    -------
    Frozen or None

    Raises
    ------
    Invalid
        If it is JSON, but not of limits.

    Source
    ------
    None.

    Examples
    --------
    >>> read("use") is None
    True
    """
    if not told.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(told)
        fields = {name: found[name] for name in ("id", "since", "approved_by", "unit")}
        return Frozen(rows=tuple(dict(row) for row in found["rows"]), **fields)
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid("limits in force", given=repr(told[:60]), expected="limits as JSON") from error


def other_unit(frozen: Frozen | None, unit: str | None) -> dict[str, Any] | None:
    """Return the refusal for data in another unit than the limits.

    Parameters
    ----------
    frozen : Frozen or None
    unit : str or None
        Unit of the data.

    Returns
    -------
    dict or None
        Arguments of ``wb.refuse``.

    Source
    ------
    None.
    """
    if frozen is None or frozen.unit == unit:
        return None
    text = {
        "en": f"The limits in force {frozen.id} are in {frozen.unit or 'no unit'}, the data in "
        f"{unit or 'no unit'}.",
        "zh": f"生效控制限 {frozen.id} 的单位为{frozen.unit or '无'}，数据的单位为{unit or '无'}。",
    }
    remedy = {
        "en": "Give the column its former unit, or recompute the limits for this run and propose them.",
        "zh": "请恢复该列原来的单位，或在本次运行中重新计算控制限并提议。",
    }
    return {"code": "limits_of_another_unit", "text": text, "remedy": remedy}


def about(frozen: Frozen | None, new_stages: list[str] | None = None) -> Text | None:
    """Say which limits the data were judged by.

    Parameters
    ----------
    frozen : Frozen or None
    new_stages : list of str, optional
        Stages that have no limits in force.

    Returns
    -------
    dict or None
        en, zh.

    Source
    ------
    None.
    """
    if frozen is None:
        return None
    since = frozen.since[:10]
    text = {
        "en": f"Judged by the limits in force since {since}, approved by {frozen.approved_by} ({frozen.id}).",
        "zh": f"按 {since} 起生效的控制限判断，批准人：{frozen.approved_by}（{frozen.id}）。",
    }
    if new_stages:
        names = ", ".join(new_stages)
        text["en"] += f" They know no stage {names}: its limits were computed from these data."
        text["zh"] += f"其中没有阶段 {names} 的控制限，该阶段按本次数据计算。"
    return text
