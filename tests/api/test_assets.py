"""Assets over REST and by command: imported whole or not at all, shown with what they inherit, run."""

import json
from collections.abc import Iterator

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from workbench import cli
from workbench.api.app import create
from workbench.app import Workbench
from workbench.config import load_settings

PUMPS = """编号,名称,层级,上级,角色,数据表,列
HALL,泵房,车间,,measurements,readings,pump
P1,一号泵,设备,HALL,,,
P2,二号泵,设备,HALL,,,
"""
ROWS = pd.DataFrame({"pump": ["P1", "P2"] * 60, "value": [10.0 + i % 7 for i in range(120)]})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("api") / "workspace"
    bench = Workbench(load_settings(home=str(home), demo=False, ready_kernels=1), full=False)
    bench.tables.add("readings", ROWS)
    with TestClient(create(bench)) as client:
        yield client


def test_a_file_is_imported_shown_and_an_app_run_for_one_asset(client):
    saved = client.post("/api/v1/assets/import", content=PUMPS.encode("gb18030")).json()
    assert saved == {"added": 3, "changed": 0, "removed": 0, "assets": 3}

    shown = client.get("/api/v1/assets/P1").json()
    assert shown["path"] == ["HALL", "P1"]
    assert shown["roles"]["measurements"]["table"] == "readings"
    assert "control-chart" in shown["apps"]

    body = {"template": "control-chart", "asset": "P2"}
    run = client.post("/api/v1/runs?wait=true", json=body).json()["run"]
    record = client.get(f"/api/v1/runs/{run}").json()
    assert record["inputs"]["measurements"]["filter"] == {"pump": "P2"}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ([{"id": "X", "parent": "HAL"}], "did you mean 'HALL'"),
        ([{"id": "HALL", "level": "area", "parent": "P1"}], "no circle of assets"),
        ([{"id": "X", "identifier": "99.1/x"}], "it is not made here"),
        ([{"id": "X", "roles": {"measurements": {"table": "reading"}}}], "did you mean 'readings'"),
        ([{"id": "X", "roles": {"measurements": {"table": "readings", "column": "pum"}}}], "pump"),
        ([{"id": "X", "parameters": {"control-chart": {"limit_sigmas": -1}}}], "limit_sigmas"),
        ([{"id": "X", "roles": {"measurements": {"table": "/etc/passwd"}}}], "unknown table"),
        ([{"id": "ok"}, {"id": "X", "level": "machine"}], "expected enterprise"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_saved(client, body, sentence):
    before = client.get("/api/v1/assets").json()

    answer = client.put("/api/v1/assets", json=body)

    assert answer.status_code in {404, 422}
    assert sentence in answer.json()["error"]["message"]
    assert client.get("/api/v1/assets").json() == before


def test_the_command_line_sets_what_differs_and_takes_it_back(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WORKBENCH_DEMO", "false")
    (tmp_path / "pumps.csv").write_text(PUMPS.replace("readings", "rows"), encoding="utf-8")
    ROWS.to_csv(tmp_path / "rows.csv", index=False)

    def told(*arguments: str) -> tuple[int, str]:
        status = cli.execute(list(arguments))
        return status, capsys.readouterr().out

    def sigmas() -> dict:
        return json.loads(told("assets", "show", "P1", "--json")[1])["parameters"]["control-chart"][
            "limit_sigmas"
        ]

    told("data", "add", str(tmp_path / "rows.csv"))
    assert json.loads(told("assets", "import", str(tmp_path / "pumps.csv"), "--json")[1])["added"] == 3
    told("assets", "set", "HALL", "--parameter", "control-chart.limit_sigmas=2.5")
    told("assets", "set", "P1", "--parameter", "control-chart.limit_sigmas=2")
    assert (float(sigmas()["value"]), sigmas()["by"]) == (2.0, "P1")
    told("assets", "set", "P1", "--parameter", "control-chart.limit_sigmas=")
    assert (float(sigmas()["value"]), sigmas()["by"]) == (2.5, "HALL")
    assert "  P1" in told("assets", "list")[1]
    assert told("assets", "set", "P1", "--identifier", "1/x")[0] == 2
    assert told("assets", "show", "P9")[0] == 2
    status, out = told("sweep", "control-chart", "--over", "subtree:asset=HALL", "--plan", "--json")
    assert (status, [point["at"]["asset"] for point in json.loads(out)]) == (0, ["P1", "P2"])
    assert told("assets", "remove", "HALL")[0] == 2
    assert json.loads(told("assets", "remove", "HALL", "--below", "--json")[1]) == {"removed": 3}
