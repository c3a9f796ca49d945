"""The preloaded parent imports and does nothing else, so that what it forks can use every library."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.request import RunRequest

USES = {
    "DuckDB": "import duckdb; duckdb.sql('SELECT sum(range) FROM range(1000000)').fetchall()",
    "OpenMP": (
        "import numpy as np\nfrom sklearn.cluster import KMeans\n"
        "KMeans(2, n_init=1).fit(np.random.rand(500, 2))"
    ),
    "processes": (
        "import numpy as np\nfrom sklearn.ensemble import RandomForestRegressor\n"
        "RandomForestRegressor(10, n_jobs=2).fit(np.random.rand(200, 2), np.random.rand(200))"
    ),
    "statsmodels": (
        "import numpy as np, statsmodels.api as sm\nsm.OLS(np.arange(9.), np.ones((9, 1))).fit().params"
    ),
    "threads": "import threading\nt = threading.Thread(target=print); t.start(); t.join()",
    "Parquet": (
        "import pandas as pd\npd.DataFrame({'a': range(9)}).to_parquet('x.parquet')\n"
        "pd.read_parquet('x.parquet')"
    ),
    "Prophet": (
        "import pandas as pd\nfrom prophet import Prophet\n"
        "days = pd.date_range('2024-01-01', periods=60)\n"
        "Prophet().fit(pd.DataFrame({'ds': days, 'y': range(60)})).predict().shape"
    ),
}


@pytest.fixture(scope="module")
def preloaded(tmp_path_factory):
    home = tmp_path_factory.mktemp("preloaded")
    with Workbench(load_settings(home=str(home), run_seconds=60.0, ready_kernels=1)) as bench:
        yield bench


@pytest.mark.parametrize("library", USES)
def test_a_forked_kernel_can_use_it(preloaded, notebook, library):
    run = preloaded.engine.submit(RunRequest(template=notebook(USES[library])))

    record = preloaded.engine.wait(run, timeout=120)

    assert record.status == "succeeded", record.error


def test_a_new_import_of_a_template_is_preloaded_by_a_new_nursery(preloaded, notebook):
    executor = preloaded.engine.executor
    path = notebook('import sys\nimport workbench as wb\nwb.kpi("there", "colorsys" in sys.modules)')
    before = executor._nurseries[-1].process.pid

    executor._preload = lambda: ("colorsys",)
    deadline = time.monotonic() + 60
    while executor._nurseries[-1].process.pid == before and time.monotonic() < deadline:
        time.sleep(0.1)

    record = preloaded.engine.wait(preloaded.engine.submit(RunRequest(template=path)), timeout=120)
    assert record.kpis["there"].value is True
    assert not Path(f"/proc/{before}").exists()


def test_no_two_runs_share_a_process(preloaded, notebook):
    path = notebook('import os\nimport workbench as wb\nwb.kpi("pid", os.getpid())')
    runs = [preloaded.engine.submit(RunRequest(template=path, origin="sweep")) for _ in range(6)]

    pids = {preloaded.engine.wait(run, timeout=120).kpis["pid"].value for run in runs}

    assert len(pids) == 6


def test_the_parent_has_started_no_thread_of_python():
    code = (
        "import threading; from workbench.runs import nursery; nursery.preload([])\n"
        "print(threading.active_count())"
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ended.stdout.strip() == "1"
