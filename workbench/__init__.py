"""The author's API: what a template calls while it runs, and nothing else.

``import workbench as wb`` must cost nothing: names are looked up on first use, so that the command line and
a kernel that never reads a table do not pay for DuckDB.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.kernel import alarm, figure, kpi, preview, read, refuse, step, table, verdict

__version__ = "0.1.0"
__all__ = ["alarm", "figure", "kpi", "preview", "read", "refuse", "step", "table", "verdict"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    return getattr(import_module("workbench.kernel"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
