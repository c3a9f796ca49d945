"""A template made of a query: what becomes an input, what a parameter, and that it passes the check."""

import pytest

from workbench.errors import Invalid
from workbench.templates import from_query
from workbench.templates.check import check
from workbench.templates.template import examine

TABLES = {
    "demo.energy": {"ts": "timestamp", "line": "text", "kwh": "number", "pieces": "integer"},
    "demo.class": {"n": "integer"},
    "产量": {"n": "integer", "线": "text"},
    "other.energy": {"kwh": "number"},
}


@pytest.mark.parametrize(
    ("sql", "rewritten", "inputs", "parameters"),
    [
        (
            "SELECT avg(kwh) FROM demo.energy WHERE line = 'O''Br' AND kwh > 1.5 AND ts < '2026-07-01' LIMIT 5;",
            'SELECT avg(kwh) FROM "energy" WHERE line = CAST($line AS VARCHAR) AND kwh > $kwh_from '
            "AND ts < CAST($ts_to AS TIMESTAMP) LIMIT 5",
            {"energy": "demo.energy"},
            {"line": "O'Br", "kwh_from": 1.5, "ts_to": "2026-07-01"},
        ),
        (
            'SELECT * FROM "demo"."energy" e JOIN 产量 p ON e.line = p.线 WHERE p.n = 3 AND e.pieces >= 3',
            'SELECT * FROM "energy" e JOIN "产量" p ON e.line = p.线 WHERE p.n = $n AND e.pieces >= $pieces_from',
            {"energy": "demo.energy", "产量": "产量"},
            {"n": 3, "pieces_from": 3},
        ),
        (
            "SELECT 'WHERE n = 1' FROM demo.class WHERE n > 2 * 3 OR n < 4 + 1 -- n = 9",
            "SELECT 'WHERE n = 1' FROM \"value_class\" WHERE n > 2 * 3 OR n < 4 + 1 -- n = 9",
            {"value_class": "demo.class"},
            {},
        ),
        (
            "SELECT demo.energy.kwh FROM demo.energy, other.energy",
            'SELECT "energy".kwh FROM "energy", "energy_2"',
            {"energy": "demo.energy", "energy_2": "other.energy"},
            {},
        ),
    ],
)
def test_tables_become_inputs_and_plain_values_parameters(sql, rewritten, inputs, parameters):
    found = from_query.question(sql, TABLES)

    assert found == from_query.Question(rewritten, inputs, parameters)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM demo.energy WHERE line = '\"\"\"\\ {x} 线'",
        "SELECT kwh AS \"a\" FROM demo.energy WHERE pieces = 7 GROUP BY \"a\"",
        "SELECT\n" + ",\n".join(f"  kwh + {i} -- {i}" for i in range(30)) + "\nFROM demo.energy",
    ],
)
def test_what_is_made_passes_the_check(tmp_path, sql):
    path = from_query.make(sql, "made-here", tmp_path, tables=TABLES)

    assert check(path) == []
    assert examine(path)[0].inputs.keys() == {"energy"}


def test_what_cannot_be_a_template_is_refused(tmp_path):
    from_query.make("SELECT n FROM 产量", "taken", tmp_path, tables=TABLES)

    with pytest.raises(Invalid, match="an id that is taken"):
        from_query.make("SELECT n FROM 产量", "taken", tmp_path, tables=TABLES)
    with pytest.raises(Invalid, match="lower-case words"):
        from_query.make("SELECT n FROM 产量", "../evil", tmp_path, tables=TABLES)
    with pytest.raises(Invalid, match="without a table"):
        from_query.make("SELECT 1", "nothing", tmp_path, tables=TABLES)
