"""Streams whose sources say things twice, too late, or before they have said what they are called."""

import json
import resource
import socket
import threading
from collections import Counter

from tests.collecting.sources import Sparkplug
from workbench.collecting.service import Collecting
from workbench.connectors import sparkplug
from workbench.connectors.protocol import Readings


def test_a_message_sent_again_is_stored_once_and_equal_readings_stay_two(broker, plant):
    plant.add("mqtt", {**broker.settings(), "values": []})
    plant.wait(lambda: plant.standing().status.state == "running", "running")
    timed = [json.dumps({"ts": f"2026-03-01T08:00:{n:02}Z", "torque": 7.5}) for n in range(20)]
    numbered = [json.dumps({"seq": n, "torque": 8.5}) for n in range(5)]
    for message in timed + numbered:
        broker.publish("plant/line1", message)
    broker.settle()
    # A device that does not know what arrived sends all of it again.
    for message in timed + numbered + ["9.5", "9.5"]:
        broker.publish("plant/line1", message)
    broker.settle()
    broker.publish("plant/line1", json.dumps({"ts": "2026-03-01T07:00:00Z", "torque": -1}))  # a late one

    plant.wait(lambda: -1.0 in plant.column("value"), "the late row")
    torque = [v for v, p in zip(plant.column("value"), plant.column("point"), strict=True) if "seq" not in p]
    assert Counter(torque) == {7.5: 20, 8.5: 5, 9.5: 2, -1.0: 1}
    assert len(set(plant.column("time"))) >= 21
    assert plant.standing().status.repeated == 20 + 2 * 5


class Unborn(Sparkplug):
    """An edge node that says what its aliases are called only when it is asked."""

    def begin(self) -> None:
        self.may = False
        super().begin()
        self.may = True

    def birth(self) -> None:
        if self.may:
            super().birth()


def test_values_that_come_before_the_birth_wait_for_their_names(tmp_path, plant):
    folder = tmp_path / "source"
    folder.mkdir()
    node = Unborn(folder)
    node.begin()
    try:
        plant.add("mqtt", node.settings())
        plant.wait(lambda: plant.standing().status.state == "running", "running")
        node.produce(300)

        plant.wait(lambda: len([v for v in plant.column("value") if v >= 2]) >= 298, "all values")
        points = set(plant.column("point"))
        assert points == {"plant/edge1/online", "plant/edge1/press/torque"}
        assert set(node.expected(plant.column("value"))) == set(plant.column("value"))
        assert node.births == 1, "it was asked once"
    finally:
        node.end()


def message(seq: int, *metrics: tuple[str, int | None, float], born: int | None = None) -> bytes:
    payload = sparkplug.Payload(timestamp=1_767_225_600_000 + seq, seq=seq)
    if born is not None:
        payload.metrics.add(name="bdSeq", datatype=8, long_value=born)
    for name, alias, value in metrics:
        metric = payload.metrics.add(datatype=10, double_value=value)
        if name:
            metric.name = name
        if alias is not None:
            metric.alias = alias
    return bytes(payload.SerializeToString())


def taken(host: sparkplug.Host, kind: str, data: bytes) -> tuple[Readings, str | None, object]:
    readings = Readings()
    ask, lost = host.take(f"spBv1.0/g/{kind}/n", data, readings)
    return readings, ask, lost


def test_held_values_survive_a_restart_and_a_birth_that_never_comes(monkeypatch):
    host = sparkplug.Host()
    held, ask, _ = taken(host, "NDATA", message(4, ("", 1, 5.0), ("speed", None, 6.0)))
    assert [row[1] for row in held.rows] == ["g/n/speed"]
    assert ask == "spBv1.0/g/NCMD/n"
    remembered = json.loads(json.dumps(host.remember()))

    born, _, _ = taken(sparkplug.Host(remembered), "NBIRTH", message(0, ("torque", 1, 1.0), born=3))
    assert [(row[1], row[2]) for row in born.rows] == [
        ("g/n/online", 1.0),
        ("g/n/torque", 1.0),
        ("g/n/torque", 5.0),
    ]
    monkeypatch.setattr(sparkplug, "HELD_S", -1.0)
    late = Readings()
    host = sparkplug.Host(remembered)
    host.give_up(late)
    assert [(row[1], row[2]) for row in late.rows] == [("g/n/alias:1", 5.0)]
    assert len(host.notes()) == 1


def test_births_and_messages_that_were_not_seen_are_gaps():
    host = sparkplug.Host()
    taken(host, "NBIRTH", message(0, ("torque", 1, 1.0), born=254))
    assert taken(host, "NDATA", message(1, ("", 1, 2.0)))[1:] == (None, None)
    _, ask, lost = taken(host, "NDATA", message(3, ("", 1, 2.0)))
    assert ask
    assert "missing in its sequence" in lost[1]
    assert taken(host, "NBIRTH", message(0, born=255))[2] is None
    assert "1 births of g/n were not seen" in taken(host, "NBIRTH", message(0, born=1))[2][1]


def test_two_servers_never_keep_the_same_connector_at_once(plant, tmp_path):
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "a.csv").write_text("n\n1\n2\n3\n", encoding="utf-8")
    plant.add("files", {"folder": str(drop), "every": 0.1, "settle": 0.1})
    other = Collecting(plant.root, plant.state, plant.tables)
    other.start()
    try:
        plant.wait(lambda: plant.collecting.going or other.going, "a keeper")
        (drop / "b.csv").write_text("n\n4\n5\n6\n", encoding="utf-8")
        plant.wait_rows(6, "n")
        one, two = plant.collecting.going, other.going
        assert len(one) + len(two) == 1
        first, second = (plant.collecting, other) if one else (other, plant.collecting)
        first.stop()
        plant.wait(lambda: second.going, "the other takes over")
        (drop / "c.csv").write_text("n\n7\n", encoding="utf-8")

        assert sorted(plant.wait_rows(7, "n")) == [1, 2, 3, 4, 5, 6, 7]
    finally:
        other.stop()


def test_a_database_that_hangs_does_not_keep_the_server_from_stopping(plant):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://plant@127.0.0.1:{silent.getsockname()[1]}/erp"
        plant.add("sql", {"url": url, "source": "orders", "key": "id"})
        connection, _ = silent.accept()
        plant.collecting.stop()

        assert [thread for thread in threading.enumerate() if thread.name == "database"], "it still waits"
        connection.close()


def test_a_disk_that_is_full_while_rows_come_loses_none_and_says_so(plant, tmp_path):
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "a.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(100_000)), encoding="utf-8")
    plant.add("files", {"folder": str(drop), "every": 0.1, "settle": 0.1})
    plant.wait_rows(100_000, "n")
    (segment,) = (plant.root / "collecting").rglob("*.seg")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (segment.stat().st_size + 100, before[1]))
        (drop / "b.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(100_000, 101_000)))
        plant.wait(lambda: "buffer on disk" in plant.standing().status.reason, "the reason")
        assert plant.standing().status.state == "waiting"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert sorted(plant.wait_rows(101_000, "n")) == list(range(101_000))
    assert plant.standing().status.repeated == 0
