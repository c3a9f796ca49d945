"""From a predictions file to scores: what is computed, on which rows, and how the metrics add up.

Once the entry's box is gone, its file is read in a second one, without the labels (see ``reader``), and what
was read is scored in a third (see ``scorer``). A file that is not as agreed has no score but one sentence.
"""

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.competitions.box import ODD, Limits, in_own_box, probe
from workbench.competitions.metrics import METRICS
from workbench.competitions.plain_file import NotPlain, opened
from workbench.competitions.scoring_words import WORDS, sentence
from workbench.errors import Invalid, unknown

READER = [sys.executable, "-s", "-P", "-m", "workbench.competitions.reader"]
SCORER = [*READER[:-1], "workbench.competitions.scorer"]
LEAST_MEMORY_MB = 1500
WALL_S = 120
MOST_ROWS = 2_000_000
MOST_READ_MB = 64


@dataclass(frozen=True)
class Schema:
    """The columns: of both files ``id``; of the predictions ``prediction``; the others of the labels."""

    id: str = "id"
    target: str = "target"
    prediction: str = "prediction"
    kind: Literal["number", "label"] = "number"
    classes: tuple[str, ...] = ()  # that may be predicted; empty: any
    group: str | None = None  # series, machine, unit or query
    time: str | None = None  # in seconds, growing within a group
    scale: str | None = None  # what errors are divided by


@dataclass(frozen=True)
class Split:
    """Which rows count in public: a share drawn by seed and labels, groups whole, or as a column says."""

    public: float = 1.0
    seed: str = ""
    column: str | None = None  # of the labels: public, or anything else


@dataclass(frozen=True)
class MetricSpec:
    """A chosen metric: its name in ``METRICS``, or a file with the organiser's own ``metric(rows)``."""

    name: str
    weight: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""  # what the leaderboard calls it; empty: its name
    own: Path | None = None
    direction: Literal["min", "max"] | None = None  # of an own metric

    @property
    def sign(self) -> int:
        """Return 1 where more is better, else -1."""
        return 1 if (self.direction or METRICS[self.name].direction) == "max" else -1


@dataclass(frozen=True)
class Scores:
    """The scores of one predictions file, or the code of the reason why there are none."""

    code: str  # "scored", or a key of ``scoring_words.WORDS``
    facts: Mapping[str, Any] = field(default_factory=dict)
    public: Mapping[str, float] = field(default_factory=dict)
    private: Mapping[str, float] = field(default_factory=dict)
    public_total: float | None = None  # read in the direction of the first metric
    private_total: float | None = None
    public_rows: int = 0
    private_rows: int = 0
    fingerprint: str = ""  # equal predictions have equal ones
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether there are scores."""
        return self.code == "scored"

    @property
    def ours(self) -> bool:
        """Whether the reason is on the judge's side, so that the entry must not pay for it."""
        return self.code == "scorer_failed"

    @property
    def reason(self) -> str:
        """The outcome in one English sentence."""
        return sentence(self.code, self.facts)


def score(
    predictions: Path,
    *,
    labels: Path,
    metrics: Sequence[MetricSpec],
    split: Split,
    limits: Limits,
    schema: Schema,
    work: Path | None = None,
) -> Scores:
    """Score a predictions file against labels in a box of its own; copies lie below ``work`` for the time."""
    check(metrics, schema)
    proven = probe()
    if not proven.works:
        return Scores("scorer_failed", {"what": proven.why})
    told = order(metrics, split, limits, schema)
    with tempfile.TemporaryDirectory(prefix="workbench-score-", dir=work) as name:
        folder = Path(name)
        try:
            source = taken(predictions, folder / "given", limits.output_mb)
        except NotPlain as odd:
            known = {"missing": {}, "too_large": {"limit_mb": limits.output_mb}}
            facts = known.get(odd.what, {"what": ODD.get(odd.what, "it cannot be opened")})
            return Scores(odd.what if odd.what in known else "not_plain", facts)
        read = _boxed(told, READER, {"predictions": source}, folder)
        if read.code != "read":
            return read.scores()
        (folder / "read").write_bytes(read.content)
        given = {"predictions": folder / "read", "labels": labels}
        given |= {f"own{number}.py": one.own for number, one in enumerate(metrics) if one.own}
        return _boxed(told, SCORER, given, folder).scores(metrics, before=read.seconds)


