"""What a regression says, in words for the shop floor, in English and Chinese; and why there can be none.

Chooses sentences; computes nothing of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import TooFew, WorkbenchError, unknown
from workbench.methods.chart_words import Answer, Text, join
from workbench.methods.regression import Alike, Regression, linear, runs_p
from workbench.methods.regression_curve import NotConverged, curve
from workbench.methods.regression_formula import BadFormula, Formula, formula_from

FAR = 3.0  # standardised residual from which on a row is named
LEVEL = 0.05


@dataclass(frozen=True)
class Fit:
    """A regression with the rows it was made from."""

    regression: Regression
    columns: dict[str, NDArray[np.float64]]
    formula: Formula | None
    left_out: int

    @property
    def single(self) -> str | None:
        """The column, if there is one alone: what a curve can be drawn along."""
        used = self.formula.columns if self.formula else tuple(self.columns)
        return used[0] if len(used) == 1 else None

    def along(self, grid: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is expected at values of the only column."""
        estimates = self.regression.estimates["estimate"].to_numpy(dtype=float)
        names = self.regression.estimates["parameter"].tolist()
        if self.formula and self.single:
            values = {self.single: grid, **dict(zip(names, estimates, strict=True))}
            with np.errstate(all="ignore"):
                return np.broadcast_to(np.asarray(self.formula.explain(values), dtype=float), grid.shape)
        first = 0 if names[0] == "intercept" else 1
        powers = np.r_[[0.0] * first, estimates]
        return np.asarray(np.polynomial.polynomial.polyval(grid, powers), dtype=np.float64)

    @property
    def pattern_p(self) -> float:
        """P-value of residuals without a pattern along the column, or along what is expected."""
        order = self.columns[self.single] if self.single else self.regression.fitted
        return runs_p(self.regression.residuals, order)

    @property
    def rows(self) -> pd.DataFrame:
        """Each row: the columns, result, fitted, residual, standardised."""
        found = self.regression
        parts = {name: values for name, values in self.columns.items() if name != "y"}
        parts |= {"result": found.result, "fitted": found.fitted, "residual": found.residuals}
        return pd.DataFrame(parts | {"standardised": found.standardised})


def fit_of(
    frame: pd.DataFrame,
    *,
    factors: Sequence[str] = (),
    formula: str = "",
    start: Sequence[float] = (),
    **choices: Any,
) -> tuple[Fit | None, dict[str, Any] | None]:
    """Fit, or say why that cannot be done, as arguments of ``wb.refuse``.

    Parameters
    ----------
    frame : DataFrame
        Column ``y`` and columns of numbers.
    factors : sequence of str
        The columns to take; none: all that vary, since a constant one says the same as the intercept.
    formula : str
        Empty: linear in the columns.
    start : sequence of float
        Starting values of a formula.
    **choices
        degree, intercept and confidence.

    Returns
    -------
    Fit or None, dict or None

    Source
    ------
    See ``regression`` and ``regression_curve``.
    """
    names = [str(name) for name in frame.columns if name != "y"]
    try:
        for name in factors:
            if name not in names:
                raise unknown("column", name, names)
        read = formula_from(formula, [str(name) for name in frame.columns]) if formula.strip() else None
        used = list(read.columns) if read else list(factors) or _varying(frame, names, **choices)
        if not used:
            return None, {"code": "no_columns", **_REFUSALS["no_columns"]}
        if choices.get("degree", 1) > 1 and len(used) > 1 and read is None:
            return None, {"code": "one_column", **_REFUSALS["one_column"]}
        rows = frame[["y", *used]].replace([np.inf, -np.inf], np.nan).dropna()
        columns = {name: rows[name].to_numpy(dtype=float) for name in ("y", *used)}
        if read is not None:
            given = {"start": start, "confidence": choices.get("confidence", 0.95)}
            found = curve(read, columns, **given)
        else:
            columns.pop("y")
            found = linear(columns, rows["y"].to_numpy(dtype=float), **choices)
    except WorkbenchError as error:
        return None, _refusal(error)
    return Fit(found, columns, read, len(frame) - len(rows)), None


def _varying(frame: pd.DataFrame, names: list[str], *, intercept: bool = True, **_: Any) -> list[str]:
    """Return the columns that vary; all where none does, or where no intercept speaks for a constant one."""
    varying = [name for name in names if frame[name].nunique() > 1]
    return varying if varying and intercept else names


def _refusal(error: WorkbenchError) -> dict[str, Any]:
    for kind, code in (
        (TooFew, "too_few_rows"),
        (BadFormula, "bad_formula"),
        (NotConverged, "not_converged"),
        (Alike, "alike_columns"),
    ):
        if isinstance(error, kind):
            asked = {"need": error.need, "have": error.have} if isinstance(error, TooFew) else {}
            said = _REFUSALS[code]
            detail = f" ({error.given})" if error.given and not isinstance(error, TooFew) else ""
            text = {"en": said["text"]["en"] + detail, "zh": said["text"]["zh"] + detail}
            return {"code": code, **asked, "text": text, "remedy": said["remedy"]}
    text = {"en": str(error), "zh": f"选项无效：{error.given}。"}
    return {"code": "unfit_choice", "text": text, "remedy": _REFUSALS["unfit_choice"]["remedy"]}


