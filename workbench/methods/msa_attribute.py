"""Do appraisers agree: with themselves, with each other, and with the standard?

Decides how agreement is counted; whether an appraiser may judge is said by ``msa_attribute_words``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from workbench.methods.msa_judgements import Judgements
from workbench.methods.msa_kappa import Codes, Rate, cohen, concordance, fleiss, rate


@dataclass(frozen=True)
class Agreement:
    """What a study of judgements says.

    Attributes
    ----------
    judgements : Judgements
    within : tuple of Rate
        Per operator: parts judged alike in all trials; empty with one trial.
    effectiveness : tuple of Rate
        Per operator: parts judged alike and right in all trials; empty without a standard.
    miss, false_alarm : tuple of Rate
        Per operator: bad parts called good, good parts called bad; empty where good and bad are unknown.
    between, all_right : Rate or None
        Parts on which all ratings agree, and on which they all agree with the standard.
    kappa_within, kappa_cohen, kappa_fleiss : tuple of float
        Per operator: Fleiss over trials; Cohen with the standard over all ratings; Fleiss with the
        standard, the mean over trials.
    kappa_between, kappa_standard, fleiss_standard : float
        Fleiss over all ratings; Cohen with the standard over all ratings; the mean of ``kappa_fleiss``.
    kendall_within, kendall_standard : tuple of float
        Per operator: W over trials; tau-b with the standard, the mean over trials.
    kendall_between, kendall_between_p, kendall_all : float
        W over all ratings with its p-value; the mean of ``kendall_standard``. NaN without an order.
    pairs : DataFrame
        Cohen's kappa of each pair of operators.
    """

    judgements: Judgements
    within: tuple[Rate, ...]
    effectiveness: tuple[Rate, ...]
    miss: tuple[Rate, ...]
    false_alarm: tuple[Rate, ...]
    between: Rate | None
    all_right: Rate | None
    kappa_within: tuple[float, ...]
    kappa_cohen: tuple[float, ...]
    kappa_fleiss: tuple[float, ...]
    kappa_between: float
    kappa_standard: float
    fleiss_standard: float
    kendall_within: tuple[float, ...]
    kendall_standard: tuple[float, ...]
    kendall_between: float
    kendall_between_p: float
    kendall_all: float
    pairs: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """One operator per row, with everything that is counted for each."""
        frame = pd.DataFrame({"operator": list(self.judgements.operators)})
        for name in ("within", "effectiveness", "miss", "false_alarm"):
            rates = getattr(self, name)
            if rates:
                frame[f"{name}_count"] = [rate.hits for rate in rates]
                frame[name] = [rate.percent for rate in rates]
                frame[f"{name}_low"] = [rate.low for rate in rates]
                frame[f"{name}_high"] = [rate.high for rate in rates]
        for name in ("kappa_within", "kappa_cohen", "kappa_fleiss", "kendall_within", "kendall_standard"):
            if getattr(self, name):
                frame[name] = list(getattr(self, name))
        return frame

    @property
    def disputed(self) -> pd.DataFrame:
        """The parts somebody judged otherwise than the rest or the standard, worst first."""
        study = self.judgements
        flat = study.ratings.transpose(1, 0, 2).reshape(len(study.parts), -1)
        usual = np.array([np.bincount(row).argmax() for row in flat])
        held = usual if study.standard is None else study.standard
        wrong = study.ratings != held[None, :, None]
        frame = pd.DataFrame({"part": list(study.parts), "expected": [study.grades[code] for code in held]})
        for at, operator in enumerate(study.operators):
            frame[operator] = wrong[at].sum(axis=1)
        frame["disagreements"] = wrong.sum(axis=(0, 2))
        found = frame[frame["disagreements"] > 0]
        return found.sort_values("disagreements", ascending=False, kind="stable").reset_index(drop=True)


def agreement(study: Judgements, *, confidence: float = 0.95) -> Agreement:
    """Count how far appraisers agree: with themselves, with each other, and with the standard.

    Parameters
    ----------
    study : Judgements
    confidence : float, default 0.95
        Of the intervals of shares. Kappas have none: repeated ratings of a part are not independent.

    Returns
    -------
    Agreement

    Source
    ------
    AIAG MSA, 4th ed., III-C (effectiveness, miss rate, false alarm rate, kappa); Fleiss (1971); Kendall.
    """
    ratings, standard, grades = study.ratings, study.standard, len(study.grades)
    operators, parts, trials = ratings.shape
    flat = ratings.transpose(1, 0, 2).reshape(parts, -1)
    same = (ratings == ratings[:, :, :1]).all(axis=2)
    together = (flat == flat[:, :1]).all(axis=1)
    parted: dict[str, Any] = {"miss": (), "false_alarm": (), "effectiveness": (), "all_right": None}
    parted |= {"kappa_cohen": (), "kappa_fleiss": (), "kappa_standard": np.nan, "fleiss_standard": np.nan}
    parted |= {"kendall_standard": (), "kendall_all": np.nan}
    if standard is not None:
        parted |= _with_standard(study, standard, same, together, confidence)
    ordered = study.ordered
    w, p = concordance(flat) if ordered else (np.nan, np.nan)
    several = trials > 1
    return Agreement(
        judgements=study,
        within=tuple(rate(int(row.sum()), parts, confidence=confidence) for row in same) if several else (),
        between=rate(int(together.sum()), parts, confidence=confidence) if operators > 1 else None,
        kappa_within=tuple(fleiss(box, grades) for box in ratings) if several else (),
        kappa_between=fleiss(flat, grades) if operators > 1 else np.nan,
        kendall_within=tuple(concordance(box)[0] for box in ratings) if several and ordered else (),
        kendall_between=w if operators > 1 else np.nan,
        kendall_between_p=p if operators > 1 else np.nan,
        pairs=_pairs(study),
        **parted,
    )


def _with_standard(
    study: Judgements, standard: Codes, same: Any, together: Any, confidence: float
) -> dict[str, Any]:
    """Count what is right, what was missed, and what was a false alarm."""
    ratings, grades, good = study.ratings, len(study.grades), study.good
    _, parts, trials = ratings.shape
    right = ratings[:, :, 0] == standard
    repeated = np.repeat(standard, trials)
    by_trial = [[np.column_stack([box[:, t], standard]) for t in range(trials)] for box in ratings]
    kappas = tuple(float(np.mean([fleiss(pair, grades) for pair in pairs])) for pairs in by_trial)
    found: dict[str, Any] = {
        "effectiveness": tuple(
            rate(int(n), parts, confidence=confidence) for n in (same & right).sum(axis=1)
        ),
        "all_right": rate(int((together & right[0]).sum()), parts, confidence=confidence),
        "kappa_cohen": tuple(cohen(box.ravel(), repeated, grades) for box in ratings),
        "kappa_fleiss": kappas,
        "kappa_standard": cohen(ratings.ravel(), np.tile(repeated, len(ratings)), grades),
        "fleiss_standard": float(np.mean(kappas)),
    }
    if good is not None and grades == 2:
        bad = standard != good
        found["miss"] = tuple(_share(box[bad] == good, confidence) for box in ratings)
        found["false_alarm"] = tuple(_share(box[~bad] != good, confidence) for box in ratings)
    if study.ordered:
        taus = tuple(_tau(box, standard) for box in ratings)
        found |= {"kendall_standard": taus, "kendall_all": float(np.mean(taus))}
    return found


def _share(hits: Any, confidence: float) -> Rate:
    return rate(int(hits.sum()), int(hits.size), confidence=confidence)


def _tau(box: Codes, standard: Codes) -> float:
    """Return the mean over trials of tau-b with the standard; NaN where a trial or it is one grade only."""
    return float(np.mean([kendalltau(column, standard).statistic for column in box.T]))


def _pairs(study: Judgements) -> pd.DataFrame:
    rows = []
    for at, first in enumerate(study.operators):
        for other in range(at + 1, len(study.operators)):
            one, two = study.ratings[at].ravel(), study.ratings[other].ravel()
            row: dict[str, Any] = {"first": first, "second": study.operators[other]}
            row |= {"kappa": cohen(one, two, len(study.grades)), "alike": 100 * float((one == two).mean())}
            if study.ordered:
                row["tau"] = float(kendalltau(one, two).statistic)
            rows.append(row)
    return pd.DataFrame(
        rows, columns=["first", "second", "alike", "kappa", *(["tau"] if study.ordered else [])]
    )
