"""What every connector promises, proved for each against the real thing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collecting.sources import SOURCES, Source
from workbench.collecting.model import NewConnector
from workbench.errors import WorkbenchError

MANY = 1200  # sent around each kill


@pytest.fixture(params=sorted(SOURCES))
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Source]:
    folder = tmp_path / "source"
    folder.mkdir()
    source = SOURCES[request.param](folder)
    source.begin()
    yield source
    source.end()


def new(source: Source, **settings: object) -> NewConnector:
    return NewConnector(name="line", type=source.type, table="line", settings=source.settings() | settings)


def test_rows_sent_are_rows_stored_though_the_source_is_killed_twice(source, plant):
    """One connector: tested, browsed, run, its source killed twice and itself restarted."""
    if source.type != "mqtt":
        source.produce(5) if source.keeps and source.type != "mqtt" else None
    answer = plant.collecting.test(new(source))
    points = [] if source.type == "mqtt" else plant.collecting.browse(new(source))
    source.collecting()
    plant.add(source.type, source.settings())
    plant.wait(lambda: plant.standing().status.state == "running", "running")
    for _ in range(2):
        source.produce(MANY if source.keeps else 20)
        source.kill()
        reason = plant.wait(
            lambda: plant.standing().status.state == "waiting" and plant.standing().status.reason, "why"
        )
        assert source.secret not in reason
        assert "\n" not in reason
        source.revive()
    plant.end()
    source.interrupted()
    plant.begin()
    source.produce(MANY if source.keeps else 20)
    if source.keeps:
        plant.wait(
            lambda: (
                sorted(plant.column(source.column)) == sorted(source.expected(plant.column(source.column)))
            ),
            "all rows",
        )
    else:
        plant.wait(lambda: plant.column(source.column)[-1:] >= source.served()[-10:-9], "the newest rows")
        plant.collecting.switch("line", enabled=False)
        plant.wait(lambda: not plant.collecting.going, "the end")

    stored = plant.column(source.column)
    expected = source.expected(stored)
    assert (len(stored), sum(stored)) == (len(expected), sum(expected))
    assert answer
    assert points or source.type == "mqtt"
    if not source.keeps:
        assert len(plant.standing().gaps) >= 2, "what a source does not keep is shown as a gap"
    assert nowhere(plant.root, source.secret)


def nowhere(root: Path, secret: str) -> bool:
    """Whether a secret stands in no file of the workspace."""
    found = [path for path in root.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert found == []
    return True


@pytest.mark.parametrize("name", sorted({"postgres", "opcua", "mqtt", "rest"}))
def test_a_wrong_password_is_refused_and_not_repeated(name, tmp_path, plant):
    folder = tmp_path / "source"
    folder.mkdir()
    source = SOURCES[name](folder)
    source.begin()
    try:
        wrong = {"token" if name == "rest" else "password": "wr0ng-passw0rd"}
        settings = source.settings() | wrong
        if name == "postgres":
            settings["url"] = settings["url"].replace(source.secret, "wr0ng-passw0rd")
        with pytest.raises(WorkbenchError) as refused:
            plant.collecting.test(NewConnector(name="x", type=source.type, table="x", settings=settings))
        assert "wr0ng" not in str(refused.value)
    finally:
        source.end()
