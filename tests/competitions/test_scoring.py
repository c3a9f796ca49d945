"""Scores come from predictions against labels alone; an odd file gets one sentence and no score."""

import contextlib
import os
import pickle
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.competitions.conftest import boxes
from workbench.competitions.box import Limits, in_own_box
from workbench.competitions.predictions import Odd
from workbench.competitions.reader import table_of
from workbench.competitions.scorer import scored
from workbench.competitions.scoring import MetricSpec, Schema, Scores, Split, check, order, score, total
from workbench.competitions.scoring_words import WORDS, sentence
from workbench.errors import Invalid, NotFound

SECRET = 77.125  # the truth of row 2, and what no message may hold
LABELS = f"id,target,machine,when,step\na,1.5,m1,0,1\nb,{SECRET},m1,1,2\nc,-3,m2,0,4\n"
GOOD = "id,prediction\na,1.5\nb,2e1\nc,-3\n"
SCHEMA = Schema(group="machine", time="when", scale="step")
LOOK = """
import json, os
said = json.dumps({"seen": os.listdir("/data")})
print(json.dumps({"name": "report", "size": len(said)}), said, sep="\\n", end="", flush=True)
"""
RMSE = MetricSpec("rmse")
WHOLE = Split()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(LABELS)
    return path


def judged(labels: Path, content: bytes | str, *metrics: MetricSpec, schema: Schema = SCHEMA) -> dict:
    """Read and score as the two boxes do, in this process."""
    path = labels.parent / "predictions"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    told = order(metrics or (RMSE,), Split(), Limits(), schema)
    try:
        return scored(told, table_of(path, told["schema"], told["most_rows"]), labels)
    except Odd as odd:
        return {"code": odd.code, "facts": odd.facts}


def in_box(labels: Path, path: Path, *metrics: MetricSpec, split: Split = WHOLE) -> Scores:
    return score(
        path,
        labels=labels,
        metrics=metrics or (RMSE,),
        split=split,
        limits=Limits(output_mb=1),
        schema=SCHEMA,
    )


def parquet(**columns: list) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


