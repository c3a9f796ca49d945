"""Numbers as they were written down: distances from a common origin without the error of binary ones.

A reading of 1000000000000.4 is stored as the nearest binary number, 0.00002 beside it; differences between
such readings lose most of their digits. The decimals that were written can be recovered, and their
differences are exact.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST_DECIMALS = 12
LARGEST = 1e15  # fifteen significant digits are what a double holds for certain


def centred(values: Floats) -> tuple[float, Floats]:
    """Measure values from their median, as the decimals they were written as.

    Parameters
    ----------
    values : array of float, shape (n,), n >= 1
        Finite, any unit.

    Returns
    -------
    origin : float
        The median, in the values' unit.
    away : array of float, shape (n,)
        Value minus origin; of short decimals the exact difference, rounded once.

    Source
    ------
    The shortest decimal that reads back as a double is unique up to 15 digits (IEEE 754-2019, 5.12.2); NIST
    StRD certifies its sums of squares for the decimals.

    Examples
    --------
    >>> centred(np.array([1000000000000.4, 1000000000000.3, 1000000000000.1]))[1].round(9).tolist()
    [0.1, 0.0, -0.2]
    """
    values = np.asarray(values, dtype=float)
    for decimals in range(MOST_DECIMALS + 1):
        scale = 10.0**decimals
        whole = np.rint(values * scale)
        if np.abs(whole).max() >= LARGEST:
            break
        if (np.abs(whole / scale - values) <= np.spacing(np.abs(values))).all():
            ordered = np.sort(whole)
            middle = float(ordered[ordered.size // 2])  # a written value, so that differences stay whole
            return middle / scale, (whole - middle) / scale
    middle = float(np.median(values))
    return middle, values - middle
