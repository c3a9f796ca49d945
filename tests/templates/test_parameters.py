"""The parameters cell is read, never run."""

import pytest

from workbench.templates.parameters import Type, read_parameters


def only(source):
    reading = read_parameters(source)
    assert len(reading.parameters) == 1, reading
    return reading.parameters[0]


@pytest.mark.parametrize(
    ("source", "type_", "default"),
    [
        ("a: int = 3", Type("integer"), 3),
        ("a = -3", Type("integer"), -3),
        ("a: float = 2", Type("number"), 2),
        ("a = True", Type("boolean"), True),
        ("a = None", Type(nullable=True), None),
        ("a: float | None = None", Type("number", nullable=True), None),
        ("a: Optional[int] = 5", Type("integer", nullable=True), 5),
        ("a: Union[int, float, None] = 5", Type("number", nullable=True), 5),
        ("a: typing.Annotated[str, 'x'] = 'y'", Type("text"), "y"),
        ("a: Literal['b', 'c'] = 'b'", Type("text", choices=("b", "c")), "b"),
        ("a: list[Literal[1, 2]] = [1]", Type("list", item="integer", choices=(1, 2)), [1]),
        ("a: list[str] = []", Type("list", item="text"), []),
        ("a = [1, 2.5]", Type("list", item="number"), [1, 2.5]),
        ("a = (1, 2)", Type("list", item="integer"), (1, 2)),
        ("a: dict[str, int] = {'b': 1}", Type("dict"), {"b": 1}),
        ("a = []  # type: List[str] names", Type("list", item="text"), []),
        ("a: 'float' = 1.5", Type("number"), 1.5),
        ("a: Whatever = 'text'", Type("text"), "text"),
        ("a = '# no comment'", Type("text"), "# no comment"),
        ("a = '''two\nlines'''", Type("text"), "two\nlines"),
    ],
)
def test_type_and_default_of_one_assignment(source, type_, default):
    parameter = only(source)

    assert parameter.type == type_
    assert parameter.default == default


def test_the_trailing_comment_is_the_help():
    assert only("a = 'x # y'  # in mm # really").help == "in mm # really"


def test_the_comment_after_a_list_of_several_lines_is_its_help():
    assert only("a = [\n  1,  # one\n  2,\n]  # type: List[int] all of them").help == "all of them"


@pytest.mark.parametrize(
    "source",
    [
        "a = b",
        "a = f()",
        "a: int",
        "a += 1",
        "a.b = 1",
        "import os",
        "a = {1, 2}",
        "a = b'x'",
        "a = 3j",
        "a = ...",
    ],
)
def test_what_is_no_literal_assignment_is_passed_over_with_a_note(source):
    reading = read_parameters(source)

    assert reading.parameters == ()
    assert len(reading.notes) == 1


def test_a_docstring_and_comments_need_no_note():
    assert read_parameters('"""About."""\n# x\n\na = 1\n').notes == ()


def test_several_names_in_one_statement():
    names = [parameter.name for parameter in read_parameters("a = b = 1\nc, d = 1, 'x'").parameters]

    assert names == ["a", "b", "c", "d"]


def test_a_broken_line_does_not_hide_the_others():
    reading = read_parameters("%matplotlib inline\na = 1\n= 2\nb = [\n  1,\n  2,\n]\nif x\nc = 'd'")

    assert [parameter.name for parameter in reading.parameters] == ["a", "b", "c"]
    assert [note.line for note in reading.notes] == [1, 3, 8]


def test_the_last_of_two_assignments_counts():
    reading = read_parameters("a = 1\na = 2")

    assert reading.parameters[0].default == 2
    assert "twice" in reading.notes[0].message


@pytest.mark.parametrize(
    "source", ["a = " + "[" * 5000, "a = " + "-" * 5000 + "1", "a = 1\0", "(" * 3000, "x" * 300_000]
)
def test_hostile_cells_end_no_process(source):
    assert read_parameters(source).parameters == ()


def test_papermill_complex_parameters(wild):
    from workbench.templates.template import Template

    template = Template.load(wild / "papermill_complex_parameters.ipynb")

    assert [field.name for field in template.fields()] == ["msg", "a", "b", "c"]
    assert [field.help["en"] if field.help else "" for field in template.fields()] == [
        "",
        "Variable a",
        "Nice list",
        "",
    ]
    assert len(template.notes) == 2