ODD = {
    "empty": ("", "empty"),
    "only a header": ("id,prediction\n", "too_few_rows"),
    "a row less": ("id,prediction\na,1\nb,2\n", "too_few_rows"),
    "a row more": (GOOD + "d,1\n", "too_many_rows"),
    "a row twice": ("id,prediction\na,1\na,1\nb,1\n", "duplicate_id"),
    "a foreign row": ("id,prediction\na,1\nb,1\nx,1\n", "unknown_id"),
    "another order": ("id,prediction\nb,1\na,1\nc,1\n", "order"),
    "a gap": ("id,prediction\na,\nb,1\nc,1\n", "gap"),
    "NaN": ("id,prediction\na,NaN\nb,1\nc,1\n", "not_finite"),
    "inf": ("id,prediction\na,-inf\nb,1\nc,1\n", "not_finite"),
    "1e400": ("id,prediction\na,1e400\nb,1\nc,1\n", "not_finite"),
    "text": ("id,prediction\na,one\nb,1\nc,1\n", "not_number"),
    "a decimal comma": ('id,prediction\na,"1,5"\nb,1\nc,1\n', "not_number"),
    "digits of other scripts": ("id,prediction\na,１\nb,1\nc,1\n", "not_number"),
    "underscores": ("id,prediction\na,1_0\nb,1\nc,1\n", "not_number"),
    "a formula": ('id,prediction\na,"=cmd|calc!A1"\nb,1\nc,1\n', "not_number"),
    "a formula as id": ("id,prediction\n=1+1,1\nb,1\nc,1\n", "formula"),
    "one column": ("id\na\nb\nc\n", "columns"),
    "no columns": ("\n\n\n", "columns"),
    "a column more": ("id,prediction,target\na,1,1\nb,1,1\nc,1,1\n", "columns"),
    "a column twice": ("id,prediction,prediction\na,1,1\nb,1,1\nc,1,1\n", "columns"),
    "a ragged row": ("id,prediction\na,1\nb,1,1\nc,1\n", "ragged"),
    "a million columns": ("id,prediction," + "x," * 1_000_000 + "\n", "wide"),
    "one endless line": ("id,prediction\na," + "1" * 10_000_000, "long_line"),
    "a long cell": ("id,prediction\na," + "1" * 5000 + "\nb,1\nc,1\n", "long_cell"),
    "an open quote": ('id,prediction\n"a,1\nb,1\nc,1\n', "not_csv"),
    "UTF-16": (GOOD.encode("utf-16"), "encoding"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "encoding"),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD.encode(), "encoding"),
    "Latin-1": ("id,prediction\n\xe9,1\n".encode("latin-1"), "encoding"),
    "zero bytes": (GOOD.encode() + bytes(100), "encoding"),
    "a zip": (b"PK\x03\x04" + bytes(100), "packed"),
    "a gzip": (b"\x1f\x8b" + bytes(100), "packed"),
    "a torn Parquet": (parquet(id=["a"], prediction=[1.0])[:-20], "not_parquet"),
    "a Parquet of nothing": (b"PAR1" + bytes(50) + b"PAR1", "not_parquet"),
    "Parquet with a gap": (parquet(id=["a", "b", "c"], prediction=[1.0, None, 1.0]), "gap"),
    "Parquet with NaN": (parquet(id=["a", "b", "c"], prediction=[1.0, float("nan"), 1.0]), "not_finite"),
    "Parquet with text": (parquet(id=["a", "b", "c"], prediction=["1", "2", "3"]), "not_number"),
    "Parquet with truth values": (parquet(id=["a", "b", "c"], prediction=[True, False, True]), "not_number"),
    "Parquet with lists": (parquet(id=["a", "b", "c"], prediction=[[1.0], [2.0], []]), "not_number"),
    "Parquet with lists as ids": (parquet(id=[["a"], ["b"], ["c"]], prediction=[1.0, 2.0, 3.0]), "not_text"),
    "a Parquet that unpacks to very much": (
        parquet(id=["a" * 1_000_000] * 3, prediction=[1.0, 2.0, 3.0]),
        "long_cell",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_is_refused_by_one_sentence_without_a_score(labels: Path, name: str):
    content, code = ODD[name]

    found = judged(labels, content)

    assert found["code"] == code
    assert "public" not in found
    for language in ("en", "zh"):
        said = sentence(code, found["facts"], language)
        assert str(SECRET) not in said
        assert "\n" not in said


def test_a_parquet_of_a_billion_equal_rows_is_refused_unread(labels: Path):
    zeros = pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000_000, np.int8)), pa.array(["a"]))
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": zeros, "prediction": zeros}), sink)

    assert len(sink.getvalue()) < 200_000
    assert judged(labels, sink.getvalue().to_pybytes())["code"] == "too_many_rows"


def test_csv_and_parquet_score_alike_and_share_a_fingerprint(labels: Path):
    packed = parquet(id=["a", "b", "c"], prediction=[1.5, 20.0, -3.0])

    one, other = judged(labels, GOOD), judged(labels, packed)

    assert one == other
    assert one["public"]["rmse"] == pytest.approx(np.sqrt((SECRET - 20) ** 2 / 3))


def test_a_pickle_is_never_loaded(labels: Path, tmp_path: Path):
    canary = tmp_path / "canary"

    class Bird:
        def __reduce__(self):
            return (open, (str(canary), "w"))

    for content in (pickle.dumps(Bird()), b"PAR1" + pickle.dumps(Bird()) + b"PAR1"):
        assert judged(labels, content)["code"] in {"encoding", "not_parquet", "columns", "not_csv"}
    assert not canary.exists()


def test_classes_outside_of_the_known_ones_are_refused(labels: Path):
    labels.write_text("id,target\na,ok\nb,bad\nc,ok\n")
    schema = Schema(kind="label", classes=("ok", "bad"))

    good = judged(labels, "id,prediction\na,ok\nb,ok\nc,ok\n", MetricSpec("mcc"), schema=schema)
    odd = judged(labels, "id,prediction\na,ok\nb,fine\nc,ok\n", MetricSpec("mcc"), schema=schema)

    assert good["public"] == {"mcc": 0.0}
    assert odd["code"] == "class"


