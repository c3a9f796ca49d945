"""The command line without a server: its manners, its exit status, its one JSON document."""

import json
import socket
import time
from pathlib import Path

import pytest


def test_help_names_every_command(process):
    told = process("--help")

    assert told.status == 0
    for command in ("serve", "run", "templates", "data", "runs", "lab", "doctor"):
        assert f"\n  {command} " in told.out


@pytest.mark.serial
def test_help_is_there_at_once(process):
    times = []
    for _ in range(5):
        began = time.perf_counter()
        process("--help")
        times.append(time.perf_counter() - began)

    # The goal is 0.3 s on a quiet machine; the margin is for a busy one.
    assert min(times) < 0.6


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rum"], "Did you mean 'run'?"),
        (["run"], "TEMPLATE"),
        (["run", "contol-chart"], "did you mean 'control-chart'?"),
        (["run", "control-chart", "--set", "sigmaa=3"], "did you mean 'sigma'?"),
        (["run", "control-chart", "--set", "sigma=-1"], "above 0"),
        (["run", "control-chart", "--set", "sigma"], "NAME=VALUE"),
        (["run", "control-chart", "--map", "value=diameter"], "ROLE.column=source"),
        (["run", "control-chart", "--input", "measurement=x.csv"], "did you mean 'measurements'?"),
        (["run", "control-chart", "--input", "measurements=nowhere.csv"], "no such file"),
        (["run", "nowhere.ipynb"], "nowhere.ipynb"),
        (["data", "show", "nothing"], "unknown table"),
        (["data", "add", "nowhere.csv"], "no such file"),
        (["data", "sql", "DELETE FROM x"], "SELECT"),
        (["runs", "show", "none"], "unknown run"),
        (["runs", "list", "--status", "lots"], "succeeded"),
        (["runs", "cancel", "none"], "unknown run"),
        (["runs", "compare", "one"], "two or more"),
        (["runs", "evidence", "none"], "unknown run"),
        (["runs", "verify", "nowhere.zip"], "the evidence of a run"),
        (["runs", "list", "--limit", str(10**20)], "less than or equal to 100000"),
        (["templates", "show", "nothing"], "unknown template"),
        (["templates", "check", "nowhere"], "file or folder"),
        (["templates", "new", "Not An Id"], "lower-case words"),
        (["templates", "install", "nowhere.zip"], "nowhere.zip"),
        (["templates", "prove", "nothing"], "unknown template"),
        (["serve", "--host", "0.0.0.0"], "WORKBENCH_HOST=127.0.0.1"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_status_2(workbench, arguments: list[str], sentence: str):
    told = workbench(*arguments)

    assert told.status == 2, told
    assert sentence in told.err
    assert told.out == ""
    assert "Traceback" not in told.err
    assert len(told.err.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["run", "contol-chart"], ["rum"], ["data", "show", "nothing"]])
def test_a_wrong_request_with_json_is_one_document(workbench, arguments: list[str]):
    told = workbench(*arguments, "--json")

    assert told.status == 2
    assert set(told.json["error"]) == {"code", "subject", "given", "expected", "hint", "message"}
    assert told.json["error"]["message"] in told.err


def test_a_taken_port_is_said(workbench):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = workbench("serve", "--port", taken.getsockname()[1])

    assert told.status == 1
    assert "--port 0" in told.err


