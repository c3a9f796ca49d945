"""What runs in the reader's box: a stranger's file in, ids and values out. No labels are near.

Reading is where a crafted file would strike, so it happens under limits and apart from all that is secret.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from workbench.competitions.predictions import Columns, Odd, read

DATA = Path("/data")
PROCESSES = 64


def main() -> None:
    """Take the order from standard input; send what was read, and a report."""
    order = json.load(sys.stdin)
    confine(order["memory_mb"])
    try:
        table = table_of(DATA / "predictions", order["schema"], order["most_rows"])
        send("predictions", table)
        report: dict[str, Any] = {"code": "read", "facts": {}}
    except Odd as odd:
        report = {"code": odd.code, "facts": odd.facts}
    except MemoryError:
        report = {"code": "scorer_limit", "facts": {"what": "memory"}}
    send("report", report)


def table_of(path: Path, schema: dict[str, Any], most_rows: int) -> dict[str, list[Any]]:
    """Return the ids and the predictions of a file."""
    names = (schema["id"], schema["prediction"])
    numbers = frozenset({schema["prediction"]}) if schema["kind"] == "number" else frozenset[str]()
    found = read(path, Columns(names, numbers), most_rows)
    return {"id": found[schema["id"]], "prediction": found[schema["prediction"]]}


def confine(memory_mb: int) -> None:
    """Give this process its limits."""
    memory = memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def send(name: str, document: dict[str, Any]) -> None:
    """Send one piece to whoever started the box."""
    content = json.dumps(document).encode()
    sys.stdout.buffer.write(json.dumps({"name": name, "size": len(content)}).encode() + b"\n" + content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