@pytest.mark.usefixtures("_box")
def test_only_one_plain_file_is_taken(labels: Path, tmp_path: Path):
    plain = tmp_path / "plain.csv"
    plain.write_text(GOOD)
    (tmp_path / "link.csv").symlink_to(labels)
    os.link(plain, tmp_path / "hard.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    with (tmp_path / "sparse.csv").open("wb") as sparse:
        sparse.truncate(1 << 40)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.csv"))
        names = ("link", "hard", "pipe", "folder", "sparse", "socket", "absent")
        found = {name: in_box(labels, tmp_path / f"{name}.csv").code for name in names}

    assert found.pop("sparse") == "too_large"
    assert found.pop("absent") == "missing"
    assert set(found.values()) == {"not_plain"}


@pytest.mark.usefixtures("_box")
def test_scores_are_computed_in_a_box_split_and_weighted(labels: Path, tmp_path: Path):
    labels.chmod(0o600)  # as an organiser keeps them
    own = tmp_path / "metric.py"
    own.write_text("def metric(rows):\n    return float(len(rows))\n")
    metrics = (
        RMSE,
        MetricSpec("mae", weight=3, key="error"),
        MetricSpec("count", own=own, direction="max", weight=0),
    )
    predictions = tmp_path / "predictions.csv"
    predictions.write_text(GOOD)

    whole = in_box(labels, predictions, *metrics)
    parts = in_box(labels, predictions, *metrics, split=Split(public=0.5, seed="3"))

    off = SECRET - 20
    assert whole.ok, whole.reason
    assert whole.public == pytest.approx({"rmse": off / np.sqrt(3), "error": off / 3, "count": 3})
    assert whole.public_total == pytest.approx((off / np.sqrt(3) + 3 * off / 3) / 4)
    assert (whole.private, whole.private_total) == ({}, None)
    assert {parts.public_rows, parts.private_rows} in ({1, 2}, {0, 3})  # machines are never torn apart
    assert parts.public_rows + parts.private_rows == 3


@pytest.mark.usefixtures("_box")
def test_a_reader_that_needs_too_much_is_stopped(labels: Path, tmp_path: Path):
    own = tmp_path / "metric.py"
    own.write_text("def metric(rows):\n    return float(len(bytearray(8 << 30)))\n")
    predictions = tmp_path / "predictions.csv"
    predictions.write_text(GOOD)

    found = in_box(labels, predictions, MetricSpec("own", own=own, direction="max"))

    assert (found.code, found.facts) == ("scorer_limit", {"what": "memory"})


@pytest.mark.usefixtures("_box")
def test_a_killed_scorer_is_our_fault_and_leaves_nothing(labels: Path, tmp_path: Path):
    own = tmp_path / "metric.py"
    own.write_text("import time\ndef metric(rows):\n    time.sleep(60)\n")
    predictions = tmp_path / "predictions.csv"
    predictions.write_text(GOOD)

    with ThreadPoolExecutor(1) as pool:
        judging = pool.submit(in_box, labels, predictions, MetricSpec("own", own=own, direction="max"))
        while not judging.done():  # the reader's box and the scorer's, at whatever they are doing
            for pid in boxes():
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    assert judging.result().ours
    assert boxes() == []


@pytest.mark.usefixtures("_box")
def test_labels_are_not_where_a_strangers_file_is_read(labels: Path, tmp_path: Path):
    predictions = tmp_path / "predictions.csv"
    predictions.write_text(GOOD)
    look = [sys.executable, "-c", LOOK]

    ended = in_own_box(
        {}, inner=look, data={"predictions": predictions}, work=tmp_path, limits=Limits(wall_s=60)
    )

    assert ended.parcel.report() == {"seen": ["predictions"]}


@pytest.mark.parametrize(
    ("spec", "error", "word"),
    [
        (MetricSpec("rsme"), NotFound, "rmse"),
        (MetricSpec("nab", options={"treshold": 1}), NotFound, "threshold"),
        (MetricSpec("mine", own=Path("x.py")), Invalid, "direction"),
    ],
)
def test_an_organisers_slip_is_named(spec: MetricSpec, error: type[Exception], word: str):
    with pytest.raises(error, match=word):
        check([spec], SCHEMA)


def test_a_metric_that_lacks_its_column_is_named():
    with pytest.raises(Invalid, match="scale"):
        check([MetricSpec("mase")], Schema())


def test_metrics_of_both_directions_add_up_in_the_first_ones():
    metrics = (MetricSpec("auc", weight=2), MetricSpec("rmse", weight=1))

    assert total(metrics, {"auc": 0.9, "rmse": 0.3}) == pytest.approx((1.8 - 0.3) / 3)


def test_every_refusal_is_said_in_both_languages():
    assert all(set(words) == {"en", "zh"} for words in WORDS.values())
