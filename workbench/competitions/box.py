"""The box: one untrusted notebook, from its file to its predictions or to the reason why there are none.

The box is bubblewrap with a system call filter, limits and a watchdog (see ``confine``, ``seccomp``,
``watch``); papermill runs inside. It decides how a run ended, not what its predictions are worth. Without
a working box nothing is run.
"""

import json
import os
import re
import selectors
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Literal

from workbench.competitions import probes
from workbench.competitions.box_words import sentence
from workbench.competitions.confine import NAME, walls
from workbench.competitions.parcel import REPORT_BYTES, Parcel
from workbench.competitions.telling import heading_above, known_class
from workbench.competitions.watch import Watch

NICE = 10
Outcome = Literal["done", "failed", "timed_out", "over_limit", "refused", "killed"]
INNER = [sys.executable, "-s", "-P", "-m", "workbench.competitions.inside"]
NOTEBOOK_MB = 32
LOG_BYTES = 65_536
CHUNK = 1 << 16
UNPRINTABLE = re.compile(r"[^\n\t -~\u00a0-\ud7ff\ue000-\ufffd]")
OUTPUTS = 5000
ODD = {"link": "a link", "hard_link": "a hard link", "special": "a folder, pipe or device"}


@dataclass(frozen=True)
class Limits:
    """What one run in the box may take."""

    wall_s: int = 600
    cpu_s: int = 1200
    memory_mb: int = 2000  # of all processes together
    disk_mb: int = 500  # of the work folder, which lives in memory
    output_mb: int = 16  # of the executed notebook, and of the predictions
    processes: int = 64  # threads count


@dataclass(frozen=True)
class BoxResult:
    """How a run in the box ended; the files are ours, copied out under limits.

    On hidden data neither the executed notebook nor the log is for the participant: both may hold its values.
    """

    outcome: Outcome
    code: str  # with ``facts`` for ``box_words.sentence``
    facts: dict[str, Any]
    log: Path
    limit: str | None = None
    failed_cell: int | None = None  # counted from 1 in the submitted notebook
    heading: str | None = None
    error_class: str | None = None
    seconds: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    predictions: Path | None = None
    notebook: Path | None = None

    @property
    def reason(self) -> str:
        """The outcome in one English sentence."""
        return sentence(self.code, self.facts)


@dataclass(frozen=True)
class Probe:
    """Whether there is a box on this machine; ``why`` there is none, ``fix`` the command that helps."""

    works: bool
    why: str = ""
    fix: str = ""


def run_in_box(
    notebook: Path,
    *,
    data: Mapping[str, Path],
    parameters: Mapping[str, Any],
    work: Path,
    limits: Limits,
    predictions: str = "predictions.csv",
    cancelled: threading.Event | None = None,
) -> BoxResult:
    """Run a notebook on ``data``, which it finds under ``/data``; keep what it leaves in ``work``."""
    work.mkdir(parents=True, exist_ok=True)
    ending = _Ending(notebook=b"", work=work, limits=limits, name=predictions)
    proven = probe()
    if not proven.works:
        return ending.refused("no_box", why=proven.why)
    if not NAME.fullmatch(predictions):
        raise ValueError(f"no name for a file in the box: {predictions!r}")
    size = notebook.stat().st_size
    if size > NOTEBOOK_MB << 20:
        return ending.failed("notebook_too_large", size_mb=size >> 20, limit_mb=NOTEBOOK_MB)
    ending.notebook = notebook.read_bytes()
    order = {
        "notebook": ending.notebook.decode("utf-8", "replace"),
        "parameters": dict(parameters),
        "predictions": predictions,
        "limits": asdict(limits),
    }
    with _readable(data, work) as given, _order(order) as asked:
        return ending.of(started(asked, data=given, limits=limits, cancelled=cancelled))


def in_own_box(
    order: Mapping[str, Any], *, inner: list[str], data: Mapping[str, Path], work: Path, limits: Limits
) -> "Ended":
    """Run a program of ours in a box, on files of strangers; it takes ``order`` and sends a report."""
    with _readable(data, work) as given, _order(dict(order)) as asked:
        return started(asked, data=given, limits=limits, inner=inner)


@dataclass
class Ended:
    """What is known of a box that has ended."""

    watch: Watch
    parcel: Parcel
    log: bytes


