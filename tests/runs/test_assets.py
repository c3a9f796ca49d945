"""Assets are a tree or refused; tables and parameters reach down it, and an app runs for any of them."""

import time

import pandas as pd
import pytest

from workbench.app import Workbench
from workbench.assets import sheet
from workbench.assets.model import Asset, Binding, tree
from workbench.config import load_settings
from workbench.errors import Invalid, NotFound
from workbench.runs.request import RunRequest
from workbench.runs.sweep import Subtree, SweepRequest

PUMPS = """id,name,level,parent,identifier,role,table,column,value
PLANT,Plant,site,,,,,,
HALL,Pump hall,area,PLANT,88.608.8889/HALL_1,measurements,readings,pump,
P1,Pump 1,equipment,HALL,,,,,
P2,Pump 2,equipment,HALL,,,,,
P3,Pump 3,设备,HALL,,measurements,own,,Pump-3
"""


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    settings = load_settings(home=str(tmp_path_factory.mktemp("plant")), ready_kernels=1, demo=False)
    with Workbench(settings, full=False) as bench:
        values = [10.0 + i % 5 for i in range(60)]
        rows = {"pump": ["P1"] * 60 + ["P2"] * 60, "flow": values + [20 + v for v in values], "other": 1.0}
        bench.tables.add("readings", pd.DataFrame(rows))
        bench.tables.add("own", pd.DataFrame({"pump": ["Pump-3"] * 60, "value": [v + 40 for v in values]}))
        book = bench.engine.preparer.assets
        book.save(sheet.read(PUMPS.encode()))
        hall = book.tree().get("HALL")
        roles = {"measurements": hall.roles["measurements"].model_copy(update={"mapping": {"value": "flow"}})}
        book.save(
            [hall.model_copy(update={"roles": roles, "parameters": {"control-chart": {"limit_sigmas": 2.5}}})]
        )
        p3 = book.tree().get("P3")
        own = {"measurements": Binding(table="own", value="Pump-3", mapping={"value": "value"})}
        book.save(
            [p3.model_copy(update={"roles": own, "parameters": {"control-chart": {"limit_sigmas": 2}}})]
        )
        yield bench


def test_an_app_runs_for_another_asset_by_role(plant):
    prepared = {
        pump: plant.engine.prepare(RunRequest(template="control-chart", asset=pump))
        for pump in ("P1", "P2", "P3")
    }

    used = {pump: one.sources["measurements"] for pump, one in prepared.items()}
    assert {pump: (one["table"], one["filter"]) for pump, one in used.items()} == {
        "P1": ("readings", {"pump": "P1"}),
        "P2": ("readings", {"pump": "P2"}),
        "P3": ("own", {"pump": "Pump-3"}),
    }
    assert {pump: one.mapping["measurements"]["value"] for pump, one in prepared.items()} == {
        "P1": "flow", "P2": "flow", "P3": "value",
    }  # fmt: skip
    assert {pump: one.values["limit_sigmas"] for pump, one in prepared.items()} == {
        "P1": 2.5,
        "P2": 2.5,
        "P3": 2.0,
    }


def test_what_the_request_names_itself_wins(plant):
    request = RunRequest(template="control-chart", asset="P1", parameters={"limit_sigmas": 3.0})

    assert plant.engine.prepare(request).values["limit_sigmas"] == 3.0


def test_the_mapping_of_an_asset_is_not_kept_for_the_table(plant):
    plant.engine.preparer.job(RunRequest(template="control-chart", asset="P3", origin="form"))

    assert "own" not in {table for table in ("own",) if plant.engine.preparer.mappings.memory.of(table)}


def test_a_sweep_goes_over_a_subtree_with_a_run_for_each_asset(plant):
    request = SweepRequest(run=RunRequest(template="control-chart"), over=[Subtree(asset="PLANT")])
    sweep = plant.sweeps.create(request)
    deadline = time.monotonic() + 120
    while not (board := plant.sweeps.board(sweep)).sweep.ended:
        assert time.monotonic() < deadline
        time.sleep(0.05)

    assert sorted(row.at["asset"] for row in board.rows) == ["P1", "P2", "P3"]
    assert {row.state for row in board.rows} == {"succeeded"}
    records = [plant.engine.get(row.run) for row in board.rows]
    assert {record.asset for record in records} == {"P1", "P2", "P3"}


def test_a_subtree_without_tables_and_an_unknown_asset_are_refused(plant):
    plant.engine.preparer.assets.save([Asset(id="YARD", level="area", parent="PLANT")])

    with pytest.raises(Invalid, match="below asset YARD: got none"):
        plant.sweeps.plan(
            SweepRequest(run=RunRequest(template="control-chart"), over=[Subtree(asset="YARD")])
        )
    with pytest.raises(
        Invalid, match=r"asset YARD: got no table for measurements.*workbench assets set YARD"
    ):
        plant.engine.prepare(RunRequest(template="control-chart", asset="YARD"))
    with pytest.raises(NotFound, match="did you mean 'P1'"):
        plant.engine.prepare(RunRequest(template="control-chart", asset="P11"))


