"""Sources that send numbers, can be killed without warning and come back: real servers on loopback."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho

from workbench.connectors import sparkplug

SIMULATORS = Path(__file__).parent / "simulators"
SECRET = "Tr0ub4dor-and-3"
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for_port(port: int, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens at {port}")


class Source:
    """What the contract needs of a source."""

    type: str
    column = "value"
    keeps = True  # what is sent while nobody listens can be had later
    secret = SECRET

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sent = 0

    def begin(self) -> None:
        """Start."""

    def produce(self, count: int) -> None:
        """Send the next so many numbers."""
        raise NotImplementedError

    def kill(self) -> None:
        """End without warning."""
        raise NotImplementedError

    def revive(self) -> None:
        """Come back."""
        raise NotImplementedError

    def end(self) -> None:
        """End for good."""

    def collecting(self) -> None:
        """From now on everything is collected."""

    def interrupted(self) -> None:
        """Who collects was stopped."""

    def settings(self) -> dict[str, Any]:
        """How to reach it."""
        raise NotImplementedError

    def expected(self, stored: list[float]) -> list[float]:
        """The numbers that must be stored."""
        return [float(number) for number in range(self.sent)]


class Drops(Source):
    type = "files"
    column = "n"

    def begin(self) -> None:
        (self.folder / "drop").mkdir()

    def produce(self, count: int) -> None:
        lines = "".join(f"{number}\n" for number in range(self.sent, self.sent + count))
        target = self.folder / "drop" if (self.folder / "drop").exists() else self.folder / "gone"
        (target / f"{self.sent:09}.csv").write_text(f"n\n{lines}", encoding="utf-8")
        self.sent += count

    def kill(self) -> None:
        (self.folder / "drop").rename(self.folder / "gone")

    def revive(self) -> None:
        (self.folder / "gone").rename(self.folder / "drop")

    def settings(self) -> dict[str, Any]:
        return {"folder": str(self.folder / "drop"), "every": 0.1, "settle": 0.1}


class Sqlite(Source):
    type = "sql"
    column = "n"

    def begin(self) -> None:
        self.file = self.folder / "erp.db"
        with self._open() as database:
            database.execute("CREATE TABLE orders (id INTEGER, n REAL, note TEXT)")

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self.file)
        with contextlib.closing(database), database:
            yield database

    def produce(self, count: int) -> None:
        # Three rows share each key, and the last key of a call gets more rows in the next one.
        with self._open() as database:
            rows = [(number // 3, float(number), "b") for number in range(self.sent, self.sent + count)]
            database.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
        self.sent += count

    def kill(self) -> None:
        self.file.rename(self.folder / "away.db")
        self.file = self.folder / "away.db"

    def revive(self) -> None:
        self.file.rename(self.folder / "erp.db")
        self.file = self.folder / "erp.db"

    def settings(self) -> dict[str, Any]:
        return {"url": f"sqlite:///{self.folder / 'erp.db'}", "source": "orders", "key": "id", "every": 0.1}


class Postgres(Source):
    type = "sql"
    column = "n"

    def begin(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="workbench-pg-", dir="/tmp"))
        self.port = free_port()
        self.user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        if self.user:
            shutil.chown(self.place, "postgres", "postgres")
        secret = self.place / "secret"
        secret.write_text(SECRET, encoding="utf-8")
        secret.chmod(0o644)
        self._run("initdb", "-D", self.place / "data", "-U", "plant", "-A", "scram-sha-256", "--no-sync",
                  "--pwfile", secret, "-E", "UTF8", "--locale=C")  # fmt: skip
        secret.unlink()
        self.revive()
        self._sql('CREATE TABLE orders (id bigint, n numeric, "at" timestamptz, "备注" text)')

    def _run(self, program: str, *arguments: object) -> None:
        found = shutil.which(program) or next(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        command = [str(found), *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, cwd=self.place, **self.user)

    def _sql(self, text: str) -> None:
        address = f"postgresql://plant:{SECRET}@127.0.0.1:{self.port}/postgres"
        psql = shutil.which("psql") or next(Path("/usr/lib/postgresql").glob("*/bin/psql"))
        command = [str(psql), address, "-q", "-v", "ON_ERROR_STOP=1", "-c", text]
        subprocess.run(command, check=True, capture_output=True)

    def produce(self, count: int) -> None:
        self._sql(
            "INSERT INTO orders SELECT i / 3, i, to_timestamp(1767225600 + i), '班次' "
            f"FROM generate_series({self.sent}, {self.sent + count - 1}) i"
        )
        self.sent += count

    def kill(self) -> None:
        pid = int((self.place / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)

    def revive(self) -> None:
        options = f"-p {self.port} -c fsync=off -c listen_addresses=127.0.0.1"
        options += f" -c unix_socket_directories={self.place}"
        log = self.place / "log"
        deadline = time.monotonic() + 30
        while True:  # the processes of one that was killed take a moment to go
            try:
                self._run("pg_ctl", "-D", self.place / "data", "-o", options, "-l", log, "-w", "start")
                return
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def end(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", self.place / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.place, ignore_errors=True)

    def settings(self) -> dict[str, Any]:
        address = f"postgresql://plant:{SECRET}@127.0.0.1:{self.port}/postgres"
        return {"url": address, "source": "public.orders", "key": "id", "every": 0.1}


class OpcUa(Source):
    type = "opcua"

    def begin(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[str]
        self.history = str(self.folder / "history.sqlite") if self.keeps else ""
        self.sent = 0
        self.revive()

    def revive(self) -> None:
        arguments = [SIMULATORS / "opcua.py", self.port, self.history, "plant", SECRET]
        self.process = subprocess.Popen(
            [sys.executable, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout.readline().startswith("ready")

    def produce(self, count: int) -> None:
        self.process.stdin.write(f"{self.sent} {count}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "written\n"
        self.sent += count

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()

    def end(self) -> None:
        self.kill()

    def settings(self) -> dict[str, Any]:
        return {
            "url": f"opc.tcp://127.0.0.1:{self.port}/line",
            "nodes": ["ns=2;i=1001 as temperature"],
            "interval": 0.1,
            "user": "plant",
            "password": SECRET,
        }

    def expected(self, stored: list[float]) -> list[float]:
        # Each life of the server begins with the value that a node has when nobody has written it.
        return [-1.0] * stored.count(-1.0) + super().expected(stored)


class Mqtt(Source):
    type = "mqtt"

    def begin(self) -> None:
        self.port = free_port()
        (self.folder / "broker").mkdir(exist_ok=True)
        self.folder.chmod(0o755)
        passwords = self.folder / "passwords"
        subprocess.run(
            ["mosquitto_passwd", "-b", "-c", str(passwords), "plant", SECRET], check=True
        ) if shutil.which("mosquitto_passwd") else passwords.write_text(f"plant:{_mosquitto_hash(SECRET)}\n")
        (self.folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\npassword_file {passwords}\nallow_anonymous false\n"
            f"persistence true\npersistence_location {self.folder}/broker/\nuser root\n"
            "autosave_on_changes false\nautosave_interval 1\nmax_inflight_messages 1000\n"
            "max_queued_messages 0\nset_tcp_nodelay true\n"
        )
        self.sent = 0
        self._start()
        self.device = paho.Client(
            paho.CallbackAPIVersion.VERSION2,
            client_id="device",
            clean_session=False,
            reconnect_on_failure=True,
        )
        self.device.username_pw_set("plant", SECRET)
        self.device.reconnect_delay_set(1, 1)
        self.device.max_inflight_messages_set(100)
        self.confirmed: set[int] = set()
        self.device.on_publish = lambda _client, _data, mid, *_: self.confirmed.add(mid)
        self.device.on_message = lambda _client, _data, message: self.commanded(message)
        self.device.connect("127.0.0.1", self.port, keepalive=10)
        self.device.loop_start()
        self.open: list[paho.MQTTMessageInfo] = []

    def commanded(self, message: paho.MQTTMessage) -> None:
        """Take a command; a plain device has none."""

    def _start(self) -> None:
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self.folder / "mosquitto.conf")], stderr=subprocess.DEVNULL
        )
        wait_for_port(self.port)

    def publish(self, topic: str, data: bytes | str) -> None:
        self.open.append(self.device.publish(topic, data, qos=1))

    def produce(self, count: int) -> None:
        for number in range(self.sent, self.sent + count):
            at = f"2026-03-01T08:00:00.{number % 1000000:06}Z"
            self.publish("plant/line1/torque", json.dumps({"ts": at, "data": {"value": number}}))
        self.sent += count

    def settle(self) -> None:
        """Wait until the broker has everything."""
        deadline = time.monotonic() + 60
        while not {info.mid for info in self.open} <= self.confirmed and time.monotonic() < deadline:
            time.sleep(0.05)
        self.open = []
        self.confirmed.clear()  # the numbers begin again some day

    def kill(self) -> None:
        """Kill the broker, once what it has confirmed is on its disk: it confirms before it writes."""
        self.settle()
        kept = self.folder / "broker" / "mosquitto.db"
        before = kept.stat().st_mtime_ns if kept.exists() else 0
        deadline = time.monotonic() + 10
        while not (kept.exists() and kept.stat().st_mtime_ns > before) and time.monotonic() < deadline:
            self.process.send_signal(signal.SIGUSR1)  # write everything now
            time.sleep(0.05)
        self.process.kill()
        self.process.wait()

    def revive(self) -> None:
        self._start()
        self.settle()

    def end(self) -> None:
        self.device.disconnect()
        self.device.loop_stop()
        self.kill()

    def settings(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "topics": ["plant/#"],
            "values": ["torque=data.value"],
            "user": "plant",
            "password": SECRET,
        }


def _mosquitto_hash(password: str) -> str:
    import base64
    import hashlib

    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return f"$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


class Sparkplug(Mqtt):
    """An edge node with one device whose metrics go by alias."""

    def begin(self) -> None:
        super().begin()
        self.seq, self.births = 0, 0
        self.device.subscribe("spBv1.0/plant/NCMD/edge1", 1)
        self.lock = threading.RLock()
        self.value = -1.0
        self.at = 1_767_225_600_000
        self.birth()

    def commanded(self, message: paho.MQTTMessage) -> None:
        if sparkplug.decode(message.payload).metrics[0].name == sparkplug.REBIRTH:
            self.birth()

    def payload(self) -> Any:
        message = sparkplug.Payload(timestamp=self.at, seq=self.seq)
        self.seq = (self.seq + 1) % 256
        return message

    def birth(self) -> None:
        with self.lock:
            self.births += 1
            self.seq = 0
            node = self.payload()
            node.metrics.add(name="bdSeq", datatype=8, long_value=self.births, timestamp=self.at)
            self.publish("spBv1.0/plant/NBIRTH/edge1", node.SerializeToString())
            born = self.payload()
            metric = born.metrics.add(name="torque", alias=7, datatype=10, double_value=self.value)
            metric.timestamp = self.at
            metric.properties.keys.append("engUnit")
            metric.properties.values.add(type=12, string_value="Nm")
            self.publish("spBv1.0/plant/DBIRTH/edge1/press", born.SerializeToString())

    def produce(self, count: int) -> None:
        for number in range(self.sent, self.sent + count):
            with self.lock:
                self.at += 1
                self.value = float(number)
                data = self.payload()
                data.metrics.add(alias=7, double_value=self.value, timestamp=self.at)
                self.publish("spBv1.0/plant/DDATA/edge1/press", data.SerializeToString())
        self.sent += count

    def settings(self) -> dict[str, Any]:
        given = {**super().settings(), "topics": ["spBv1.0/#"], "format": "sparkplug"}
        del given["values"]
        return given

    def expected(self, stored: list[float]) -> list[float]:
        # Births also tell that the node is there (1), and what the metric was before the first number (-1).
        births = stored.count(1.0) - 1
        return sorted([*super().expected(stored), *[-1.0] * stored.count(-1.0), *[1.0] * births])


class Modbus(Source):
    type = "modbus"
    keeps = False

    def begin(self) -> None:
        self.port = free_port()
        self.log = self.folder / "served"
        self.cut: set[float] = set()
        self.revive()

    def revive(self) -> None:
        arguments = [SIMULATORS / "modbus.py", self.port, self.log]
        self.process = subprocess.Popen([sys.executable, *map(str, arguments)], stderr=subprocess.DEVNULL)
        wait_for_port(self.port)

    def served(self) -> list[float]:
        return [float(line) for line in self.log.read_text().split()]

    def produce(self, count: int) -> None:
        """Wait until so many were asked for."""
        wanted = len(self.served()) + count
        deadline = time.monotonic() + 60
        while len(self.served()) < wanted and time.monotonic() < deadline:
            time.sleep(0.02)
        self.sent += count

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.interrupted()

    def interrupted(self) -> None:
        self.cut |= set(self.served()[-1:])  # the answer that may have been cut off

    def end(self) -> None:
        self.kill()

    def settings(self) -> dict[str, Any]:
        registers = "name,address,type\ncount,0,uint32\n"
        return {"host": "127.0.0.1", "port": self.port, "registers": registers, "every": 0.02}

    def collecting(self) -> None:
        self.first = len(self.served())

    def expected(self, stored: list[float]) -> list[float]:
        served = self.served()[self.first :]
        whole = [number for number in served if number not in self.cut or number in stored]
        return whole[: len(stored)]


class Rest(Source):
    type = "rest"
    column = "n"

    def begin(self) -> None:
        self.port = free_port()
        self.asked = 0
        self.revive()

    def revive(self) -> None:
        source = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                source.answer(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        from urllib.parse import parse_qs, urlsplit

        self.asked += 1
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        if request.headers.get("Authorization") != f"Bearer {SECRET}":
            return self.send(request, 401, {"error": "who are you?"})
        if self.asked % 5 == 0:
            return self.send(request, 503, {"error": "busy"}, {"Retry-After": "0.05"})
        start = max(0, int(query.get("from", 0)) * 3)
        page, size = int(query.get("page", 1)), 500
        numbers = list(range(start, self.sent))[::-1][(page - 1) * size : page * size]  # newest first
        items = [{"id": number // 3, "n": number + 0.0, "place": {"line": "L1"}} for number in numbers]
        more = (page * size) < self.sent - start
        link = (
            f'<http://127.0.0.1:{self.port}/orders?from={query.get("from", 0)}&page={page + 1}>; rel="next"'
        )
        return self.send(request, 200, {"data": {"items": items}}, {"Link": link} if more else {})

    def send(
        self, request: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str] | None = None
    ) -> None:
        data = json.dumps(body).encode()
        request.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        with contextlib.suppress(OSError):
            request.wfile.write(data)

    def produce(self, count: int) -> None:
        self.sent += count

    def kill(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def end(self) -> None:
        self.kill()

    def settings(self) -> dict[str, Any]:
        return {
            "url": f"http://127.0.0.1:{self.port}/orders",
            "records": "data.items",
            "since_field": "id",
            "since_param": "from",
            "paging": "link",
            "token": SECRET,
            "every": 0.1,
        }


SOURCES: dict[str, type[Source]] = {
    "files": Drops,
    "sqlite": Sqlite,
    "postgres": Postgres,
    "opcua": OpcUa,
    "mqtt": Mqtt,
    "sparkplug": Sparkplug,
    "modbus": Modbus,
    "rest": Rest,
}