def started(
    asked: IO[bytes],
    *,
    data: Mapping[str, Path],
    limits: Limits,
    cancelled: threading.Event | None = None,
    inner: list[str] = INNER,
) -> Ended:
    """Start a box, watch it until it has ended, and leave nothing of it running."""
    built = walls(inner, data=data, disk_mb=limits.disk_mb)
    command = [*gently(), *built.command]
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            command, stdin=asked, stdout=pipe, stderr=pipe, env={}, pass_fds=built.descriptors, cwd="/"
        )
    finally:
        for descriptor in built.descriptors:
            os.close(descriptor)
    most = limits.output_mb << 20
    parcel = Parcel({"notebook": 3 * most, "predictions": most, "report": REPORT_BYTES})
    watch = Watch(process, limits.wall_s, limits.cpu_s, limits.memory_mb << 20, limits.processes)
    try:
        log = _listen(process, parcel, watch, cancelled)
    finally:
        watch.end()
    return Ended(watch, parcel, log)


@lru_cache(maxsize=1)
def gently() -> tuple[str, ...]:
    """Return what lets a box step back behind the apps from its first instruction on.

    Only the box does: a thread of the server with less weight would keep the interpreter's lock while it
    waits for its turn, and all pages with it.
    """
    program = shutil.which("nice")
    return (program, "-n", str(NICE)) if program else ()


def _listen(
    process: subprocess.Popen[bytes], parcel: Parcel, watch: Watch, cancelled: threading.Event | None
) -> bytes:
    """Take what comes out until it ends or is stopped; return the beginning of the box's log."""
    log = bytearray()
    with selectors.DefaultSelector() as selector, process.stdout as out, process.stderr as err:  # type: ignore[union-attr]
        selector.register(out, selectors.EVENT_READ)
        selector.register(err, selectors.EVENT_READ)
        while selector.get_map() and watch.hit is None:
            for key, _ in selector.select(watch.pause):
                data = os.read(key.fd, CHUNK)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is out:
                    parcel.take(data)
                else:
                    log += data[: LOG_BYTES - len(log)]
            if parcel.broken or (cancelled is not None and cancelled.is_set()):
                watch.stop("broken" if parcel.broken else "cancelled")
            watch.look()
    return bytes(log)


@lru_cache(maxsize=1)
def probe() -> Probe:
    """Prove from the inside that the box holds; once for each start of this process."""
    lacking = probes.lacking()
    if lacking:
        return Probe(False, *lacking)
    limits = Limits(wall_s=60, cpu_s=30, memory_mb=500, disk_mb=16)
    with _order({}) as asked:
        ended = started(asked, data={}, limits=limits, inner=probes.INNER)
    report = ended.parcel.report()
    if report.get("holds") == list(probes.PROBES):
        return Probe(True)
    if report:
        leaks = ", ".join(str(one)[:60] for one in report.get("leaks", []) if one in probes.PROBES)
        return Probe(False, f"the box does not hold: {leaks or 'its probe was cut short'}", probes.FIX_KERNEL)
    said = UNPRINTABLE.sub("", ended.log.decode("utf-8", "replace")).strip().splitlines()
    return Probe(
        False, f"bubblewrap does not start: {(said or ['it says nothing'])[-1][:200]}", probes.fix(said)
    )


