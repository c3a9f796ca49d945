"""Sweeps over REST: created, watched, their answers taken away, and every refusal in the one shape."""

import io
import time
from collections.abc import Iterator

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from workbench.api.app import create
from workbench.app import Workbench
from workbench.config import load_settings

FLEET = pd.DataFrame(
    {
        "machine": [f"M{1 + i % 3:02d}" for i in range(90)],
        "value": [10.0 + i % 7 + (9 if i % 3 == 1 and i > 60 else 0) for i in range(90)],
    }
)
RUN = {"template": "control-chart", "inputs": {"measurements": "fleet"}}
MACHINES = {"kind": "assets", "column": "machine"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("api") / "workspace"
    bench = Workbench(load_settings(home=str(home), demo=False, ready_kernels=1), full=False)
    bench.tables.add("fleet", FLEET, units={"value": "mm"})
    with TestClient(create(bench, token="secret")) as client:
        yield client


def ended(client: TestClient, sweep: str) -> dict:
    until = time.monotonic() + 90
    while not (found := client.get(f"/api/v1/sweeps/{sweep}").json())["ended"]:
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def sweep(client: TestClient) -> dict:
    over = [{**MACHINES, "values": ["M01", "M02", "M03", "M99"]}]
    answer = client.post("/api/v1/sweeps", json={"run": RUN, "over": over})
    assert answer.status_code == 201, answer.text
    return ended(client, answer.json()["sweep"])


def test_a_sweep_ends_with_its_counts_and_is_listed(client: TestClient, sweep: dict):
    assert sweep["counts"] == {"succeeded": 3, "not_accepted": 1}
    assert (sweep["points"], sweep["done"], sweep["failed"]) == (4, 4, 1)
    assert client.get("/api/v1/sweeps").json()[0] == sweep


def test_its_table_is_worst_first_with_runs_to_open(client: TestClient, sweep: dict):
    rows = client.get(f"/api/v1/sweeps/{sweep['sweep']}/table").json()

    assert rows[0]["at"] == {"machine": "M02"}
    assert rows[0]["level"] == "bad"
    assert client.get(f"/api/v1/runs/{rows[0]['run']}").json()["inputs"]["measurements"]["filter"] == {
        "machine": "M02"
    }
    refused = next(row for row in rows if row["status"] == "not_accepted")
    assert "rows with machine = M99: got no rows" in refused["answer"]
    assert refused["run"] is None


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        ("csv", pd.read_csv),
        ("xlsx", lambda file: pd.read_excel(file, engine="calamine")),
        ("parquet", pd.read_parquet),
    ],
)
def test_its_table_is_a_file_with_units(client: TestClient, sweep: dict, kind, read):
    answer = client.get(f"/api/v1/sweeps/{sweep['sweep']}/table?format={kind}")

    frame = read(io.BytesIO(answer.content))
    assert frame["machine"].tolist() == ["M01", "M02", "M03", "M99"]
    assert frame["center [mm]"].notna().tolist() == [True, True, True, False]


def test_its_answers_can_be_saved_as_a_table(client: TestClient, sweep: dict):
    saved = client.post(f"/api/v1/sweeps/{sweep['sweep']}/save", json={"name": "shop.answers"})

    assert saved.status_code == 201
    assert (saved.json()["name"], saved.json()["rows"]) == ("shop.answers", 4)
    units = {column["name"]: column["unit"] for column in saved.json()["columns"]}
    assert units["center"] == "mm"


def test_a_plan_runs_nothing(client: TestClient):
    before = len(client.get("/api/v1/sweeps").json())

    planned = client.post("/api/v1/sweeps/plan", json={"run": RUN, "over": [MACHINES]}).json()

    assert [point["at"]["machine"] for point in planned["points"]] == ["M01", "M02", "M03"]
    assert len(client.get("/api/v1/sweeps").json()) == before


def test_retry_cancel_and_resume_answer_with_the_sweep(client: TestClient, sweep: dict):
    for action in ("retry", "cancel", "resume"):
        answer = client.post(f"/api/v1/sweeps/{sweep['sweep']}/{action}")
        assert answer.status_code == 200
        assert answer.json()["points"] == 4


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"run": RUN, "over": []}, 422, "over"),
        ({"run": RUN, "over": [{"kind": "assets", "column": "machin"}]}, 404, "did you mean 'machine'"),
        ({"run": {**RUN, "template": "control-chrt"}, "over": [MACHINES]}, 404, "control-chart"),
        ({"run": {**RUN, "inputs": {"measurements": "/etc/passwd"}}, "over": [MACHINES]}, 422, "upload"),
        (
            {"run": RUN, "over": [{"kind": "tables", "values": ["/etc/passwd"]}]},
            422,
            "a table of this workspace",
        ),
        ({"run": RUN, "over": [{"kind": "periods", "column": "machine"}]}, 422, "either every"),
    ],
    ids=str,
)
def test_a_wrong_request_is_refused_in_one_shape(client: TestClient, body, status, told):
    answer = client.post("/api/v1/sweeps", json=body)

    assert answer.status_code == status
    assert told in answer.json()["error"]["message"]


def test_an_unknown_sweep_is_not_found(client: TestClient):
    for address in ("/api/v1/sweeps/none", "/api/v1/sweeps/none/table"):
        assert client.get(address).status_code == 404
    for action in ("cancel", "retry", "resume"):
        assert client.post(f"/api/v1/sweeps/none/{action}").status_code == 404