def test_an_unwritable_workspace_is_said(workbench, tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("")

    told = workbench("data", "list", "--workspace", file / "below")

    assert told.status == 2
    assert "--workspace" in told.err


def test_doctor_knows_this_machine(workbench):
    told = workbench("doctor", "--json")

    names = [check["name"] for check in told.json["checks"]]
    assert told.status == 0
    assert told.json["healthy"] is True
    assert any("DuckDB" in name for name in names)


def test_the_version_is_the_packages(workbench):
    import workbench as package

    assert workbench("--version").out.strip() == package.__version__


def test_a_table_goes_in_is_shown_queried_and_removed(workbench, rings: Path):
    added = workbench("data", "add", rings, "--name", "shop.rings", "--json").json
    listed = workbench("data", "list", "--json").json
    shown = workbench("data", "show", "shop.rings", "--rows", "2", "--json").json
    profiled = workbench("data", "profile", "shop.rings", "--json").json
    queried = workbench("data", "sql", "SELECT count(*) AS n FROM shop.rings", "--json").json

    assert (added["name"], added["version"], added["rows"]) == ("shop.rings", 0, 125)
    assert [table["name"] for table in listed] == ["shop.rings"]
    assert len(shown["head"]) == 2
    assert shown["columns"][1]["unit"] == "mm"
    assert [row["column"] for row in profiled] == [column["name"] for column in shown["columns"]]
    assert queried["rows"] == [{"n": 125}]
    assert workbench("data", "add", rings, "--name", "shop.rings", "--append", "--json").json["rows"] == 250
    assert workbench("data", "remove", "shop.rings", "--json").json == {"removed": "shop.rings"}
    assert workbench("data", "list", "--json").json == []


def test_a_table_is_looked_after_from_the_command_line(workbench, rings: Path):
    for _ in range(2):
        workbench("data", "add", rings, "--name", "cared")
    workbench("data", "describe", "cared", "--owner", "Li", "--tag", "bore", "--column", "sample=subgroup")
    versions = workbench("data", "versions", "cared", "--json").json["versions"]
    restored = workbench("data", "restore", "cared", "--version", "0", "--json").json
    health = workbench("data", "health", "cared", "--confirm", "--json").json

    assert [each["version"] for each in versions] == [1, 0]
    assert (versions[0]["changes"]["added"], versions[0]["changes"]["removed"]) == (0, 0)
    assert (restored["version"], restored["rows"]) == (2, 125)
    assert workbench("data", "describe", "cared", "--json").json["columns"] == {"sample": "subgroup"}
    assert health["total"] == 20
    assert health["assessed"] == sum(each["assessed"] for each in health["indicators"]) >= 6
    assert workbench("data", "prune", "cared", "--days", "1", "--json").json["versions"] == []
    assert workbench("data", "rules", "cared", "--set", "nonsense=1").status == 2
    assert workbench("data", "lineage", "cared", "--json").json["sources"][0]["how"] == "import"
    for command in ("versions", "health", "rules", "lineage", "describe"):
        assert workbench("data", command, "cared").status == 0
    workbench("data", "remove", "cared")


def test_the_coverage_map_is_declared_from_a_file(workbench, tmp_path: Path):
    (tmp_path / "points.csv").write_text("stage,asset,point\nproduction,M1,x\n", encoding="utf-8")

    assert workbench("coverage", "declare", "points.csv", "--json").json == {"expected": 1}
    assert workbench("coverage", "show", "--json").json["share"] == 0
    assert workbench("coverage", "points", "--json").json[0]["asset"] == "M1"
    assert "M1" in workbench("coverage", "show").out
    assert workbench("coverage", "declare", "no.csv").status == 2


def test_tables_are_readable_without_json(workbench, rings: Path):
    workbench("data", "add", rings, "--name", "plain")

    assert "plain" in workbench("data", "list").out
    assert "diameter" in workbench("data", "show", "plain").out
    assert "125" in workbench("data", "sql", "SELECT count(*) FROM plain").out
    assert workbench("data", "profile", "plain").status == 0
    workbench("data", "remove", "plain")


def test_a_run_without_a_server_answers_and_is_kept(process, workbench, home: Path, rings: Path):
    told = process(
        *("run", "control-chart", "--input", f"measurements={rings.name}", "--set", "chart=xbar-r"),
        *("--html", "out/report.html", "--xlsx", "out/report.xlsx", "--json"),
        cwd=rings.parent,
    )
    record = told.json

    assert told.status == 0, told.err
    assert record["status"] == "succeeded"
    assert record["verdict"]["code"] == "unstable"
    assert record["kpis"]["center"]["unit"] == "mm"
    assert Path(record["tables"]["signals"]).is_file()
    assert Path(record["notebook"]).is_relative_to(home)
    assert (rings.parent / "out/report.html").read_bytes().startswith(b"<!doctype html>")
    assert (rings.parent / "out/report.xlsx").read_bytes().startswith(b"PK")
    assert workbench("runs", "show", record["run"], "--json").json == record
    assert [run["run"] for run in workbench("runs", "list", "--json").json] == [record["run"]]


def test_the_same_again_can_be_the_earlier_run(workbench, home: Path, rings: Path, tmp_path: Path):
    arguments = ("run", "control-chart", "--input", f"measurements={rings}", "--set", "chart=xbar-r")
    first = workbench(*arguments, "--json").json
    again = workbench(*arguments, "--reuse", "--json")
    evidence = workbench("runs", "evidence", first["run"], "--to", tmp_path / "run.zip", "--json").json

    assert again.json["run"] == first["run"]
    assert "without --reuse it runs again" in again.err
    assert workbench(*arguments, "--set", "limit_sigmas=2", "--reuse", "--json").json["run"] != first["run"]
    checked = workbench("runs", "verify", tmp_path / "run.zip", "--json")
    assert (checked.status, checked.json["ok"], checked.json["seal"]) == (0, True, evidence["seal"])


def test_a_refusal_is_status_3(workbench, tmp_path: Path):
    short = tmp_path / "short.csv"
    short.write_text("value\n1\n2\n3\n")

    told = workbench("run", "control-chart", "--input", f"measurements={short}", "--json")

    assert told.status == 3, told.err
    assert told.json["status"] == "refused"
    assert told.json["refusal"]["remedy"]["zh"] or told.json["refusal"]["text"]["zh"]


def test_a_notebook_that_raises_is_status_1_with_its_own_error(workbench, tmp_path: Path):
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "## Divide"},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "source": "1 / 0",
            "outputs": [],
            "execution_count": None,
        },
    ]
    notebook = tmp_path / "divide.ipynb"
    notebook.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))

    told = workbench("run", notebook, "--json")

    assert told.status == 1
    assert told.json["error"]["name"] == "ZeroDivisionError"
    assert told.json["error"]["heading"] == "Divide"
    assert told.err.count("Traceback") == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}'])
