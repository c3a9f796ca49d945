"""What a template may call while it runs: read its inputs, record its results, refuse with a remedy.

Everything recorded leaves through the notebook's own outputs, as a typed MIME bundle beside a rich display:
the executed notebook alone is the complete record. This module decides nothing about whether a run succeeded.
"""

import base64
import html
import importlib
import inspect
import io
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from IPython.core.getipython import get_ipython
from IPython.display import display

from workbench.config import LANGUAGES, Text, load_settings, pick
from workbench.errors import Invalid, Refused
from workbench.tables import frames, inputs, relation
from workbench.templates.library import library

MIME = "application/vnd.workbench.result+json"
LEVELS = ("good", "warning", "bad", "info")
ALARM_LEVELS = LEVELS[1:]
REPEATS_SAMPLE = 10_000  # values of a column that are looked at to tell whether they repeat
COLOURS = {"good": "#1e7d3f", "warning": "#b26a00", "bad": "#c62828", "info": "#1f5fa8"}


@dataclass
class Context:
    """What the engine tells a kernel about the run it serves; absent outside a run."""

    run: str | None = None
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    recorded: list[dict[str, Any]] = field(default_factory=list)

    @property
    def in_run(self) -> bool:
        """Whether the engine executes this notebook, as opposed to a person in JupyterLab."""
        return self.run is not None


_context = Context()


class RefusedHere(Refused):
    """Ends the notebook with an answer: which need is not met, and what to do."""

    def _render_traceback_(self) -> list[str]:
        # IPython asks an exception how to show itself: a refusal is no stack trace.
        return [str(self)]


def enter(given: Mapping[str, Any]) -> None:
    """Take up a run: its name, its inputs, and the folder it works in. The engine calls this once per run."""
    global _context
    _context = Context(run=given["run"], inputs=given["inputs"])
    os.chdir(given["folder"])
    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((Refused,), _show_refusal)


def warm() -> None:
    """Do once, ahead of time, what is slow the first time: DuckDB, Parquet, a chart, a table, a traceback."""
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    _parquet(frame)
    with relation.locked([], threads=1) as connection:
        connection.execute("SELECT 1 AS x").to_arrow_table().to_pandas(use_threads=False)
    spc, charts = (importlib.import_module(f"workbench.{name}") for name in ("methods.spc", "charts.control"))
    _bokeh_json(charts.location_chart(spc.control_chart(pd.DataFrame({"value": [1.0, 2.0] * 15}))))
    shell = get_ipython()
    if shell is not None:
        shell.display_formatter.format(frame)
        try:
            raise Invalid("warm")
        except Invalid as error:
            shell.InteractiveTB.structured_traceback(type(error), error, error.__traceback__)


def recorded() -> list[dict[str, Any]]:
    """Return what this kernel has recorded so far, in order."""
    return list(_context.recorded)


# --- inputs ---------------------------------------------------------------------------------------------


def read(reference: str) -> "inputs.Data | None":
    """Open an input: the role's columns, typed and in the role's units, in table order.

    Parameters
    ----------
    reference : str
        The value of the input's parameter: a table (``demo.bore_diameter``) or a path to a file.
        Empty for an optional input that was not given.

    Returns
    -------
    Data or None
        ``.df()`` gives pandas, ``.relation`` DuckDB, ``.unit("value")`` a column's unit.
    """
    if not reference:
        return None
    for source in _context.inputs.values():
        if source["reference"] == reference:
            return inputs.open_source(source)
    return inputs.open_source(_describe_outside_run(reference, _caller_names()))


def _caller_names() -> Mapping[str, Any]:
    """Return the notebook's own names: the globals two frames up."""
    frame = inspect.currentframe()
    notebook = frame.f_back.f_back if frame and frame.f_back else None
    return notebook.f_globals if notebook else {}


