"""A lease is held as long as its process lives, and names who holds it."""

import os
import subprocess
import sys

import pytest

from workbench.errors import Unavailable
from workbench.runs.lease import Lease


def test_a_lease_names_its_holder(tmp_path):
    lease = Lease(tmp_path / "lock").take(url="http://127.0.0.1:1")

    assert lease.held()
    assert lease.holder() == {"pid": os.getpid(), "url": "http://127.0.0.1:1"}
    lease.drop()


def test_a_dropped_lease_can_be_taken_again(tmp_path):
    lease = Lease(tmp_path / "lock").take()
    lease.drop()

    assert not lease.held()
    lease.take().drop()


def test_another_process_is_refused_until_the_holder_is_killed(tmp_path):
    path = tmp_path / "lock"
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom workbench.runs.lease import Lease\n"
        "lease = Lease(Path(sys.argv[1])).take()\nprint('taken', flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "taken\n"
        with pytest.raises(Unavailable, match=f"process {other.pid}"):
            Lease(path).take()
        other.kill()

    Lease(path).take().drop()
