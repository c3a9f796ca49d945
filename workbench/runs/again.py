"""A run, run again: the request behind a job."""

from workbench.runs.job import Job
from workbench.runs.request import RunRequest


def request_of(job: Job, *, origin: str) -> RunRequest:
    """Return the request that does again what a job did, on the very same table versions.

    An optional input that the job left empty stays empty, whatever its default has become.
    """
    # A schedule is to read new rows; whoever runs a run again is to get the very rows of that run.
    used = {} if origin == "schedule" else job.inputs
    roles = [name for name in job.parameters if name not in job.values]
    return RunRequest(
        template=job.template.path or job.template.id,
        inputs={role: str(job.parameters[role]).removesuffix(f"#{role}") for role in roles},
        mapping={role: used.mapping for role, used in job.inputs.items() if used.mapping},
        filters={role: used.filter for role, used in job.inputs.items() if used.filter},
        contents={role: each.sha256 for role, each in used.items() if each.sha256},
        parameters=job.values,
        origin=origin,
    )
