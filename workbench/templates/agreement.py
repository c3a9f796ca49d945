"""Do the parameters cell and the front matter tell the same story? Each side is compared with the other."""

from collections.abc import Callable, Iterator
from functools import partial

from workbench.errors import Invalid, did_you_mean
from workbench.templates.form import build_field, check_value
from workbench.templates.front_matter import FrontMatter, ParameterSpec
from workbench.templates.located_yaml import Document
from workbench.templates.parameters import Parameter, Reading
from workbench.templates.problem import Problem


def disagreements(
    contract: FrontMatter, document: Document, reading: Reading, cell: int | None
) -> Iterator[Problem]:
    """Find what one side says and the other does not, and defaults the form itself would refuse."""
    for note in reading.notes:
        yield Problem(f"{note.message}; annotated literal assignments only", cell=cell, line=note.line)
    parameters = {parameter.name: parameter for parameter in reading.parameters}
    yield from _missing_in_cell(contract, document, parameters)
    for name, parameter in parameters.items():
        problem = partial(Problem, cell=cell, line=parameter.line)
        if not parameter.annotated:
            yield problem(f"{name} has no type, write {name}: … = …")
        if name in contract.inputs:
            yield from _input(parameter, optional=contract.inputs[name].optional, problem=problem)
        elif name in contract.parameters:
            yield from _parameter(parameter, contract.parameters[name], document)
        else:
            near = did_you_mean(name, [*contract.parameters, *contract.inputs])
            hint = f"did you mean {near!r}?" if near else "add it under parameters"
            yield problem(f"{name} is not in the front matter", hint=hint)


def _missing_in_cell(
    contract: FrontMatter, document: Document, parameters: dict[str, Parameter]
) -> Iterator[Problem]:
    for section, names in (("inputs", contract.inputs), ("parameters", contract.parameters)):
        for name in names:
            if name not in parameters:
                line = document.line((section, name), key=True)
                near = did_you_mean(name, [known for known in parameters if known not in names])
                like = f'add {name}: str = ""' if section == "inputs" else f"add {name}: … = …"
                hint = f"did you mean {near!r}?" if near else like
                yield Problem("not in the parameters cell", line=line, path=f"{section}.{name}", hint=hint)
    for name in contract.inputs.keys() & contract.parameters.keys():
        line = document.line(("parameters", name), key=True)
        yield Problem("is an input too", line=line, path=f"parameters.{name}")


def _input(parameter: Parameter, *, optional: bool, problem: Callable[[str], Problem]) -> Iterator[Problem]:
    if parameter.type.kind != "text" or parameter.type.nullable:
        yield problem(f"{parameter.name} is an input, so its type is str")
    elif optional and parameter.default != "":
        yield problem(f'{parameter.name} is an optional input, so its default is ""')


def _parameter(parameter: Parameter, spec: ParameterSpec, document: Document) -> Iterator[Problem]:
    path = f"parameters.{parameter.name}"
    line = document.line(("parameters", parameter.name), key=True)
    kind = parameter.type
    numeric = {"number", "integer"} & {kind.kind, kind.item}
    if (spec.minimum is not None or spec.maximum is not None) and not numeric:
        yield Problem(f"has bounds but is not a number ({kind.kind})", line=line, path=path)
    if spec.choices and kind.choices and set(spec.choices) != set(kind.choices):
        yield Problem("choices differ from the Literal in the parameters cell", line=line, path=path)
    if parameter.default is None and kind.nullable:
        return
    try:
        check_value(build_field(parameter, spec), parameter.default)
    except Invalid as error:
        yield Problem(f"its own default is refused: {error}", line=line, path=path)