def _describe_outside_run(reference: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """Find the role of a reference from the caller's parameters, as a run would have been told."""
    settings = load_settings()
    template = library(settings.workspace).matching(names)
    role = None
    if template is not None:
        role = next((r for r in template.inputs if names.get(r) == reference), None)
    needs = template.inputs[role] if template is not None and role else None
    return inputs.describe(reference, workspace=settings.workspace, needs=needs)


# --- results --------------------------------------------------------------------------------------------


def kpi(
    name: str,
    value: float | str | None,
    *,
    unit: str | None = None,
    low: float | None = None,
    high: float | None = None,
    target: float | None = None,
    note: Text | None = None,
) -> None:
    """Record one number, with its unit, confidence interval and target where there are any."""
    shown = _plain(value, name)
    bundle = {
        "kind": "kpi",
        "name": name,
        "value": shown,
        "unit": unit,
        "low": _plain(low, name),
        "high": _plain(high, name),
        "target": _plain(target, name),
        "note": note,
    }
    number = f"{shown:.6g}" if isinstance(shown, float) else "–" if shown is None else str(shown)
    ends = [bundle["low"], bundle["high"]]
    interval = f" <small>[{ends[0]:.6g}, {ends[1]:.6g}]</small>" if None not in ends else ""
    _record(
        bundle,
        f"{name} = {number} {unit or ''}".rstrip(),
        f"<div style='display:inline-block;padding:6px 14px;border:1px solid #ddd;border-radius:6px'>"
        f"<small>{html.escape(name)}</small><br><b style='font-size:1.4em'>{html.escape(number)}</b> "
        f"<small>{html.escape(unit or '')}</small>{interval}</div>",
    )


def table(name: str, frame: Any) -> None:
    """Record a table, whole and typed; the notebook shows its first rows."""
    if not isinstance(frame, pd.DataFrame) and hasattr(frame, "to_pandas"):  # polars and Arrow have it
        frame = frame.to_pandas()
    if not isinstance(frame, pd.DataFrame):
        raise Invalid(f"table {name!r}", given=type(frame).__name__, expected="a pandas DataFrame")
    frame = frames.flat(frame.reset_index(drop=True))
    bundle = {
        "kind": "table",
        "name": name,
        "rows": len(frame),
        "columns": [{"name": column, "type": str(kind)} for column, kind in frame.dtypes.items()],
        "parquet": base64.b64encode(_parquet(frame)).decode("ascii"),
    }
    head = frame.head(20)
    caption = f"<small>{html.escape(name)}: {len(frame)} × {len(frame.columns)}</small>"
    _record(bundle, f"{name}: {len(frame)} rows\n{head}", caption + head.to_html(index=False, border=0))


def figure(name: str, plot: Any) -> None:
    """Record a chart: a Bokeh model, a HoloViews or hvPlot object, or a Matplotlib figure."""
    if type(plot).__module__.startswith("matplotlib"):
        buffer = io.BytesIO()
        getattr(plot, "figure", plot).savefig(buffer, format="png", dpi=144, bbox_inches="tight")
        png = base64.b64encode(buffer.getvalue()).decode("ascii")
        image = f"<img style='max-width:100%' src='data:image/png;base64,{png}'>"
        _record({"kind": "figure", "name": name, "png": png}, f"figure {name}", image)
        return
    model = _bokeh_model(plot)
    _record({"kind": "figure", "name": name, "bokeh": _bokeh_json(model)}, f"figure {name}", None)
    if not _context.in_run:
        _show_in_notebook(model)


def alarm(name: str, *, level: str = "warning", when: bool, text: Text) -> None:
    """Record that a condition was looked at, and whether it holds."""
    if level not in ALARM_LEVELS:
        raise Invalid(f"alarm {name!r}: level", given=repr(level), expected=", ".join(ALARM_LEVELS))
    bundle = {"kind": "alarm", "name": name, "level": level, "active": bool(when), "text": _both(text)}
    mark = "▲" if when else "–"
    _record(bundle, f"alarm {name}: {mark}", f"<small>{mark} {html.escape(name)}</small>")


def verdict(code: str, *, level: str, text: Text, next_step: Text | None = None) -> None:
    """Record the answer in one sentence, and what to do next."""
    if level not in LEVELS:
        raise Invalid(f"verdict {code!r}: level", given=repr(level), expected=", ".join(LEVELS))
    bundle = {
        "kind": "verdict",
        "code": code,
        "level": level,
        "text": _both(text),
        "next_step": _both(next_step) if next_step else None,
    }
    language = load_settings().language
    sentence, then = pick(text, language), pick(next_step, language)
    _record(
        bundle,
        f"{sentence} {then}".strip(),
        f"<div style='border-left:4px solid {COLOURS[level]};padding:8px 12px;background:#8881'>"
        f"<b style='color:{COLOURS[level]}'>{html.escape(sentence)}</b><br>{html.escape(then)}</div>",
    )


def refuse(
    code: str,
    *,
    text: Text,
    remedy: Text,
    need: float | str | None = None,
    have: float | str | None = None,
) -> NoReturn:
    """End the run with an answer: which need is not met, what was found, what to do next."""
    _record_refusal(code, need=need, have=have, text=_both(text), remedy=_both(remedy))
    raise RefusedHere(pick(text, load_settings().language), hint=pick(remedy, load_settings().language))


def step(title: str | Text) -> None:
    """Name what happens now, finer than the headings do."""
    _record({"kind": "step", "title": title}, f"… {pick(title, load_settings().language)}", None)


def preview() -> Any:
    """Show the finished app, form and result, beside the notebook; nothing inside a run or bare papermill."""
    in_lab = "JPY_SESSION_NAME" in os.environ or "panel" in sys.modules  # Panel's preview runs the notebook
    if _context.in_run or not in_lab:
        return None
    # The one look upwards: Panel must not be imported in a run, and the form is the app's own.
    view = importlib.import_module("workbench.ui.preview")
    return view.preview(library(load_settings().workspace).matching(_caller_names()), recorded())


def _parquet(frame: pd.DataFrame) -> bytes:
    """Write a table small and fast: what repeats by a dictionary, other numbers not, whole ones as steps."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    encodings = {}
    for column in table.schema:
        if pa.types.is_floating(column.type):
            if not _repeats(table[column.name]):
                encodings[column.name] = "BYTE_STREAM_SPLIT"
        elif pa.types.is_integer(column.type) or pa.types.is_timestamp(column.type):
            encodings[column.name] = "DELTA_BINARY_PACKED"
    others = [name for name in table.schema.names if name not in encodings]
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", use_dictionary=others, column_encoding=encodings)
    return buffer.getvalue()


def _repeats(column: pa.ChunkedArray) -> bool:
    """Tell whether values of a column come again and again, as limits and rounded readings do."""
    sample = column[:: max(1, len(column) // REPEATS_SAMPLE)]
    return len(sample.unique()) < len(sample) / 2


# --- the typed bundle -----------------------------------------------------------------------------------


def _record(bundle: dict[str, Any], plain: str, rich: str | None) -> None:
    name = bundle.get("name", bundle.get("code", "-"))
    if not isinstance(name, str) or not name.strip():
        raise Invalid(f"name of a {bundle['kind']}", given=repr(name), expected="a text")
    _context.recorded.append(bundle)
    data = {MIME: bundle, "text/plain": plain}
    if rich is not None:
        data["text/html"] = rich
    display(data, raw=True)


def _record_refusal(code: str, *, need: Any, have: Any, text: Text, remedy: Text | None) -> None:
    bundle = {"kind": "refusal", "code": code, "need": need, "have": have, "text": text, "remedy": remedy}
    sentence = pick(text, load_settings().language)
    _record(bundle, sentence, f"<div style='color:{COLOURS['warning']}'>{html.escape(sentence)}</div>")


def _show_refusal(shell: Any, kind: type, error: Refused, trace: Any, tb_offset: Any = None) -> list[str]:
    """Record a refusal that a method raised, in the shape ``refuse`` gives it."""
    if not isinstance(error, RefusedHere):
        message = str(error)
        need, have = getattr(error, "need", None), getattr(error, "have", None)
        zh = getattr(error, "zh", None) or message
        _record_refusal(error.code, need=need, have=have, text={"en": message, "zh": zh}, remedy=None)
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    return [str(error)]


def _plain(value: Any, name: str) -> Any:
    """Turn a number of any kind into Python's; what is not finite becomes None, as JSON has no NaN."""
    if getattr(value, "size", None) == 1 and hasattr(value, "item"):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, str | int):
        return value
    try:
        value = float(value)  # also a Decimal, a fraction, a long double
    except (TypeError, ValueError, OverflowError) as error:
        given, expected = type(value).__name__, "a number, a text or None"
        raise Invalid(f"kpi {name!r}", given=given, expected=expected) from error
    return value if math.isfinite(value) else None


