"""A bundle is checked to the line, unpacked within bounds, kept by version, and gives no answer away."""

import io
import stat
import zipfile
from pathlib import Path

import pytest

from tests.competitions.places import bundle, place
from workbench.competitions import bundle as bundles
from workbench.competitions import kit, ready
from workbench.demo.contests import CONTESTS
from workbench.errors import Invalid


def problems(folder: Path) -> list[str]:
    return [str(problem) for problem in bundles.check(folder)[1]]


def test_a_whole_bundle_has_no_problems(tmp_path: Path):
    assert problems(bundle(tmp_path)) == []


def test_a_misspelt_key_is_told_with_its_line_and_the_nearest(tmp_path: Path):
    path = bundle(tmp_path) / "competition.yaml"
    path.write_text(path.read_text().replace("per_day:", "perday:"))
    line = path.read_text().splitlines().index("  perday: 50") + 1

    assert problems(tmp_path) == [f"line {line}: submissions: unknown key 'perday'; did you mean 'per_day'?"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"metrics": [{"name": "rmsee"}]}, "unknown metric 'rmsee'; did you mean 'rmse'?"),
        ({"metrics": [{"name": "mase"}]}, "a column of the labels as scale"),
        ({"zone": "Mars/Base"}, "expected an IANA name"),
        ({"tie_break": ["speed"]}, "unknown tie-break 'speed'"),
        ({"kit": "../x.ipynb"}, "expected a path inside the bundle"),
        ({"pages": {"rules": {"en": "none.md", "zh": "none.md"}}}, "no file none.md"),
    ],
)
def test_what_contradicts_itself_is_told(tmp_path: Path, changes: dict, told: str):
    assert any(told in problem for problem in problems(bundle(tmp_path, **changes)))


def test_phases_that_overlap_are_told(tmp_path: Path):
    dates = [("2026-01-01", "2026-03-01"), ("2026-02-01", None)]
    phases = [
        {"id": f"p{number}", "title": "P", "starts": begin} | ({"ends": end} if end else {})
        for number, (begin, end) in enumerate(dates)
    ]

    assert any(
        "begins before the phase above it ends" in each for each in problems(bundle(tmp_path, phases=phases))
    )


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("test", "id,x\n1,0.25", "id,y\n1,0.25", "which is the answer"),
        ("labels", "\n2,", "\n1,", "repeat an id"),
        ("labels", "\n2,", "\n999,", "not among the hidden features"),
        ("labels", "id,y,part\n", "id,yy,part\n", "no column 'y'; did you mean 'yy'?"),
        ("labels", "\n2,1.0,", "\n2,,", "empty cells"),
    ],
)
def test_hidden_files_that_do_not_fit_are_told(tmp_path: Path, file: str, before: str, after: str, told: str):
    path = bundle(tmp_path) / "hidden" / f"{file}.csv"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after, 1))

    assert any(told in problem for problem in problems(tmp_path))


def zipped(*files: tuple[str, bytes], mode: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (zipped(("../out.csv", b"x")), "names inside it"),
        (zipped(("/etc/out.csv", b"x")), "names inside it"),
        (zipped(("link.csv", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777), "not a plain file"),
        (zipped(("bomb.csv", b"0" * 30_000_000)), "packed too densely"),
        (zipped(*((f"{number}.csv", b"") for number in range(600))), "at most 500"),
        (b"PK\x03\x04 broken", "not a readable zip"),
    ],
    ids=["parent", "absolute", "link", "bomb", "many", "broken"],
)
def test_a_hostile_zip_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes, told: str):
    file = tmp_path / "bundle.zip"
    file.write_bytes(content)

    with pytest.raises(Invalid, match=told), bundles.opened(file):
        pass
    assert not (tmp_path.parent / "out.csv").exists()


def test_a_published_competition_keeps_its_hidden_files_to_itself(tmp_path: Path):
    competitions = place(tmp_path / "home")
    competitions.publish(bundle(tmp_path / "bundle"))
    kept = competitions.bundle("small")

    hidden = [kept.folder / "hidden", *(kept.folder / "hidden").iterdir()]
    assert {path.stat().st_mode & 0o077 for path in hidden} == {0}
    for file in (
        kit.write(kept, tmp_path / "kit.zip"),
        competitions.shelf.export(kept, tmp_path / "public.zip", public=True),
    ):
        names = zipfile.ZipFile(file).namelist()
        assert "public/train.csv" in names
        assert [name for name in names if "hidden" in name] == []


def test_an_exported_bundle_is_the_same_and_publishes_again(tmp_path: Path):
    competitions = place(tmp_path / "home")
    competitions.publish(bundle(tmp_path / "bundle"))
    kept = competitions.bundle("small")
    first = competitions.shelf.export(kept, tmp_path / "one.zip", public=False)
    second = competitions.shelf.export(kept, tmp_path / "two.zip", public=False)

    assert first.read_bytes() == second.read_bytes()
    assert competitions.publish(first).version == "1.0.0"
    bundle(tmp_path / "bundle", summary="Another text")
    with pytest.raises(Invalid, match="raise its version"):
        competitions.publish(tmp_path / "bundle")


def test_the_ready_competitions_are_whole_and_the_same_each_time(tmp_path: Path):
    for name in CONTESTS:
        folders = [ready.write(name, tmp_path / f"{name}-{copy}") for copy in "ab"]

        assert problems(folders[0]) == []
        assert bundles.digest(folders[0]) == bundles.digest(folders[1])
