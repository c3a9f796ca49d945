"""The starter kit: all that is public of a competition in one zip, with a twin of the hidden data."""

import shutil
import tempfile
from pathlib import Path

from workbench.competitions import archive
from workbench.competitions.bundle import Bundle, frame
from workbench.competitions.contract import Task
from workbench.competitions.twin import Twin, twin

README = """\
# {title}

1. Open `{kit}` in JupyterLab. Its cell tagged `parameters` holds three paths: `train`, `test`, `predictions`.
   The judge fills in its own; nothing else of the machine is to be counted on.
2. Rehearse it in the box in which it will be judged, on made-up data in the shape of the hidden data:
   `workbench compete rehearse {kit} --to .`
3. Submit it on the competition's page, or: `workbench submit {kit} --to {id}`

Predictions: a CSV with the columns `{columns}`, in the order of `test`.

---

1. 在 JupyterLab 中打开 `{kit}`。带有 `parameters` 标签的单元格有三个路径：`train`、`test`、`predictions`，
   评审时由评审程序填入。
2. 在与评审相同的封闭环境中、用与隐藏数据同样形式的模拟数据预演：
   `workbench compete rehearse {kit} --to .`
3. 在竞赛页面提交，或：`workbench submit {kit} --to {id}`

预测文件：CSV，列为 `{columns}`，顺序与 `test` 一致。
"""


def task_twin(bundle: Bundle, name: str) -> Twin:
    """Return the twin of a task: the one that lies in a kit, else one made now."""
    task = bundle.contract.tasks[name]
    kept = bundle.path(f"twin/{name}")
    if not bundle.path(task.test).is_file() and kept.is_dir():
        return Twin(frame(kept / "test.csv"), frame(kept / "labels.csv"))
    columns = list(map(str, frame(bundle.path(task.test)).columns))
    return twin(task, frame(bundle.path(task.train)), columns, seed=f"{bundle.contract.id}/{name}")


def write_twin(made: Twin, folder: Path) -> None:
    """Write a twin below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made.test.to_csv(folder / "test.csv", index=False)
    made.labels.to_csv(folder / "labels.csv", index=False)


def write(bundle: Bundle, file: Path) -> Path:
    """Write the kit of a competition; the same competition gives the same bytes."""
    with tempfile.TemporaryDirectory(prefix="kit-") as scratch:
        folder = Path(scratch)
        for path in bundle.public_files():
            target = folder / path.relative_to(bundle.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for name in bundle.contract.tasks:
            write_twin(task_twin(bundle, name), folder / "twin" / name)
        (folder / "README.md").write_text(_readme(bundle), encoding="utf-8")
        return archive.pack(folder, file, archive.files_of(folder))


def _readme(bundle: Bundle) -> str:
    contract = bundle.contract
    task = next(iter(contract.tasks.values()))
    return README.format(
        title=" · ".join(dict.fromkeys(contract.title.values())),
        kit=contract.kit or "entry.ipynb",
        id=contract.id,
        columns=columns_of(task),
    )


def columns_of(task: Task) -> str:
    """Return the header of a predictions file."""
    return f"{task.id},{task.prediction}"
