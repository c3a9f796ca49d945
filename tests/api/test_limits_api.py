"""Limits in force and confirmed causes over REST and by command: the same facts, the same refusals."""

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from workbench import cli
from workbench.api.app import create
from workbench.app import Workbench
from workbench.config import load_settings

NOISE = np.random.default_rng(3).normal(10, 0.1, 60)
ROWS = pd.DataFrame({"value": [*NOISE[:40], *(NOISE[40:] + 1)]})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("api") / "workspace"
    bench = Workbench(load_settings(home=str(home), demo=False, ready_kernels=1), full=False)
    bench.tables.add("bores", ROWS)
    with TestClient(create(bench)) as client:
        client.home = home
        yield client


def run(client, **parameters):
    body = {"template": "control-chart", "inputs": {"measurements": "bores"}, "parameters": parameters}
    return client.post("/api/v1/runs?wait=true", json=body).json()


def command(client, capsys, *words):
    status = cli.execute([*words, "--json", "--workspace", str(client.home)])
    return status, json.loads(capsys.readouterr().out or "null")


def test_limits_go_from_proposal_to_withdrawal_by_either_face(client, capsys):
    record = run(client, baseline_points=40)
    said = {"run": record["run"], "by": "Li Wei", "why": "stable since January"}
    one = client.post("/api/v1/limits", json=said).json()
    assert (one["standing"], one["rows"][0]["baseline_points"]) == ("proposed", 40)

    status, shown = command(client, capsys, "limits", "approve", one["id"], "--by", "Li Wei")
    assert (status, shown["standing"], shown["own"]) == (0, "in_force", True)
    later = run(client)
    assert later["limits"]["id"] == one["id"]
    assert later["kpis"]["ucl"]["value"] == record["kpis"]["ucl"]["value"]

    assert command(client, capsys, "limits", "list", "--standing", "in_force")[1][0]["id"] == one["id"]
    answer = client.post(f"/api/v1/limits/{one['id']}/withdraw", json={"by": "Li Wei"})
    assert (answer.status_code, answer.json()["error"]["expected"]) == (422, "a reason for the history")
    said = {"by": "Li Wei", "why": "new tool"}
    assert client.post(f"/api/v1/limits/{one['id']}/withdraw", json=said).json()["standing"] == "withdrawn"
    assert [event["what"] for event in command(client, capsys, "limits", "show", one["id"])[1]["events"]] == [
        "proposed", "approved", "withdrawn",
    ]  # fmt: skip
    assert run(client)["limits"] is None
    assert client.get("/api/v1/limits/L99").status_code == 404
    assert cli.execute(["limits", "approve", one["id"], "--by", "x", "--workspace", str(client.home)]) == 2

    rule = client.get(f"/api/v1/runs/{record['run']}/causes").json()[0]["rule"]
    words = ("--rule", rule, "--cause", "worn reamer", "--action", "changed", "--by", "Li Wei")
    assert command(client, capsys, "signals", "confirm", record["run"], *words)[1]["cause"] == "worn reamer"
    told = client.get(f"/api/v1/runs/{later['run']}/causes").json()
    assert {one["rule"]: one["causes"] for one in told}[rule] == {"worn reamer": 1}
    body = {"rule": "nonsense", "cause": "x", "by": "y"}
    assert client.post(f"/api/v1/runs/{record['run']}/causes", json=body).status_code == 404
    explained = command(client, capsys, "signals", "explain", record["run"])[1]
    assert [one["last"]["cause"] for one in explained if one["rule"] == rule] == ["worn reamer"]
