"""Line quality: is the data sound, the process stable, the tolerance met? One characteristic, one page.

Served by `workbench serve` under /apps/line_quality; `panel serve apps/line_quality.py` works too.
"""

import panel as pn

from workbench.ui.benches import shared
from workbench.ui.composition import Stage, compose
from workbench.ui.view import visit

TITLE = {"en": "Line quality", "zh": "产线质量"}
QUESTION = {
    "en": "Is this characteristic measured well, stable, and within tolerance?",
    "zh": "这个特性测得可靠吗、稳定吗、满足公差吗？",
}
LEADING = "control-chart"
STAGES = (
    Stage("data-health"),
    Stage("control-chart"),
    Stage("process-capability", asks=("lsl", "usl", "target")),
)

pn.extension("tabulator")
bench, served = shared()
compose(visit(bench, served=served), TITLE, QUESTION, STAGES, leading=LEADING).servable()
