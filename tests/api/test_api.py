"""REST over a real workbench: what a client sends and gets, and how every refusal looks."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from workbench.api.app import create
from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.evidence import verify

ROWS = "sample,diameter [mm],operator\n" + "".join(
    f"{1 + row // 5},{74 + 0.01 * ((7 * row) % 5 - 2):.3f},{'=cmd|x' if row == 3 else 'Li'}\n"
    for row in range(125)
)
ERROR_KEYS = {"code", "subject", "given", "expected", "hint", "message"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("api") / "workspace"
    settings = load_settings(home=str(home), demo=False, ready_kernels=1, upload_megabytes=1)
    with TestClient(create(Workbench(settings, full=False), token="secret")) as client:
        yield client


@pytest.fixture(scope="module")
def rings(client: TestClient) -> str:
    answer = client.post("/api/v1/tables", files={"file": ("rings.csv", ROWS)}, data={"name": "shop.rings"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["name"])


@pytest.fixture(scope="module")
def record(client: TestClient, rings: str) -> dict:
    """One finished run."""
    body = {"template": "control-chart", "inputs": {"measurements": rings}, "parameters": {"chart": "xbar-r"}}
    answer = client.post("/api/v1/runs", params={"wait": True}, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def error_of(answer) -> dict:
    error = answer.json()["error"]
    assert set(error) == ERROR_KEYS
    return error


# --- templates ------------------------------------------------------------------------------------------


def test_the_gallery_lists_every_template_with_its_question(client: TestClient):
    templates = client.get("/api/v1/templates").json()

    assert "control-chart" in {template["id"] for template in templates}
    assert all(template["decision"]["zh"] for template in templates)


def test_a_template_tells_its_form_and_inputs(client: TestClient):
    template = client.get("/api/v1/templates/control-chart").json()

    assert template["inputs"] == ["measurements"]
    assert template["default_inputs"]["measurements"].startswith("demo.")
    assert template["parameters"] == client.get("/api/v1/templates/control-chart/schema").json()
    assert "value" in template["contract"]["inputs"]["measurements"]["columns"]


def test_an_unknown_template_suggests_the_nearest(client: TestClient):
    answer = client.get("/api/v1/templates/contol-chart")

    assert answer.status_code == 404
    assert error_of(answer)["hint"] == "did you mean 'control-chart'?"


# --- tables ---------------------------------------------------------------------------------------------


def test_an_uploaded_file_is_a_table_with_units(client: TestClient, rings: str):
    table = client.get(f"/api/v1/tables/{rings}").json()

    assert (table["rows"], table["version"], table["source"]) == (125, 0, "rings.csv")
    assert {column["unit"] for column in table["columns"]} == {None, "mm"}
    assert rings in {one["name"] for one in client.get("/api/v1/tables").json()}
    assert len(client.get(f"/api/v1/tables/{rings}/rows", params={"limit": 7}).json()) == 7
    assert len(client.get(f"/api/v1/tables/{rings}/profile").json()) == 3
    assert [one["version"] for one in client.get(f"/api/v1/tables/{rings}/versions").json()] == [0]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_table_is_taken_away_as_a_file_in_which_no_text_is_a_formula(
    client: TestClient, rings: str, kind: str
):
    answer = client.get(f"/api/v1/tables/{rings}/download", params={"format": kind})
    read = {
        "csv": lambda file: pd.read_csv(file),
        "xlsx": lambda file: pd.read_excel(file, engine="calamine"),
        "parquet": pd.read_parquet,
    }[kind]
    frame = read(io.BytesIO(answer.content))

    assert len(frame) == 125
    assert answer.headers["content-disposition"].startswith("attachment")
    assert frame["operator"][3] == ("'=cmd|x" if kind == "csv" else "=cmd|x")


@pytest.mark.parametrize(
    ("files", "data", "status", "sentence"),
    [
        ({"file": ("empty.csv", b"")}, {}, 422, "0 bytes"),
        ({"file": ("big.csv", b"a,b\n" + b"1,2\n" * 700_000)}, {}, 413, "at most 1 MB"),
        ({"file": ("picture.csv", b"\x89PNG\r\n\x1a\n" + b"x" * 99)}, {}, 422, "a picture"),
        ({"file": ("a.csv", b"a\n1\n"), "more": ("b.csv", b"b\n2\n")}, {}, 422, "one file"),
        ({}, {"name": "x"}, 422, "multipart/form-data"),
        ({"file": ("a.csv", b"a\n1\n")}, {"name": "../etc"}, 422, "table name"),
        ({"file": ("a.csv", b"a\n1\n")}, {"mode": "destroy"}, 422, "replace, append or merge"),
    ],
)
def test_a_bad_upload_is_one_sentence_and_leaves_nothing(
    client: TestClient, files: dict, data: dict, status: int, sentence: str
):
    before = client.get("/api/v1/tables").json()

    answer = client.post("/api/v1/tables", files=files or None, data=data)

    assert answer.status_code == status, answer.text
    assert sentence in error_of(answer)["message"]
    assert client.get("/api/v1/tables").json() == before
    assert list(uploads(client).iterdir()) == []


def test_a_file_name_cannot_leave_its_folder(client: TestClient):
    answer = client.post("/api/v1/tables", files={"file": ("../../escaped.csv", "a\n1\n")})

    assert answer.status_code == 201
    assert client.delete(f"/api/v1/tables/{answer.json()['name']}").status_code == 204
    assert list(uploads(client).iterdir()) == []


def test_a_removed_table_is_gone(client: TestClient):
    client.post("/api/v1/tables", files={"file": ("gone.csv", "a\n1\n")})

    assert client.delete("/api/v1/tables/gone").status_code == 204
    assert client.get("/api/v1/tables/gone").status_code == 404
    assert client.delete("/api/v1/tables/gone").status_code == 404


def uploads(client: TestClient) -> Path:
    return client.app.state.bench.workspace.uploads


# --- runs -----------------------------------------------------------------------------------------------


def test_a_run_answers_with_addresses_in_place_of_paths(client: TestClient, record: dict):
    home = str(client.app.state.bench.workspace.root)

    assert record["status"] == "succeeded"
    assert record["origin"] == "api"
    assert home not in json.dumps(record)
    assert client.get(f"/api/v1/runs/{record['run']}").json() == record


def test_results_are_taken_away_at_their_addresses(client: TestClient, record: dict):
    notebook = client.get(record["notebook"])
    points = client.get(record["tables"]["points"], params={"format": "parquet"})
    figures = [client.get(address) for address in record["figures"].values()]

    nbformat.validate(nbformat.reads(notebook.text, as_version=4))
    assert len(pd.read_parquet(io.BytesIO(points.content))) == 25
    assert figures
    assert all(figure.status_code == 200 for figure in figures)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_is_one_page_that_asks_no_other_machine(client: TestClient, record: dict, language: str):
    answer = client.get(f"/api/v1/runs/{record['run']}/report", params={"language": language})
    page = answer.text

    assert answer.headers["content-disposition"].startswith("attachment")
    assert record["verdict"]["text"][language].split("。")[0][:20] in page
    assert re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)", page.partition("<script>")[0]) == []


def test_the_report_as_a_workbook_has_a_sheet_for_each_table(client: TestClient, record: dict):
    answer = client.get(f"/api/v1/runs/{record['run']}/report", params={"format": "xlsx"})
    sheets = pd.read_excel(io.BytesIO(answer.content), sheet_name=None, engine="calamine")

    assert {"Verdict", "Key figures", *record["tables"]} <= set(sheets)


def test_one_report_of_several_runs_begins_with_their_answers(client: TestClient, record: dict):
    asked = {"run": [record["run"], record["run"]], "scenario": "line_quality", "language": "zh"}
    page = client.get("/api/v1/runs/report", params=asked)
    unknown = client.get("/api/v1/runs/report", params=asked | {"scenario": "line_qualty"})

    assert "attachment" in page.headers["content-disposition"]
    assert "<h1>产线质量</h1><h2>总结</h2>" in page.text
    assert page.text.count("<section>") == 2
    assert unknown.status_code == 404
    assert "line_quality" in unknown.text


def test_a_run_can_be_followed_listed_and_run_again(client: TestClient, record: dict):
    again = client.post(f"/api/v1/runs/{record['run']}/rerun").json()

    ended = client.get(f"/api/v1/runs/{again['run']}", params={"wait_s": 60}).json()
    listed = client.get("/api/v1/runs", params={"template": "control-chart", "limit": 2}).json()

    assert ended["kpis"] == record["kpis"]
    assert [one["run"] for one in listed] == [ended["run"], record["run"]]


def test_a_run_is_not_run_again_on_other_rows_of_the_same_name(client: TestClient):
    def upload(rows: str) -> None:
        sent = {"file": ("swap.csv", rows)}
        assert client.post("/api/v1/tables", files=sent, data={"name": "swap"}).status_code == 201

    upload(ROWS)
    body = {"template": "control-chart", "inputs": {"measurements": "swap"}}
    first = client.post("/api/v1/runs", params={"wait": True}, json=body).json()
    client.delete("/api/v1/tables/swap")
    upload(ROWS.replace("74.", "75."))

    again = client.post(f"/api/v1/runs/{first['run']}/rerun")

    assert again.status_code == 422
    assert error_of(again)["given"] == "other rows or units"


def test_a_queued_run_is_cancelled(client: TestClient, rings: str):
    body = {"template": "control-chart", "inputs": {"measurements": rings}}
    run = client.post("/api/v1/runs", json=body).json()["run"]

    client.post(f"/api/v1/runs/{run}/cancel")

    assert client.get(f"/api/v1/runs/{run}", params={"wait_s": 30}).json()["status"] == "cancelled"


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"template": "contol-chart"}, 404, "did you mean 'control-chart'?"),
        ({"template": "control-chart", "parameters": {"sigmaa": 3}}, 422, "did you mean 'sigma'?"),
        ({"template": "control-chart", "parameters": {"sigma": "many"}}, 422, "a number"),
        ({"template": "control-chart", "inputs": {"measurements": "nothing"}}, 404, "unknown table"),
        ({"template": "control-chart", "inputs": {"measurements": "/etc/hosts"}}, 422, "a table of this"),
        ({"template": "/tmp/x.ipynb"}, 422, "the id of a template"),
        ({"template": "control-chart", "colour": "red"}, 422, "Extra inputs"),
        ({}, 422, "Field required"),
        ([1], 422, "request"),
    ],
)
def test_a_bad_request_is_one_sentence_with_the_right_status(
    client: TestClient, rings: str, body: object, status: int, sentence: str
):
    answer = client.post("/api/v1/runs", json=body)

    assert answer.status_code == status, answer.text
    assert sentence in error_of(answer)["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/runs/none",
        "/api/v1/runs/none/notebook",
        "/api/v1/runs/none/report",
        "/api/v1/runs/report?run=none",
        "/api/v1/tables/none",
        "/api/v1/tables/none/download",
        "/api/v1/nothing",
    ],
)
def test_what_does_not_exist_is_a_404_with_a_sentence(client: TestClient, path: str):
    answer = client.get(path)

    assert answer.status_code == 404
    assert error_of(answer)["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "body", "status", "told"),
    [
        ("POST", b"{bad", 422, "request body: got no JSON ("),
        ("POST", b"\xff\xfe", 422, "request body: got no JSON ("),
        ("POST", b"[" * 50_000, 400, "request body: got "),
        ("PUT", b"{}", 405, "method: got PUT, expected "),
    ],
)
def test_what_no_route_can_read_is_one_sentence(client: TestClient, method, body, status, told):
    answer = client.request(
        method, "/api/v1/runs", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code == status
    assert error_of(answer)["message"].startswith(told)
    assert error_of(answer)["code"] == "invalid"


@pytest.mark.parametrize("name", ["none", "..%2F..%2Frun.json", "%2Fetc%2Fpasswd"])
def test_a_result_that_was_not_recorded_is_not_found(client: TestClient, record: dict, name: str):
    for kind in ("tables", "figures"):
        assert client.get(f"/api/v1/runs/{record['run']}/{kind}/{name}").status_code == 404


def test_the_token_opens_files(client: TestClient, tmp_path: Path):
    file = tmp_path / "rings.csv"
    file.write_text(ROWS)
    body = {"template": "control-chart", "inputs": {"measurements": str(file)}, "origin": "cli"}

    answer = client.post(
        "/api/v1/runs", params={"wait": True}, json=body, headers={"Authorization": "Bearer secret"}
    )

    assert answer.status_code == 201, answer.text
    assert answer.json()["origin"] == "cli"
    assert str(tmp_path) not in answer.text


# --- the description ------------------------------------------------------------------------------------


def test_every_route_and_parameter_is_described(client: TestClient):
    schema = client.get("/api/v1/openapi.json").json()
    operations = [operation for path in schema["paths"].values() for operation in path.values()]

    assert all(operation["summary"] and operation["description"] for operation in operations)
    assert all(
        parameter.get("description") or parameter["in"] == "path"
        for operation in operations
        for parameter in operation.get("parameters", ())
    )


def test_no_page_of_the_api_loads_from_another_host(client: TestClient):
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404


def test_an_unknown_page_leads_home(client: TestClient):
    answer = client.get("/nowhere")

    assert answer.status_code == 404
    assert "<a href='/'>" in answer.text


# --- history, comparison, evidence ----------------------------------------------------------------------


def test_runs_are_filtered_paged_and_counted(client: TestClient, record: dict):
    asked = {"table": "shop.rings", "text": record["run"][-6:]}

    found = client.get("/api/v1/runs", params=asked).json()

    assert [each["run"] for each in found] == [record["run"]]
    assert client.get("/api/v1/runs/counts", params=asked).json() == {"succeeded": 1}
    assert client.get("/api/v1/runs", params=asked | {"before": record["run"]}).json() == []
    assert client.get("/api/v1/runs", params={"since": "2999-01-01"}).json() == []


def test_the_same_again_is_the_earlier_run_when_that_will_do(client: TestClient, record: dict, rings: str):
    body = {"template": "control-chart", "inputs": {"measurements": rings}, "parameters": {"chart": "xbar-r"}}

    counts = client.get("/api/v1/runs/counts").json()
    in_address = client.post("/api/v1/runs", params={"reuse": True, "wait": True}, json=body)
    in_body = client.post("/api/v1/runs", params={"wait": True}, json=body | {"reuse": True})
    assert client.get("/api/v1/runs/counts").json() == counts
    other = client.post("/api/v1/runs", params={"reuse": True, "wait": True},
                        json=body | {"parameters": {"chart": "xbar-s"}})  # fmt: skip

    assert (in_address.status_code, in_body.status_code, other.status_code) == (200, 200, 201)
    assert in_address.json() == in_body.json()
    assert in_address.json()["kpis"] == record["kpis"]
    assert other.json()["run"] != record["run"]


def test_without_reuse_the_same_is_a_new_run(client: TestClient, record: dict, rings: str):
    body = {"template": "control-chart", "inputs": {"measurements": rings}, "parameters": {"chart": "xbar-r"}}

    again = client.post("/api/v1/runs", params={"wait": True}, json=body).json()

    assert again["run"] != record["run"]
    assert again["kpis"] == record["kpis"]


def test_runs_stand_side_by_side(client: TestClient, record: dict, rings: str):
    body = {"template": "control-chart", "inputs": {"measurements": rings}, "parameters": {"chart": "imr"}}
    other = client.post("/api/v1/runs", params={"wait": True}, json=body).json()

    found = client.get("/api/v1/runs/compare", params={"run": [record["run"], other["run"]]}).json()

    assert found["parameters"] == {"chart": ["xbar-r", "imr"]}
    assert found["kpis"]["ucl"]["change"] == pytest.approx(
        other["kpis"]["ucl"]["value"] - record["kpis"]["ucl"]["value"]
    )
    assert error_of(client.get("/api/v1/runs/compare", params={"run": record["run"]}))["code"] == "invalid"
    missing = client.get("/api/v1/runs/compare", params={"run": [record["run"], "nothing"]})
    assert error_of(missing)["code"] == "not_found"


def test_the_evidence_is_one_file_that_can_be_verified(client: TestClient, record: dict, tmp_path: Path):
    answer = client.get(f"/api/v1/runs/{record['run']}/evidence")
    path = tmp_path / "evidence.zip"
    path.write_bytes(answer.content)

    assert answer.headers["content-type"] == "application/zip"
    assert f"{record['run']}.zip" in answer.headers["content-disposition"]
    assert verify(path).problems == ()
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("inputs.json"))["measurements"]["sha256"]
        command = archive.read("rerun.txt").decode()
    assert "--input measurements=shop.rings@0" in command
    assert "--set chart=xbar-r" in command
