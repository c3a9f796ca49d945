"""Whatever process dies at whatever moment: acknowledged runs are whole or end truthfully, none is stuck."""

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.serial
def test_ten_kills_at_random_break_no_promise(root):
    command = [sys.executable, "-m", "benchmarks.chaos", "--kills", "10", "--json"]

    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=200)

    found = json.loads(done.stdout)
    assert found["broken"] == []
    assert found["open"] == 0
    assert sum(found["kills"].values()) == 10
    assert found["ended"]["succeeded"] > 0
