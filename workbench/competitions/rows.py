"""What a metric is computed over: one entry per case in each array, in the order of the test data."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Rows:
    """The truth, what was predicted, and what some metrics need besides."""

    truth: Array  # floats, or class names
    predicted: Array
    group: Array | None = None  # which series, machine or query a case belongs to
    time: Array | None = None  # seconds or steps, growing within a group
    scale: Array | None = None  # a number per case by which errors are divided

    def __len__(self) -> int:
        """Count the cases."""
        return len(self.truth)

    def chosen(self, which: Array) -> "Rows":
        """Return some of the cases."""
        parts = {name: getattr(self, name) for name in ("group", "time", "scale")}
        given = {name: None if part is None else part[which] for name, part in parts.items()}
        return replace(self, truth=self.truth[which], predicted=self.predicted[which], **given)

    def by_group(self) -> list["Rows"]:
        """Return each group's cases, in order of first appearance; all of them where there are no groups."""
        if self.group is None:
            return [self]
        names, first = np.unique(self.group, return_index=True)
        return [self.chosen(self.group == names[place]) for place in np.argsort(first)]
