"""Competitions over REST: tokens decide who asks, nothing hidden leaves, the organiser's side is closed."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api.test_api import error_of
from tests.competitions.places import bundle, entry, good
from workbench.api.app import create
from workbench.app import Workbench
from workbench.competitions.box import probe
from workbench.competitions.winner import Form, template
from workbench.config import load_settings
from workbench.templates import package
from workbench.templates.notebook_file import read_notebook

BASE = "/api/v1/competitions/small"
ORGANISER = "/api/v1/organiser/small"
TRUSTED = {"Authorization": "Bearer secret"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    found = probe()
    if not found.works:
        pytest.skip(f"no box: {found.why}")
    home = tmp_path_factory.mktemp("api")
    settings = load_settings(home=str(home / "workspace"), demo=False, ready_kernels=1)
    bench = Workbench(settings, full=False)
    bench.competitions.publish(bundle(home / "bundle"))
    with TestClient(create(bench, token="secret")) as client:
        yield client


@pytest.fixture
def team(client: TestClient, request: pytest.FixtureRequest) -> dict[str, str]:
    """A new team's header; the cookie is thrown away, so that only the header speaks."""
    answer = client.post(f"{BASE}/teams", json={"name": request.node.name[-38:]})
    client.cookies.clear()
    assert answer.status_code == 201, answer.text
    return {"X-Team-Token": answer.json()["token"]}


def submitted(client: TestClient, path: Path, team: dict[str, str]) -> dict:
    with path.open("rb") as file:
        answer = client.post(f"{BASE}/entries", files={"file": (path.name, file)}, headers=team)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def finished(client: TestClient, name: str, team: dict[str, str]) -> dict:
    return dict(client.get(f"{BASE}/entries/{name}", params={"wait_s": 60}, headers=team).json())


def test_an_entry_is_followed_to_its_score_and_quota(
    client: TestClient, team: dict[str, str], tmp_path: Path
):
    first = submitted(client, good(tmp_path, 0.5), team)
    assert first["status"] in {"queued", "running"}

    found = finished(client, first["entry"], team)

    assert (found["status"], found["scores"]) == ("scored", {"rmse": 0.5, "mae": 0.5})
    assert (found["quota"]["used"], found["quota"]["left"]) == (1, 99)
    listed = client.get(f"{BASE}/entries", headers=team).json()["entries"]
    assert [each["entry"] for each in listed] == [first["entry"]]
    assert "private" not in json.dumps(found)
    board = client.get(f"{BASE}/leaderboard").json()
    assert first["entry"] in {row["entry"] for row in board["rows"]}
    assert client.get(f"{BASE}/leaderboard.csv").text.startswith("\ufeffrank,team")


@pytest.mark.parametrize("headers", [{}, {"X-Team-Token": "guess"}, {"X-Team": "someone"}])
def test_without_a_teams_token_nothing_of_a_team_is_told(
    client: TestClient, headers: dict[str, str], tmp_path: Path
):
    for method, path in (("GET", "/entries"), ("POST", "/entries/x/cancel"), ("GET", "/entries/x/notebook")):
        answer = client.request(method, f"{BASE}{path}", headers=headers)

        assert answer.status_code == 401
        assert error_of(answer)["subject"] == "token"


def test_another_teams_entry_is_not_there(client: TestClient, team: dict[str, str], tmp_path: Path):
    name = submitted(client, good(tmp_path), team)["entry"]
    other = client.post(f"{BASE}/teams", json={"name": "spy"}).json()["token"]
    client.cookies.clear()

    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/choose"), ("GET", "/notebook")):
        answer = client.request(method, f"{BASE}/entries/{name}{path}", headers={"X-Team-Token": other})
        assert answer.status_code == 404
    client.post(f"{BASE}/entries/{name}/cancel", headers=team)


@pytest.mark.parametrize(
    "path", ["hidden/labels.csv", "../hidden/labels.csv", "%2e%2e/hidden/labels.csv", "labels"]
)
def test_no_route_serves_what_is_hidden(client: TestClient, path: str):
    for base in (BASE, f"{BASE}/kit", f"{BASE}/entries"):
        assert client.get(f"{base}/{path}").status_code in {401, 404, 405}
    with zipfile.ZipFile(io.BytesIO(client.get(f"{BASE}/kit").content)) as kit:
        assert [name for name in kit.namelist() if "hidden" in name or name.startswith("labels")] == []
    assert "labels" not in client.get(BASE).text


def test_what_is_no_notebook_is_refused_and_uses_nothing(client: TestClient, team: dict[str, str]):
    for content, status in ((b"{}", 422), (b"x" * 7_000_000, 413)):
        answer = client.post(f"{BASE}/entries", files={"file": ("x.ipynb", content)}, headers=team)

        assert answer.status_code == status
        error_of(answer)
    assert client.get(f"{BASE}/entries", headers=team).json()["quota"]["used"] == 0


def test_the_organisers_side_needs_the_organisers_token(client: TestClient):
    for method, path in (
        ("GET", "/entries"),
        ("POST", "/again"),
        ("GET", "/duplicates"),
        ("POST", "/archive"),
    ):
        assert client.request(method, f"{ORGANISER}{path}").status_code == 401
    bench = client.app.state.bench
    token = {"X-Organiser-Token": bench.competitions.organiser.token()}
    assert client.get(f"{ORGANISER}/statistics", headers=token).status_code == 200
    assert client.get(f"{ORGANISER}/statistics", headers=TRUSTED).status_code == 200


