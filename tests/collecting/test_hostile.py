"""Sources that send nonsense, and people who paste credentials where they do not belong."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from workbench.cli import execute
from workbench.collecting.model import NewConnector
from workbench.connectors.registry import read_settings
from workbench.errors import Invalid, WorkbenchError

CANARY = "c4nary/with&signs-77"
SPELT = "c4nary%2Fwith%26signs-77"


def test_nonsense_between_good_messages_costs_only_itself(broker, plant):
    plant.add("mqtt", {**broker.settings(), "values": []})
    plant.wait(lambda: plant.standing().status.state == "running", "running")
    nonsense = [
        b"\xff\xfe\x00garbage",
        b'{"ts": "2026-03-01T08:00:00Z", "torque": NaN}',
        b'{"ts": 0, "torque": 1' + b"0" * 400 + b"}",
        b'{"ts": "0001-01-01T00:00:00+14:00", "torque": 3}',
        b'{"ts": "9999-12-31T23:59:59-14:00", "torque": 4}',
        b'{"ts": ' + b"9" * 400 + b', "torque": 5}',
        b'{"torque": "\\ud800 half"}',
        b"[" * 3000,
        b"x" * 10_000_000,
        b'{"torque": [1, {"a": null}, "text"]}',
    ]
    good = 0
    for each in nonsense:
        broker.publish("plant/line1", json.dumps({"ts": f"2026-03-01T08:01:{good:02}Z", "good": 1}))
        broker.publish("plant/line1", each)
        good += 1
    broker.publish("plant/line1", json.dumps({"ts": "2099-01-01T00:00:00Z", "last": 2}))

    plant.wait(lambda: 2.0 in plant.column("value"), "the last message")
    points = plant.column("point")
    assert points.count("plant/line1/good") == good
    assert "nan" in plant.column("text")
    standing = plant.standing().status
    assert standing.state == "running"
    assert any("10,000,000 characters" in note for note in standing.notes)
    assert all(len(note) < 300 and "\n" not in note for note in standing.notes)


class Endless(BaseHTTPRequestHandler):
    """Says the same page for ever, or sends its visitor elsewhere."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        elsewhere = self.path.startswith("/elsewhere")
        self.send_response(302 if elsewhere else 200)
        data = b"" if elsewhere else json.dumps([{"id": 1, "n": 1.0}]).encode()
        if elsewhere:
            self.send_header("Location", "http://169.254.169.254/")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.mark.parametrize(
    ("path", "said"), [("orders", "the same records again"), ("elsewhere", "status 302")]
)
def test_pages_that_lead_nowhere_are_refused_in_one_sentence(path, said, plant):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/{path}"
        plant.add("rest", {"url": url, "since_field": "id", "paging": "page", "every": 0.1})

        plant.wait(lambda: said in plant.standing().status.reason, "the refusal")
        assert plant.column("n") == []
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("sql", {"url": f"mssql+pyodbc:///?odbc_connect=Driver%3DX%3BUID%3Da%3BPWD%3D{CANARY}"}),
        ("sql", {"url": "postgresql://h/db?options=-csession_authorization%3Droot"}),
        ("sql", {"url": "mysql+pymysql://h/db?local_infile=1"}),
        ("sql", {"url": "mysql+pymysql://h/db?read_default_file=/etc/shadow"}),
        ("modbus", {"host": "h", "registers": "name,address\na,-5\n"}),
    ],
)
def test_a_dangerous_setting_is_refused_without_quoting_it(kind, settings):
    more = {"source": "t", "key": "id"} if kind == "sql" else {}
    with pytest.raises(Invalid) as refused:
        read_settings(kind, settings | more)
    assert CANARY not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_credential_is_in_no_answer_and_no_file(plant, monkeypatch, capsys):
    """However it is given: as a setting, in the address, among its parameters; and quoted by a driver."""
    closed = "127.0.0.1:9"
    given = {
        "a": ("sql", {"url": f"postgresql://u@{closed}/d", "source": "t", "key": "k", "password": CANARY}),
        "b": ("sql", {"url": f"postgresql://{closed}/d?user=u&password={SPELT}", "source": "t", "key": "k"}),
        "c": ("rest", {"url": f"http://{closed}/x?api_key={SPELT}&line=1", "since_field": "id"}),
        "d": ("rest", {"url": f"http://{closed}/x", "since_field": "id", "headers": {"X-Api-Key": CANARY}}),
        "e": ("mqtt", {"host": "127.0.0.1", "port": 9, "user": "u", "password": CANARY}),
        "f": ("opcua", {"url": f"opc.tcp://{closed}", "user": "u", "password": CANARY}),
    }  # fmt: skip
    kept = []
    for name, (kind, settings) in given.items():
        new = NewConnector(name=name, type=kind, table="t", settings=settings)
        kept.append(plant.collecting.add(new))
    for each in kept:
        plant.wait(
            lambda at=each.name: plant.collecting.overview(at).status.reason not in {"", "connecting"}, "why"
        )
        with pytest.raises(WorkbenchError) as refused:
            plant.collecting.test(each.name)
        assert hidden(str(refused.value))
        assert each.secrets
    shown = "".join(each.model_dump_json() for each in plant.collecting.overviews())
    plant.end()
    monkeypatch.setenv("WORKBENCH_HOME", str(plant.root))
    for arguments in (["list"], *(["show", name] for name in given)):
        assert execute(["connectors", *arguments, "--json"]) == 0
    out = capsys.readouterr()
    plant.begin()

    assert hidden(shown + out.out + out.err)
    assert '"name":"c"' in shown.replace(" ", "")
    for path in plant.root.rglob("*"):
        assert not path.is_file() or hidden(path.read_bytes().decode("latin-1")), path


def hidden(text: str) -> bool:
    """Whether a text holds the credential in none of its spellings."""
    return not any(form in text for form in (CANARY, SPELT, "c4nary"))


def test_a_database_file_that_is_none_is_refused_and_not_made(plant, tmp_path):
    (tmp_path / "notes.txt").write_text("not a database, but long enough to be read as one" * 50)
    for name in ("notes.txt", "nowhere.db"):
        url = f"sqlite:///{tmp_path / name}"
        with pytest.raises(WorkbenchError) as refused:
            plant.collecting.test(
                NewConnector(
                    name="x", type="sql", table="x", settings={"url": url, "source": "t", "key": "k"}
                )
            )
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "nowhere.db").exists()
