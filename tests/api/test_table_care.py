"""Looking after a table over REST: paging, describing, restoring, pruning, lineage, and careful removal."""

import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from tests.api.test_api import ROWS, error_of
from tests.tables.test_restore import aged
from workbench.api.app import create
from workbench.app import Workbench
from workbench.config import load_settings

API = "/api/v1/tables"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("care") / "workspace"
    settings = load_settings(home=str(home), demo=False, ready_kernels=1)
    with TestClient(create(Workbench(settings, full=False), token="secret")) as client:
        for rows in (ROWS, ROWS.replace("74.0", "75.0")):
            answer = client.post(API, files={"file": ("r.csv", rows)}, data={"name": "rings"})
            assert answer.status_code == 201, answer.text
        yield client


def test_a_page_is_filtered_and_sorted_by_the_server(client: TestClient):
    asked = {"filter": ["operator:Li", "sample:> 24"], "sort": "-diameter [mm]", "limit": 3}

    found = client.get(f"{API}/rings/page", params=asked).json()

    assert (found["matched"], found["total"], len(found["rows"])) == (5, 125, 3)
    assert found["rows"][0][1] == max(row[1] for row in found["rows"])


def test_a_filter_that_makes_no_sense_is_refused(client: TestClient):
    assert client.get(f"{API}/rings/page", params={"filter": "diameter [mm]:wide"}).status_code == 422
    assert error_of(client.get(f"{API}/rings/page", params={"filter": "nonsense"}))["code"] == "invalid"
    assert client.get(f"{API}/rings/page", params={"sort": "diametr"}).status_code == 404


def test_what_is_said_of_a_table_is_kept_and_checked(client: TestClient):
    said = client.patch(f"{API}/rings/card", json={"owner": "王工", "tags": ["bore"]})

    assert said.status_code == 200
    assert client.get(f"{API}/rings/card").json()["owner"] == "王工"
    assert error_of(client.patch(f"{API}/rings/card", json={"grade": 9}))["code"] == "invalid"


def test_a_version_is_compared_and_brought_back(client: TestClient):
    changed = client.get(f"{API}/rings/changes", params={"before": 0, "after": 1}).json()
    answer = client.post(f"{API}/rings/restore", json={"version": 0})
    again = client.get(f"{API}/rings/changes", params={"before": 0, "after": 2}).json()

    assert changed["removed"] > 0
    assert answer.status_code == 201
    assert (answer.json()["version"], again["added"], again["removed"]) == (2, 0, 0)
    assert client.post(f"{API}/rings/restore", json={"version": 7}).status_code == 404


def test_a_preview_of_pruning_takes_nothing(client: TestClient):
    found = client.get(f"{API}/rings/retention", params={"days": 1}).json()

    assert (found["done"], found["versions"]) == (False, [])
    assert client.get(f"{API}/rings/retention", params={"days": 0}).status_code == 422


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_damaged_rows_are_told_and_the_earlier_ones_come_back(client: TestClient, damage: str):
    name = f"hurt_{damage}"
    for value in (1, 2):
        client.post(API, files={"file": ("a.csv", f"x\n{value}\n5\n")}, data={"name": name})
    file = Path(client.app.state.bench.tables.files(name)[0])
    file.unlink() if damage == "missing" else file.write_bytes(b"PAR1 nothing else")

    for address in ("page", "page?sort=x", "profile", "changes?before=0&after=1"):
        assert client.get(f"{API}/{name}/{address}").status_code in {404, 503}, address
    access = client.get(f"{API}/{name}/health").json()["indicators"][18]
    assert (access["code"], access["score"]) == ("0601", 0)
    assert client.post(f"{API}/{name}/restore", json={"version": 0}).status_code == 201
    assert client.get(f"{API}/{name}/page").json()["rows"] == [[1], [5]]


def test_pruning_says_first_what_it_then_takes(client: TestClient):
    tables = client.app.state.bench.tables
    for name in ("a.csv", "b.csv"):
        client.post(API, files={"file": (name, "x\n1\n2\n")}, data={"name": "old"})
    aged(tables, "old", days={0: 50})

    preview = client.get(f"{API}/old/retention", params={"days": 30}).json()
    taken = client.post(f"{API}/old/retention", json={"days": 30}).json()

    assert (preview["versions"], preview["done"]) == ([0], False)
    assert taken == preview | {"done": True, "before": taken["before"]}
    assert [each["version"] for each in client.get(f"{API}/old/versions").json()] == [1]
    assert client.get(f"{API}/old@0").status_code == 404