def test_a_file_that_is_no_notebook_is_one_sentence(workbench, tmp_path: Path, text: str):
    notebook = tmp_path / "broken.ipynb"
    notebook.write_text(text)

    told = workbench("run", notebook)

    assert told.status == 2
    assert "broken.ipynb" in told.err
    assert "Traceback" not in told.err


def test_a_new_template_checks_runs_is_packed_and_installed(workbench, home: Path, tmp_path: Path):
    made = workbench("templates", "new", "bore-check", "--json").json
    checked = workbench("templates", "check", made["path"], "--json")
    packed = workbench("templates", "package", "bore-check", "--to", tmp_path, "--json").json
    Path(made["path"]).unlink()
    installed = workbench("templates", "install", packed["path"], "--json").json

    assert checked.status == 0, checked.out
    assert installed["id"] == "bore-check"
    assert Path(installed["path"]).is_relative_to(home / "templates")
    assert "bore-check" in [template["id"] for template in workbench("templates", "list", "--json").json]
    assert workbench("templates", "show", "bore-check").status == 0


def test_every_template_can_be_shown(workbench):
    for template in workbench("templates", "list", "--json").json:
        shown = workbench("templates", "show", template["id"], "--json").json

        assert shown["contract"]["results"]
        assert shown["parameters"]["type"] == "object"


def test_files_are_previewed_added_together_and_merged(workbench, home: Path):
    months = []
    for month in ("11", "12"):
        path = home.parent / f"log_{month}.csv"
        path.write_text(f"k;t;v\n1;03/04/2025;{month},5\n{month};13/04/2025;2,5\n", encoding="utf-16")
        months.append(path)

    looked = workbench("data", "add", months[0], "--preview", "--type", "k=text", "--json").json
    both = workbench("data", "add", *months, "--name", "both", "--json").json
    merged = workbench("data", "add", months[1], "--name", "both", "--merge", "k", "--json")
    each = workbench("data", "add", *months, "nowhere.csv", "--json")

    assert [(c["name"], c["type"]) for c in looked["columns"]] == [
        ("k", "text"),
        ("t", "timestamp"),
        ("v", "number"),
    ]
    assert (looked["encoding"], looked["delimiter"], looked["decimal"]) == ("utf-16", ";", ",")
    assert looked["sample"][0]["t"].startswith("2025-04-03")
    assert (both["rows"], [c["name"] for c in both["columns"]]) == (4, ["k", "t", "v", "file"])
    assert merged.status == 2
    assert "keys that stand on several rows" in merged.json["error"]["message"]
    assert each.status == 2
    assert [t["name"] for t in each.json["tables"]] == ["log_11", "log_12"]
    assert each.json["refused"][0]["error"]["code"] == "not_found"