def test_a_binding_to_a_file_reads_nothing(plant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text("value\n1\n2\n")
    stolen = Asset(id="THIEF", roles={"measurements": Binding(table="secret.csv")})
    plant.engine.preparer.assets.save([stolen])

    with pytest.raises(NotFound, match="unknown table"):
        plant.engine.prepare(RunRequest(template="control-chart", asset="THIEF"))


def test_what_differs_names_who_gives_it(plant):
    settled = plant.engine.preparer.assets.tree().settled("P3").parameters["control-chart"]["limit_sigmas"]
    above = plant.engine.preparer.assets.line("P1").settled("P1").parameters["control-chart"]["limit_sigmas"]

    assert (settled.value, settled.by, above.value, above.by) == (2, "P3", 2.5, "HALL")


@pytest.mark.parametrize(
    ("assets", "sentence"),
    [
        ([("a", None), ("a", None)], "an id that no other asset has"),
        ([("a", "b"), ("b", "a")], "no circle of assets"),
        ([("a", "a")], "no circle of assets"),
        ([("line1", None), ("m", "lin1")], "did you mean 'line1'"),
        ([("a/b", None)], "without / , ; ="),
        ([("", None)], "asset id"),
    ],
)
def test_what_is_no_tree_is_refused(assets, sentence):
    with pytest.raises(Invalid, match=sentence):
        tree([Asset(id=name, parent=parent) for name, parent in assets])


def test_siblings_of_one_name_and_a_line_below_a_machine_are_refused():
    with pytest.raises(Invalid, match="another name than its siblings below a"):
        tree([Asset(id="a", level="line"), *(Asset(id=i, name="Pump", parent="a") for i in "bc")])
    with pytest.raises(Invalid, match="got line below equipment m"):
        tree([Asset(id="m"), Asset(id="l", level="line", parent="m")])


@pytest.mark.parametrize("code", ["88.608.8889/P-101", "88.608.6688/User_x", "88.1.2.3/泵-1", ""])
def test_an_identifier_is_taken_as_it_is(code):
    assert tree([Asset(id="a", identifier=code)]).get("a").identifier == code


@pytest.mark.parametrize(
    "code", ["P-101", "86.608.1/x", "88.608/x", "88.608.8889/", "88.608.8889/a b", "88..1/x"]
)
def test_what_is_no_identifier_is_refused_and_none_is_made(code):
    with pytest.raises(Invalid, match="it is not made here"):
        tree([Asset(id="a", identifier=code)])


def test_ten_thousand_assets_are_saved_read_and_swept(tmp_path):
    bench = Workbench(load_settings(home=str(tmp_path), demo=False), full=False)
    lines = ["编号,层级,上级", "F,工厂,"] + [f"L{n},产线,F" for n in range(100)]
    lines += [f"M{n},设备,L{n % 100}" for n in range(9_900)]
    book = bench.engine.preparer.assets

    saved = book.save(sheet.read("\n".join(lines).encode("gb18030")))

    assert (saved.added, len(book.tree().subtree("L7"))) == (10_001, 99)
    assert book.save(sheet.read("\n".join(lines).encode())).changed == 0
    with pytest.raises(Invalid, match="100 assets below it"):
        book.remove("F")
    bench.stop()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "a column id"),
        (b"name,parent\nx,\n", "a column id"),
        (b"id\n", "no assets"),
        (b"id,name\n,x\n", "line 2 of the assets: got no id"),
        (b"id,parent\na,\na,\n", "line 3"),
        (b"id,table\na,readings\n", "a table without a role"),
        (b"PK\x03\x04\x00\x00\xff\xff", "save it as CSV"),
        (b"id,level\na,machne\n", "enterprise, site, area"),
    ],
)
def test_a_file_that_is_no_list_of_assets_is_refused_in_one_sentence(content, sentence):
    with pytest.raises(Invalid, match=sentence):
        tree(sheet.read(content))


def test_the_demo_factory_has_its_machines_planted(tmp_path):
    bench = Workbench(load_settings(home=str(tmp_path)), full=False)
    bench.load_demo()
    known = bench.engine.preparer.assets.tree()

    assert [asset.id for asset in known.subtree("L2")] == ["M05", "M06", "M07", "M08"]
    prepared = bench.engine.prepare(RunRequest(template="control-chart", asset="M07"))
    assert prepared.sources["measurements"]["filter"] == {"machine": "M07"}
    assert prepared.values["limit_sigmas"] == 2.5
    bench.stop()