def _both(text: Text | str) -> Text:
    """Complete a text: a plain string stands for both languages."""
    if isinstance(text, str):
        return {"en": text, "zh": text}
    if not isinstance(text, Mapping):
        raise Invalid("text", given=type(text).__name__, expected="a text, or one in each language")
    missing = [language for language in LANGUAGES if language not in text]
    if missing:
        raise Invalid("text", given=dict(text), expected=f"both languages, {missing[0]} is missing")
    return text


def _bokeh_model(plot: Any) -> Any:
    if type(plot).__module__.startswith("bokeh."):
        return plot
    if type(plot).__module__.startswith("holoviews."):
        holoviews = importlib.import_module("holoviews")
        if "bokeh" not in holoviews.Store.loaded_backends():
            holoviews.extension("bokeh", logo=False)
        return holoviews.render(plot, backend="bokeh")
    if hasattr(plot, "get_root"):  # a Panel pane around a plot
        return plot.get_root()
    expected = "a Bokeh model, a HoloViews or hvPlot object, or a Matplotlib figure"
    raise Invalid("figure", given=type(plot).__name__, expected=expected)


def _bokeh_json(model: Any) -> Any:
    document = importlib.import_module("bokeh.document").Document()
    document.add_root(model)
    written = document.to_json(deferred=False)
    document.remove_root(model)
    return written


def _show_in_notebook(model: Any) -> None:
    """Let JupyterLab draw the chart now, with BokehJS from this machine."""
    if get_ipython() is None:
        return
    bokeh_io, resources = importlib.import_module("bokeh.io"), importlib.import_module("bokeh.resources")
    bokeh_io.output_notebook(resources=resources.INLINE, hide_banner=True)
    bokeh_io.show(model)
