"""A run as one file to hand on: a page that needs nothing but a browser, or an Excel workbook.

The page carries its charts and scripts inside itself and asks no other machine for anything. Whatever a
notebook put out is cleaned, and the page's own policy lets only the scripts written here run.
"""

import base64
import hashlib
import html as markup
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from bokeh.resources import Resources
from nbconvert import HTMLExporter

from workbench.charts.text import localise
from workbench.config import pick
from workbench.kernel import MIME
from workbench.runs import export
from workbench.runs.record import Kpi, RunRecord

ROWS_SHOWN = 200
LEVEL_COLOURS = {"good": "#1e7d3f", "warning": "#b26a00", "bad": "#c62828", "info": "#1f5fa8"}
WORDS = {
    "en": {
        "status": "Status", "run": "Run", "created": "Created", "parameters": "Parameters",
        "inputs": "Inputs", "kpis": "Key figures", "name": "Name", "value": "Value", "unit": "Unit",
        "low": "Low", "high": "High", "alarms": "Alarms", "verdict": "Verdict", "rows": "rows",
        "shown": "shown", "notebook": "The executed notebook", "template": "Template",
        "yes": "yes", "no": "no", "none": "none",
    },
    "zh": {
        "status": "状态", "run": "运行", "created": "创建时间", "parameters": "参数",
        "inputs": "输入", "kpis": "关键指标", "name": "名称", "value": "值", "unit": "单位",
        "low": "下限", "high": "上限", "alarms": "报警", "verdict": "结论", "rows": "行",
        "shown": "已显示", "notebook": "已执行的笔记本", "template": "模板",
        "succeeded": "成功", "refused": "已拒绝", "failed": "失败", "timed_out": "超时",
        "over_limit": "超出限额", "cancelled": "已取消", "lost": "中断丢失",
        "yes": "是", "no": "否", "none": "无",
    },
}  # fmt: skip
STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans CJK SC","Noto Sans SC","Microsoft YaHei",sans-serif;margin:0 auto;
max-width:1100px;padding:24px;color:#1f2933;background:#fff}
h1{font-size:1.5em;margin:0 0 4px}h2{font-size:1.15em;margin:28px 0 8px;border-bottom:1px solid #e2e6ea}
small,.dim{color:#6b7280}.verdict{border-left:5px solid;padding:10px 16px;background:#f6f7f9;margin:16px 0}
.verdict b{font-size:1.2em}.tiles{display:flex;flex-wrap:wrap;gap:10px}.tile{border:1px solid #dfe3e8;
border-radius:6px;padding:8px 16px;min-width:110px}.tile b{font-size:1.35em}
table{border-collapse:collapse;font-size:13px}th,td{padding:3px 10px;text-align:left;
border-bottom:1px solid #eceff2}td.n{text-align:right;font-variant-numeric:tabular-nums}.scroll{overflow:auto;
max-height:480px}img{max-width:100%}pre{white-space:pre-wrap;background:#f6f7f9;padding:8px;overflow:auto}
.figure{margin:8px 0;min-height:60px}
"""
PRINTED = """
@page{size:A4;margin:14mm 12mm 16mm;@bottom-right{content:counter(page) " / " counter(pages);
font:10px system-ui;color:#6b7280}}
@media print{body{padding:0}.scroll{max-height:none;overflow:visible}
.figure,.tile,.verdict,tr{break-inside:avoid}
h2{break-after:avoid}.notebook:not(.open){display:none}}
"""
EMBED = """
for (const figure of JSON.parse(document.getElementById('figures').textContent)) {
  const views = {};
  figure.document.roots.forEach((root) => { views[root.id] = figure.element; });
  Bokeh.embed.embed_items({[figure.element]: figure.document},
    [{docid: figure.element, roots: views, root_ids: Object.keys(views)}]);
}
"""


def html(record: RunRecord, language: str, *, labels: Mapping[str, Any] | None = None) -> str:
    """Return the run as one self-contained page.

    ``labels`` names results for people: ``{"kpis.ucl": {"en": …, "zh": …}}``; one without stands as is.
    """
    page, drawn = body(record, language, labels=labels, title=_title(record, language))
    return document(_title(record, language), [page], drawn, language=language)


def body(
    record: RunRecord, language: str, *, labels: Mapping[str, Any] | None, title: str, prefix: str = ""
) -> tuple[str, list[dict[str, Any]]]:
    """Return the run as a part of a page, and what is drawn in it at places that begin with ``prefix``."""
    words = WORDS[language]
    label = labeller(labels or {}, language)
    figures, drawn = charts(record, language, label, prefix=prefix)
    parts = [
        _head(record, title, language),
        answer(record, language),
        tiles(record.kpis, label),
        _alarms(record, language, words),
        figures,
        *(
            _table(worded(export.read(path), name, labels or {}, language), label(f"tables.{name}"), words)
            for name, path in record.tables.items()
        ),
        _origins(record, language, label),
        _notebook(record, words),
    ]
    return "".join(parts), drawn


def xlsx(record: RunRecord, language: str = "en", *, labels: Mapping[str, Any] | None = None) -> bytes:
    """Return the run as a workbook: the answer and its key figures, each table, each chart as Excel's own."""
    return export.xlsx(*sheets(record, language, labels=labels), language)


def sheets(
    record: RunRecord, language: str, *, labels: Mapping[str, Any] | None
) -> tuple[dict[str, pd.DataFrame], dict[str, Path]]:
    """Return what a workbook holds of the run: its sheets, and the figures that become charts."""
    words, named = WORDS[language], labels or {}
    # In English, results stand under the names by which programs find them.
    label = labeller({} if language == "en" else named, language)
    rows: list[tuple[str, Any]] = [
        (words["run"], record.run),
        (words["status"], record.status),
        (words["created"], record.created),
        (words["template"], f"{record.template.id} {record.template.version or ''}".strip()),
    ]
    if record.verdict:
        rows.append((words["verdict"], pick(record.verdict.text, language)))
    if record.refusal:
        rows.append((words["verdict"], pick(record.refusal.text, language)))
    rows += [
        (f"{words['inputs']}: {label(f'inputs.{role}')}", source(used, language))
        for role, used in record.inputs.items()
    ]
    rows += [
        (f"{words['parameters']}: {label(f'parameters.{name}')}", str(value))
        for name, value in record.parameters.items()
    ]
    summary = pd.DataFrame(rows, columns=[words["name"], words["value"]], dtype=object)
    columns = [words["name"], words["value"], words["unit"], words["low"], words["high"]]
    kpis = [(label(f"kpis.{name}"), k.value, k.unit, k.low, k.high) for name, k in record.kpis.items()]
    found = {
        words["verdict"]: summary,
        words["kpis"]: pd.DataFrame(kpis, columns=columns, dtype=object),
    }
    for name, path in record.tables.items():
        frame = export.read(path)
        shown = frame if language == "en" else worded(frame, name, named, language)
        found[_free(label(f"tables.{name}"), name, found)] = shown
    figures: dict[str, Path] = {}
    of_figure = labeller(named, language)
    for name, path in record.figures.items():
        figures[_free(of_figure(f"figures.{name}"), name, figures)] = Path(path)
    return found, figures


def _free(label: str, name: str, taken: Mapping[str, Any]) -> str:
    """Return the label, or the name itself where another result is called the same."""
    return f"{label} ({name})" if label in taken else label


# --- parts of the page ----------------------------------------------------------------------------------


def labeller(labels: Mapping[str, Any], language: str) -> Any:
    """Return what names a result for people."""
    return lambda key: pick(labels.get(key), language) or key.partition(".")[2]


def escaped(value: Any) -> str:
    """Return anything as text of a page."""
    return markup.escape(str(value))


def worded(frame: pd.DataFrame, name: str, labels: Mapping[str, Any], language: str) -> pd.DataFrame:
    """Return a result table with its columns and codes in words, as the template has them."""
    shown = frame.copy(deep=False)
    for column in frame.columns:
        key = f"tables.{name}.{column}"
        codes = {
            one[len(key) + 1 :]: pick(labels[one], language) for one in labels if one.startswith(f"{key}=")
        }
        if codes:
            shown[column] = [codes.get(str(value), value) for value in frame[column]]
    named = {
        column: pick(labels.get(f"tables.{name}.{column}"), language) or column for column in frame.columns
    }
    return shown.rename(columns=named)


def _title(record: RunRecord, language: str) -> str:
    return pick(record.template.title, language) or record.template.id


def _head(record: RunRecord, title: str, language: str) -> str:
    version = f" {record.template.version}" if record.template.version else ""
    status = WORDS[language].get(record.status, record.status)
    line = f"{record.template.id}{version} · {record.run} · {record.created} · {status}"
    return f"<h1>{escaped(title)}</h1><small>{escaped(line)}</small>"


def answer(record: RunRecord, language: str) -> str:
    """Return the verdict, the refusal or the error as markup."""
    if record.verdict:
        verdict = record.verdict
        return box(
            LEVEL_COLOURS[verdict.level], pick(verdict.text, language), pick(verdict.next_step, language)
        )
    if record.refusal:
        refusal = record.refusal
        return box(LEVEL_COLOURS["warning"], pick(refusal.text, language), pick(refusal.remedy, language))
    if record.error:
        error = record.error
        where = f"{error.heading or ''}\n{error.source or ''}".strip()
        return box(LEVEL_COLOURS["bad"], error.message, "") + (
            f"<pre>{escaped(where)}</pre>" if where else ""
        )
    return ""


def box(colour: str, sentence: str, then: str) -> str:
    """Return a sentence that stands out, and what comes after it."""
    return (
        f"<div class=verdict style='border-color:{colour}'><b style='color:{colour}'>{escaped(sentence)}</b>"
        f"<div>{escaped(then)}</div></div>"
    )


def tiles(kpis: Mapping[str, Kpi], label: Any) -> str:
    """Return the key figures as tiles."""
    tiles = []
    for name, kpi in kpis.items():
        shown = (label(f"kpis.{name}"), _number(kpi.value), kpi.unit or "")
        title, value, unit = (escaped(part) for part in shown)
        interval = f"<br><small>[{kpi.low:.5g}, {kpi.high:.5g}]</small>" if _has_interval(kpi) else ""
        tiles.append(
            f"<div class=tile><small>{title}</small><br><b>{value}</b> <small>{unit}</small>{interval}</div>"
        )
    return f"<div class=tiles>{''.join(tiles)}</div>" if tiles else ""


def _has_interval(kpi: Kpi) -> bool:
    return kpi.low is not None and kpi.high is not None


def _number(value: Any) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _alarms(record: RunRecord, language: str, words: Mapping[str, str]) -> str:
    active = [pick(alarm.text, language) for alarm in record.alarms if alarm.active]
    items = "".join(f"<li>{escaped(text)}</li>" for text in active)
    return f"<h2>{words['alarms']}</h2><ul>{items}</ul>" if items else ""


def charts(
    record: RunRecord, language: str, label: Any, *, prefix: str = ""
) -> tuple[str, list[dict[str, Any]]]:
    """Return the places of the figures, and the documents that are drawn there."""
    parts, drawn = [], []
    for number, (name, path) in enumerate(record.figures.items()):
        parts.append(f"<h2>{escaped(label(f'figures.{name}'))}</h2>")
        if path.endswith(".png"):
            image = base64.b64encode(Path(path).read_bytes()).decode("ascii")
            parts.append(f"<img alt='{escaped(name)}' src='data:image/png;base64,{image}'>")
        else:
            document = localise(json.loads(Path(path).read_text(encoding="utf-8")), language)
            place = f"{prefix}figure-{number}"
            drawn.append({"element": place, "document": document})
            parts.append(f"<div class=figure id='{place}'></div>")
    return "".join(parts), drawn


def _table(frame: pd.DataFrame, title: str, words: Mapping[str, str]) -> str:
    if frame.empty:
        return f"<h2>{escaped(title)}</h2><small>{words['none']}</small>"
    head = frame.head(ROWS_SHOWN)
    shown = f", {len(head)} {words['shown']}" if len(head) < len(frame) else ""
    caption = f"<small>{len(frame)} {words['rows']}{shown}</small>"
    columns = "".join(f"<th>{escaped(column)}</th>" for column in head.columns)
    return (
        f"<h2>{escaped(title)}</h2>{caption}<div class=scroll><table><tr>{columns}</tr>"
        f"{''.join(_row(row, words) for row in head.itertuples(index=False))}</table></div>"
    )


def _row(values: Iterable[Any], words: Mapping[str, str]) -> str:
    cells = (
        f"<td{' class=n' if _is_number(value) else ''}>{escaped(_cell(value, words))}</td>"
        for value in values
    )
    return f"<tr>{''.join(cells)}</tr>"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any, words: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return words["yes" if value else "no"]
    return _number(value)


def _origins(record: RunRecord, language: str, label: Any) -> str:
    """Return what the run read and was told."""
    words = WORDS[language]
    inputs = [(label(f"inputs.{role}"), source(used, language)) for role, used in record.inputs.items()]
    parameters = [(label(f"parameters.{name}"), _given(v)) for name, v in record.parameters.items()]
    parts = []
    for title, rows in ((words["inputs"], inputs), (words["parameters"], parameters)):
        if rows:
            lines = "".join(
                f"<tr><td>{escaped(name)}</td><td>{escaped(value)}</td></tr>" for name, value in rows
            )
            parts.append(f"<h2>{title}</h2><table>{lines}</table>")
    return "".join(parts)


def _given(value: Any) -> str:
    return "–" if value is None else str(value)


def source(used: Any, language: str) -> str:
    """Say which rows were read."""
    table = Path(used.table).name if Path(used.table).is_absolute() else used.table
    version = f"@{used.version}" if used.version is not None else ""
    digest = f" · sha256 {used.sha256[:16]}" if used.sha256 else ""
    return f"{table}{version} · {used.rows} {WORDS[language]['rows']}{digest}"


def _notebook(record: RunRecord, words: Mapping[str, str]) -> str:
    if not record.notebook or not Path(record.notebook).is_file():
        return ""
    notebook = nbformat.read(record.notebook, as_version=4)
    for cell in notebook.cells:
        # What was recorded as a result already stands above.
        cell["outputs"] = [out for out in cell.get("outputs", []) if MIME not in out.get("data", {})]
    exporter = HTMLExporter(
        template_name="basic", exclude_input=True, exclude_raw=True, sanitize_html=True, embed_images=False
    )
    body, _ = exporter.from_notebook_node(notebook)
    opened = "" if record.kpis or record.tables or record.figures else " open"
    return (
        f"<div class='notebook{opened}'><h2>{words['notebook']}</h2>"
        f"<details{opened}><summary>{words['notebook']}</summary>{body}</details></div>"
    )


def document(
    title: str, parts: Iterable[str], drawn: list[dict[str, Any]], *, language: str, style: str = PRINTED
) -> str:
    """Return a page that carries its charts and scripts, and lets no others run."""
    scripts = _scripts(drawn)
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts) or "'none'"
    # Bokeh styles its views from script, and needs eval only for callbacks, which a report does not have.
    policy = (
        f"default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; script-src {hashes}"
    )
    data = json.dumps(drawn, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f"<!doctype html><html lang={language}><head><meta charset=utf-8>"
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<meta name=viewport content='width=device-width'><title>{escaped(title)}</title>"
        f"<style>{STYLE}{style}</style></head><body>{''.join(parts)}"
        f"<script type='application/json' id=figures>{data}</script>"
        f"{''.join(f'<script>{script}</script>' for script in scripts)}</body></html>"
    )


def _scripts(drawn: list[dict[str, Any]]) -> list[str]:
    if not drawn:
        return []
    used = json.dumps(drawn)
    components = ["bokeh"]
    components += ["bokeh-gl"] if '"webgl"' in used else []
    components += ["bokeh-widgets"] if "bokeh.models.widgets" in used or '"Div"' in used else []
    components += ["bokeh-tables"] if '"DataTable"' in used else []
    raw = Resources(mode="inline", components=components).js_raw
    return [*(script.replace("</script", "<\\/script") for script in raw), EMBED]


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
