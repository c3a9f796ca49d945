"""The library lists what can be offered, says why the rest cannot, and is cheap to ask."""

import os
import shutil
import time
from pathlib import Path

import pytest

from workbench.errors import Invalid, NotFound
from workbench.templates import library as library_module
from workbench.templates.library import Library, house_templates


def test_templates_are_listed_and_found_by_id(contract, tmp_path):
    contract()
    found = Library([tmp_path], packages=False)

    assert [template.id for template in found.list()] == ["bore-check"]
    assert found.get("bore-check").source == "workspace"


def test_a_broken_file_is_listed_with_its_reason(contract, tmp_path):
    contract()
    (tmp_path / "torn.ipynb").write_text("{")
    found = Library([tmp_path], packages=False)

    assert [template.id for template in found.list()] == ["bore-check"]
    assert [(broken.id, "not JSON" in broken.reason) for broken in found.broken()] == [("torn", True)]
    with pytest.raises(Invalid, match=r"template 'torn' is broken; torn.ipynb: got not JSON"):
        found.get("torn")


def test_an_unknown_id_names_the_nearest(contract, tmp_path):
    contract()

    with pytest.raises(NotFound, match="got 'bore-chek'; did you mean 'bore-check'"):
        Library([tmp_path], packages=False).get("bore-chek")


def test_any_notebook_is_reached_by_its_path(contract, tmp_path):
    path = contract()
    empty = Library([], packages=False)

    assert empty.get(path).id == empty.get(str(path)).id == "bore-check"
    with pytest.raises(NotFound, match="no such file"):
        empty.get(tmp_path / "no.ipynb")


def test_the_workspace_replaces_a_template_of_the_house_and_says_so(contract, tmp_path, monkeypatch):
    house, own = contract(name="house/quality/bore-check.ipynb"), contract(name="own/bore-check.ipynb")
    monkeypatch.setattr(library_module, "house_templates", lambda: tmp_path / "house")
    found = Library([tmp_path / "house", tmp_path / "own"], packages=False)

    template = found.get("bore-check")

    assert (template.path, template.source) == (own, "workspace")
    assert template.notes == ("replaces the house template of the same id",)
    own.unlink()
    assert found.get("bore-check").path == house


def test_the_second_of_one_id_in_one_folder_is_broken(contract, tmp_path):
    shutil.copy(contract(), tmp_path / "copy.ipynb")
    found = Library([tmp_path], packages=False)

    assert found.get("bore-check").path.name == "bore-check.ipynb"
    assert "id 'bore-check' is taken by bore-check.ipynb" in found.broken()[0].reason


def test_a_changed_file_is_read_again(contract, tmp_path):
    path = contract()
    found = Library([tmp_path], packages=False)
    before = found.get("bore-check").digest
    path.write_text(path.read_text().replace("Are the bores right?", "Are the bores still right?"))
    os.utime(path, ns=(1, 1))

    assert found.get("bore-check").digest != before


def test_checkpoints_and_hidden_folders_are_left_out(contract, tmp_path):
    contract(name=".ipynb_checkpoints/bore-check-checkpoint.ipynb")

    assert Library([tmp_path], packages=False).list() == []


def test_a_package_offers_its_folder(contract, tmp_path, monkeypatch):
    contract()

    class Entry:
        name, value = "theirs", "theirs:folder"

        def load(self):
            return lambda: tmp_path

    class Torn(Entry):
        name = "torn"

        def load(self):
            raise ImportError("no module named theirs")

    monkeypatch.setattr(library_module, "entry_points", lambda group: [Torn(), Entry()])
    found = Library([])

    assert found.get("bore-check").source == "entry point"
    assert found.broken()[0].reason == "entry point torn: ImportError: no module named theirs"


def test_fifty_templates_are_listed_in_a_tenth_of_a_second(contract, tmp_path):
    source = contract()
    text = source.read_text()
    for number in range(49):
        (tmp_path / f"t{number}.ipynb").write_text(text.replace("id: bore-check", f"id: t{number}"))
    found = Library([tmp_path], packages=False)
    found.list()

    start = time.perf_counter()
    listed = found.list()

    assert len(listed) == 50
    assert time.perf_counter() - start < 0.1


def test_a_live_notebook_is_found_by_its_parameters(contract, tmp_path, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    contract()
    found = Library([tmp_path], packages=False)

    template = found.matching({"measurements": "t", "target": 1.0, "chart": "auto", "x": 1})

    assert template is not None
    assert template.id == "bore-check"
    assert found.matching({"target": 1.0}) is None


def test_a_live_notebook_is_found_by_the_file_jupyter_names(contract, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(contract()))

    template = Library([], packages=False).matching({})

    assert template is not None
    assert template.id == "bore-check"


def test_the_house_folder_is_the_repositorys(root: Path):
    assert house_templates() == root / "templates"
