"""The evidence of a run: the same bytes each time, whole, and telling when anything in it was changed."""

import json
import shlex
import zipfile
from pathlib import Path

import pytest

from workbench.cli import execute
from workbench.errors import Invalid
from workbench.runs import evidence, export
from workbench.runs.evidence import command, spelt
from workbench.runs.record import RunRecord, TemplateUsed
from workbench.runs.request import RunRequest
from workbench.templates.form import Field, check_value

RECORDED = """import pandas as pd
import workbench as wb
from bokeh.plotting import figure
wb.kpi("cpk", 1.25)
wb.table("signals", pd.DataFrame({"规则": [1, 2], "text": ["=1+1", "b"]}))
plot = figure(); plot.line([1, 2], [3, 4]); wb.figure("chart", plot)"""


@pytest.fixture(scope="module")
def record(bench, tmp_path_factory):
    """A run with a number, a table and a chart."""
    import nbformat

    node = nbformat.v4.new_notebook()
    node.cells.append(nbformat.v4.new_code_cell("limit: float = 1.0", metadata={"tags": ["parameters"]}))
    node.cells.append(nbformat.v4.new_code_cell(RECORDED))
    path = tmp_path_factory.mktemp("notes") / "note.ipynb"
    path.write_text(json.dumps(node), encoding="utf-8")
    run = bench.engine.submit(RunRequest(template=str(path), parameters={"limit": 2.5}))
    return bench.engine.wait(run, timeout=120)


@pytest.fixture
def packed(bench, record, tmp_path):
    path = tmp_path / "evidence.zip"
    path.write_bytes(pack(bench, record))
    return path


def pack(bench, record):
    history = bench.engine.history
    installed = history.environment(record.run)
    return evidence.pack(record, history.job(record.run), installed=installed, labels={})


def test_the_same_run_gives_the_same_bytes(bench, record, packed):
    assert pack(bench, bench.engine.get(record.run)) == packed.read_bytes()


ODD = """import decimal, uuid
import numpy as np, pandas as pd, pyarrow as pa
import workbench as wb
days = pd.date_range("2025-01-01", periods=2, tz="Asia/Shanghai")
wb.table("odd", pd.DataFrame({
    "period": days.tz_localize(None).to_period("D"), "complex": [1 + 2j, 3], "list": [[1, 2], [3]],
    "object": [{"a": 1}, None], "mixed": [1, "=b"], "large": [10**30, 1], "bytes": [b"\\xff", b"a"],
    "array": [np.eye(2), None], "interval": pd.interval_range(0, 2), "id": [uuid.UUID(int=1)] * 2,
    "sparse": pd.arrays.SparseArray([0, 1]), "category": pd.Categorical(["a", "b"]), "zone": days,
    "span": pd.to_timedelta([1, 2], "s"), "decimal": [decimal.Decimal("1.5"), None],
}))
wb.table("twice", pd.DataFrame([[1, 2]], columns=["x", "x"]))
wb.table("levels", pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])))
wb.table("arrow", pa.table({"x": [1]}))
wb.table("none", pd.DataFrame(index=[1, 2]))
"""


def test_tables_of_any_types_reach_every_paper(bench, notebook):
    record = bench.engine.wait(bench.engine.submit(RunRequest(template=notebook(ODD))), timeout=60)

    assert record.status == "succeeded", record.error
    odd = export.read(record.tables["odd"])
    texts = odd[["period", "complex", "list", "object", "mixed", "large", "bytes"]].astype(object)
    assert texts.where(texts.notna(), None).values.tolist() == [
        ["2025-01-01", "(1+2j)", "[1, 2]", '{"a": 1}', "1", str(10**30), "\ufffd"],
        ["2025-01-02", "(3+0j)", "[3]", None, "=b", "1", "a"],
    ]
    assert odd["sparse"].tolist() == [0, 1]
    assert export.read(record.tables["twice"]).to_dict("list") == {"x": [1], "x_2": [2]}
    for name, path in record.tables.items():
        assert all(export.export(export.read(path), kind, name=name) for kind in export.MEDIA_TYPES)
    assert pack(bench, record)


