"""``workbench doctor``: print what this machine has and lacks."""

from dataclasses import asdict

from workbench.commands.output import emit, say
from workbench.config import Settings
from workbench.doctor import checks

MARKS = {"ok": "✓", "optional": "–", "missing": "✗"}


def doctor(settings: Settings, *, as_json: bool) -> int:
    """Print every check; return 1 when something needed is missing."""
    found = checks(settings)
    healthy = all(check.level != "missing" for check in found)
    if as_json:
        emit({"healthy": healthy, "checks": [asdict(check) for check in found]})
    else:
        for check in found:
            say(f"{MARKS[check.level]} {check.name}: {check.found}")
            if check.fix:
                say(f"    {check.fix}")
    return 0 if healthy else 1