def check(metrics: Sequence[MetricSpec], schema: Schema) -> None:
    """Refuse a choice of metrics that cannot be computed; for organisers."""
    if not metrics:
        raise Invalid("metrics", given="none", expected="at least one")
    for one in metrics:
        if one.own is not None:
            if one.direction is None:
                raise Invalid(f"the own metric {one.name!r}", expected="direction: min or max")
            continue
        if one.name not in METRICS:
            raise unknown("metric", one.name, METRICS)
        lacking = [role for role in METRICS[one.name].needs if getattr(schema, role) is None]
        if lacking:
            raise Invalid(
                f"the metric {one.name!r}", expected=f"a column of the labels as {', '.join(lacking)}"
            )
        strange = sorted(set(one.options) - set(METRICS[one.name].options))
        if strange:
            raise unknown(f"option of the metric {one.name!r}", strange[0], METRICS[one.name].options)
        if METRICS[one.name].kind == "number" and schema.kind == "label":
            raise Invalid(
                f"the metric {one.name!r}", given="classes", expected="predictions that are numbers"
            )


def taken(source: Path, target: Path, limit_mb: int) -> Path:
    """Copy one plain file of limited size."""
    with opened(source, limit_mb << 20) as file, target.open("wb") as copy:
        shutil.copyfileobj(file, copy, 1 << 20)
    return target


def order(metrics: Sequence[MetricSpec], split: Split, limits: Limits, schema: Schema) -> dict[str, Any]:
    """Return what the scorer is told."""
    told = [
        {"name": one.name, "key": one.key or one.name, "options": dict(one.options), "own": f"own{n}.py"}
        for n, one in enumerate(metrics)
    ]
    return {
        "metrics": told,
        "split": asdict(split),
        "schema": asdict(schema),
        "memory_mb": max(limits.memory_mb, LEAST_MEMORY_MB),
        "most_rows": MOST_ROWS,
    }


@dataclass(frozen=True)
class _Ended:
    """What came out of one of the two boxes."""

    report: dict[str, Any]
    content: bytes
    seconds: float

    @property
    def code(self) -> str:
        return str(self.report.get("code"))

    def scores(self, metrics: Sequence[MetricSpec] = (), *, before: float = 0.0) -> Scores:
        seconds = round(before + self.seconds, 2)
        if self.code != "scored":
            known = self.code in WORDS
            facts = self.report.get("facts", {}) if known else {"what": "no report"}
            return Scores(self.code if known else "scorer_failed", facts, seconds=seconds)
        names = ("public", "private", "public_rows", "private_rows", "fingerprint")
        parts = {name: self.report[name] for name in names}
        parts |= {f"{part}_total": total(metrics, parts[part]) for part in ("public", "private")}
        return Scores("scored", seconds=seconds, **parts)


def _boxed(told: dict[str, Any], inner: list[str], data: Mapping[str, Path], folder: Path) -> _Ended:
    size = MOST_READ_MB if inner is READER else 1
    limits = Limits(wall_s=WALL_S, cpu_s=WALL_S, memory_mb=told["memory_mb"], disk_mb=1, output_mb=size)
    ended = in_own_box(told, inner=inner, data=data, work=folder, limits=limits)
    report = ended.parcel.report()
    if ended.watch.hit:
        report = {"code": "scorer_limit", "facts": {"what": ended.watch.hit}}
    return _Ended(report, ended.parcel.pieces.get("predictions", b""), ended.watch.seconds())


def total(metrics: Sequence[MetricSpec], values: Mapping[str, float]) -> float | None:
    """Add metrics up by their weights, those of the other direction than the first counted negative."""
    if not values:
        return None
    weights = sum(one.weight for one in metrics)
    summed = sum(one.weight * one.sign * values[one.key or one.name] for one in metrics)
    return metrics[0].sign * summed / weights
