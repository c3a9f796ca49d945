"""Read what an executed notebook recorded, and judge whether that is an answer.

The notebook's outputs are the only source: nothing is taken from the kernel's memory or its folder.
"""

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from workbench.kernel import MIME
from workbench.runs.job import Declared, Limits
from workbench.runs.record import Alarm, Kpi, Refusal, RunError, Status, Verdict
from workbench.templates.notebook_file import Cell
from workbench.templates.steps import Step as Section
from workbench.templates.steps import steps_of

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
SOURCE_LINES = 10
FILE_NAME = re.compile(r"[^\w.-]+")


class Drawn(NamedTuple):
    """A figure that was written while the notebook still went: what it shows, and where in the folder."""

    bundle: Mapping[str, Any]
    path: str


class Collected(BaseModel):
    """Everything a notebook recorded; the last of a name stands."""

    kpis: dict[str, Kpi] = Field(default_factory=dict)
    tables: dict[str, bytes] = Field(default_factory=dict)
    figures: dict[str, dict[str, Any]] = Field(default_factory=dict)
    alarms: dict[str, Alarm] = Field(default_factory=dict)
    verdict: Verdict | None = None
    refusal: Refusal | None = None
    error: RunError | None = None
    reached: str | None = None  # heading of the cell that was under way when the notebook was stopped
    left: str | None = None  # heading of the cell in which the notebook ended itself, by sys.exit(0)

    def write(
        self, folder: Path, drawn: Mapping[str, Drawn] = MappingProxyType({})
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Write tables, and the figures that are not there, below ``folder``; return their paths in it."""
        tables, figures = {}, {}
        for name, content in self.tables.items():
            tables[name] = f"tables/{file_name(name)}.parquet"
            _write(folder / tables[name], content)
        for name, bundle in self.figures.items():
            there = drawn.get(name)
            same = there is not None and there.bundle is bundle
            figures[name] = there.path if there and same else write_figure(folder, name, bundle)
        return tables, figures


def write_figure(folder: Path, name: str, bundle: Mapping[str, Any]) -> str:
    """Write one figure below ``folder``, as a picture or a Bokeh document; return its path relative to it."""
    if "png" in bundle:
        path = f"figures/{file_name(name)}.png"
        _write(folder / path, base64.b64decode(bundle["png"]))
    else:
        path = f"figures/{file_name(name)}.json"
        _write(folder / path, json.dumps(bundle["bokeh"], ensure_ascii=False).encode())
    return path


def file_name(name: str) -> str:
    """Return a result's name as a file name that stays inside its folder."""
    return FILE_NAME.sub("_", name).strip(".") or "result"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)  # not its parents: a run that was withdrawn has no folder any more
    path.write_bytes(content)


def collect(notebook: Any) -> Collected:
    """Read the typed bundles and the first error from a notebook's outputs."""
    found = Collected()
    for index, cell in enumerate(notebook.cells):
        if cell.metadata.get("papermill", {}).get("status") == "running":
            found.reached = _heading(notebook, index)
        for output in cell.get("outputs", []):
            if output["output_type"] == "error" and _is_exit(output):
                found.left = _heading(notebook, index)
            elif output["output_type"] == "error" and found.error is None:
                found.error = _error(notebook, index, output)
            bundle = output.get("data", {}).get(MIME)
            if bundle is not None:
                try:
                    take(found, bundle)
                except (AttributeError, KeyError, TypeError, ValueError):  # made by hand, or broken
                    found.error = found.error or _malformed(notebook, index, bundle)
    return found


def take(found: Collected, bundle: dict[str, Any]) -> None:
    """Add one typed bundle to what was found."""
    kind, name = bundle.get("kind"), str(bundle.get("name"))
    fields = {key: value for key, value in bundle.items() if key != "kind"}
    if kind == "kpi":
        fields.pop("name")
        found.kpis[name] = Kpi(**fields)
    elif kind == "table":
        found.tables[name] = base64.b64decode(bundle["parquet"])
    elif kind == "figure":
        found.figures[name] = bundle
    elif kind == "alarm":
        found.alarms[name] = Alarm(**fields)
    elif kind == "verdict":
        found.verdict = Verdict(**fields)
    elif kind == "refusal":
        found.refusal = Refusal(**fields)


