"""A run that goes on from a held state gives what a full run gives, for every template of the house."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.dependence import first_uses
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest
from workbench.templates.form import Field
from workbench.templates.library import house_templates

TEMPLATES = sorted(path.stem for path in house_templates().rglob("*.ipynb"))
LONG_S = 2.0  # templates that take longer are tried with fewer parameters
BOKEH_ID = re.compile(r'"(?:p\d+|[0-9a-f-]{36})"')


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with Workbench(load_settings(home=str(tmp_path_factory.mktemp("held")), ready_kernels=1)) as bench:
        bench.load_demo()
        yield bench


def run(bench: Workbench, template: str, *, origin: str, parameters: dict[str, Any]) -> RunRecord:
    request = RunRequest(template=template, origin=origin, parameters=parameters)
    return bench.engine.wait(bench.engine.submit(request), timeout=240)


def another(field: Field) -> Any:
    """Return a value of a parameter that is not its default; None when there is no obvious one."""
    if field.choices:
        others = [choice.value for choice in field.choices if choice.value != field.default]
        return ([others[-1]] if field.multiple else others[-1]) if others else None
    if isinstance(field.default, bool):
        return not field.default
    if isinstance(field.default, int | float):
        for value in (field.default * 2 or 1, field.default / 2):
            value = type(field.default)(value)
            low, high = field.minimum, field.maximum
            if value != field.default and (low is None or value > low) and (high is None or value < high):
                return value
    return None


def results(record: RunRecord) -> dict[str, Any]:
    """Return all that a run answered, without what names the run itself."""
    return {
        "status": record.status,
        "verdict": record.verdict,
        "refusal": record.refusal,
        "kpis": record.kpis,
        "alarms": record.alarms,
        "tables": {name: pd.read_parquet(path).to_csv() for name, path in record.tables.items()},
        "figures": {name: drawing(path) for name, path in record.figures.items()},
    }


def drawing(path: str) -> str:
    """Return a chart with its models numbered in the order in which they appear."""
    text = json.dumps(json.loads(Path(path).read_text(encoding="utf-8")))
    numbers: dict[str, str] = {}
    return BOKEH_ID.sub(lambda found: numbers.setdefault(found.group(), f'"{len(numbers)}"'), text)


@pytest.mark.slow
@pytest.mark.parametrize("template", TEMPLATES)
def test_one_changed_parameter_gives_what_a_full_run_gives(bench, template):
    first = run(bench, template, origin="form", parameters={})
    fields = [field for field in bench.library.get(template).fields() if another(field) is not None]
    assert first.status in {"succeeded", "refused"}

    for field in fields[: 6 if first.seconds.total < LONG_S else 2]:
        changed = {field.name: another(field)}
        again = run(bench, template, origin="form", parameters=changed)
        full = run(bench, template, origin="test", parameters=changed)

        assert full.resumed is None
        assert results(again) == results(full), (field.name, again.resumed)


def test_a_late_change_goes_on_from_a_held_state_and_says_so(bench):
    first = run(bench, "control-chart", origin="form", parameters={})

    again = run(bench, "control-chart", origin="form", parameters={"rules": ["western-electric"]})

    assert again.resumed is not None
    # What went before may itself have gone on from a state that fits as well.
    assert again.resumed.run in {first.run, first.resumed.run if first.resumed else first.run}
    cells = json.loads(Path(again.notebook).read_text(encoding="utf-8"))["cells"]
    assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code")


def test_a_batch_leaves_no_state_behind(bench):
    held = len(bench.engine.executor._held)

    run(bench, "control-chart", origin="sweep", parameters={"limit_sigmas": 2.75})

    assert len(bench.engine.executor._held) == held


@pytest.mark.parametrize(
    "opaque",
    [
        "value = globals()['limit']",
        "%run other.py",
        "rows = pd.read_csv('rows.csv')",
        "import datetime\nnow = datetime.datetime.now()",
        "import random",
        "import os",
        "from numpy.random import default_rng",
        "exec('y = limit')",
        "get_ipython().user_ns",
        "other = wb.read('demo.downtime_events')",
        "().__class__.__subclasses__()",
    ],
)
def test_a_cell_that_can_see_more_than_it_says_depends_on_everything(opaque):
    cells = ["limit = 1.0", "import pandas as pd", opaque, "limit + 1"]

    assert first_uses(cells, ["limit"], given=[0]) == {"limit": 2}


def test_a_name_counts_where_it_is_read_also_inside_a_function():
    cells = [
        "limit: float = 1.0\nrules = ['a']",
        "import numpy as np",
        "def f(x):\n    return x > limit",
        "f(2)",
    ]

    assert first_uses(cells, ["limit", "rules"], given=[0]) == {"limit": 2, "rules": 4}
