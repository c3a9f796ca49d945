"""Filters: which rows they leave, in every type a column can have, and what they refuse."""

import json

import pandas as pd
import pytest

from workbench.config import Workspace
from workbench.errors import Invalid
from workbench.tables import filters, inputs, resolve
from workbench.tables.catalog import Tables

FRAME = pd.DataFrame(
    {
        "machine": ["M01", "M01", 'O\'Brien "x"', "铣床 7", None, "; DROP TABLE input --"],
        "code": ["007", "7", "7.0", "", "abc", None],
        "part": [1, 2, 3, 3, 2, 1],
        "value": [0.1, 0.2, 0.3, None, 0.5, 1e300],
        "good": [True, False, None, True, True, False],
        "ts": pd.to_datetime(
            ["2026-01-01", "2026-01-01 23:59:59", "2026-01-02", "2026-01-03 06:00", "2026-01-04", None],
            format="ISO8601",
        ),
        "day": ["2026-01-01", "2026/01/02", "2026-01-03", "03.01.2026", "", "soon"],
    }
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("plant")).create()
    Tables(workspace).add("parts", FRAME)
    return workspace


def narrowed(workspace, wanted):
    source = resolve.resolve("parts", workspace=workspace)
    with inputs.opened() as connection:
        found = inputs.filtered(source, inputs.described(source, needs=None), wanted, connection=connection)
    return json.loads(json.dumps(found))


def rows(workspace, wanted):
    """Return the positions of the rows that a filter leaves."""
    found = narrowed(workspace, wanted)
    frame = inputs.open_source(found).df()
    assert len(frame) == found["rows"]
    values = frame.fillna({"value": -1})["value"].tolist()
    return [FRAME.fillna({"value": -1})["value"].tolist().index(value) for value in values]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"machine": "M01"}, [0, 1]),
        ({"machine": 'O\'Brien "x"'}, [2]),
        ({"machine": "铣床 7"}, [3]),
        ({"machine": None}, [4]),
        ({"machine": "; DROP TABLE input --"}, [5]),
        ({"code": 7}, [1]),
        ({"code": "007"}, [0]),
        ({"code": ""}, [3]),
        ({"part": 3}, [2, 3]),
        ({"part": "3"}, [2, 3]),
        ({"part": "3.0"}, [2, 3]),
        ({"value": "0.3"}, [2]),
        ({"good": True}, [0, 3, 4]),
        ({"good": "false"}, [1, 5]),
        ({"good": None}, [2]),
        ({"part": {"from": 2}}, [1, 2, 3, 4]),
        ({"part": {"from": 1, "to": 3}}, [0, 1, 4, 5]),
        ({"ts": {"from": "2026-01-01", "to": "2026-01-02"}}, [0, 1]),
        ({"ts": {"to": "2026-01-01T12:00"}}, [0]),
        ({"ts": "2026-01-02"}, [2]),
        ({"ts": {"from": "2026-01-01T23:59:59Z"}}, [1, 2, 3, 4]),
        ({"day": {"from": "2026-01-02", "to": "2026-01-04"}}, [1, 2, 3]),
        ({"machine": "M01", "part": 2}, [1]),
    ],
    ids=str,
)
def test_a_filter_leaves_exactly_its_rows(workspace, wanted, expected):
    assert rows(workspace, wanted) == expected


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"machin": "M01"}, "table parts: no column to filter by: got 'machin'; did you mean 'machine'?"),
        (
            {"machine": "M99"},
            "table parts, rows with machine = M99: got no rows, expected at least one; "
            "choose a value that the column has, or remove the filter",
        ),
        ({"part": "three"}, "filter of column 'part': got 'three', expected a number"),
        ({"value": "nan"}, "filter of column 'value': got 'nan', expected a number that is finite"),
        (
            {"ts": "yesterday"},
            "filter of column 'ts': got 'yesterday', expected a time such as 2026-01-31 "
            "or 2026-01-31T06:00:00",
        ),
        ({"good": "perhaps"}, "filter of column 'good': got 'perhaps', expected true or false"),
        (
            {"part": {"from": 3, "to": 3}},
            "filter of column 'part': got 3 … 3, expected a start before the end",
        ),
        ({"part": {}}, 'filter of column \'part\': got {}, expected a value, or {"from": …, "to": …}'),
        ({"good": {"from": True}}, "filter of column 'good': got a range of boolean, expected one value"),
    ],
    ids=str,
)
def test_a_filter_that_makes_no_sense_is_refused_in_one_sentence(workspace, wanted, sentence):
    with pytest.raises(Invalid) as refused:
        narrowed(workspace, wanted)

    assert str(refused.value) == sentence


def test_values_outside_the_filter_are_not_checked(workspace):
    """Row 4 holds 'abc' in code: it spoils the whole column, not the rows of another part."""
    source = resolve.resolve("parts", workspace=workspace)
    column = {"source": "code", "type": "number", "stored": "text", "scale": 1.0, "shift": 0.0}
    found = inputs.described(source, needs=None) | {"columns": {"code": column}}
    with inputs.opened() as connection:
        narrow = inputs.filtered(source, found, {"part": 1}, connection=connection)

    inputs.check(narrow)
    with pytest.raises(Invalid, match="abc"):
        inputs.check(found)


def test_a_filter_is_told_without_noise():
    wanted = {"machine": "M03", "ts": {"from": "2026-01-01T00:00:00", "to": "2026-01-01T06:00:00"}}

    assert filters.told(wanted) == "machine = M03, ts = 2026-01-01 … 2026-01-01 06:00"