def _error(notebook: Any, index: int, output: Any) -> RunError:
    return RunError(
        code="failed",
        message=f"{output['ename']}: {output['evalue']}" if output["evalue"] else output["ename"],
        name=output["ename"],
        cell=index,
        heading=_heading(notebook, index),
        source="\n".join(notebook.cells[index]["source"].splitlines()[:SOURCE_LINES]),
        traceback=ANSI.sub("", "\n".join(output["traceback"]))[-8000:],
    )


def sections(notebook: Any) -> tuple[Section, ...]:
    """Return the steps of an executed notebook; injected parameters have shifted the template's own."""
    return steps_of(tuple(Cell(cell.cell_type, cell.source) for cell in notebook.cells))


def _heading(notebook: Any, index: int) -> str | None:
    return next((section.title for section in sections(notebook) if index in section.cells), None)


def _is_exit(output: Any) -> bool:
    """Whether the notebook ended itself on purpose, which is no error to papermill either."""
    return bool(output["ename"] == "SystemExit" and output["evalue"] in {"", "0", "None"})


def _malformed(notebook: Any, index: int, bundle: Any) -> RunError:
    kind = bundle.get("kind") if isinstance(bundle, dict) else type(bundle).__name__
    message = f"a result of kind {kind!r} cannot be read; record results with workbench.kpi, table and so on"
    return RunError(code="failed", message=message, cell=index, heading=_heading(notebook, index))


Outcome = tuple[Status, RunError | None]


def judge(
    found: Collected, declared: Declared, reason: str | None, limits: Limits, *, how: str = ""
) -> Outcome:
    """Decide how a run ended: a limit, an answer, a refusal, or the notebook's own error."""
    if reason is not None:
        return stopped(reason, limits, found.reached, how=how)
    if found.refusal is not None:
        return "refused", None
    if found.error is not None:
        return "failed", found.error
    missing = _missing(found, declared)
    if missing:
        message = f"the notebook ended without recording {', '.join(missing)}, which its contract declares"
        return "failed", RunError(code="incomplete", message=message)
    return "succeeded", None


# What a limit says when it is hit: (status, sentence); the setting that moves it stands in the sentence.
LIMITS: dict[str, tuple[Status, str]] = {
    "timed_out": (
        "timed_out",
        "the run was stopped after {seconds:g} s, the limit set by WORKBENCH_RUN_SECONDS",
    ),
    "silent": (
        "timed_out",
        "the run neither worked nor said anything for {silent_seconds:g} s, the limit set "
        "by WORKBENCH_SILENT_SECONDS",
    ),
    "memory": (
        "over_limit",
        "the run took more than {memory_mb:g} MB of memory, the limit set by WORKBENCH_MEMORY_MEGABYTES",
    ),
    "output_bytes": (
        "over_limit",
        "the run wrote more than {output_mb:g} MB of output, the limit set by WORKBENCH_OUTPUT_MEGABYTES",
    ),
    "outputs": (
        "over_limit",
        "the run put out more than {outputs} results, the limit set by WORKBENCH_OUTPUTS",
    ),
    "cancelled": ("cancelled", "the run was cancelled"),
    "system_memory": (
        "failed",
        "the machine ran out of memory and ended the notebook's process; use less data or a larger machine",
    ),
    "kernel_died": ("failed", "the notebook's process ended on its own: {how}"),
    "garbled": ("failed", "the notebook wrote into the connection that carries its outputs"),
}


def stopped(reason: str, limits: Limits, where: str | None = None, *, how: str = "") -> Outcome:
    """Say how a run ended that did not end by itself; ``where`` is the heading it had reached."""
    status, sentence = LIMITS[reason]
    sizes = {"memory_mb": limits.memory_bytes / 1e6, "output_mb": limits.output_bytes / 1e6}
    return status, RunError(
        code=reason, message=sentence.format(**limits.model_dump(), **sizes, how=how), heading=where
    )


def _missing(found: Collected, declared: Declared) -> list[str]:
    kinds = (
        ("KPI", declared.kpis, found.kpis),
        ("table", declared.tables, found.tables),
        ("figure", declared.figures, found.figures),
        ("alarm", declared.alarms, found.alarms),
    )
    missing = [f"{kind} {name!r}" for kind, names, have in kinds for name in names if name not in have]
    if declared.verdict and found.verdict is None:
        missing.append("a verdict")
    return missing
