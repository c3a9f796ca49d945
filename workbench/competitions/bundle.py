"""A competition bundle: a folder, or a zip of one, with ``competition.yaml``, pages, data and a starter kit.

Decides whether the files hold what the contract says: names, columns, keys, and that no answer is given away.
"""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.competitions import archive, phases, scoring
from workbench.competitions.contract import SUFFIXES, Contract, Metric, Task
from workbench.competitions.metrics import METRICS
from workbench.competitions.scoring import MetricSpec, Schema
from workbench.errors import Invalid, NotFound, WorkbenchError, did_you_mean
from workbench.templates.located_yaml import Document, parse, validate
from workbench.templates.notebook_file import read_notebook
from workbench.templates.parameters import read_parameters
from workbench.templates.problem import Problem, invalid

FILE = "competition.yaml"
PATHS = ("train", "test", "predictions")
TIES = ("seconds", "memory", "submitted")
SPLITS = {"public", "private"}


@dataclass(frozen=True)
class Bundle:
    """A competition that was read, where its files lie, and what they amount to."""

    folder: Path
    contract: Contract
    digest: str

    def path(self, name: str) -> Path:
        """Return where a file of the bundle lies."""
        return self.folder / name

    def page(self, name: str) -> dict[str, str] | None:
        """Return one of the pages as Markdown in both languages."""
        texts = self.contract.pages.get(name)  # type: ignore[call-overload]
        if texts is None:
            return None
        return {language: _page_text(self.folder, text) for language, text in texts.items()}

    def public_files(self) -> list[Path]:
        """Return what anybody may have."""
        hidden = self.folder / "hidden"
        return [path for path in archive.files_of(self.folder) if hidden not in path.parents]


@contextlib.contextmanager
def opened(source: Path) -> Iterator[Bundle]:
    """Read a folder or a zip for as long as the caller works with it; raise what is wrong with it."""
    with laid_out(source) as folder:
        contract, problems = check(folder)
        if contract is None or problems:
            raise invalid(FILE, problems)
        yield Bundle(folder, contract, digest(folder))


@contextlib.contextmanager
def laid_out(source: Path) -> Iterator[Path]:
    """Return the folder of a bundle, unpacked where it is a zip."""
    if source.is_dir():
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
        folder = Path(scratch)
        archive.unpack(source, folder)
        inner = [path for path in folder.iterdir() if path.is_dir()]
        if not (folder / FILE).is_file() and len(inner) == 1 and (inner[0] / FILE).is_file():
            folder = inner[0]  # zipped with its folder around it
        yield folder


def load(folder: Path) -> Bundle:
    """Read a bundle that was checked when it was published."""
    contract, document, problems = _contract(folder)
    if contract is None or document is None:
        raise invalid(FILE, problems)
    return Bundle(folder, contract, "")


def digest(folder: Path) -> str:
    """Return what tells this bundle from every other."""
    total = hashlib.sha256()
    for path in archive.files_of(folder):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def check(folder: Path) -> tuple[Contract | None, list[Problem]]:
    """Return the contract and everything that is wrong with the bundle."""
    contract, document, problems = _contract(folder)
    if contract is None or document is None or problems:
        return contract, problems
    archive.files_of(folder)  # says so when there is a link
    problems = list(_contradictions(contract, document))
    problems += _pages(folder, contract, document)
    problems += _kit(folder, contract, document)
    problems += _metrics(folder, contract, document)
    for name, task in contract.tasks.items():
        problems += [
            Problem(text, line=document.line(("tasks", name, key)), path=f"tasks.{name}.{key}")
            for key, text in _task_problems(folder, task)
        ]
    return contract, problems


