"""A template: a notebook with a contract, or any other notebook read as if it had one.

Reads and describes; running is for `runs`, finding for `library`, style for `check`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.config import Text
from workbench.errors import Invalid
from workbench.templates.agreement import disagreements
from workbench.templates.canonical import canonical, document
from workbench.templates.form import Field, build_field, check_values, json_schema, literal_problem
from workbench.templates.front_matter import (
    FrontMatter,
    Input,
    Results,
    front_matter_text,
    is_contract,
    read_front_matter,
)
from workbench.templates.notebook_file import Notebook, read_notebook
from workbench.templates.parameters import Parameter, Reading, read_parameters
from workbench.templates.problem import Problem, invalid
from workbench.templates.steps import Step, bilingual, first_paragraph, headings, steps_of

Source = Literal["house", "workspace", "entry point", "file"]


@dataclass(frozen=True)
class Template:
    """One notebook that can be run as an app."""

    path: Path
    digest: str  # sha256 of the canonical bytes: the same whatever outputs the file holds
    content: Notebook
    contract: FrontMatter | None = None  # None: a notebook from the wild
    parameters: tuple[Parameter, ...] = ()  # everything in the parameters cell, inputs too
    source: Source = "file"
    notes: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def load(cls, path: Path | str, *, source: Source = "file") -> "Template":
        """Read a template; raise Invalid or NotFound with one sentence when it cannot be one."""
        template, problems = examine(Path(path), source=source)
        if template is None or problems:
            raise invalid(Path(path).name, problems)
        return template

    @property
    def id(self) -> str:
        """Its name in requests: the contract's, or made from the file's."""
        return self.contract.id if self.contract else file_id(self.path)

    @property
    def version(self) -> str | None:
        """The contract's version; other notebooks have none."""
        return self.contract.version if self.contract else None

    @property
    def title(self) -> Text:
        """The contract's title, else the first heading, else the file's name."""
        if self.contract:
            return _text(self.contract.title)
        found = next((title for cell in self._prose for _, title in headings(cell)), "")
        return bilingual(found or self.path.stem.replace("_", " "))

    @property
    def summary(self) -> Text:
        """What it does, in a sentence or paragraph."""
        if self.contract:
            return _text(self.contract.summary)
        paragraph = first_paragraph(self.content.cells)
        return {"en": paragraph, "zh": paragraph}

    @property
    def decision(self) -> Text | None:
        """The question it answers."""
        return _text(self.contract.decision) if self.contract else None

    @property
    def domain(self) -> str | None:
        """The field of work it belongs to."""
        return self.contract.domain if self.contract else None

    @property
    def classification(self) -> str:
        """How sensitive its results are until somebody says otherwise."""
        return self.contract.classification if self.contract else "general"

    @property
    def inputs(self) -> dict[str, Input]:
        """The roles tables play in it."""
        return dict(self.contract.inputs) if self.contract else {}

    @property
    def results(self) -> Results:
        """What its runs record."""
        return self.contract.results if self.contract else Results()

    def labels(self) -> dict[str, Text]:
        """Return what inputs, parameters and results are called, by kind and name: ``kpis.ucl``.

        A column of a table is ``tables.signals.rule``, a code in it ``tables.signals.rule=run_7``.
        """
        found = {f"inputs.{role}": _text(need.label) for role, need in self.inputs.items()}
        found |= {f"parameters.{field.name}": field.label for field in self.fields()}
        for kind in ("kpis", "tables", "figures", "alarms", "verdicts", "refusals"):
            found |= {f"{kind}.{name}": spec.label for name, spec in getattr(self.results, kind).items()}
        for table, spec in self.results.tables.items():
            for name, column in spec.columns.items():
                found[f"tables.{table}.{name}"] = _text(column.label)
                found |= {f"tables.{table}.{name}={code}": _text(text) for code, text in column.values.items()}
        return found

    @property
    def language(self) -> str:
        """The language of its kernel."""
        return self.content.language

    @property
    def _prose(self) -> list[str]:
        return [cell.source for cell in self.content.cells if cell.kind == "markdown"]

    def fields(self) -> list[Field]:
        """Return its form: every parameter that is not an input, in the order of the cell."""
        specs = self.contract.parameters if self.contract else {}
        return [
            build_field(parameter, specs.get(parameter.name))
            for parameter in self.parameters
            if parameter.name not in self.inputs
        ]

    def schema(self) -> dict[str, Any]:
        """Return its form as JSON Schema."""
        return json_schema(self.fields())

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return every parameter's value, typed and checked, defaults filled; raise the first error."""
        values, errors = self.check_values(given)
        for error in errors.values():
            raise error
        return values

    def check_values(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Invalid]]:
        """Return the values as `values` does, and the errors by parameter name, for a form to show."""
        values, errors = check_values(self.fields(), given)
        for name in errors.keys() & self.inputs.keys():
            hint = f"give it as an input: --input {name}=TABLE"
            errors[name] = Invalid(f"{name} is an input, not a parameter", hint=hint)
        return values, errors

    def injected(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out unchanged defaults that papermill could not hand over: they stand in their own cell."""
        defaults = {found.name: found.default for found in self.fields()}
        return {
            name: value
            for name, value in values.items()
            if not (_is_same(value, defaults.get(name)) and self._is_untranslatable(name))
        }

    def _is_untranslatable(self, name: str) -> bool:
        return any(
            parameter.name == name and literal_problem(parameter.default) is not None
            for parameter in self.parameters
        )

    def default_inputs(self) -> dict[str, str]:
        """Return the table each role has when none is given; empty for an optional one."""
        return {
            parameter.name: str(parameter.default)
            for parameter in self.parameters
            if parameter.name in self.inputs
        }

    def steps(self) -> tuple[Step, ...]:
        """Return the headings in order with the code cells they cover."""
        return steps_of(self.content.cells)

    def check_language(self) -> None:
        """Refuse a notebook whose kernel is not Python."""
        if self.language not in ("python", "ipython", "python3"):
            hint = "only Python notebooks run here"
            raise Invalid(f"{self.path.name}, language", given=self.language, expected="python", hint=hint)

    def notebook(self) -> dict[str, Any]:
        """Return a fresh notebook (nbformat 4.5, no outputs) as plain data for a job to carry."""
        data = document(self.content)
        for cell in data["cells"]:
            cell["source"] = "".join(cell["source"])
        return data


def examine(path: Path, *, source: Source = "file") -> tuple[Template | None, list[Problem]]:
    """Read a template and find what is wrong with its contract; a file that is no notebook raises."""
    notebook = read_notebook(path)
    digest = hashlib.sha256(canonical(notebook)).hexdigest()
    cell = notebook.tagged("parameters")
    reading = read_parameters(notebook.cells[cell].source) if cell is not None else Reading()
    text = _contract_text(notebook)
    if text is None:
        notes = tuple(f"line {note.line} of the parameters cell: {note.message}" for note in reading.notes)
        return Template(path, digest, notebook, None, reading.parameters, source, notes), []
    contract, lines, problems = read_front_matter(text)
    if contract is None:
        return None, problems
    problems += disagreements(contract, lines, reading, cell)
    return Template(path, digest, notebook, contract, reading.parameters, source), problems


def _contract_text(notebook: Notebook) -> str | None:
    first = notebook.cells[0] if notebook.cells else None
    text = front_matter_text(first.source) if first and first.kind == "raw" else None
    return text if text is not None and is_contract(text) else None


def file_id(path: Path) -> str:
    """Make an id from a file name, in any script."""
    return re.sub(r"[\W_]+", "-", path.stem.lower()).strip("-") or "notebook"


def _text(texts: Mapping[str, str]) -> Text:
    return {"en": texts["en"], "zh": texts["zh"]}


def _is_same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)
