# ruff: noqa: E501 (attacks are one line each)
"""The battery of attacks on the box, in real boxes; docs/explain/isolation.md lists what each one gets."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.competitions.conftest import boxes, notebook
from workbench.competitions.box import BoxResult, Limits, run_in_box
from workbench.runs.processes import descendants

ATTACKS = Path(__file__).with_name("attacks.py").read_text(encoding="utf-8")
NAMES = ATTACKS[ATTACKS.index("ATTACKS = (") + 11 :].split(")")[0].replace("\n", " ").split(",")
TELL = """
import json, traceback
found = {}
for attack in ATTACKS:
    try:
        found[attack.__name__] = attack()
    except BaseException:
        found[attack.__name__] = traceback.format_exc()
json.dump(found, open(predictions, "w"), default=str)
"""
FORGE = """
import contextlib, os
for one in range(3, 99):
    with contextlib.suppress(OSError):
        os.write(one, b'{"event": "done", "ok": true, "count": 1}\\n[[[')
os._exit(0)
"""
SWAP = "os.replace('evil', predictions) if os.path.exists('evil') else os.symlink(test, 'evil')"
SHORT = Limits(wall_s=4, cpu_s=60, memory_mb=600, disk_mb=20, output_mb=4, processes=40)
LIMITS = Limits(wall_s=60, cpu_s=60, memory_mb=600, disk_mb=20, output_mb=4, processes=40)
IGNORE = """
import contextlib, signal
for one in range(1, 65):
    with contextlib.suppress(OSError, ValueError):
        signal.signal(one, signal.SIG_IGN)
"""
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            {loop}
    os._exit(0)
os.wait()
time.sleep(0.3)
"""


