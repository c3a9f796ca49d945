"""``workbench sweep``: what --over means, a sweep without a server and on one, and how each ends."""

from pathlib import Path

import pytest

from workbench.commands.sweep_axes import axis
from workbench.errors import Invalid


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("machine=*", {"kind": "assets", "column": "machine"}),
        ("machine=M01, M02", {"kind": "assets", "column": "machine", "values": ["M01", "M02"]}),
        ("设备=top:5", {"kind": "assets", "column": "设备", "top": 5}),
        ("a:b=1", {"kind": "assets", "column": "a:b", "values": ["1"]}),
        ("period:ts=week", {"kind": "periods", "column": "ts", "every": "week"}),
        ("period:ts=6", {"kind": "periods", "column": "ts", "count": 6}),
        ("columns:value=*", {"kind": "characteristics", "column": "value"}),
        ("columns:value=d1,d2", {"kind": "characteristics", "column": "value", "values": ["d1", "d2"]}),
        ("tables:measurements=a,b@2", {"kind": "tables", "role": "measurements", "values": ["a", "b@2"]}),
        ("parameter:chart=imr", {"kind": "parameter", "parameter": "chart", "values": ["imr"]}),
        (
            "parameter:lambda_=0.1:0.5:0.1",
            {"kind": "parameter", "parameter": "lambda_", "start": 0.1, "stop": 0.5, "step": 0.1},
        ),
    ],
)
def test_over_says_what_varies(text, meant):
    assert axis(text) == meant


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("machine", "COLUMN=a,b"),
        ("machine=", "COLUMN=a,b"),
        ("machine=top:0", "top:5"),
        ("period:ts=weak", "did you mean 'week'"),
        ("perod:ts=week", "did you mean 'period'"),
        ("parameter:x=1:2", "start:stop:step"),
    ],
)
def test_over_that_makes_no_sense_is_refused_in_one_sentence(text, told):
    with pytest.raises(Invalid, match=told):
        axis(text)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three machines with thirty values each; the third moves away at the end."""
    path = tmp_path_factory.mktemp("data") / "fleet.csv"
    lines = ["machine,diameter [mm]"]
    for machine in (1, 2, 3):
        for i in range(30):
            moved = 0.5 if machine == 3 and i > 22 else 0.0
            lines.append(f"M{machine:02d},{74 + moved + 0.01 * ((3 * i) % 5):.3f}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_sweep_without_a_server_runs_here_and_puts_the_bad_machine_on_top(workbench, fleet: Path):
    told = workbench(
        "sweep", "control-chart", "--input", f"measurements={fleet}", "--over", "machine=*", "--json"
    )
    listed = workbench("sweeps", "list", "--json").json
    shown = workbench("sweeps", "show", told.json["sweep"])

    assert told.status == 0
    assert told.json["rows"][0]["at"] == {"machine": "M03"}
    assert told.json["rows"][0]["level"] == "bad"
    assert listed[0]["sweep"] == told.json["sweep"]
    assert shown.out.splitlines()[1].startswith("M03")


def test_a_plan_shows_the_runs_and_runs_nothing(workbench, fleet: Path):
    over = ["--over", "machine=M01,M02", "--over", "parameter:limit_sigmas=2,3"]
    told = workbench("sweep", "control-chart", "--input", f"measurements={fleet}", *over, "--plan", "--json")

    assert [point["at"] for point in told.json] == [
        {"machine": machine, "limit_sigmas": sigmas} for machine in ("M01", "M02") for sigmas in (2.0, 3.0)
    ]


def test_a_failed_point_is_status_1_and_alone_is_tried_again(workbench, fleet: Path):
    command = ["sweep", "control-chart", "--input", f"measurements={fleet}", "--over", "machine=M01,M77"]
    told = workbench(*command, "--json")
    again = workbench("sweeps", "retry", told.json["sweep"], "--json")

    assert told.status == again.status == 1
    assert told.json["counts"] == {"succeeded": 1, "not_accepted": 1}
    runs = [{row["at"]["machine"]: row["run"] for row in each.json["rows"]} for each in (told, again)]
    assert runs[0]["M01"] == runs[1]["M01"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sweep", "control-chart"], "--over"),
        (["sweep", "control-chart", "--over", "a=1", "--over", "b=1", "--over", "c=1"], "once or twice"),
        (["sweep", "control-chart", "--over", "parameter:lambda=0.1"], "did you mean 'lambda_'?"),
        (["sweeps", "show", "none"], "unknown sweep"),
        (["sweeps", "cancel", "none"], "unknown sweep"),
        (["sweeps", "retry", "none"], "unknown sweep"),
    ],
)
def test_a_wrong_sweep_is_one_sentence_and_status_2(workbench, arguments, sentence):
    told = workbench(*arguments)

    assert told.status == 2, told
    assert sentence in told.err
    assert len(told.err.strip().splitlines()) == 1


def test_a_sweep_with_a_server_runs_there_and_a_filter_narrows_a_run(workbench, server: str, fleet: Path):
    narrow = workbench(
        *("run", "control-chart", "--input", f"measurements={fleet}"),
        *("--filter", "measurements.machine=M03", "--json"),
    )
    told = workbench(
        *("sweep", "control-chart", "--input", f"measurements={fleet}"),
        *("--over", "parameter:limit_sigmas=2:4:1", "--filter", "measurements.machine=M01", "--json"),
    )

    assert narrow.json["inputs"]["measurements"]["rows"] == 30
    assert narrow.json["verdict"]["level"] == "bad"
    assert [row["at"]["limit_sigmas"] for row in told.json["rows"]] == [2, 3, 4]
    assert told.json["counts"] == {"succeeded": 3}