def test_health_is_told_with_evidence_rules_and_lights(client: TestClient):
    client.post(API, files={"file": ("r.csv", ROWS)}, data={"name": "scored"})
    assert client.get(f"{API}/scored/health").json()["assessed"] < 10
    proposed = {each["rule"] for each in client.get(f"{API}/scored/proposals").json()}
    confirmed = client.post(f"{API}/scored/proposals", json=["ranges.diameter [mm]"]).json()
    changed = client.patch(f"{API}/scored/rules", json={"ranges": {"diameter [mm]": {"high": 74.005}}}).json()
    told = client.get(f"{API}/scored/health").json()

    assert "standard.sample" in proposed
    assert list(confirmed["ranges"]) == ["diameter [mm]"]
    assert changed["ranges"]["diameter [mm]"] == {"low": None, "high": 74.005}
    form = next(each for each in told["indicators"] if each["code"] == "0302")
    assert (form["met"], form["of"]) == (75, 125)
    assert len(form["examples"]) == 3
    assert {each["code"]: each["on"] for each in told["lights"]}["trusted"] is False
    assert told["total"] == 20
    assert told["trend"][-1]["score"] == told["score"]
    assert error_of(client.patch(f"{API}/scored/rules", json={"key": ["nobody"]}))["code"] == "not_found"
    listed = {each["table"]: each for each in client.get("/api/v1/data-health").json()}
    assert listed["scored"]["score"] == told["score"]


def test_the_coverage_map_is_declared_and_told(client: TestClient):
    client.post(API, files={"file": ("l.csv", "machine,temperature\nM1,5\nM2,\n")}, data={"name": "log"})
    given = [{"stage": "生产", "asset": asset, "point": "temperature"} for asset in ("M1", "M2")]

    kept = client.put("/api/v1/coverage/points", json=given).json()
    found = client.get("/api/v1/coverage").json()
    file = client.get("/api/v1/coverage/points.csv", params={"language": "zh"}).content.decode("utf-8-sig")

    assert [each["stage"] for each in kept] == ["production", "production"]
    assert (found["expected"], found["collected"], found["share"]) == (2, 1, 0.5)
    assert [cell["points"][0]["state"] for cell in found["cells"]] == ["collected", "missing"]
    assert file.splitlines()[1] == "生产制造,M1,temperature,,"
    assert (
        client.put("/api/v1/coverage/points", json=[{"stage": "x", "asset": "a", "point": "p"}]).status_code
        == 422
    )
    assert len(client.get("/api/v1/coverage/points").json()) == 2


def test_lineage_goes_both_ways_and_removal_asks_for_a_schedule(client: TestClient):
    client.post(API, files={"file": ("r.csv", ROWS)}, data={"name": "traced"})
    request = {"template": "control-chart", "inputs": {"measurements": "traced"}}
    run = client.post("/api/v1/runs", params={"wait": True}, json=request).json()
    body = {"name": "夜班", "request": request, "cron": "0 6 * * *", "zone": "Asia/Shanghai"}
    schedule = client.post("/api/v1/schedules", json=body).json()["schedule"]

    found = client.get(f"{API}/traced/lineage").json()

    assert found["sources"][0] == {"how": "import", "source": "r.csv", "versions": [0]}
    used = found["runs"][0]
    assert (used["run"], used["roles"], used["template"]) == (run["run"], ["measurements"], "control-chart")
    assert found["runs_by_version"] == {str(used["version"]): 1}
    assert found["schedules"] == [{"id": schedule["id"], "name": "夜班"}]
    refused = client.delete(f"{API}/traced")
    assert refused.status_code == 409
    assert "夜班" in error_of(refused)["message"]
    assert client.delete(f"{API}/traced", params={"force": True}).status_code == 204
    assert client.get(f"{API}/traced").status_code == 404


def test_a_download_of_many_parts_is_one_file(client: TestClient):
    client.post(API, files={"file": ("a.csv", "x,who\n1,=cmd\n")}, data={"name": "parts"})
    client.post(API, files={"file": ("b.csv", "x,who\n2,b\n")}, data={"name": "parts", "mode": "append"})

    csv = client.get(f"{API}/parts/download").content.decode("utf-8-sig")
    parquet = client.get(f"{API}/parts/download", params={"format": "parquet"}).content

    assert csv == "x,who\r\n1,'=cmd\r\n2,b\r\n"
    assert len(pd.read_parquet(io.BytesIO(parquet))) == 2
