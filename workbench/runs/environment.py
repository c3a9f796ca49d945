"""What is installed where runs are made: Python, platform, this package, and every other with its version."""

import json
import platform
import re
import sys
from functools import cache
from pathlib import Path

from workbench import __version__

# The folder's name holds name and version: reading 250 metadata files would cost the first run 0.2 s.
INSTALLED = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info")


@cache
def environment() -> str:
    """Return the environment of this process as JSON; equal text for equal environments."""
    found = {
        "workbench": __version__,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "packages": _packages(),
    }
    return json.dumps(found, indent=1, sort_keys=True)


def _packages() -> dict[str, str]:
    folders = [Path(part) for part in dict.fromkeys(sys.path) if part and Path(part).is_dir()]
    found: dict[str, str] = {}
    for entry in (entry for folder in folders for entry in folder.iterdir()):
        match = INSTALLED.fullmatch(entry.name)
        if match:  # the first on the path is the one that is imported
            found.setdefault(match["name"].replace("_", "-").lower(), match["version"])
    return found
