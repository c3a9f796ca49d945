"""``workbench runs evidence`` and ``verify``: a run as one file to keep, and a check of such a file."""

from pathlib import Path

from workbench.app import Workbench
from workbench.commands import output
from workbench.config import Settings
from workbench.errors import Invalid, NotFound
from workbench.runs import evidence


def pack(settings: Settings, name: str, *, to: Path, as_json: bool) -> None:
    """Write the evidence of a run."""
    bench = Workbench(settings, full=False)
    try:
        record = bench.engine.get(name)
        history = bench.engine.history
        try:
            labels = bench.library.get(record.template.id).labels()
        except (NotFound, Invalid):  # the run outlives its template
            labels = {}
        content = evidence.pack(record, history.job(name), installed=history.environment(name), labels=labels)
    finally:
        bench.stop()
    path = Path(f"{name}.zip") if to == Path() else to
    output.write(path, content)
    found = evidence.verify(path)
    told = {"run": name, "file": str(path.resolve()), "files": found.files, "seal": found.seal}
    output.emit(told) if as_json else output.say(f"{path}: {found.files} files, seal {found.seal}")


def verify(path: Path, *, as_json: bool) -> int:
    """Say whether every file of an evidence zip is what its manifest says; return the exit status."""
    found = evidence.verify(path)
    if as_json:
        output.emit(
            {"ok": not found.problems, "files": found.files, "seal": found.seal, "problems": found.problems}
        )
    elif found.problems:
        for problem in found.problems:
            output.say(problem)
    else:
        output.say(f"ok: {found.files} files, seal {found.seal}")
    return 1 if found.problems else 0