def _contract(folder: Path) -> tuple[Contract | None, Document | None, list[Problem]]:
    path = folder / FILE
    if not path.is_file():
        raise NotFound(f"no {FILE}", given=str(folder.name), hint="workbench compete new writes a bundle")
    try:
        document, problems = parse(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise Invalid(FILE, given="other bytes", expected="text in UTF-8") from None
    if problems:
        return None, document, problems
    if not isinstance(document.data, dict):
        return None, document, [Problem("expected key: value lines", line=1)]
    contract, problems = validate(Contract, document)
    return contract, document, problems


def _contradictions(contract: Contract, document: Document) -> Iterator[Problem]:
    for place, text in phases.disorder(contract):
        yield Problem(text, line=document.line(("phases", place)), path=f"phases.{place}")
    for place, phase in enumerate(contract.phases):
        path: tuple[str | int, ...] = ("phases", place, "task")
        if phase.task not in contract.tasks:
            yield _unknown("task", str(phase.task), contract.tasks, document, path)
        if [each.id for each in contract.phases].count(phase.id) > 1:
            yield Problem(f"{phase.id!r} is given twice", line=document.line(("phases", place, "id")))
    for place, metric in enumerate(contract.metrics):
        path = ("metrics", place, "name")
        if metric.own is None and metric.name not in METRICS:
            yield _unknown("metric", metric.name, METRICS, document, path)
    names = [metric.name for metric in contract.metrics]
    if len(set(names)) < len(names):
        yield Problem("the same metric twice", line=document.line(("metrics",)), path="metrics")
    for place, name in enumerate(contract.tie_break):
        if name not in (*names, *TIES):
            yield _unknown("tie-break", name, (*names, *TIES), document, ("tie_break", place))


def _unknown(kind: str, given: str, known: Any, document: Document, path: tuple[str | int, ...]) -> Problem:
    near = did_you_mean(given, known)
    hint = f"did you mean {near!r}?" if near else f"known: {', '.join(sorted(known))}"
    return Problem(
        f"unknown {kind} {given!r}", line=document.line(path), path=".".join(map(str, path)), hint=hint
    )


def _pages(folder: Path, contract: Contract, document: Document) -> Iterator[Problem]:
    for name, texts in contract.pages.items():
        for language, text in texts.items():
            if _is_file(text) and not _within(folder, text).is_file():
                path = ("pages", name, language)
                yield Problem(f"no file {text}", line=document.line(path), path=".".join(path))


def _is_file(text: str) -> bool:
    return "\n" not in text and text.endswith(".md") and len(text) < 200


def _within(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or path.is_relative_to((folder / "hidden").resolve()):
        raise Invalid(FILE, given=name, expected="a path inside the bundle, outside hidden/")
    return path


def _page_text(folder: Path, text: str) -> str:
    return _within(folder, text).read_text(encoding="utf-8-sig") if _is_file(text) else text


def _metrics(folder: Path, contract: Contract, document: Document) -> Iterator[Problem]:
    """Find metrics that cannot be computed from a task's labels, or whose file is missing."""
    for place, metric in enumerate(contract.metrics):
        path = ("metrics", place)
        if metric.own is not None and not (folder / metric.own).is_file():
            yield Problem(
                f"no file {metric.own}", line=document.line((*path, "own")), path=f"metrics.{place}"
            )
        elif metric.own is not None or metric.name in METRICS:
            for name, task in contract.tasks.items():
                try:
                    scoring.check([spec(folder, metric)], schema(task))
                except WorkbenchError as error:
                    yield Problem(f"{error} (task {name})", line=document.line(path), path=f"metrics.{place}")


def _kit(folder: Path, contract: Contract, document: Document) -> Iterator[Problem]:
    if contract.kit is None:
        return
    line = document.line(("kit",))
    path = folder / contract.kit
    if contract.kit.startswith("hidden/") or not path.is_file():
        yield Problem(f"no file {contract.kit} outside hidden/", line=line, path="kit")
        return
    notebook = read_notebook(path)
    cell = notebook.tagged("parameters")
    declared = read_parameters(notebook.cells[cell].source).parameters if cell is not None else ()
    missing = set(PATHS) - {parameter.name for parameter in declared}
    if missing:
        text = f"its parameters cell lacks {', '.join(sorted(missing))}"
        yield Problem(text, line=line, path="kit", hint="it needs train, test and predictions, each a str")


def _task_problems(folder: Path, task: Task) -> Iterator[tuple[str, str]]:
    """Say what is wrong with the files of a task: the key to correct, and a sentence."""
    missing = [(key, getattr(task, key)) for key in ("train", "test", "labels")]
    missing = [(key, name) for key, name in missing if not (folder / name).is_file()]
    missing += [("others", name) for name in task.others if not (folder / name).is_file()]
    if missing:
        yield from ((key, f"no file {name}") for key, name in missing)
        return
    try:
        train, test, labels = (frame(folder / name) for name in (task.train, task.test, task.labels))
    except Invalid as error:
        yield "train", str(error)
        return
    for key, data, columns in (
        ("train", train, [task.target]),
        ("test", test, [task.id]),
        ("labels", labels, _label_columns(task)),
    ):
        lacking = [name for name in columns if name not in data.columns]
        if lacking:
            near = did_you_mean(lacking[0], map(str, data.columns))
            yield key, f"no column {lacking[0]!r}" + (f"; did you mean {near!r}?" if near else "")
            return
    yield from _label_problems(task, test, labels)


def _label_problems(task: Task, test: pd.DataFrame, labels: pd.DataFrame) -> Iterator[tuple[str, str]]:
    given_away = [name for name in (task.target, task.split) if name in test.columns]
    if given_away:
        yield "test", f"the hidden features hold {given_away[0]!r}, which is the answer"
    if labels.empty:
        yield "labels", "no rows"
    repeated = int(labels[task.id].duplicated().sum())
    if repeated:
        yield "labels", f"{repeated} rows repeat an id"
    if labels[_label_columns(task)].isna().to_numpy().any():
        yield "labels", "empty cells in the columns that are needed"
    order = list(dict.fromkeys(test[task.id].tolist()))
    asked = labels[task.id].tolist()
    known = set(asked)
    unknown = known - set(order)
    if unknown:
        yield "labels", f"{len(unknown)} ids are not among the hidden features"
    elif not repeated and asked != [each for each in order if each in known]:
        yield "labels", "its ids stand in another order than in the hidden features"
    if task.split and set(labels[task.split].astype(str)) != SPLITS:
        yield "split", "expected public and private, and both of them"


def _label_columns(task: Task) -> list[str]:
    roles = (task.id, task.target, task.group, task.time, task.scale, task.split)
    return list(dict.fromkeys(name for name in roles if name))


def schema(task: Task) -> Schema:
    """Return the columns of a task as the scorer names them."""
    roles = ("id", "target", "prediction", "kind", "group", "time", "scale")
    return Schema(**{role: getattr(task, role) for role in roles}, classes=tuple(task.classes))


def spec(folder: Path, metric: Metric) -> MetricSpec:
    """Return a metric as the scorer is asked for it."""
    return MetricSpec(
        name=metric.name,
        weight=metric.weight or 1.0,
        options=metric.options,
        own=folder / metric.own if metric.own else None,
        direction=metric.direction,
    )


def frame(path: Path) -> pd.DataFrame:
    """Read a table of a bundle."""
    try:
        return pd.read_parquet(path) if path.suffix.lower() == SUFFIXES[1] else pd.read_csv(path)
    except (ValueError, OSError, ArithmeticError, pd.errors.ParserError) as error:
        given = f"not readable ({str(error).splitlines()[0][:80]})"
        raise Invalid(path.name, given=given, expected="a CSV or Parquet table") from None