def test_everything_is_in_it(packed):
    with zipfile.ZipFile(packed) as archive:
        assert set(archive.namelist()) == {
            "MANIFEST.sha256", "README.md", "environment.json", "figures/chart.json", "inputs.json",
            "notebook.ipynb", "report.en.html", "report.zh.html", "rerun.txt", "run.json",
            "tables/signals.csv", "tables/signals.parquet", "template.ipynb",
        }  # fmt: skip
        assert json.loads(archive.read("environment.json"))["packages"]["papermill"]
        assert json.loads(archive.read("environment.json"))["noted"] == "when the run was accepted"


def test_paths_in_the_record_are_those_inside(packed):
    with zipfile.ZipFile(packed) as archive:
        document = json.loads(archive.read("run.json"))

        assert document["tables"] == {"signals": "tables/signals.parquet"}
        assert document["kpis"]["cpk"]["value"] == 1.25
        assert not any("/notes" in archive.read(name).decode() for name in ("run.json", "inputs.json"))


def test_an_untouched_file_is_whole(packed):
    found = evidence.verify(packed)

    assert (found.files, found.problems) == (12, ())


def rewritten(path: Path, change) -> Path:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    other = path.with_name("other.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return other


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda files: files.update({"run.json": b'{"cpk": 1.75}'}), "run.json: changed"),
        (lambda files: files.pop("notebook.ipynb"), "notebook.ipynb: listed, not there"),
        (lambda files: files.update({"more.txt": b"x"}), "more.txt: there, not listed"),
    ],
)  # fmt: skip
def test_whatever_was_changed_is_named(packed, change, problem):
    assert evidence.verify(rewritten(packed, change)).problems == (problem,)


def test_a_broken_byte_is_found(packed):
    content = bytearray(packed.read_bytes())
    with zipfile.ZipFile(packed) as archive:
        entry = archive.getinfo("report.en.html")
    content[entry.header_offset + entry.compress_size // 2] ^= 0xFF
    packed.write_bytes(bytes(content))

    assert evidence.verify(packed).problems == ("report.en.html: changed",)


@pytest.mark.parametrize(("offset", "value"), [(8, 1), (10, 99)], ids=["locked", "packed unknowably"])
@pytest.mark.parametrize("name", ["run.json", "MANIFEST.sha256"])
def test_a_file_that_cannot_be_unpacked_is_a_changed_one(packed, offset, value, name):
    content = bytearray(packed.read_bytes())
    with zipfile.ZipFile(packed) as archive:
        at = archive.start_dir
    for mark, start, field in ((b"PK\x03\x04", 0, offset - 2), (b"PK\x01\x02", at, offset)):
        header = content.rfind(mark, start, content.find(name.encode(), start))
        content[header + field] = value
    packed.write_bytes(content)

    if name == "run.json":
        assert evidence.verify(packed).problems == ("run.json: changed",)
        return
    with pytest.raises(Invalid, match="expected the evidence of a run"):
        evidence.verify(packed)


def test_another_file_is_no_evidence(tmp_path):
    (tmp_path / "note.txt").write_text("hello")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass

    for name in ("note.txt", "empty.zip", "nothing.zip"):
        with pytest.raises(Invalid):
            evidence.verify(tmp_path / name)


def test_the_command_line_verifies(packed, capsys):
    assert execute(["runs", "verify", str(packed)]) == 0
    assert capsys.readouterr().out.startswith("ok: 12 files, seal ")
    assert execute(["runs", "verify", str(rewritten(packed, lambda files: files.pop("README.md")))]) == 1


def test_a_run_that_goes_on_has_no_evidence_yet(bench, record):
    with pytest.raises(Invalid, match="expected a run that has ended"):
        pack(bench, record.model_copy(update={"status": "running"}))


def test_the_command_names_template_and_every_value(bench, record):
    words = shlex.split(command(record))

    assert words[:2] == ["workbench", "run"]
    assert words[-2:] == ["--set", "limit=2.5"]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("number", 2.5), ("number", 1e-12), ("integer", 3), ("boolean", False),
        ("text", "it's “quoted” = ok"),
        ("list", ["a, b", "c"]), ("list", []), ("json", {"a": [1, None]}), ("date", "2026-05-01"),
    ],
)  # fmt: skip
def test_a_value_comes_back_as_it_was(type_, value):
    label = {"en": "x", "zh": "x"}
    record = RunRecord(run="r", status="succeeded", template=TemplateUsed(id="t"), parameters={"x": value})
    given = shlex.split(command(record))[-1].partition("=")[2]

    assert given == spelt(value)
    assert check_value(Field(name="x", type=type_, default=value, label=label), given) == value