@dataclass
class _Ending:
    """Turns what is known of a run into its result."""

    notebook: bytes
    work: Path
    limits: Limits
    name: str
    files: dict[str, Any] = field(default_factory=dict)

    def of(self, ended: Ended) -> BoxResult:
        report = ended.parcel.report()
        watch = ended.watch
        cpu = report.get("cpu_s")
        self.files = {
            "log": self._write("box.log", UNPRINTABLE.sub("", ended.log.decode("utf-8", "replace")).encode()),
            "seconds": round(watch.seconds(), 2),
            "cpu_s": round(max(watch.cpu_s, cpu if isinstance(cpu, float) else 0.0), 2),
            "peak_mb": round(watch.peak / (1 << 20), 1),
        }
        executed = ended.parcel.pieces.get("notebook")
        if executed:
            self.files["notebook"] = self._write("executed.ipynb", executed)
        if watch.hit == "cancelled":
            return self._result("killed", "cancelled")
        if watch.hit and watch.hit != "broken":
            return self._limited(watch.hit)
        return self._reported(report, ended.parcel.pieces.get("predictions"))

    def _reported(self, report: dict[str, Any], content: bytes | None) -> BoxResult:
        if not report:
            return self.failed("broken")
        if report.get("unreadable"):
            return self.failed("notebook_unreadable")
        if report.get("stopped") in {"output_bytes", "outputs"}:
            return self._limited("output")
        if report.get("limit") in {"memory", "disk", "processes"}:
            return self._limited(str(report["limit"]), self._place(report.get("cell")))
        if report.get("cell") is not None:
            return self._at_cell(report)
        if report.get("stopped") or not report.get("ok"):
            return self._ended(report)
        if content is None:
            return self._without(str(report.get("predictions")))
        kept = self._write(f"predictions{Path(self.name).suffix}", content)
        return self._result("done", "done", predictions=kept)

    def _at_cell(self, report: dict[str, Any]) -> BoxResult:
        place = self._place(report.get("cell"))
        error = known_class(report.get("class"))
        facts = {"cell": place["failed_cell"] or "?", "heading": place["heading"] or "–", "error": error}
        return self._result("failed", "cell_failed", facts, error_class=error, **place)

    def _ended(self, report: dict[str, Any]) -> BoxResult:
        how = str(report.get("how"))
        if "SIGXCPU" in how:
            return self._limited("cpu", self._place(report.get("last")))
        place = self._place(report.get("last"))
        stated = re.fullmatch(r"it (exited with status \d+|was ended by [A-Za-z0-9 ]+)", how)
        facts = {
            "cell": place["failed_cell"] or "?",
            "heading": place["heading"] or "–",
            "how": how if stated else "?",
        }
        return self._result("failed", "process_ended", facts, **place)

    def _without(self, what: str) -> BoxResult:
        if what in ODD:
            return self.failed("predictions_odd", name=self.name, what=ODD[what])
        if what == "too_large":
            return self.failed("predictions_large", name=self.name, limit_mb=self.limits.output_mb)
        return self.failed("predictions_missing", name=self.name)

    def _limited(self, hit: str, place: dict[str, Any] | None = None) -> BoxResult:
        key = {"wall": "wall_s", "cpu": "cpu_s", "processes": "processes"}.get(hit, f"{hit}_mb")
        facts = {"limit": getattr(self.limits, key), "outputs": OUTPUTS}
        outcome: Outcome = "timed_out" if hit == "wall" else "over_limit"
        return self._result(outcome, f"{hit}_limit", facts, limit=hit, **(place or {}))

    def _place(self, index: object) -> dict[str, Any]:
        """Return which cell it is, and the heading above it in the notebook as it was submitted."""
        if not isinstance(index, int):
            return {"failed_cell": None, "heading": None}
        return {"failed_cell": index + 1, "heading": heading_above(self.notebook, index)}

    def failed(self, code: str, **facts: Any) -> BoxResult:
        return self._result("failed", code, facts)

    def refused(self, code: str, **facts: Any) -> BoxResult:
        return self._result("refused", code, facts)

    def _result(
        self, outcome: Outcome, code: str, facts: dict[str, Any] | None = None, **more: Any
    ) -> BoxResult:
        files = self.files or {"log": self._write("box.log", b"")}
        result = BoxResult(outcome, code, facts or {}, **files, **more)
        with result.log.open("a", encoding="utf-8") as log:
            log.write(f"{outcome}: {result.reason}\n")
        return result

    def _write(self, name: str, content: bytes) -> Path:
        path = self.work / name
        path.write_bytes(content)
        return path


def _order(order: dict[str, Any]) -> IO[bytes]:
    """Return a file without a name that holds the order."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(json.dumps(order).encode())
    file.seek(0)
    return file


class _readable:  # noqa: N801 - used like a function
    """The data, as the box's user may read it: what only root may read is copied for the time of a run."""

    def __init__(self, data: Mapping[str, Path], work: Path) -> None:
        self.data, self.copies = data, work / "data"

    def __enter__(self) -> dict[str, Path]:
        return {name: self._one(name, Path(path)) for name, path in self.data.items()}

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.copies, ignore_errors=True)

    def _one(self, name: str, path: Path) -> Path:
        parts = [path, *(path.rglob("*") if path.is_dir() else ())]
        if os.geteuid() != 0 or all(one.stat().st_mode & (0o5 if one.is_dir() else 0o4) for one in parts):
            return path
        self.copies.mkdir(exist_ok=True)
        target = self.copies / name
        shutil.copytree(path, target) if path.is_dir() else shutil.copyfile(path, target)
        for one in (target, *target.rglob("*")):
            one.chmod(0o755 if one.is_dir() else 0o644)
        return target
