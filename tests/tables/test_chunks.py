"""Long series on disk: chunks of time, the same rows, nothing lost, files left unopened."""

import itertools
import time

import numpy as np
import pandas as pd
import pytest

from workbench.config import Workspace
from workbench.errors import Unavailable
from workbench.tables import chunks, filters, inputs, relation, resolve, store, tidying
from workbench.tables.catalog import Tables

START = pd.Timestamp("2026-01-01")
DAYS, ASSETS = 6, ["P01", "P02", "泵03"]


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    """Take a few thousand rows for a long table, and a day of them for a handy file."""
    monkeypatch.setattr(chunks, "LONG", 1000)
    monkeypatch.setattr(chunks, "CELLS", 8_000)


def series(days=DAYS, *, first=START, step="4min"):
    times = pd.date_range(first, first + pd.Timedelta(days=days), freq=step, inclusive="left")
    frame = pd.DataFrame(itertools.product(times, ASSETS), columns=["ts", "asset"])
    rng = np.random.default_rng(7)
    return frame.assign(value=rng.normal(size=len(frame)), n=np.arange(len(frame)))


def frame_of(tables, reference, where=None):
    name, _, version = reference.partition("@")
    files = tables.files(name, int(version) if version else None, where=where)
    if not files:
        return tables.head(name, 0)
    with relation.locked(files) as connection:
        return connection.execute(f"FROM read_parquet({relation.listed(files)})").to_arrow_table().to_pandas()


def key(frame):
    return frame.sort_values("n").reset_index(drop=True)


def test_a_tidied_series_holds_the_same_rows_by_time_then_asset(tables):
    tables.add("line", series().sample(frac=1, random_state=1), units={"value": "bar"}, source="plant.csv")

    info = chunks.tidy(tables, "line")

    files = tables.files("line")
    assert (info.version, info.rows, info.source) == (1, DAYS * 360 * 3, "plant.csv")
    assert info.column("value").unit == "bar"
    assert len(files) == DAYS
    assert all(store.chunk_of(file)[1] == 86_400 for file in files)
    pd.testing.assert_frame_equal(key(frame_of(tables, "line")), key(frame_of(tables, "line@0")))
    first = frame_of(tables, "line").head(1080)
    assert first["asset"].tolist() == [asset for asset in ASSETS for _ in range(360)]
    assert first["ts"].max() < START + pd.Timedelta(days=1)
    assert chunks.tidy(tables, "line") is None
    assert not [each for each in (tables.workspace.tables / "line").iterdir() if "tidying" in each.name]


def test_rows_of_the_same_asset_and_moment_stay_in_their_order(tables):
    twice = pd.concat([series(), series().assign(n=lambda f: f["n"] + 100_000)])
    tables.add("line", twice)

    chunks.tidy(tables, "line")

    ranks = frame_of(tables, "line").groupby(["asset", "ts"])["n"].apply(list)
    assert all(found == sorted(found) for found in ranks)


def test_late_rows_and_rows_without_a_time_find_their_place(tables):
    tables.add("line", series())
    chunks.tidy(tables, "line")
    late = series(2, first=START + pd.Timedelta(days=1, seconds=30)).assign(n=lambda f: f["n"] + 50_000)
    late.loc[[0, 5], "ts"] = pd.NaT
    before = tables.files("line")

    tables.add("line", late, mode="append")
    info = chunks.tidy(tables, "line")

    assert info.rows == len(series()) + len(late)
    assert all(store.chunk_of(file) for file in tables.files("line"))
    assert len(set(before) & set(tables.files("line"))) == DAYS - 3  # days 1 and 2, and 0 for no time
    pd.testing.assert_frame_equal(key(frame_of(tables, "line")), key(frame_of(tables, "line@2")))


def test_what_is_appended_while_it_tidies_is_kept(tables, monkeypatch):
    tables.add("line", series())
    rewrite, more = store.rewrite, series(1).assign(n=-1)

    def beaten(*given, **named):
        tables.add("line", more, mode="append")
        return rewrite(*given, **named)

    monkeypatch.setattr(store, "rewrite", beaten)
    chunks.tidy(tables, "line")

    assert tables.get("line").rows == len(series()) + len(more)
    assert len(frame_of(tables, "line")) == len(series()) + len(more)


def test_a_table_replaced_while_it_tidies_stays_as_replaced(tables, monkeypatch):
    tables.add("line", series())
    rewrite = store.rewrite

    def beaten(*given, **named):
        tables.add("line", series(1))
        return rewrite(*given, **named)

    monkeypatch.setattr(store, "rewrite", beaten)
    with pytest.raises(Unavailable, match="nothing is lost"):
        chunks.tidy(tables, "line")

    assert len(frame_of(tables, "line")) == len(series(1))
    parquet = list((tables.workspace.tables / "line").glob("*.parquet"))
    assert len(parquet) == 2  # of the two versions, none of the attempt


