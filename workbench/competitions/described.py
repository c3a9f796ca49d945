"""What anybody may know of a competition, in one document: of hidden files not even the names."""

from pathlib import Path
from typing import Any

from workbench.competitions.service import Competitions


def described(competitions: Competitions, name: str) -> dict[str, Any]:
    """Return what anybody may know of a competition."""
    kept = competitions.bundle(name)
    contract = kept.contract
    tasks = {
        key: {
            "title": task.title,
            "columns": [task.id, task.prediction],
            "train": Path(task.train).name,
            "others": [Path(other).name for other in task.others],
        }
        for key, task in contract.tasks.items()
    }
    return competitions.overview(name).model_dump(mode="json") | {
        "phases": [phase.model_dump(mode="json") for phase in contract.phases],
        "tasks": tasks,
        "metrics": [metric.model_dump(mode="json", exclude={"own"}) for metric in contract.metrics],
        "tie_break": contract.tie_break,
        "limits": contract.limits.model_dump(exclude_none=True),
        "submissions": contract.submissions.model_dump(),
        "entry": contract.entry,
        "pages": {page: kept.page(page) for page in contract.pages},
        "announcements": [{"at": at, "text": text} for at, text in competitions.book.announcements(name)],
    }