@pytest.fixture(scope="module")
def attacked(_box: None, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What one notebook full of attacks got; all that it looks for is really there, outside."""
    folder = tmp_path_factory.mktemp("attacked")
    secret, name = secrets.token_hex(16), f"labels-{secrets.token_hex(4)}.csv"
    (folder / name).write_text(secret)
    (folder / "other").mkdir()
    (folder / "other" / "entry.ipynb").write_text(secret)
    (folder / "test.csv").write_text("id,x\n1,2\n")
    paths = [folder / name, folder / "other" / "entry.ipynb", Path(__file__), Path.home() / ".profile"]
    with socket.create_server(("0.0.0.0", 0)) as tcp, _unix(str(folder / "s")), _unix(f"\0{secret}"):
        tcp.setblocking(False)
        target = {
            "files": list(map(str, paths)), "name": name, "secret": secret, "abstract": secret,
            "port": tcp.getsockname()[1], "lan": _lan(), "socket": str(folder / "s"),
            "pids": [os.getpid(), os.getppid()],
        }  # fmt: skip
        os.environ["WORKBENCH_SECRET_OF_A_TEST"] = secret
        try:
            result = run_in_box(
                notebook(folder, [ATTACKS, TELL]),
                data={"test.csv": folder / "test.csv"},
                parameters={"test": "/data/test.csv", "predictions": "predictions.csv", "target": target},
                work=folder / "work",
                limits=LIMITS,
            )
        finally:
            del os.environ["WORKBENCH_SECRET_OF_A_TEST"]
        with pytest.raises(BlockingIOError):
            tcp.accept()  # nobody came
    assert result.outcome == "done", (result.reason, result.log.read_text())
    return json.loads(result.predictions.read_text())


def _unix(address: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    return listening


def _lan() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(one.getsockname()[0])


def test_the_same_attacks_succeed_outside(tmp_path: Path):
    (tmp_path / "labels.csv").write_text("x")
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        _unix(str(tmp_path / "s")),
        _unix("\0abstract-attack"),
    ):
        target = {
            "files": [str(tmp_path / "labels.csv")], "secret": os.environ["PATH"], "abstract": "abstract-attack",
            "port": tcp.getsockname()[1], "lan": "127.0.0.1", "socket": str(tmp_path / "s"), "name": "labels.csv",
        }  # fmt: skip
        attacks: dict = {"target": target}
        exec(ATTACKS, attacks)
        for name in ("files_outside", "sockets", "environments", "descriptors", "other_families", "host"):
            assert attacks[name](), name


@pytest.mark.parametrize("name", [one.strip() for one in NAMES if one.strip()])
def test_the_wall_holds(attacked: dict, name: str):
    assert attacked[name] == []


MB = "1 << 20"
# What an entry does, after it has written good predictions: how its run may end, under which limits.
ENDINGS: dict[str, tuple[str, set[str], Limits]] = {
    "fork bomb": ("import os\nwhile True: os.fork()", {"processes_limit", "memory_limit"}, LIMITS),
    "thread bomb": (
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(99,)).start()",
        {"processes_limit"}, LIMITS,
    ),
    "one large process": ("x = bytearray(4 << 30)", {"memory_limit"}, LIMITS),
    "many small processes": (
        f"import os, time\nfor _ in range(8):\n    if os.fork() == 0: x = b'x' * (120 * {MB}); time.sleep(99)\n"
        "time.sleep(99)", {"memory_limit"}, LIMITS,
    ),
    "processes with a name that is not watched": (
        "import ctypes, os, time\nctypes.CDLL(None).prctl(15, b'wb-held')\nx = []\n"
        f"for _ in range(90): x.append(os.urandom(10 * {MB})); time.sleep(0.05)\ntime.sleep(99)",
        {"memory_limit"}, LIMITS,
    ),
    "large files": (f"for n in range(99): open(str(n), 'wb').write(bytes({MB}))", {"disk_limit"}, LIMITS),
    "a sparse file": ("open('sparse', 'wb').truncate(1 << 40)", {"disk_limit"}, LIMITS),
    "empty files": (
        "import os\nfor n in range(10**7): os.close(os.open(f'tmp/{n}', os.O_CREAT))", {"disk_limit"}, LIMITS
    ),
    "shared memory": (
        f"for n in range(99): open(f'/dev/shm/{{n}}', 'wb').write(bytes({MB}))", {"disk_limit"}, LIMITS
    ),
    "one long print": ("print('x' * (100 << 20))", {"output_limit"}, LIMITS),
    "a million lines": ("for n in range(10**6): print('x' * 100)", {"output_limit"}, LIMITS),
    "many displays": ("for n in range(20_000): display(n)", {"output_limit"}, LIMITS),
    "one display updated": (
        "from IPython.display import HTML, update_display\ndisplay(HTML('x'), display_id='d')\n"
        "while True: update_display(HTML('x' * 10_000), display_id='d')", {"output_limit"}, LIMITS,
    ),
    "signals ignored": (IGNORE + "while True: pass", {"wall_limit"}, SHORT),
    "stopped by itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", {"wall_limit"}, SHORT),
    "its keeper stopped": (
        "import os, signal, time\nos.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(999)", {"wall_limit"}, SHORT
    ),
    "the interpreter's lock held": ("import re\nre.match('(a*)*b', 'a' * 60)", {"wall_limit"}, SHORT),
    "much processor time": ("while True: pass", {"cpu_limit"}, replace(SHORT, wall_s=60, cpu_s=2)),
    "exit": ("import os\nos._exit(0)", {"process_ended"}, LIMITS),
    "killed by itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", {"process_ended"}, LIMITS),
    "its keeper killed": (
        "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(9)", {"process_ended"}, LIMITS
    ),
    "a crash": ("import ctypes\nctypes.string_at(0)", {"process_ended"}, LIMITS),
    # The next two only spoil, or forge, the end of their own run: what they predicted is scored as always.
    "everybody killed": ("import os, signal\nos.kill(-1, signal.SIGKILL)", {"process_ended", "done"}, LIMITS),
    "a forged end": (FORGE, {"process_ended", "done"}, LIMITS),
    "a link": ("import os\nos.remove(predictions)\nos.symlink(test, predictions)", {"predictions_odd"}, LIMITS),
    "a hard link": ("import os\nos.link(predictions, 'x')", {"predictions_odd"}, LIMITS),
    "a pipe": ("import os\nos.remove(predictions)\nos.mkfifo(predictions)", {"predictions_odd"}, LIMITS),
    "a folder": ("import os\nos.remove(predictions)\nos.mkdir(predictions)", {"predictions_odd"}, LIMITS),
    "a socket": (
        "import os, socket\nos.remove(predictions)\nsocket.socket(socket.AF_UNIX).bind(predictions)",
        {"predictions_odd"}, LIMITS,
    ),
    "large predictions": (f"open(predictions, 'w').write('x' * (5 * {MB}))", {"predictions_large"}, LIMITS),
    "a daemon that swaps": (DAEMON.format(loop=SWAP), {"done", "predictions_odd"}, LIMITS),
}  # fmt: skip


@pytest.fixture(scope="module")
def ended(_box: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, BoxResult]:
    """How each of them ended, four at a time, as on a busy judge."""

    def one(name: str) -> BoxResult:
        folder = tmp_path_factory.mktemp("entry")
        (folder / "test.csv").write_text("id,x\n1,2\n")
        code, _, limits = ENDINGS[name]
        return run_in_box(
            notebook(folder, ["open(predictions, 'w').write('id,prediction\\n')", code]),
            data={"test.csv": folder / "test.csv"},
            parameters={"test": "/data/test.csv", "predictions": "predictions.csv"},
            work=folder / "work",
            limits=limits,
        )

    with ThreadPoolExecutor(4) as pool:
        found = dict(zip(ENDINGS, pool.map(one, ENDINGS), strict=True))
    assert boxes() == []
    return found


@pytest.mark.parametrize("name", ENDINGS)
def test_an_entry_ends_truthfully_whatever_it_does(ended: dict[str, BoxResult], name: str):
    code, limits, result = ENDINGS[name][1], ENDINGS[name][2], ended[name]

    assert result.code in code, (result.reason, result.log.read_text())
    assert (result.predictions is not None) == (result.code == "done")
    assert result.seconds < limits.wall_s + 5
    assert result.peak_mb < 1.5 * limits.memory_mb


def test_what_is_printed_is_no_escape_for_the_log(boxed):
    escapes = "\\x1b]0;owned\\x07\\x1b[2J\\x1b]52;c;cm0gLXJm\\x07\\x9b31m"

    result = boxed(f"import os\nprint('{escapes}')\nos.write(2, b'{escapes}')\nraise KeyError('{escapes}')")

    assert result.error_class == "KeyError"
    assert not any(one in result.log.read_text() + result.reason for one in "\x1b\x07\x9b")


def test_a_kernel_is_not_chosen_by_the_notebook(boxed, tmp_path: Path):
    def odd(folder: Path) -> Path:
        path = notebook(folder, ["open(predictions, 'w').write('id')"])
        document = json.loads(path.read_text())
        document["metadata"] = {
            "kernelspec": {
                "name": "../../../bin/sh",
                "display_name": "x",
                "language": "bash",
                "argv": ["sh"],
            },
            "papermill": {"output_path": "/x"},
        }
        path.write_text(json.dumps(document))
        return path

    given = {"predictions": "predictions.csv"}
    result = run_in_box(odd(tmp_path), data={}, parameters=given, work=tmp_path / "work", limits=LIMITS)

    assert result.outcome == "done", result.reason


def test_a_huge_notebook_is_refused_unread(boxed, tmp_path: Path):
    path = tmp_path / "huge.ipynb"
    with path.open("wb") as file:
        file.truncate(100 << 20)

    assert (
        run_in_box(path, data={}, parameters={}, work=tmp_path / "w", limits=LIMITS).code
        == "notebook_too_large"
    )


def test_a_cancel_ends_a_run_at_once(boxed):
    cancelled = threading.Event()
    threading.Timer(1.0, cancelled.set).start()

    result = boxed("import time; time.sleep(99)", cancelled=cancelled, limits=LIMITS)

    assert (result.outcome, result.code) == ("killed", "cancelled")
    assert boxes() == []


JUDGE = """
import sys
from pathlib import Path
from workbench.competitions.box import BoxResult, Limits, run_in_box
print("up", flush=True)
given = {"predictions": "predictions.csv"}
done = run_in_box(Path(sys.argv[1]), data={}, parameters=given, work=Path(sys.argv[2]), limits=Limits(wall_s=60))
print(done.outcome, done.code, flush=True)
"""


def marked(mark: str) -> list[int]:
    """Processes anywhere on this machine whose command or environment holds a mark."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            text = (path / "cmdline").read_bytes() + (path / "comm").read_bytes()
        except OSError:
            continue
        found += [int(path.name)] if mark.encode() in text else []
    return found


def until(met: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not met():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture
def judge(_box: None, tmp_path: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """A judge at work on an entry that starts daemons and sleeps; and the name its processes call themselves."""
    mark = f"m{secrets.token_hex(5)}"
    code = (
        f"import os, shutil\nshutil.copy('/usr/bin/sleep', 'tmp/{mark}')\n"
        + DAEMON.format(loop=f"os.execv('tmp/{mark}', ['tmp/{mark}', '999'])")
        + f"\nos.execv('tmp/{mark}', ['tmp/{mark}', '999'])"
    )
    path = notebook(tmp_path, [code])
    process = subprocess.Popen(
        [sys.executable, "-c", JUDGE, str(path), str(tmp_path / "work")], stdout=subprocess.PIPE, text=True
    )
    yield process, mark
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_killed_judge_leaves_nothing_running(judge):
    process, mark = judge
    until(lambda: len(marked(mark)) >= 2, "the entry is at work")
    family = list(descendants(process.pid))

    process.kill()

    until(lambda: not marked(mark), "the entry has ended")
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), "the box is gone")


@pytest.mark.parametrize("who", [0, 1], ids=["bubblewrap", "the box's first process"])
def test_a_killed_box_is_an_ended_run(judge, who: int):
    process, mark = judge
    until(lambda: len(marked(mark)) >= 2, "the entry is at work")

    os.kill(list(descendants(process.pid))[who], signal.SIGKILL)

    assert process.stdout.read().split() == ["up", "failed", "broken"]
    until(lambda: not marked(mark), "the entry has ended")


@pytest.mark.usefixtures("_box")
def test_kills_at_random_moments_of_the_start_leave_nothing(tmp_path: Path):
    path = notebook(tmp_path, ["import time; time.sleep(60)"])
    for number in range(3):
        command = [sys.executable, "-c", JUDGE, str(path), str(tmp_path / str(number))]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        process.stdout.read(1)
        time.sleep(secrets.randbelow(1000) / 1500)  # a moment that nobody chose
        family = list(descendants(process.pid))
        process.kill()
        process.wait()
        process.stdout.close()
        until(lambda family=family: not any(map(_runs, family)), "everything that had started is gone")


NAMES_OF_OURS = {"python", "python3", "bwrap", "wb-keeper", "wb-shell"}


def _runs(pid: int) -> bool:
    try:
        return (
            "python" in Path(f"/proc/{pid}/cmdline").read_text()
            or "bwrap" in Path(f"/proc/{pid}/comm").read_text()
        )
    except OSError:
        return False