def test_two_processes_that_tidy_at_once_keep_every_row_once(tables, monkeypatch):
    tables.add("line", series())
    rewrite = store.rewrite

    def beaten(*given, **named):
        monkeypatch.setattr(store, "rewrite", rewrite)
        chunks.tidy(Tables(tables.workspace), "line")
        return rewrite(*given, **named)

    monkeypatch.setattr(store, "rewrite", beaten)
    with pytest.raises(Unavailable):
        chunks.tidy(tables, "line")

    assert len(frame_of(tables, "line")) == len(series())


def test_many_small_appends_of_a_short_table_become_one_file_in_their_order(tables, monkeypatch):
    monkeypatch.setattr(chunks, "MANY", 4)
    rows = pd.DataFrame({"n": range(60), "note": ["x"] * 60})
    for start in range(0, 60, 10):
        tables.add("log", rows.iloc[start : start + 10], mode="append")

    info = chunks.tidy(tables, "log")

    assert len(tables.files("log")) == 1
    assert tables.head("log", 100)["n"].tolist() == list(range(60))
    assert info.version == 6
    tables.add("log", rows.iloc[:1], mode="append")
    assert tables.head("log", 100)["n"].tolist() == [*range(60), 0]


def test_a_day_of_one_asset_opens_one_file(tables):
    tables.add("line", series())
    chunks.tidy(tables, "line")
    day = {"ts": {"from": "2026-01-03", "to": "2026-01-04"}, "asset": "P02"}

    assert len(tables.files("line", where=day)) == 1
    assert tables.files("line", where={"asset": "A00"}) == []


WANTED = [
    {"ts": {"from": "2026-01-02T12:00:00"}},
    {"ts": {"to": "2026-01-02"}},
    {"ts": {"from": "2026-01-02", "to": "2026-01-02T00:04:00"}},
    {"ts": "2026-01-05"},
    {"ts": {"from": "2027-01-01"}},
    {"ts": None},
    {"asset": "泵03"},
    {"n": {"from": 1500, "to": 1510}},
    {"value": {"from": 2.5}},
    {"value": {"from": -0.001, "to": 0.001}},
    {"value": {"to": -2.5}},
    {"day": "2026-01-03"},
]


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_pruning_never_changes_an_answer(tables, wanted):
    frame = series().assign(day=lambda f: f["ts"].dt.date.astype(str))
    frame.loc[10, "ts"] = pd.NaT
    frame.loc[2000:2003, "value"] = float("nan")
    tables.add("line", frame)
    source = resolve.resolve("line@0", workspace=tables.workspace)
    settled = filters.settle(wanted, source.columns, subject="line")
    condition = filters.where(settled, filters.types(settled, source.columns))
    with inputs.opened() as connection:
        expected = relation.count(connection, source.files, condition)

    chunks.tidy(tables, "line")
    files = tables.files("line", where=wanted)
    found = 0
    if files:
        with relation.locked(files) as connection:
            found = relation.count(connection, files, condition)

    assert found == expected


def test_a_run_gets_only_the_files_its_filter_needs(tables):
    tables.add("line", series())
    chunks.tidy(tables, "line")
    source = resolve.resolve("line", workspace=tables.workspace)

    with inputs.opened() as connection:
        described = inputs.described(source, needs=None)
        found = inputs.filtered(source, described, {"ts": {"from": "2026-01-06"}}, connection=connection)

    assert (len(found["files"]), found["rows"]) == (1, 1080)
    assert len(inputs.open_source(found).df()) == 1080


def test_a_killed_tidying_leaves_the_table_as_it_was(tables, monkeypatch):
    tables.add("line", series())

    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(chunks, "_asset", killed)
    with pytest.raises(KeyboardInterrupt):
        chunks.tidy(tables, "line")

    assert tables.get("line").version == 0
    assert len(list((tables.workspace.tables / "line").iterdir())) == 2  # the log and one file


def test_workspace_without_tables_has_nothing_to_tidy(tmp_path):
    tables = Tables(Workspace(tmp_path / "empty").create())
    tables.add("short", pd.DataFrame({"ts": [START], "value": [1.0]}))

    assert chunks.tidy(tables, "short") is None


def test_a_server_tidies_by_itself(tables, monkeypatch):
    monkeypatch.setattr(chunks, "MANY", 2)  # the process it starts decides by the real limits
    for _ in range(70):
        tables.add("log", pd.DataFrame({"n": [1]}), mode="append")
    tidier = tidying.Tidier(tables, look_s=0.05)

    tidier.start()
    try:
        deadline = time.monotonic() + 60
        while len(tables.files("log")) > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        tidier.stop()

    assert len(tables.files("log")) == 1
    assert tables.get("log").rows == 70
