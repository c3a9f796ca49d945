"""Trends over REST: what is sent stays small, holds what the table holds, and refusals say why."""

import io
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from workbench.api.app import create
from workbench.api.trend import LIMIT_BYTES
from workbench.app import Workbench
from workbench.config import load_settings

N = 60_000


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = load_settings(home=str(tmp_path_factory.mktemp("plant")), demo=False, ready_kernels=0)
    bench = Workbench(settings, full=False)
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "ts": pd.date_range("2026-01-01", periods=N, freq="1s"),
            "tag": rng.choice([f"T{i:02}" for i in range(12)], N),
            "temp": rng.normal(20_000, 1, N),  # seventeen digits each
            "flow": rng.normal(0, 1e-9, N),
        }
    )
    frame.loc[N // 2, "temp"] = 1e6
    bench.tables.add("line", frame, units={"temp": "°C"})
    with TestClient(create(bench)) as client:
        yield client


def trend(client, **query):
    answer = client.get("/api/v1/tables/line/trend", params=query)
    assert answer.status_code == 200, answer.text
    assert len(answer.content) <= LIMIT_BYTES
    return answer.json()


@pytest.mark.parametrize(
    "query",
    [
        {"column": "temp", "width": 4000},
        {"column": ["temp", "flow"], "width": 1500},
        {"column": "temp", "by": "tag", "tag": [f"T{i:02}" for i in range(12)]},
        {"column": ["temp", "flow"], "end": "2026-01-01T00:19:59"},  # as they are
    ],
)
def test_a_trend_is_never_larger_than_promised(client, query):
    found = trend(client, **query)

    lines = [line.get("max") or line["value"] for line in found["series"]]
    assert all(any(value is not None for value in line) for line in lines)


def test_no_spike_is_lost_and_the_unit_comes_along(client):
    [line] = trend(client, column="temp", width=300)["series"]

    assert max(value for value in line["max"] if value is not None) == 1e6
    assert (line["unit"], line["rows"], line["breaks"]) == ("°C", N, [])
    assert len(line["first"]) == 300


def test_the_visible_range_comes_as_a_file(client):
    query = {
        "column": "temp",
        "by": "tag",
        "tag": "T03",
        "start": "2026-01-01T01:00:00",
        "end": "2026-01-01T02:00:00",
    }

    answer = client.get("/api/v1/tables/line/trend/rows", params=query)

    frame = pd.read_csv(io.BytesIO(answer.content), parse_dates=["ts"])
    assert set(frame["tag"]) == {"T03"}
    assert frame["ts"].between("2026-01-01T01:00:00", "2026-01-01T01:59:59").all()
    assert frame["ts"].is_monotonic_increasing
    assert list(frame) == ["ts", "tag", "temp"]


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"column": "tmp"}, 404, "did you mean"),
        ({"column": "tag"}, 422, "expected numbers"),
        ({}, 422, "column"),
        ({"column": "temp", "start": "2027"}, 422, "time"),
        ({"column": "temp", "width": 0}, 422, "width"),
        ({"column": "temp", "by": "tag", "tag": [str(i) for i in range(40)]}, 422, "at most 12"),
    ],
    ids=str,
)
def test_a_trend_that_cannot_be_drawn_is_refused_in_one_sentence(client, query, status, said):
    answer = client.get("/api/v1/tables/line/trend", params=query)

    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]
