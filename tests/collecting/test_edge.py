"""An edge box and its centre, two servers with a line between them that is cut and mended."""

import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from tests.collecting.conftest import DEADLINE_S
from tests.collecting.test_service import Server
from workbench.config import Workspace
from workbench.tables.catalog import Tables

TOKEN = "edge-t0ken-of-the-plant"


class Line:
    """A TCP line that can be cut in the middle of whatever goes over it."""

    def __init__(self, target: int) -> None:
        self.target, self.open, self.carried = target, bool(target), 0
        self.pairs: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if not self.open:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            self.pairs += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data)
                self.carried += len(data)
        for each in (source, sink):
            each.close()

    def cut(self) -> None:
        self.open = False
        for each in self.pairs:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self.pairs = []

    def mend(self) -> None:
        self.open = True

    def end(self) -> None:
        self.cut()
        self.listener.close()


@pytest.fixture
def both(tmp_path):
    line = Line(0)  # cut until there is a centre
    given = {
        "edge_to": f"http://127.0.0.1:{line.port}",
        "edge_token": TOKEN,
        "edge_name": "press",
        "ready_kernels": "1",
    }
    (tmp_path / "box" / "templates").mkdir(parents=True)
    cells = [
        "import workbench as wb\nwb.kpi('answer', 42)\nwb.verdict('fine', level='good', text='All is well')"
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, tmp_path / "box" / "templates" / "hello.ipynb")
    with ThreadPoolExecutor() as pool:  # two starts at once
        starting = pool.submit(Server, tmp_path / "centre", edge_token=TOKEN)
        box = Server(tmp_path / "box", **given)
        centre = starting.result()
    line.target = int(centre.url.rsplit(":", 1)[1].strip("/"))
    line.mend()
    yield box, line, centre
    box.end()
    line.end()
    centre.end()


def waited(condition, what):
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(what)


def numbers(server, name):
    tables = Tables(Workspace(server.home))
    return tables.slice(name, 10**9).column("n").to_pylist() if tables.exists(name) else []


def test_rows_and_runs_of_a_box_reach_the_centre_once_over_a_line_that_is_cut(both, tmp_path):
    box, line, centre = both
    drop = tmp_path / "drop"
    drop.mkdir()
    new = {"name": "drops", "type": "files", "table": "torque", "write_every": 0.5}
    settings = {"folder": str(drop), "every": 0.1, "settle": 0.1}
    assert box.api.post("/connectors", json={**new, "settings": settings}).status_code == 201
    count = 0

    def produce(rows):
        nonlocal count
        text = "".join(f"{number}\n" for number in range(count, count + rows))
        (drop / f"{count:06}.csv").write_text(f"n\n{text}", encoding="utf-8")
        count += rows

    produce(500)
    waited(lambda: len(numbers(centre, "press.torque")) == 500, "first rows")
    line.cut()
    produce(20_000)
    run = box.api.post("/runs", json={"template": "hello"}, params={"wait": True}, timeout=120).json()
    assert run["status"] == "succeeded", run
    waited(lambda: len(numbers(box, "torque")) == count, "rows on the box")
    assert len(numbers(centre, "press.torque")) == 500
    line.mend()
    carried = line.carried
    waited(lambda: line.carried > carried + 20_000, "a beginning")
    line.cut()  # in the middle of the rows, most likely
    box.kill()
    line.mend()
    box.begin()
    produce(300)

    stored = waited(
        lambda: len(numbers(centre, "press.torque")) >= count and numbers(centre, "press.torque"), "all rows"
    )
    assert (len(stored), sum(stored)) == (count, sum(range(count)))
    kept = waited(lambda: centre.api.get("/runs").json(), "the run")
    assert [(each["run"], each["origin"], each["kpis"]["answer"]["value"]) for each in kept] == [
        (run["run"], "edge:press", 42)
    ]
    assert centre.api.get(f"/runs/{run['run']}/notebook").status_code == 200
    told = waited(lambda: [b for b in centre.api.get("/edge").json() if b["runs"]], "the box")
    assert [(b["name"], b["rows"], b["runs"]) for b in told] == [("press", count, 1)]
    assert centre.api.post("/edge/press/runs/x", content=b"").status_code == 401
    assert TOKEN not in (box.home / "state.sqlite").read_bytes().decode("latin-1")
