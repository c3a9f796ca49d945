"""The doctor: it finds what is missing, says the command that fixes it, and changes nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import doctor
from workbench.config import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=str(tmp_path / "not" / "there"))


@pytest.fixture(autouse=True)
def _fresh_look() -> Iterator[None]:
    doctor.probe.cache_clear()  # it looks once for each start of a process
    yield
    doctor.probe.cache_clear()


def check(settings: Settings, word: str) -> doctor.Check:
    return next(check for check in doctor.checks(settings) if word in check.name)


def test_this_environment_is_healthy(settings: Settings):
    assert [one for one in doctor.checks(settings) if one.level == "missing"] == []


def test_looking_creates_nothing(settings: Settings, tmp_path: Path):
    doctor.checks(settings)

    assert list(tmp_path.iterdir()) == []


def test_everything_that_is_not_there_comes_with_a_fix(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    monkeypatch.setattr(doctor, "FONT_FOLDERS", ())
    monkeypatch.setattr(doctor, "reference_data", lambda: None)

    found = [one for one in doctor.checks(settings) if one.level != "ok"]

    assert {one.level for one in found} == {"optional"}
    assert len(found) == 4
    assert all(one.fix for one in found)


def test_a_full_disk_is_missing_space(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    usage = doctor.shutil.disk_usage("/")._replace(free=10_000_000)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)

    assert check(settings, "disk").level == "missing"
    assert "--workspace" in (check(settings, "disk").fix or "")


@pytest.mark.parametrize(("version", "level"), [("1.5.6", "ok"), ("1.4.0", "missing"), ("2.0.0", "missing")])
def test_the_database_has_the_version_we_can_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, version: str, level: str
):
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda _: version)

    assert check(settings, "DuckDB").level == level
