"""Line quality: is the data sound, the process stable, the tolerance met, and where do the losses come from?

One characteristic, one mapping, one report. Served by `workbench serve` under /apps/line_quality;
`panel serve apps/line_quality.py` works too.
"""

from pathlib import Path

import panel as pn

from workbench.templates.scenarios import Scenario
from workbench.ui.benches import shared
from workbench.ui.composition import Stage, compose
from workbench.ui.view import visit

TITLE = {"en": "Line quality", "zh": "产线质量"}
QUESTION = {
    "en": "Is this characteristic measured well, stable and within tolerance, and where do losses come from?",
    "zh": "这个特性的数据可靠吗、过程稳定吗、满足公差吗，损失来自哪里？",
}
LEADING = "control-chart"
STAGES = (
    Stage("data-health"),
    Stage("control-chart", asks=("subgroup_size",)),
    Stage("process-capability", asks=("lsl", "usl", "target"), figure="histogram"),
    Stage("pareto", beside=True),
)

pn.extension("tabulator")
here = Path(__file__)
bench, served = shared()
compose(visit(bench, served=served), Scenario(here.stem, here, TITLE, QUESTION, LEADING), STAGES).servable()
