"""Fixtures every test may use; real folders, real data, no mocks."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from workbench.config import reference_data as find_reference_data

sys.modules.setdefault("rfc3987_syntax", None)  # as the command line does: a second of every process
ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture
def reference() -> Path:
    """The folder with published data sets, or a skip that says what is missing."""
    folder = find_reference_data()
    if folder is None and os.environ.get("CI") == "true":
        pytest.fail("no reference data: set WORKBENCH_REFERENCE_DATA")  # CI must not turn green without it
    if folder is None:
        pytest.skip("no reference data: set WORKBENCH_REFERENCE_DATA")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; one for all tests, as Playwright drives one at a time."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: sudo apt-get install -y chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
