"""What runs in the box as its first process: papermill takes the notebook through, a parcel goes out.

It holds nothing worth stealing: no labels, no secrets. The notebook's code runs in a child; when that has
ended everything else in the box is killed before the predictions are looked at, so nothing can change them
any more. Whatever arrives outside is taken for what a stranger says.
"""

import contextlib
import ctypes
import json
import os
import re
import resource
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, cast

sys.modules["rfc3987_syntax"] = cast(Any, None)  # a format checker nobody asks here; it takes 0.7 s to import

import nbformat  # noqa: E402
from papermill.parameterize import parameterize_notebook  # noqa: E402, F401 - imported before code of strangers runs

from workbench.competitions.plain_file import NotPlain, opened  # noqa: E402
from workbench.runs import keeper, shell  # noqa: E402
from workbench.runs.execute import Shell, execute  # noqa: E402
from workbench.runs.guard import Guard  # noqa: E402
from workbench.runs.job import Declared, Job, Limits  # noqa: E402
from workbench.runs.record import TemplateUsed  # noqa: E402
from workbench.runs.request import BATCH  # noqa: E402
from workbench.runs.wire import Channel  # noqa: E402

del sys.modules["rfc3987_syntax"]

PR_SET_DUMPABLE = 4
OUTPUTS = 5000
FILES = 256  # open at once, for each process
ADDRESSES_MB = 3000  # of addresses above the memory: libraries reserve more than they use
NICE = 10  # the pages of the shop floor go first
FOREVER_S = 10 * 365 * 86400.0
CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")


class Unreadable(Exception):
    """The file is no notebook."""


def main() -> None:
    """Take the order from standard input, carry it out, send the parcel to standard output."""
    order = json.load(sys.stdin)
    parcel = os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(quiet, descriptor)
    os.closerange(3, parcel.fileno())
    os.closerange(parcel.fileno() + 1, FILES)
    confine(order["limits"])
    report, notebook = _run(order, parcel)
    kill_all()
    _send(parcel, "notebook", notebook)
    if report["ok"]:
        report["predictions"], content = taken(order["predictions"], order["limits"]["output_mb"] << 20)
        if content is not None:
            _send(parcel, "predictions", content)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    report["cpu_s"] = sum(one.ru_utime + one.ru_stime for one in used)
    _send(parcel, "report", json.dumps(report).encode())
    parcel.close()


def confine(limits: dict[str, int]) -> None:
    """Give this process, and with it all that follow, its limits; hide its memory from the others."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)
    memory = limits["memory_mb"] << 20
    for kind, most in (
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_FSIZE, limits["disk_mb"] << 20),
        (resource.RLIMIT_AS, memory + (ADDRESSES_MB << 20)),
        (resource.RLIMIT_CPU, limits["cpu_s"] + 5),  # of one process; the sum is watched from outside
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_SIGPENDING, 1024),
    ):
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))
    os.nice(NICE)
    with contextlib.suppress(OSError):  # when the machine runs out of memory, this goes first
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    signal.signal(signal.SIGCHLD, _bury)


def _bury(*_: Any) -> None:
    """Take note of every process that has ended: the first process is the parent of all orphans."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _run(order: dict[str, Any], parcel: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    try:
        job = _job(order)
    except Unreadable as error:
        return {"ok": False, "unreadable": str(error)[:200]}, b""
    shell.prepare()
    ours, theirs = Channel.pair()
    keeping = os.fork()
    if keeping == 0:
        _serve(theirs, ours, parcel)
    theirs.close()
    guard = Guard(job.limits, keeping)
    # A pipe's end that is written to becomes "readable" once nobody reads the other: then nobody waits.
    outside = cast(Channel, SimpleNamespace(socket=parcel))
    asked = Shell(ours, guard, listen=outside, heard=lambda: os._exit(1))
    notebook, _ = execute(job, asked, lambda *_: None, context={"run": "entry", "inputs": {}, "folder": "."})
    asked.close()
    report = {"stopped": guard.reason, "how": guard.how[:200], **_errors(notebook)}
    report["ok"] = guard.reason is None and report["cell"] is None
    return report, json.dumps(notebook, ensure_ascii=False).encode("utf-8", "replace")


def _serve(channel: Any, ours: Channel, parcel: IO[bytes]) -> None:
    """Become the keeper of the notebook's process; never return."""
    try:
        os.close(parcel.fileno())
        os.dup2(0, 2)  # the log outside is not for the notebook to write
        ours.socket.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1)
        sys.path.insert(0, "")
        keeper.main(Channel(channel), os.getppid())
    finally:
        os._exit(0)


def _job(order: dict[str, Any]) -> Job:
    try:
        notebook = nbformat.reads(order["notebook"], as_version=4)
        dict.__setitem__(notebook.metadata, "kernelspec", {"name": "python3", "display_name": "Python 3"})
        cells = [cell for cell in notebook.cells if cell.cell_type in {"code", "markdown", "raw"}]
        for cell in cells:
            cell.source = cell.source if isinstance(cell.source, str) else "".join(cell.source)
        notebook.cells = cells
    except (Exception, RecursionError) as error:  # a stranger's file may be wrong in any way
        raise Unreadable(type(error).__name__) from error
    limits = order["limits"]
    most = Limits(seconds=limits["wall_s"] + 30, output_bytes=limits["output_mb"] << 20, outputs=OUTPUTS,
                  memory_bytes=1 << 50, silent_seconds=FOREVER_S)  # fmt: skip
    return Job(
        run="entry", template=TemplateUsed(id="entry"), notebook=notebook, parameters=order["parameters"],
        values={}, inputs={}, sources={}, declared=Declared(), limits=most, staging=".", published=".",
        created="",
        priority=BATCH,  # nobody watches: results stay in the notebook
    )  # fmt: skip


def _errors(notebook: Any) -> dict[str, Any]:
    """Say in which of the submitted cells an error ended the run, and its class: never what it says."""
    injected = False
    last = None
    for index, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        injected = injected or "injected-parameters" in tags
        if cell.cell_type != "code" or "raises-exception" in tags:
            continue
        last = index - injected if cell.metadata.get("papermill", {}).get("start_time") else last
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                name = str(output.get("ename"))
                found = {"cell": index - injected, "class": name if CLASS.fullmatch(name) else None}
                return {**found, "limit": _limit(name, str(output.get("evalue"))), "last": last}
    return {"cell": None, "class": None, "limit": None, "last": last}


def _limit(name: str, says: str) -> str | None:
    """Recognise an error that is a limit of the box."""
    if name.endswith("MemoryError"):
        return "memory"
    if "[Errno 28]" in says or "[Errno 27]" in says:
        return "disk"
    started = name == "BlockingIOError" and "[Errno 11]" in says
    return "processes" if started or "can't start new thread" in says else None


def kill_all() -> None:
    """End every other process in the box and wait until none is left."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def taken(name: str, most: int) -> tuple[str, bytes | None]:
    """Read what was predicted, if it is one plain file; else say what it is."""
    try:
        with opened(Path(name), most) as file:
            return "file", file.read(most)
    except NotPlain as odd:
        return odd.what, None
    except OSError:
        return "unreadable", None


def _send(parcel: IO[bytes], name: str, content: bytes) -> None:
    parcel.write(json.dumps({"name": name, "size": len(content)}).encode() + b"\n")
    parcel.write(content)
    parcel.flush()


if __name__ == "__main__":
    main()
