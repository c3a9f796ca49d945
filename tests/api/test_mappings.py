"""Mappings and units over REST and by command: proposed with reasons, confirmed, refused clearly."""

import json
from collections.abc import Iterator

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from workbench import cli
from workbench.api.app import create
from workbench.app import Workbench
from workbench.config import load_settings

RINGS = pd.DataFrame({"外径": [10.0 + i % 5 for i in range(60)], "机台": ["a", "b"] * 30, "内径": 4.0})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("api") / "workspace"
    bench = Workbench(load_settings(home=str(home), demo=False, ready_kernels=0), full=False)
    bench.tables.add("rings", RINGS, units={"外径": "mm"})
    with TestClient(create(bench)) as client:
        yield client


def test_a_mapping_is_proposed_confirmed_used_and_forgotten(client):
    before = client.get("/api/v1/tables/rings/mapping?template=control-chart").json()
    assert before["confirmed"] == {}
    assert before["proposed"]["measurements"]["value"]["state"] in {"open", "proposed"}

    body = {"mapping": {"measurements": {"value": "内径", "part": ""}}, "template": "process-capability"}
    refused = client.put("/api/v1/tables/rings/mapping", json=body)
    assert refused.status_code == 422
    assert "part" in refused.json()["error"]["message"]

    body["template"] = "control-chart"
    kept = client.put("/api/v1/tables/rings/mapping", json=body).json()
    assert kept["confirmed"]["measurements"]["value"]["source"] == "内径"
    other = client.get("/api/v1/tables/rings/mapping?template=process-capability").json()
    assert other["proposed"]["measurements"]["value"] | {"at": 0} == {
        "source": "内径", "state": "confirmed", "score": 1.0, "doubt": None, "kind": None, "was": None,
        "now": None, "at": 0, "reason": other["proposed"]["measurements"]["value"]["reason"],
    }  # fmt: skip

    assert client.delete("/api/v1/tables/rings/mapping").status_code == 204
    assert client.get("/api/v1/tables/rings/mapping").json()["confirmed"] == {}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"mapping": {"mesurements": {"value": "外径"}}}, "did you mean 'measurements'"),
        ({"mapping": {"measurements": {"valu": "外径"}}}, "did you mean 'value'"),
        ({"mapping": {"measurements": {"value": "外経"}}}, "did you mean '外径'"),
        ({"mapping": {"measurements": {"value": ""}}}, "nothing fills 'value'"),
        ({"mapping": {"measurements": {"ts": "外径"}}}, "expected timestamp"),
    ],
)
def test_what_cannot_be_confirmed_is_refused_in_one_sentence(client, body, sentence):
    answer = client.put("/api/v1/tables/rings/mapping", json=body)

    assert answer.status_code in {404, 422}
    assert sentence in answer.json()["error"]["message"]


def test_units_are_set_and_a_bad_one_is_refused(client):
    changed = client.patch("/api/v1/tables/rings/units", json={"内径": "毫米"}).json()
    assert {each["name"]: each["unit"] for each in changed["columns"]}["内径"] == "毫米"

    refused = client.patch("/api/v1/tables/rings/units", json={"机台": "mm"})
    assert refused.status_code == 422
    assert "a column of numbers" in refused.json()["error"]["message"]


def test_the_command_line_confirms_and_sets_units(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WORKBENCH_DEMO", "false")
    RINGS.to_csv(tmp_path / "rings.csv", index=False)

    def told(*arguments: str) -> tuple[int, str]:
        status = cli.execute(list(arguments))
        return status, capsys.readouterr().out

    told("data", "add", str(tmp_path / "rings.csv"))
    status, _ = told("data", "map", "rings", "measurements.value=内径")
    assert status == 0
    _, out = told("data", "map", "rings", "--app", "process-capability", "--confirm", "--json")
    assert json.loads(out)["proposed"]["measurements"]["value"]["state"] == "confirmed"
    _, out = told("data", "unit", "rings", "内径=mm", "--json")
    assert [each["unit"] for each in json.loads(out)["columns"] if each["name"] == "内径"] == ["mm"]
    _, out = told("data", "map", "rings")
    assert "内径" in out
    assert told("data", "map", "rings", "value=内径")[0] == 2
    assert told("data", "map", "rings", "--forget", "--json")[1].strip().startswith("{")


def test_what_a_table_can_run_is_listed_best_first(client):
    found = client.get("/api/v1/tables/rings/apps").json()

    states = [one["state"] for one in found]
    assert states == sorted(states, key=["runs", "misses_one", "too_few_rows", "misses_more"].index)
    assert all(one["why"]["en"] and one["why"]["zh"] for one in found)
    assert {
        one["template"] for one in found if one["state"] == "misses_one" and len(one["missing"]) != 1
    } == set()
    assert client.get("/api/v1/tables/ring/apps").json()["error"]["hint"] == "did you mean 'rings'?"
