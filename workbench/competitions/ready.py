"""The ready competitions: texts and kits from ``notebooks/competitions``, data of the demo factory."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from workbench.competitions.service import Competitions
from workbench.demo.contests import CONTESTS
from workbench.errors import unknown


def contents() -> Path:
    """Return the folder of the texts and kits that come with the program."""
    packed = Path(__file__).resolve().parents[1] / "content" / "notebooks"
    house = packed if packed.is_dir() else Path(__file__).resolve().parents[2] / "notebooks"
    return house / "competitions"


def write(name: str, folder: Path) -> Path:
    """Write the bundle of a ready competition, the same on every machine."""
    if name not in CONTESTS:
        raise unknown("ready competition", name, CONTESTS)
    made = CONTESTS[name]()
    shutil.copytree(contents() / name, folder, dirs_exist_ok=True)
    for part in ("public", "hidden"):
        (folder / part).mkdir(exist_ok=True)
    made.train.to_csv(folder / "public" / "train.csv", index=False)
    made.test.to_csv(folder / "hidden" / "test.csv", index=False)
    made.labels.to_csv(folder / "hidden" / "labels.csv", index=False)
    return folder


def load(competitions: Competitions, names: Iterable[str] = tuple(CONTESTS)) -> list[str]:
    """Publish the ready competitions that are missing, and return their names."""
    there = {row.id for row in competitions.book.competitions()}
    added = [name for name in names if name not in there]
    for name in added:
        with tempfile.TemporaryDirectory(prefix="ready-") as folder:
            competitions.publish(write(name, Path(folder)))
    return added
