"""A template travels in one file, and nothing of a torn or foreign one is written."""

import json
import zipfile

import pytest

from workbench.errors import Invalid, NotFound
from workbench.templates.check import check
from workbench.templates.new import new_template
from workbench.templates.package import install, pack
from workbench.templates.template import Template


def test_a_packed_template_installs_as_it_was(contract, tmp_path):
    path = contract()
    path.with_suffix(".proof.yaml").write_text("cases: []\n")
    template = Template.load(path)

    installed = install(pack(template, tmp_path / "out"), tmp_path / "in")

    assert installed.digest == template.digest
    assert sorted(file.name for file in (tmp_path / "in").iterdir()) == [
        "bore-check.ipynb",
        "bore-check.proof.yaml",
    ]


def test_the_same_template_gives_the_same_bytes(contract, tmp_path):
    template = Template.load(contract())

    assert pack(template, tmp_path / "a").read_bytes() == pack(template, tmp_path / "b").read_bytes()


def test_a_plain_notebook_installs_too(contract, tmp_path):
    assert install(contract(name="any-name.ipynb"), tmp_path / "in").path.name == "bore-check.ipynb"


def test_another_content_of_the_same_version_is_refused(contract, tmp_path):
    install(contract(), tmp_path / "in")
    other = contract(body='import workbench as wb\nwb.kpi("mean", 2.0)\n')

    with pytest.raises(Invalid, match="another content of the same version; raise its version"):
        install(other, tmp_path / "in")


def rewritten(package, name, content):
    with zipfile.ZipFile(package) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    files[name] = content
    with zipfile.ZipFile(package, "w") as archive:
        for entry, data in files.items():
            archive.writestr(entry, data)
    return package


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bore-check.ipynb", b"{}", "other content than its manifest says"),
        ("../../evil.py", b"", "got other files"),
        ("manifest.json", b"{}", "no usable manifest"),
        ("manifest.json", b'{"workbench": 1, "id": "../x", "files": {}}', "no usable manifest"),
        ("manifest.json", json.dumps({"workbench": 1, "id": "x", "files": {}}).encode(), "got other files"),
    ],
)
def test_a_package_that_was_changed_is_refused_and_nothing_written(
    contract, tmp_path, name, content, message
):
    package = rewritten(pack(Template.load(contract()), tmp_path / "out"), name, content)

    with pytest.raises(Invalid, match=message):
        install(package, tmp_path / "in")
    assert not (tmp_path / "in").exists()


def test_what_is_no_package_is_refused(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"hello")

    with pytest.raises(Invalid, match="got not a package"):
        install(tmp_path / "x.zip", tmp_path)
    with pytest.raises(NotFound):
        install(tmp_path / "y.zip", tmp_path)


def test_a_broken_notebook_is_not_installed(contract, tmp_path):
    path = contract(parameters="")

    with pytest.raises(Invalid):
        install(path, tmp_path / "in")
    assert not (tmp_path / "in").exists()


def test_a_notebook_without_contract_is_not_packed(write, tmp_path):
    with pytest.raises(Invalid, match="no contract, expected front matter"):
        pack(Template.load(write()), tmp_path)


def test_a_new_template_is_right_from_the_start(tmp_path):
    path = new_template("my-check", tmp_path / "quality")

    assert check(path, house=True) == []
    assert Template.load(path).title["en"] == "My check"


def test_a_new_template_takes_no_ones_place(tmp_path):
    new_template("my-check", tmp_path)

    with pytest.raises(Invalid, match="an id that is taken"):
        new_template("my-check", tmp_path)
    with pytest.raises(Invalid, match="lower-case words joined by -"):
        new_template("../evil", tmp_path)
