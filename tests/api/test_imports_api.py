"""An import in steps over REST: send, look, correct, import; what was dropped is gone."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from workbench.api.app import create
from workbench.app import Workbench
from workbench.config import load_settings

MODE = {"mode": "merge", "key": ["k"]}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("api") / "workspace"
    settings = load_settings(home=str(home), demo=False, ready_kernels=0)
    with TestClient(create(Workbench(settings, full=False))) as client:
        yield client


def send(client: Any, content: bytes, name: str = "a.csv") -> str:
    answer = client.post("/api/v1/imports", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_file_is_sent_looked_at_corrected_and_imported(client: Any) -> None:
    name = send(client, b"k;v(mm)\n007;1,5\n008;2\n", "steps.csv")
    recipe = {"columns": {"v(mm)": {"name": "bore"}}}

    looked = client.post(f"/api/v1/imports/{name}/preview", json={"recipe": recipe}).json()
    done = client.post(f"/api/v1/imports/{name}", json={"recipe": recipe, "name": "steps", **MODE})

    assert [(c["name"], c["type"], c["unit"]) for c in looked["report"]["columns"]] == [
        ("k", "text", None),
        ("bore", "number", "mm"),
    ]
    assert looked["sample"] == [{"k": "007", "bore": 1.5}, {"k": "008", "bore": 2.0}]
    assert (done.status_code, done.json()["tables"][0]["rows"]) == (201, 2)
    assert client.post(f"/api/v1/imports/{name}", json={}).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"mode": "merge"}, "no key"),
        ({"recipe": {"colums": {}}}, "colums"),
        ({"name": "no table!"}, "table name"),
    ],
)
def test_a_wrong_wish_is_refused_and_the_file_waits(client: Any, wanted: dict[str, Any], reason: str) -> None:
    name = send(client, b"k,v\n1,2\n")

    answer = client.post(f"/api/v1/imports/{name}", json=wanted)

    assert answer.status_code == 422
    assert reason in answer.text
    assert client.post(f"/api/v1/imports/{name}/preview", json={}).status_code == 200
    assert client.delete(f"/api/v1/imports/{name}").status_code == 204
    assert client.post(f"/api/v1/imports/{name}/preview", json={}).status_code == 404


def test_one_request_merges_with_a_recipe(client: Any) -> None:
    fields = {"name": "one", "mode": "merge", "key": "k", "recipe": '{"columns": {"k": {"type": "text"}}}'}

    for content in (b"k,v\n1,2\n", b"k,v\n1,3\n2,4\n"):
        done = client.post("/api/v1/tables", files={"file": ("one.csv", content)}, data=fields)
    wrong = client.post("/api/v1/tables", files={"file": ("one.csv", b"k\n1\n")}, data={"mode": "swap"})

    assert (done.status_code, done.json()["version"], done.json()["rows"]) == (201, 1, 2)
    assert client.get("/api/v1/tables/one/rows").json() == [{"k": "1", "v": 3}, {"k": "2", "v": 4}]
    assert (wrong.status_code, wrong.json()["error"]["expected"]) == (422, "replace, append or merge")
