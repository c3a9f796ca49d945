"""What all control charts say alike: where a point is, what chance gives, what was done to the data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

Text = dict[str, str]


@dataclass(frozen=True)
class Answer:
    """A verdict in one sentence, and what to do next."""

    code: str
    level: str
    text: Text
    next_step: Text


def join(*texts: Text | None) -> Text:
    """Put sentences one after the other, in each language; what is not there is left out.

    Parameters
    ----------
    *texts : dict or None

    Returns
    -------
    dict
        en, zh.

    Source
    ------
    None.

    Examples
    --------
    >>> join({"en": "Yes.", "zh": "是。"}, None, {"en": "No.", "zh": "否。"})
    {'en': 'Yes. No.', 'zh': '是。否。'}
    """
    given = [text for text in texts if text and text["en"]]
    return {"en": " ".join(text["en"] for text in given), "zh": "".join(text["zh"] for text in given)}


def place(row: pd.Series, kind: tuple[str, str] = ("point", "点")) -> Text:
    """Name a point by its label and, where it is known, its time.

    Parameters
    ----------
    row : Series
        With ``subgroup`` and optionally ``ts``.
    kind : (str, str)
        What a point is called in English and Chinese.

    Returns
    -------
    dict
        en, zh.

    Source
    ------
    None.

    Examples
    --------
    >>> place(pd.Series({"subgroup": "34"}))["en"]
    'point 34'
    """
    when = row.get("ts")
    time = f"{when:%Y-%m-%d %H:%M}" if when is not None and not pd.isna(when) else ""
    label = row["subgroup"]
    return {
        "en": f"{kind[0]} {label}" + (f" ({time})" if time else ""),
        "zh": f"第 {label} {kind[1]}" + (f"（{time}）" if time else ""),
    }


def about_chance(signals: float, points: int) -> Text | None:
    """Say how many signals a stable process would give, where that is not next to nothing.

    Parameters
    ----------
    signals : float
        Expected number; NaN where it is not known.
    points : int

    Returns
    -------
    dict or None

    Source
    ------
    None: honesty.

    Examples
    --------
    >>> about_chance(0.1, 30) is None
    True
    """
    if not signals >= 0.3:
        return None
    return {
        "en": f"Chance alone gives about {signals:.1f} signals in {points} points of a stable process.",
        "zh": f"即使过程稳定，{points} 个点中平均也会偶然出现约 {signals:.1f} 个信号。",
    }


def about_stages(stages: Sequence[str]) -> Text | None:
    """Say that each stage has limits of its own, and whose are shown.

    Parameters
    ----------
    stages : sequence of str

    Returns
    -------
    dict or None
        en, zh; None for fewer than two stages.

    Source
    ------
    None.

    Examples
    --------
    >>> about_stages(["before", "after"])["en"]
    'Each of 2 stages has its own limits; the numbers shown are those of after.'
    """
    if len(stages) < 2:
        return None
    last = stages[-1]
    return {
        "en": f"Each of {len(stages)} stages has its own limits; the numbers shown are those of {last}.",
        "zh": f"{len(stages)} 个阶段各用自己的控制限；所示数值为最后阶段“{last}”的数值。",
    }


def about_few(have: int, recommended: int) -> Text:
    """Say that limits are preliminary.

    Parameters
    ----------
    have, recommended : int
        Points behind the limits.

    Returns
    -------
    dict
        en, zh.

    Source
    ------
    ISO 7870-2:2013: preliminary data of 20 to 25 subgroups.

    Examples
    --------
    >>> about_few(12, 25)["en"]
    'The limits are preliminary: 12 of the 25 points recommended.'
    """
    return {
        "en": f"The limits are preliminary: {have} of the {recommended} points recommended.",
        "zh": f"控制限仅为初步结果：只有 {have} 个点，建议 {recommended} 个。",
    }


def notes_table(notes: Mapping[str, int]) -> pd.DataFrame:
    """List what had to be done to the data: note (a code) and count.

    Parameters
    ----------
    notes : dict of str to int

    Returns
    -------
    DataFrame
        Columns note (str) and count (int).

    Source
    ------
    None: honesty.

    Examples
    --------
    >>> notes_table({"missing_values": 3}).to_numpy().tolist()
    [['missing_values', 3]]
    """
    rows = [(name, int(count)) for name, count in notes.items()]
    return pd.DataFrame(rows, columns=["note", "count"]).astype({"note": str, "count": "int64"})