def describe_regression(fit: Fit, unit: str | None = None) -> Answer:
    """Say in one sentence whether there is a relation and whether its shape is right, and what to do next.

    Parameters
    ----------
    fit : Fit
    unit : str, optional
        Of the result.

    Returns
    -------
    Answer
        ``relation`` (good), ``doubtful`` (warning: the residuals have a pattern, or repeated rows contradict
        the shape) or ``no_relation`` (warning).

    Source
    ------
    Draper and Smith, chapter 2.
    """
    found = fit.regression
    if found.p >= LEVEL or (found.kind == "formula" and found.r2 <= 0):
        return Answer("no_relation", "warning", join(_nothing(found), _far(fit)), _NEXT["no_relation"])
    wrong = _wrong_shape(fit)
    code = "doubtful" if wrong else "relation"
    return Answer(
        code, "warning" if wrong else "good", join(_explains(found, unit), wrong, _far(fit)), _NEXT[code]
    )


def _nothing(found: Regression) -> Text:
    p = f"p {found.p:.2f}" if found.p == found.p else "R² ≤ 0"
    return {
        "en": f"No relation: the columns explain no more than chance does ({p}).",
        "zh": f"没有关系：各列解释的部分不超过随机波动（{p}）。",
    }


def _explains(found: Regression, unit: str | None) -> Text:
    share, sigma = f"{100 * found.r2:.1f} %", f"{found.sigma:.3g}{f' {unit}' if unit else ''}"
    return {
        "en": f"The relation explains {share} of the variance; the rest has the standard deviation {sigma}.",
        "zh": f"该关系解释了方差的 {share}；剩余部分的标准差为 {sigma}。",
    }


def _wrong_shape(fit: Fit) -> Text | None:
    if fit.regression.lack_of_fit_p < LEVEL:
        return {
            "en": f"But its shape is wrong: it misses more than repeated rows differ (p "
            f"{fit.regression.lack_of_fit_p:.3f}).",
            "zh": f"但形状不对：偏差超过重复测量间的差异（p {fit.regression.lack_of_fit_p:.3f}）。",
        }
    if fit.pattern_p < LEVEL / 5:
        return {
            "en": "But its shape is doubtful: the residuals keep their sign too long.",
            "zh": "但形状可疑：残差长时间保持同一符号。",
        }
    return None


def _far(fit: Fit) -> Text | None:
    far = int((np.abs(fit.regression.standardised) > FAR).sum())
    if far <= 0.01 * fit.regression.result.size:
        return None
    one = far == 1
    return {
        "en": f"{far} {'row lies' if one else 'rows lie'} more than three standard deviations away: check "
        f"{'it' if one else 'them'}.",
        "zh": f"有 {far} 行偏离超过三倍标准差，请检查。",
    }


def tiles(fit: Fit) -> dict[str, Any]:
    """List the numbers to show, by their names.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    dict

    Source
    ------
    See ``regression.Regression``.
    """
    found = fit.regression
    return {
        "r2": found.r2,
        "residual_sd": found.sigma,
        "p": found.p,
        "f": found.f,
        "r2_adjusted": found.r2_adjusted,
        "residual_ss": found.squares,
        "lack_of_fit_p": found.lack_of_fit_p,
        "pattern_p": fit.pattern_p,
        "freedom": found.freedom,
        "rows": found.result.size,
        "left_out": fit.left_out,
    }


_NEXT: dict[str, Text] = {
    "relation": {
        "en": "Use it between the smallest and the largest value seen; beyond them it is a guess.",
        "zh": "仅在已有数据的范围内使用；超出范围只是猜测。",
    },
    "doubtful": {
        "en": "Try a higher degree or a formula that follows the process, and look at the residuals again.",
        "zh": "请尝试更高次数或符合机理的公式，再查看残差。",
    },
    "no_relation": {
        "en": "Look for other columns (quality drivers), or vary this one more in a planned trial.",
        "zh": "请考虑其他列（质量关键因素），或在试验设计中加大该因素的变化范围。",
    },
}
_REFUSALS: dict[str, dict[str, Text]] = {
    "no_columns": {
        "text": {"en": "There is no column of numbers beside the result.", "zh": "除结果外没有数值列。"},
        "remedy": {
            "en": "Add the column that may explain the result.",
            "zh": "请添加可能解释结果的列。",
        },
    },
    "one_column": {
        "text": {
            "en": "Powers are taken of one column, and there are several.",
            "zh": "多项式只能用于一列，而这里有多列。",
        },
        "remedy": {
            "en": "Name one column under Columns, or write a formula.",
            "zh": "请在“列”中只指定一列，或写出公式。",
        },
    },
    "too_few_rows": {
        "text": {
            "en": "There are too few complete rows for so many parameters.",
            "zh": "完整的行数少于所需参数。",
        },
        "remedy": {
            "en": "Add rows, or take fewer columns or a lower degree.",
            "zh": "请增加数据，或减少列数、降低次数。",
        },
    },
    "bad_formula": {
        "text": {"en": "The formula cannot be used.", "zh": "公式无法使用。"},
        "remedy": {
            "en": "Write names of columns, parameters (b1), + - * / **, exp log sqrt sin cos tan atan tanh.",
            "zh": "请使用列名、参数（如 b1）以及 + - * / ** exp log sqrt sin cos tan atan tanh。",
        },
    },
    "not_converged": {
        "text": {"en": "No best parameters were found.", "zh": "未找到最佳参数。"},
        "remedy": {
            "en": "Give starting values near the ones expected, or a formula with fewer parameters.",
            "zh": "请给出接近预期的初值，或使用参数更少的公式。",
        },
    },
    "alike_columns": {
        "text": {"en": "A column is made of others.", "zh": "有一列可由其他列得出。"},
        "remedy": {"en": "Leave one of them out.", "zh": "请排除其中一列。"},
    },
    "unfit_choice": {
        "text": {"en": "A choice does not fit.", "zh": "选项不适用。"},
        "remedy": {
            "en": "Write names as the table has them, and one starting value per parameter.",
            "zh": "请按数据表填写列名，并为每个参数给出一个初值。",
        },
    },
}
