"""A job carries its values to the slot unchanged."""

import math

from workbench.runs.job import Declared, Job, Limits
from workbench.runs.record import TemplateUsed


def test_numbers_without_end_survive_the_way_to_the_slot():
    job = Job(
        run="r",
        template=TemplateUsed(id="t"),
        notebook={},
        parameters={"a": math.nan, "b": [math.inf, -math.inf], "c": -0.0, "d": 10**30},
        values={},
        inputs={},
        sources={},
        declared=Declared(),
        limits=Limits(seconds=1, output_bytes=1),
        staging="",
        published="",
        created="",
    )

    read = Job.model_validate_json(job.model_dump_json()).parameters

    assert repr(read) == repr(job.parameters)
