"""The command line beside a running server: runs are handed over, paths stay private, signals end it well."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


def ask(url: str, body: object = None, **headers: str) -> tuple[int, dict]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.fixture(scope="module")
def record(process, server: str, rings: Path) -> dict:
    """One run that was handed to the server, by the relative path of a file."""
    told = process(
        "run", "control-chart", "--input", f"measurements={rings.name}", "--json", cwd=rings.parent
    )
    assert told.status == 0, told.err
    return told.json


def test_a_run_is_handed_to_the_server(server: str, record: dict):
    status, known = ask(f"{server}/api/v1/runs/{record['run']}")

    assert status == 200
    assert known["status"] == "succeeded"
    assert known["kpis"] == record["kpis"]


def test_the_command_line_gets_paths_and_the_api_addresses(server: str, home: Path, record: dict):
    _, known = ask(f"{server}/api/v1/runs/{record['run']}")

    assert Path(record["tables"]["signals"]).is_relative_to(home)
    assert str(home) not in json.dumps(known)
    with urllib.request.urlopen(server + known["tables"]["signals"], timeout=30) as answer:
        assert answer.read().startswith(b"\xef\xbb\xbf")


def test_the_piston_rings_give_the_published_limits(workbench, server: str, reference: Path):
    told = workbench(
        *("run", "control-chart", "--input", f"measurements={reference / 'qcc' / 'pistonrings.csv'}"),
        *("--map", "measurements.value=diameter", "--map", "measurements.subgroup=sample"),
        *("--set", "chart=xbar-r", "--json"),
    )
    kpis = told.json["kpis"]

    assert told.status == 0, told.err
    assert kpis["center"]["value"] == pytest.approx(74.00118, abs=5e-6)
    assert kpis["lcl"]["value"] == pytest.approx(73.98805, abs=5e-6)
    assert kpis["ucl"]["value"] == pytest.approx(74.01430, abs=5e-6)


def test_a_stranger_cannot_make_the_server_read_files(server: str, rings: Path):
    body = {"template": "control-chart", "inputs": {"measurements": str(rings)}}

    status, answer = ask(f"{server}/api/v1/runs", body)

    assert status == 422
    assert "a table of this workspace" in answer["error"]["message"]


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer wrong"])
def test_a_stranger_cannot_make_the_server_run_notebooks(server: str, tmp_path: Path, token: str):
    body = {"template": str(tmp_path / "mine.ipynb")}

    status, answer = ask(f"{server}/api/v1/runs", body, Authorization=token)

    assert status == 422
    assert "the id of a template" in answer["error"]["message"]


def test_an_error_of_the_server_has_the_status_and_sentence_it_has_without(workbench, server: str):
    told = workbench("run", "control-chart", "--set", "sigmaa=3", "--json")

    assert told.status == 2
    assert told.json["error"]["code"] == "invalid"
    assert "did you mean 'sigma'?" in told.err


def test_a_second_server_is_refused_with_the_firsts_process(process, server: str, home: Path):
    first = json.loads((home / "server.json").read_text())["pid"]

    told = process("serve", "--port", "0")

    assert told.status == 1
    assert str(first) in told.err
    assert ask(f"{server}/api/v1/health")[0] == 200


def test_a_run_is_run_again_on_the_same_rows(workbench, record: dict):
    again = workbench("runs", "rerun", record["run"], "--json").json
    difference = workbench("runs", "compare", record["run"], again["run"], "--json").json

    assert again["run"] != record["run"]
    assert again["kpis"] == record["kpis"]
    assert difference["parameters"] == difference["inputs"] == {}
    assert {kpi["change"] for kpi in difference["kpis"].values()} <= {0.0, None}


def test_a_run_that_ended_cannot_be_cancelled(workbench, record: dict):
    assert workbench("runs", "cancel", record["run"], "--json").json["status"] == "succeeded"


def test_the_token_is_for_its_owner_only(server: str, home: Path):
    assert (home / "server.token").stat().st_mode & 0o077 == 0


def test_an_unknown_address_is_said_in_the_faces_own_way(server: str):
    status, answer = ask(f"{server}/api/v1/nothing")

    assert status == 404
    assert answer["error"]["code"] == "not_found"


PAGES = ["/", "/app", "/data", "/runs", "/apps/line_quality", "/api/v1/runs", "/static/js/bokeh.min.js"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_product_is_behind_the_guard(server: str, path: str):
    status, answer = ask(server + path, Host="plant.example")

    assert status == 403
    assert answer["error"]["code"] == "refused"


@pytest.mark.parametrize("path", ["/app/ws", "/data/ws", "/apps/line_quality/ws", "/ws"])
@pytest.mark.parametrize("origin", ["http://plant.example", None])
def test_every_websocket_of_the_product_is_behind_the_guard(server: str, path: str, origin: str | None):
    with pytest.raises(InvalidStatus) as refused:
        connect(server.replace("http", "ws") + path, origin=origin, subprotocols=["bokeh", "token"])

    assert refused.value.response.status_code == 403


def test_an_upload_from_another_site_is_refused(server: str):
    status, _ = ask(f"{server}/uploads?name=x.csv", {}, Origin="http://plant.example")

    assert status == 403
