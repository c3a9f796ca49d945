"""What a cell depends on is read from its text, and on the safe side."""

import pytest

from workbench.runs.dependence import first_uses

LATE = "print(limit)"


def first(*cells, names=("limit", "measurements")):
    """Return the first cell that may depend on ``limit``."""
    return first_uses([*cells, LATE], names)["limit"]


@pytest.mark.parametrize(
    "cell",
    [
        "x = limit",
        "def f(): return limit",
        "class A:\n    bound = limit",
        "f = lambda: limit",
        "f'{limit}'",
        "del limit",
        "limit = 3",
        "print('ok') if limit else None",
        "rows = (x for x in range(3) if x < limit)",
        "frame.query('x > @limit')",
        "smf.ols('y ~ x + limit', data)",
        "'{limit}'.format_map(names)",
        "globals()['li' + 'mit']",
        "eval('li' + 'mit')",
        "frame.eval('x')",
        "%timeit 1",
        "!ls",
        "1 +",
        "get_ipython().user_ns",
        "In[2]",
        "_i2",
        "_2",
        "__",
        "vars()",
        "f.__globals__",
        "from operator import attrgetter",
    ],
)
def test_a_cell_that_may_learn_a_value_counts_as_using_it(cell):
    assert first("import pandas as pd", cell) == 1


@pytest.mark.parametrize(
    "cell",
    [
        "import time",
        "import numpy.random",
        "from numpy.random import rand",
        "np.random.rand()",
        "np.random.seed(1)",
        "pd.Timestamp('now')",
        "pd.to_datetime('today')",
        "pd.Timestamp.now()",
        "import os",
        "open('x')",
        "pd.read_csv('x.csv')",
        "pd.ExcelFile('x.xlsx')",
        "frame.to_csv('/tmp/x.csv')",
        "np.save('x', 1)",
        "import matplotlib.pyplot as plt",
        "import duckdb",
        "import requests",
        "from pathlib import Path",
        "import workbench.tables.query",
        "from workbench.config import load_settings",
        "from workbench import read",
        "wb.read('demo.bore_diameter')",
        "name = str(1)\nwb.read(name)",
        "look = wb.read",
        "from math import *",
        "import warnings, sys",
    ],
)
def test_a_cell_that_may_see_or_change_the_world_depends_on_everything(cell):
    assert first("import pandas as pd", cell) == 1


@pytest.mark.parametrize(
    "cell",
    [
        "x = 3",
        "import numpy as np\nfrom workbench.methods import spc",
        "data = wb.read(measurements)\nframe = data.df()",
        "frame['y'] = frame['x'] * 2",
        "def f(y): return y",
        "print('a word of the limits')",
        "import warnings\nwarnings.filterwarnings('ignore')",
        "for _ in range(3): pass",
    ],
)
def test_a_cell_that_only_computes_does_not(cell):
    assert first("import pandas as pd", cell) == 2
