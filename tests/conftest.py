"""Fixtures every test may use; real folders, real data, no mocks."""

from pathlib import Path

import pytest

from workbench.config import reference_data as find_reference_data

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture
def reference() -> Path:
    """The folder with published data sets, or a skip that says what is missing."""
    folder = find_reference_data()
    if folder is None:
        pytest.skip("no reference data: set WORKBENCH_REFERENCE_DATA")
    return folder
