"""From an entry to an app: the notebook with a contract before it, and its score card as proof.

What a person adds is short: id, title, and which of the three paths are inputs. The rest comes from the
competition: its domain, its columns, its scores.
"""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from workbench.competitions.bundle import Bundle, frame
from workbench.competitions.contract import Phase, Task
from workbench.competitions.entry import Entry, rounded
from workbench.config import LANGUAGES
from workbench.errors import Refused
from workbench.templates.canonical import canonical
from workbench.templates.notebook_file import Cell, Notebook, read_notebook
from workbench.templates.package import pack
from workbench.templates.template import Template

KINDS = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}
READ = """\
import workbench as wb
import pandas as pd

{lines}
predictions = "predictions.csv"
"""
RECORD = """\
result = pd.read_csv(predictions)
wb.table("predictions", result)
wb.kpi("cases", len(result))
wb.verdict("predicted", level="info", text={text})
"""


class Form(BaseModel):
    """What a person says of the app; empty texts are taken from the competition."""

    id: str
    version: str = "1.0.0"
    title: dict[str, str] = {}
    summary: dict[str, str] = {}
    decision: dict[str, str] = {}


def template(bundle: Bundle, entry: Entry, notebook: Path, *, form: Form, folder: Path, team: str) -> Path:
    """Write an entry as a template package that `workbench templates install` takes."""
    if entry.status != "scored" or entry.disqualified:
        given = entry.disqualified or entry.status
        raise Refused(f"entry {entry.entry}", given=given, expected="one with a score that stands")
    phase = next(each for each in bundle.contract.phases if each.id == entry.phase)
    task = bundle.contract.task_of(phase)
    path = folder / f"{form.id}.ipynb"
    path.write_bytes(canonical(_notebook(read_notebook(notebook), bundle, task, form, team)))
    card = card_of(bundle, entry, team=team, phase=phase)
    path.with_suffix(".proof.json").write_text(json.dumps(card, ensure_ascii=False, indent=1), "utf-8")
    return pack(Template.load(path), folder)


def card_of(bundle: Bundle, entry: Entry, *, team: str, phase: Phase) -> dict[str, Any]:
    """Return the score card: which competition, which rows, which scores, as the board shows them."""
    decimals = {metric.name: metric.decimals for metric in bundle.contract.metrics}
    return {
        "competition": bundle.contract.id,
        "version": entry.version,
        "phase": phase.id,
        "entry": entry.entry,
        "team": team,
        "submitted": entry.submitted.isoformat(timespec="seconds"),
        "public": rounded(entry.public, decimals),
        "private": rounded(entry.private, decimals),
        "seconds": entry.seconds,
        "memory_mb": entry.memory_mb,
        "written": datetime.now(entry.submitted.tzinfo).isoformat(timespec="seconds"),
    }


def _notebook(given: Notebook, bundle: Bundle, task: Task, form: Form, team: str) -> Notebook:
    """Put the contract before the entry's cells, hand it files, and record what it predicts."""
    place = given.tagged("parameters") or 0
    parameters = Cell(
        "code",
        'train: str = "train"  # what to learn from\ntest: str = "test"  # what to predict for',
        "parameters",
        {"tags": ["parameters"]},
    )
    text = {"en": "The predictions are ready.", "zh": "预测已完成。"}
    lines = "\n".join(
        f'wb.read({name}).df().to_csv("{name}.csv", index=False)\n{name} = "{name}.csv"'
        for name in ("train", "test")
    )
    before = [
        Cell("raw", f"---\n{_contract(bundle, task, form, team)}---", "front-matter"),
        parameters,
        Cell("markdown", "## Read the tables · 读取数据表", "read-the-tables"),
        Cell("code", READ.format(lines=lines), "read"),
    ]
    kept = [cell for number, cell in enumerate(given.cells) if number != place and cell.kind != "raw"]
    cleared = [replace(cell, metadata={}) for cell in kept]
    after = [
        Cell("markdown", "## Record the predictions · 记录预测", "record-the-predictions"),
        Cell("code", RECORD.format(text=text), "record"),
    ]
    return Notebook((*before, *cleared, *after), given.metadata)


def _contract(bundle: Bundle, task: Task, form: Form, team: str) -> str:
    contract = bundle.contract
    decision = {"en": "What do the newest rows lead to?", "zh": "最新数据预示什么？"}
    learn = {"en": "what to learn from", "zh": "用于学习的数据"}
    ask = {"en": "what to predict for", "zh": "待预测的数据"}
    said = {
        "workbench": 1,
        "id": form.id,
        "version": form.version,
        "title": _texts(form.title, contract.title),
        "summary": _texts(form.summary, contract.summary),
        "decision": _texts(form.decision, decision),
        "domain": contract.domain,
        "inputs": {
            "train": {"label": learn, "columns": _columns(bundle.path(task.train))},
            "test": {"label": ask, "columns": _columns(bundle.path(task.test))},
        },
        "results": {
            "kpis": {"cases": {"label": {"en": "cases", "zh": "样本数"}}},
            "tables": {"predictions": {"label": {"en": "predictions", "zh": "预测结果"}}},
            "verdicts": {"predicted": {"level": "info"}},
        },
        "authors": [team],
        "licence": contract.licence,
    }
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False)


def _texts(given: dict[str, str], else_: dict[str, str]) -> dict[str, str]:
    return {language: given.get(language) or else_[language] for language in LANGUAGES}


def _columns(path: Path) -> dict[str, Any]:
    """Return the columns of a table as an input asks for them."""
    data = frame(path)
    return {
        str(name): {"type": KINDS.get(data[name].dtype.kind, "text"), "label": str(name)}
        for name in data.columns
        if str(name).isidentifier()
    }
