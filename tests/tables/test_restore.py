"""An earlier version comes back whole, whatever became of the newest one; damage is told, never restored."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import Invalid, Unavailable
from workbench.tables import beside, card, retention, store
from workbench.tables.differences import difference, told
from workbench.tables.health import declare
from workbench.tables.restore import restore

OLD = pd.DataFrame({"id": [1, 2, 3], "value": [1.5, None, 3.5]})
NEW = pd.DataFrame({"id": [1, 2, 4], "value": [1.5, 2.5, 9.0], "who": ["a", "b", "<i>c</i>"]})


@pytest.fixture
def both(tables):
    """A table whose second version lost, changed and gained rows and a column."""
    tables.add("t", OLD, units={"value": "mm"}, source="may.csv")
    tables.add("t", NEW, source="june.csv")
    return tables


def aged(tables, name, *, days):
    """Set the clock of some versions back: version → days ago."""
    for version, ago in days.items():
        path = store.commit_path(tables.home(name), version)
        entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for entry in entries:
            if "commitInfo" in entry:
                when = datetime.now(UTC) - timedelta(days=ago)
                entry["commitInfo"]["timestamp"] = int(when.timestamp() * 1000)
        path.write_text("\n".join(map(json.dumps, entries)) + "\n", encoding="utf-8")
    tables._seen.clear()


def test_a_restored_version_is_the_old_one_and_nothing_between_is_lost(both):
    info = restore(both, "t@0")

    assert (info.version, info.rows, info.column("value").unit) == (2, 3, "mm")
    assert both.snapshot("t", 2).sha256 == both.snapshot("t", 0).sha256
    assert both.head("t").equals(both.head("t@0"))
    assert list(both.head("t@1").id) == [1, 2, 4]
    assert [each.how for each in both.versions("t")] == ["import", "import", "restore"]


def test_the_table_comes_back_when_its_newest_rows_are_damaged(both):
    Path(both.files("t")[0]).write_bytes(b"not rows any more")

    restore(both, "t@0")

    assert list(both.head("t").id) == [1, 2, 3]


@pytest.mark.parametrize("damage", ["damaged", "missing"])
def test_damaged_rows_are_never_restored(both, damage):
    file = Path(both.files("t", 0)[0])
    file.unlink() if damage == "missing" else file.write_bytes(file.read_bytes()[:-1] + b"!")

    with pytest.raises(Unavailable, match=damage):
        restore(both, "t@0")

    assert both.pin("t") == ("t", 1)


@pytest.mark.parametrize("reference", ["t", "t@1"])
def test_there_must_be_something_to_go_back_to(both, reference):
    with pytest.raises(Invalid, match="restore"):
        restore(both, reference)


def test_each_version_says_what_it_changed(both):
    (second, changed), (first, none) = told(both, "t", last=5)

    assert (second.version, first.version, none) == (1, 0, None)
    assert (changed.key, changed.added, changed.removed, changed.changed) == (["id"], 1, 1, 1)
    assert changed.changed_cells == {"value": 1}
    assert changed.added_columns == ["who"]
    assert difference(both, "t", 0, 1) == changed, "worked out once and kept"


def test_a_key_that_its_owner_names_tells_rows_apart(tables):
    tables.add("t", pd.DataFrame({"size": [1.5, 2.5], "id": [1, 2]}))
    tables.add("t", pd.DataFrame({"size": [1.5, 2.5], "id": [1, 3]}))

    assert difference(tables, "t", 0, 1).added == 1
    declare(tables, "t", {"key": ["size"]})
    assert difference(tables, "t", 0, 1).changed_cells == {"id": 1}


def test_pruning_takes_what_the_preview_named_and_no_more(tables):
    for number in range(5):
        tables.add("t", pd.DataFrame({"x": [number]}), mode="append" if number in {1, 4} else "replace")
    aged(tables, "t", days={0: 90, 1: 80, 2: 70, 3: 5})
    named = {file for version in (0, 1, 2) for file in tables.files("t", version)}

    plan = retention.plan(tables, "t", days=30)
    assert plan.versions == (0, 1, 2)
    assert [each.version for each in tables.versions("t")] == [0, 1, 2, 3, 4], "a preview touches nothing"
    retention.prune(tables, plan)

    assert [each.version for each in tables.versions("t")] == [3, 4]
    assert list(tables.head("t").x) == [3, 4]
    assert list(tables.head("t@3").x) == [3]
    assert not any(Path(file).exists() for file in named)
    assert tables.add("t", pd.DataFrame({"x": [9]}), mode="append").rows == 3


def test_a_version_that_a_run_still_reads_stays_with_all_after_it(tables):
    for number in range(4):
        tables.add("t", pd.DataFrame({"x": [number]}))
    aged(tables, "t", days={0: 90, 1: 80, 2: 70})

    plan = retention.plan(tables, "t", days=30, held={1})

    assert (plan.versions, plan.kept, plan.held) == ((0,), 1, (1,))


def test_old_rows_go_by_a_new_version_and_rows_without_a_time_stay(tables):
    now = pd.Timestamp.now()
    times = [now - pd.Timedelta(days=40), now, pd.NaT]
    tables.add("t", pd.DataFrame({"ts": times, "x": [1.0, 2.0, 3.0]}), units={"x": "mm"})

    plan = retention.plan(tables, "t", days=30, time_column="ts")
    info = retention.prune(tables, plan)

    assert plan.rows == 1
    assert list(tables.head("t").x) == [2.0, 3.0]
    assert (info.version, info.column("x").unit, tables.versions("t")[-1].how) == (1, "mm", "retention")


def test_what_is_said_of_a_table_makes_no_version_and_goes_with_it(both):
    card.change(both, "t", {"owner": "王工", "tags": [" a ", "a", ""], "columns": {"value": "bore"}})
    card.change(both, "t", {"description": "<b>text</b>", "retention_days": 30})

    said = card.read(both, "t")
    assert (said.owner, said.tags, said.columns) == ("王工", ("a",), {"value": "bore"})
    assert both.get("t").description == "<b>text</b>"
    assert both.pin("t")[1] == 1
    both.remove("t")
    both.add("t", OLD)
    assert card.read(both, "t") == card.Card.model_validate({})


@pytest.mark.parametrize(
    "changed", [{"grade": 4}, {"retention_days": 0}, {"boss": "x"}, {"columns": {"vale": "x"}}]
)
def test_a_card_refuses_what_it_cannot_mean(both, changed):
    with pytest.raises((Invalid, LookupError)):
        card.change(both, "t", changed)


def test_a_torn_note_beside_a_table_is_as_none(both):
    (both.home("t") / beside.FOLDER).mkdir(exist_ok=True)
    (both.home("t") / beside.FOLDER / "card.json").write_text('{"owner": "x', encoding="utf-8")

    assert card.read(both, "t").owner == ""
    assert both.get("t").rows == 3
