"""A page as PDF, printed by the browser that is on this machine; it asks no other machine for anything."""

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from workbench.errors import Unavailable

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "msedge")
PRINT_S = 60.0
A4_MM = 210
PRINTERS = threading.BoundedSemaphore(2)  # a browser takes 300 MB: whoever comes third waits
DOTS = 96 / 25.4  # of a page to the millimetre
OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",  # the page brings its own numbers
    "--run-all-compositor-stages-before-draw",
    "--virtual-time-budget=10000",  # charts are drawn by script
)


def browser() -> str | None:
    """Return the path of a browser that can print; None where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def pdf(page: str, *, width_mm: int = A4_MM) -> bytes:
    """Print a self-contained page; its own ``@page`` rule says on which paper, as wide as ``width_mm``."""
    program = browser()
    if program is None:
        hint = "install it (sudo apt-get install chromium), or print the page from your own browser"
        raise Unavailable("a report as PDF", given="no Chromium on this machine", hint=hint)
    with tempfile.TemporaryDirectory(prefix="workbench-print-") as name:
        folder = Path(name)
        source, target = folder / "page.html", folder / "page.pdf"
        source.write_text(page, encoding="utf-8")
        # As root Chromium has no sandbox of its own; the page is ours and lets only our scripts run.
        rights = ("--no-sandbox",) if os.geteuid() == 0 else ()
        profile = f"--user-data-dir={folder / 'profile'}"
        window = (
            f"--window-size={round(width_mm * DOTS)},1123"  # charts take the width they are first shown in
        )
        command = [program, *OPTIONS, *rights, profile, window, f"--print-to-pdf={target}", source.as_uri()]
        try:
            with PRINTERS:
                subprocess.run(command, timeout=PRINT_S, check=True, capture_output=True)
        except subprocess.TimeoutExpired:
            hint = "try again when the machine is less busy"
            raise Unavailable("a report as PDF", given=f"not printed in {PRINT_S:g} s", hint=hint) from None
        except (OSError, subprocess.CalledProcessError) as error:
            raise Unavailable("a report as PDF", given=f"Chromium failed ({error})") from error
        if not target.is_file():
            raise Unavailable(
                "a report as PDF", given="Chromium printed nothing", hint="see workbench doctor"
            )
        return target.read_bytes()
