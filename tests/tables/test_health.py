"""Planted defects are counted exactly, what was not assessed says why, and nothing undeclared is judged."""

import json
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import Invalid, NotFound
from workbench.governance.proposals import merged
from workbench.governance.quality import document
from workbench.tables import card
from workbench.tables.checkups import Checkups
from workbench.tables.health import declare, health, known, rules, trend
from workbench.tables.suggest import proposals

N = 1000
START = datetime(2026, 3, 1)  # noqa: DTZ001 - plant time
RULES = {
    "key": ["ts", "machine"],
    "time": "ts",
    "entity": "machine",
    "period_s": 60,
    "max_age_s": 3600,
    "ranges": {"value": {"low": 0, "high": 100}},
    "formats": {"batch": r"B-\d{4}"},
    "allowed": {"machine": ["M1", "M2"]},
    "conditions": ["ok + ng = total"],
}


@pytest.fixture
def planted(tables):
    """Two machines, a row each minute: 20 values missing, 7 out of range, 3 wrong texts, 10 rows twice,
    30 minutes of one machine lost, 4 rows out of order, 5 sums wrong, 2 rows of an unknown machine.
    """
    minutes = pd.date_range(START, periods=N // 2, freq="min")
    random = np.random.default_rng(3)
    frame = pd.DataFrame({"ts": minutes.repeat(2), "machine": ["M1", "M2"] * (N // 2)})
    frame["value"] = random.normal(50, 2, N)
    frame["batch"] = [f"B-{i % 37:04d}" for i in range(N)]
    frame["ok"], frame["ng"] = 9, 1
    frame["total"] = 10
    frame.loc[100:119, "value"] = np.nan
    frame.loc[200:206, "value"] = 500.0
    frame.loc[[210, 220, 230], "batch"] = "b?"
    frame.loc[300:304, "total"] = 11
    lost = frame[(frame.machine == "M2") & frame.ts.between("2026-03-01 05:00", "2026-03-01 05:29")].index
    frame = frame.drop(index=lost)
    again = frame.iloc[500:510]
    moved = frame.iloc[[700, 704, 708, 712]]
    frame = pd.concat([frame.drop(index=moved.index), again.sort_values("ts")])
    stranger = frame.iloc[:2].assign(machine="M9", ts=minutes[:2])
    frame = pd.concat([frame, moved, stranger], ignore_index=True)
    tables.add("plant", frame, units={"value": "bar"}, source="plant.csv")
    declare(tables, "plant", RULES)
    return tables


def found(tables, name="plant", now=START + timedelta(days=1)):
    return {each.spec.code: each for each in health(tables, name, now=now).indicators}


def test_planted_defects_are_counted_exactly(planted):
    rows = planted.get("plant").rows
    counts = {code: (each.met, each.of) for code, each in found(planted).items() if each.assessed}

    assert rows == N - 30 + 10 + 2
    assert counts["0201"] == (7 * rows - 20, 7 * rows)
    assert counts["0302"] == (2 * rows - 20 - 7 - 3, 2 * rows - 20)
    assert counts["0303"] == (10, rows)
    assert counts["0304"] == (rows - 20, rows - 10)
    assert counts["0105"] == (rows - 2, rows)
    assert counts["0104"] == (rows - 5, rows)
    assert counts["0202"] == (500 + 470 + 2, 3 * 500)
    assert counts["0502"] == (0, 3), "all stale after a day"
    assert counts["0601"] == (1, 1)


def test_scores_follow_from_the_counts_and_coverage_is_told(planted):
    whole = health(planted, "plant", now=START + timedelta(days=1))
    each = {one.spec.code: one for one in whole.indicators}

    assert each["0303"].value == pytest.approx(10 / planted.get("plant").rows, abs=1e-8)
    assert each["0303"].score == pytest.approx(100 - 1000 / planted.get("plant").rows, abs=1e-4)
    assert (whole.assessed, whole.total) == (sum(one.assessed for one in whole.indicators), 20)
    assert all(one.because and one.score is None for one in whole.indicators if not one.assessed)
    assert each["0301"].because["en"] == "no checked table is declared to compare with"
    assert whole.score < 100


def test_evidence_shows_rows(planted):
    each = found(planted)

    assert {row["machine"] for row in each["0105"].examples} == {"M9"}
    assert all(row["total"] == 11 for row in each["0104"].examples)
    assert {part.name: part.of - part.met for part in each["0201"].parts}["value"] == 20


def test_rows_out_of_order_are_found_by_machine(tables):
    times = [START + timedelta(minutes=i) for i in (0, 1, 3, 2, 4)]
    frame = pd.DataFrame({"ts": times + times[:3], "m": ["a"] * 5 + ["b"] * 3})
    tables.add("t", frame)
    declare(tables, "t", {"time": "ts", "entity": "m"})

    assert (found(tables, "t")["0503"].met, found(tables, "t")["0503"].of) == (5, 6)


def test_a_gap_lowers_the_hours_that_have_their_rows(tables):
    minutes = pd.date_range(START, periods=600, freq="min").delete(range(190, 260))
    tables.add("t", pd.DataFrame({"ts": minutes}))
    declare(tables, "t", {"time": "ts", "period_s": 60})

    # Ten hours, of which the first and the last are not looked at; 03 and 04 lack rows.
    assert (found(tables, "t")["0501"].met, found(tables, "t")["0501"].of) == (6, 8)


def test_spikes_and_stuck_sensors_are_doubtful(tables):
    random = np.random.default_rng(8)
    values = random.normal(20, 0.5, 2000)
    values[[300, 900, 1500]] += 40
    values[1000:1050] = 20.123
    values[5] = np.inf
    constant = np.where(np.arange(2000) % 400 < 200, 1.5, 2.5)
    tables.add(
        "t", pd.DataFrame({"ts": pd.date_range(START, periods=2000, freq="s"), "v": values, "set": constant})
    )
    declare(tables, "t", {"time": "ts", "period_s": 1})

    parts = {part.name: part.met for part in found(tables, "t")["0305"].parts}

    assert parts == {"v": 3 + 50 + 1, "set": 0}


def test_other_tables_are_asked(tables):
    tables.add("orders", pd.DataFrame({"no": ["a", "b"], "qty": [10.0, 20.0]}))
    tables.add("t", pd.DataFrame({"no": ["a", "b", "c"], "qty": [10.05, 21.0, 5.0]}))
    declare(tables, "t", {"references": {"no": "orders:no"}})
    agreeing = {"table": "orders", "key": ["no"], "columns": ["qty"], "tolerance": 0.1}
    declare(tables, "t", {"truth": agreeing, "copy_of": {**agreeing, "table": "gone"}})

    each = found(tables, "t")

    assert (each["0402"].met, each["0402"].of, each["0402"].examples[0]["no"]) == (2, 3, "c")
    assert (each["0301"].met, each["0301"].of) == (1, 2)
    assert "gone" in each["0401"].because["en"]
    tables.add("orders", pd.DataFrame({"no": ["a", "b", "c"], "qty": [10.0, 21.0, 5.0]}))
    assert found(tables, "t")["0402"].met == 3, "counted anew when the other table changed"


def test_rows_past_their_retention_are_not_available(tables):
    now = pd.Timestamp.now().normalize()
    tables.add("t", pd.DataFrame({"ts": [now - pd.Timedelta(days=60), now, now]}))
    declare(tables, "t", {"time": "ts"})
    card.change(tables, "t", {"retention_days": 30})

    assert (found(tables, "t")["0602"].met, found(tables, "t")["0602"].of) == (2, 3)


def test_cells_an_import_could_not_read_count_as_wrong_format(tables):
    tables.add("t", pd.DataFrame({"x": [1.0, 2.0, None]}), note={"rejected": 1})

    assert (found(tables, "t")["0302"].met, found(tables, "t")["0302"].of) == (2, 3)


def test_a_lost_file_is_told_even_though_the_counts_are_kept(planted):
    health(planted, "plant")
    Path(planted.files("plant")[0]).unlink()

    assert found(planted)["0601"].score == 0
    assert found(planted)["0303"].met == 10


def test_rows_that_come_back_from_a_backup_are_counted_again(planted):
    file = Path(planted.files("plant")[0])
    rows = file.read_bytes()
    file.unlink()
    assert found(planted)["0201"].score is None

    file.write_bytes(rows)

    assert found(planted)["0303"].met == 10


def test_weights_change_the_score_and_not_the_counts(planted):
    before = health(planted, "plant", now=START)
    declare(planted, "plant", {"weights": {"01": 0, "02": 0, "03": 0, "05": 0, "06": 3}})

    after = health(planted, "plant", now=START)

    assert after.score == 100
    assert [one.met for one in after.indicators] == [one.met for one in before.indicators]


def test_nothing_is_judged_by_a_rule_nobody_declared(tables):
    tables.add("t", pd.DataFrame({"ts": [START], "x": [1e9]}))

    assert {code for code, each in found(tables, "t").items() if each.assessed} == {
        "0103",
        "0201",
        "0303",
        "0601",
    }
    tables.add("none", pd.DataFrame({"x": pd.Series([], dtype=float)}))
    assert found(tables, "none")["0201"].because["en"] == "the table has no rows"


def test_proposals_describe_the_rows_and_can_be_confirmed(planted):
    declare(planted, "plant", dict.fromkeys(RULES))
    assert rules(planted, "plant").declared == {}
    proposed = {each.rule: each.value for each in proposals(planted, "plant")}

    assert (proposed["time"], proposed["entity"], proposed["period_s"]) == ("ts", "machine", 60.0)
    assert proposed["standard.value"] == {"type": "number", "unit": "bar"}
    assert proposed["formats.batch"] == r"[A-Z]-\d{4}"
    assert "key" not in proposed, "ten rows are there twice"
    declare(planted, "plant", merged(proposals(planted, "plant"), {}))
    assert proposals(planted, "plant") == []
    assert health(planted, "plant").assessed >= 12


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"ranges": {"value": {"low": 2, "high": 1}}}, Invalid),
        ({"ranges": {"valeu": {"low": 1}}}, NotFound),
        ({"formats": {"batch": "("}}, Invalid),
        ({"formats": {"batch": "(?=x)x"}}, Invalid),
        ({"weights": {"0999": 1}}, Invalid),
        ({"period_s": -1}, Invalid),
        ({"nonsense": 1}, Invalid),
        ({"conditions": ["__import__('os').system('x')"]}, Invalid),
        ({"conditions": ["ok"]}, Invalid),
        ({"conditions": ["okk = 1"]}, NotFound),
        ({"conditions": ["1=1); DROP TABLE t; --"]}, Invalid),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_and_the_old_ones_stay(planted, changed, error):
    kept = rules(planted, "plant")

    with pytest.raises(error):
        declare(planted, "plant", changed)

    assert rules(planted, "plant") == kept


def test_conditions_read_columns_with_any_name(tables):
    tables.add("t", pd.DataFrame({"压力 (bar)": [1.0, 20.0, None], "state": ["on", "off", "on"]}))
    declare(tables, "t", {"conditions": ["[压力 (bar)] <= 16 or state == 'off'", "0 <= [压力 (bar)]*2 < 30"]})

    assert [(part.met, part.of) for part in found(tables, "t")["0104"].parts] == [(2, 2), (1, 2)]


def test_health_is_counted_in_the_background_and_has_a_trend(planted):
    planted.add("plant", planted.head("plant@0", 500), source="half.csv")
    checkups = Checkups(planted)
    assert known(planted, "plant@1") is None

    checkups.ask("plant", "plant@0", "no.such.table")
    deadline = time.monotonic() + 60
    while checkups.waiting() and time.monotonic() < deadline:
        time.sleep(0.05)
    checkups.stop()

    assert [each.assessed for _, _, each in trend(planted, "plant")] == [14, 14]
    json.dumps(document(known(planted, "plant")), allow_nan=False)
