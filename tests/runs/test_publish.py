"""The rename is the commit point: of a process that publishes and one that gives it up, one wins, whole."""

import threading

import pytest

from workbench.runs.publish import publish, withdraw


@pytest.fixture
def staged(tmp_path):
    folder = tmp_path / "staging" / "r1.abc"
    folder.mkdir(parents=True)
    (folder / "notebook.ipynb").write_text("{}")
    return folder


def test_what_was_withdrawn_cannot_be_published(staged, tmp_path):
    withdraw(staged.parent, "r1")

    with pytest.raises(FileNotFoundError):
        publish(staged, tmp_path / "runs" / "r1", "{}")
    assert not (tmp_path / "runs" / "r1").exists()


def test_what_was_published_is_not_withdrawn(staged, tmp_path):
    publish(staged, tmp_path / "runs" / "r1", "{}")

    withdraw(staged.parent, "r1")

    assert sorted(path.name for path in (tmp_path / "runs" / "r1").iterdir()) == [
        "notebook.ipynb",
        "run.json",
    ]


def test_another_run_stays(staged):
    withdraw(staged.parent, "r")

    assert staged.is_dir()


def test_a_second_attempt_cannot_publish_over_the_first(staged, tmp_path):
    other = staged.with_name("r1.def")
    other.mkdir()
    publish(staged, tmp_path / "runs" / "r1", "first")

    with pytest.raises(OSError, match="not empty"):
        publish(other, tmp_path / "runs" / "r1", "second")
    assert (tmp_path / "runs" / "r1" / "run.json").read_text() == "first"


def test_publishing_and_withdrawing_at_once_leaves_all_or_nothing(tmp_path):
    for number in range(50):
        folder = tmp_path / "staging" / f"r{number}.abc"
        folder.mkdir(parents=True)
        (folder / "notebook.ipynb").write_text("{}")
        other = threading.Thread(target=withdraw, args=(folder.parent, f"r{number}"))
        other.start()
        final = tmp_path / "runs" / f"r{number}"
        try:
            publish(folder, final, "{}")
        except OSError:
            assert not final.exists()
        else:
            assert sorted(path.name for path in final.iterdir()) == ["notebook.ipynb", "run.json"]
        other.join()