def test_copies_are_found_disqualified_and_judged_again(client: TestClient, tmp_path: Path):
    cell = "import csv\nrows = list(csv.DictReader(open(test)))\nout = open(predictions, 'w')\n"
    cell += "print('id,prediction', file=out)\nfor row in rows:\n"
    cell += "    print(row['id'], float(row['x']) + 3, sep=',', file=out)\nout.close()"
    renamed = cell.replace("rows", "lines").replace("row", "each").replace("out", "target") + "\n# mine"
    names = []
    for place, source in enumerate((cell, renamed)):
        headers = {**TRUSTED, "X-Team": f"copier {place}"}
        path = entry(tmp_path, source, name=f"{place}.ipynb")
        names.append(submitted(client, path, headers)["entry"])
        assert finished(client, names[-1], headers)["status"] == "scored"

    pairs = client.get(f"{ORGANISER}/duplicates", headers=TRUSTED).json()
    pair = next(each for each in pairs if {each["entry"], each["other"]} == set(names))
    assert (pair["code"], pair["same_predictions"]) == (1.0, True)

    why = {"reason": "a copy of copier 0"}
    client.post(f"{ORGANISER}/entries/{names[1]}/disqualify", json=why, headers=TRUSTED)
    board = client.get(f"{BASE}/leaderboard").json()["rows"]
    assert names[1] not in {row["entry"] for row in board}
    again = client.post(f"{ORGANISER}/again", params={"entry": names[0]}, headers=TRUSTED)
    assert again.json() == [names[0]]
    headers = {**TRUSTED, "X-Team": "copier 0"}
    assert finished(client, names[0], headers)["quota"]["used"] == 1


def test_a_winner_becomes_an_app_that_installs_and_asks_for_its_tables(client: TestClient, tmp_path: Path):
    bench = client.app.state.bench
    headers = {**TRUSTED, "X-Team": "winner"}
    name = submitted(client, good(tmp_path, 0.1), headers)["entry"]
    finished(client, name, headers)
    kept = bench.competitions.book.entry(name)
    notebook = bench.competitions.notebook(name)

    form = Form(id="twice")
    file = template(bench.competitions.bundle("small"), kept, notebook, form=form, folder=tmp_path, team="w")
    installed = package.install(file, bench.workspace.templates)

    assert installed.inputs.keys() == {"train", "test"}
    assert json.loads((bench.workspace.templates / "twice.proof.json").read_text())["public"]["rmse"] == 0.1
    assert read_notebook(installed.path).tagged("parameters") == 1
    tables = {}
    for role in ("train", "test"):
        text = "id,x,y\n1,2.0,4.0\n" if role == "train" else "id,x\n7,2.0\n8,3.5\n"
        answer = client.post(
            "/api/v1/tables", files={"file": (f"{role}.csv", text)}, data={"name": f"w.{role}"}
        )
        tables[role] = answer.json()["name"]
    body = {"template": "twice", "inputs": tables}
    run = client.post("/api/v1/runs", params={"wait": True}, json=body).json()
    assert run["status"] == "succeeded", run
    assert run["kpis"]["cases"]["value"] == 2


def test_certificates_are_the_organisers_and_a_code_is_for_everybody(
    client: TestClient, team: dict[str, str], tmp_path: Path
):
    finished(client, submitted(client, good(tmp_path, 0.25), team)["entry"], team)
    name = client.get(f"{BASE}/entries", headers=team).json()["team"]
    for path in ("certificates", "certificates.zip", f"certificate?team={name}"):
        assert client.get(f"{ORGANISER}/{path}").status_code == 401

    listed = client.get(f"{ORGANISER}/certificates", headers=TRUSTED).json()
    mine = next(each for each in listed if each["facts"]["team"] == name)
    found = client.get(f"/api/v1/certificates/{mine['code'].lower()}").json()

    assert (found["standing"], found["certificate"]["facts"]["score"]) == ("confirmed", "0.25")
    assert client.get("/api/v1/certificates/AAAA-BBBB").status_code == 404
    printed = client.get(f"{ORGANISER}/certificate", params={"team": name, "language": "zh"}, headers=TRUSTED)
    assert printed.content.startswith(b"%PDF-") or error_of(printed)["code"] == "unavailable"


def test_a_team_gets_a_new_token_from_the_organiser_alone(client: TestClient, team: dict[str, str]):
    name = client.get(f"{BASE}/entries", headers=team).json()["team"]
    assert client.post(f"{ORGANISER}/teams/{name}/token", headers=team).status_code == 401

    renewed = client.post(f"{ORGANISER}/teams/{name}/token", headers=TRUSTED).json()["token"]

    assert client.get(f"{BASE}/entries", headers=team).status_code == 401
    assert client.get(f"{BASE}/entries", headers={"X-Team-Token": renewed}).json()["team"] == name


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{BASE}/session", {"token": "\ud800"}, 401),
        ("/api/v1/organiser/session", {"token": "\ud800"}, 401),
        (f"{BASE}/teams", {"name": "\ud800"}, 422),
        (f"{ORGANISER}/announcements", {"text": "\ud800"}, 422),
        (f"{ORGANISER}/teams/nobody/disqualify", {"reason": "\ud800"}, 404),
    ],
)
def test_half_characters_are_refused_in_one_sentence(
    client: TestClient, path: str, body: dict[str, str], status: int
):
    given = {"content": json.dumps(body), "headers": TRUSTED | {"Content-Type": "application/json"}}

    assert error_of(client.post(path, **given))["message"]
    assert client.post(path, **given).status_code == status
    assert client.get(BASE).status_code == 200
