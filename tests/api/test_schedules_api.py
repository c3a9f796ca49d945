"""Schedules, alarms and channels over REST, on a served workspace."""

import time
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.api.test_api import ROWS
from workbench.api.app import create
from workbench.app import Workbench
from workbench.config import load_settings


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("api") / "workspace"
    settings = load_settings(home=str(home), demo=False, ready_kernels=1)
    with TestClient(create(Workbench(settings, full=False), token="secret")) as client:
        answer = client.post("/api/v1/tables", files={"file": ("r.csv", ROWS)}, data={"name": "rings"})
        assert answer.status_code == 201, answer.text
        yield client


@pytest.fixture
def shifts(client: TestClient) -> Iterator[dict]:
    body = new()
    answer = client.post("/api/v1/schedules", json=body)
    assert answer.status_code == 201, answer.text
    yield answer.json()["schedule"]
    assert client.delete(f"/api/v1/schedules/{answer.json()['schedule']['id']}").status_code == 204


def new(**changed: object) -> dict:
    request = {"template": "control-chart", "inputs": {"measurements": "rings"}}
    body = {"name": "shifts", "request": request, "cron": "0 6,14,22 * * *", "zone": "Asia/Shanghai"}
    return body | changed


def ended(client: TestClient, schedule: dict) -> dict:
    """Wait until the last firing of a schedule has ended."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        [firing, *_] = client.get(f"/api/v1/schedules/{schedule['id']}/firings").json() or [{"state": ""}]
        if firing["state"] == "ended":
            return dict(firing)
        time.sleep(0.1)
    raise AssertionError("the run did not end")


def test_a_schedule_is_listed_with_its_next_three_times(client: TestClient, shifts: dict):
    listing = client.get("/api/v1/schedules").json()

    assert listing["scheduler"]["alive"]
    [overview] = listing["schedules"]
    assert [moment[11:] for moment in sorted(overview["upcoming"], key=lambda m: m[11:])] == [
        "06:00:00+08:00", "14:00:00+08:00", "22:00:00+08:00",
    ]  # fmt: skip


def test_run_now_raises_the_alarm_that_a_rule_asks_for(client: TestClient, shifts: dict):
    rule = {"name": "any point", "schedule": "shifts", "on": "points", "operator": ">", "raise_at": [0]}
    created = client.post("/api/v1/alarms", json=rule)
    assert created.status_code == 201, created.text

    assert client.post(f"/api/v1/schedules/{shifts['id']}/run").status_code == 202
    firing = ended(client, shifts)
    [alarm] = client.get("/api/v1/alarms").json()
    seen = client.post(f"/api/v1/alarms/{alarm['rule']['id']}/acknowledge", json={"by": "Li"}).json()

    assert firing["status"] == "succeeded"
    assert alarm["standing"]["raised"]
    assert seen["standing"]["acknowledged_by"] == "Li"
    assert [event["change"] for event in client.get("/api/v1/alarms/events").json()] == [
        "acknowledged", "raised",
    ]  # fmt: skip
    result = client.get(f"/api/v1/schedules/{shifts['id']}").json()["result"]
    assert result["notebook"].startswith("/api/v1/runs/")


def test_pause_change_and_resume(client: TestClient, shifts: dict):
    address = f"/api/v1/schedules/{shifts['id']}"
    assert client.post(f"{address}/pause").json()["upcoming"] == []
    changed = client.put(address, json=new(cron="30 7 * * 1")).json()
    resumed = client.post(f"{address}/resume").json()

    assert changed["schedule"]["paused"]
    assert resumed["upcoming"][0][11:] == "07:30:00+08:00"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"cron": "61 * * * *"}, "cron expression"),
        ({"zone": "Beijing"}, "time zone"),
        ({"request": {"template": "control-chart", "inputs": {"measurements": "nothing"}}}, "nothing"),
        ({"request": {"template": "/etc/passwd"}}, "template"),
    ],
)
def test_what_cannot_run_is_refused_in_one_sentence(client: TestClient, changed: dict, says: str):
    answer = client.post("/api/v1/schedules", json=new(**changed))

    assert answer.status_code in {404, 422}
    assert says in answer.json()["error"]["message"]


def test_the_times_of_an_expression_can_be_asked_for(client: TestClient):
    answer = client.get("/api/v1/schedules/times", params={"cron": "0 6 * * 1", "zone": "Europe/Berlin"})

    assert len(answer.json()["upcoming"]) == 3


def test_a_channel_is_saved_masked_tested_and_removed(client: TestClient):
    saved = client.put("/api/v1/channels/hook", json={"url": "json://127.0.0.1:9/s3cret"})
    assert (saved.status_code, saved.json()["address"]) == (200, "json://127.0.0.1:9/****")
    assert client.post("/api/v1/channels/hook/test").json()["state"] == "given_up"
    for address in ("/api/v1/channels", "/api/v1/channels/deliveries"):
        assert "s3cret" not in client.get(address).text
    assert client.delete("/api/v1/channels/hook").status_code == 204
    assert client.post("/api/v1/channels/hook/test").status_code == 404
    assert client.put("/api/v1/channels/x", json={"url": "pager://1"}).status_code == 422
