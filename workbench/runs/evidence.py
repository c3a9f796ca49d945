"""The evidence of a run in one file: what ran, on what, where, with which results, and how to do it again.

The same run gives the same bytes. Whoever holds the file can prove that nothing in it was changed since:
every file stands in the manifest with its hash, and the manifest's own hash is one short text to write down.
"""

import hashlib
import io
import json
import lzma
import shlex
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.config import LANGUAGES
from workbench.errors import Invalid
from workbench.runs import export, report
from workbench.runs.environment import environment
from workbench.runs.job import Job
from workbench.runs.record import RunRecord

MANIFEST = "MANIFEST.sha256"
MOST_MANIFEST = 16 * 2**20
# What reading a zip raises that somebody cut, locked or packed in a way that is not ours.
DAMAGED = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
STILL = (1980, 1, 1, 0, 0, 0)  # a time in the file would make every copy another one
README = """\
# Evidence of run {run} · 运行 {run} 的证据包

{template} {version} · {status} · {created}

| file 文件 | what it is 内容 |
|---|---|
| notebook.ipynb | the executed notebook: the complete record 已执行的笔记本：完整记录 |
| template.ipynb | the notebook before it ran 运行前的笔记本 |
| run.json | the run as a document: answer, numbers, parameters 运行记录：结论、指标、参数 |
| inputs.json | tables, versions, hashes, mapping, filter 数据表、版本、哈希、映射、筛选 |
| tables/ | every result table as Parquet and CSV 各结果表（Parquet 与 CSV） |
| figures/ | every chart: a Bokeh document or a PNG 各图表：Bokeh 文档或 PNG |
| report.en.html, report.zh.html | the result as a page 结果页面 |
| environment.json | Python, platform and every package 运行环境与全部软件包 |
| rerun.txt | the command that does it again 重新运行的命令 |
| MANIFEST.sha256 | the hash of every file 每个文件的哈希值 |

## Verify

`workbench runs verify FILE.zip` says whether every file is what it was, and prints the hash of the manifest.
Without the workbench: unpack it and run `sha256sum -c MANIFEST.sha256`. Whoever changes a file must change
the manifest too: write its hash down where nobody can change it, and compare.

The inputs themselves are not in this file. `inputs.json` holds the hash of their contents: a table with the
same hash has the same rows, types and units.

## 核验

`workbench runs verify FILE.zip` 会检查每个文件是否未被改动，并显示清单文件的哈希值。没有本软件时，解压后运行
`sha256sum -c MANIFEST.sha256`。若有人改动文件，必然也要改动清单：请把清单的哈希值另行记录，以便核对。

输入数据不在本文件中。`inputs.json` 记录其内容的哈希值：哈希值相同的数据表，其行、类型和单位都相同。
"""


@dataclass(frozen=True)
class Verified:
    """What a check of an evidence file found."""

    files: int
    seal: str  # hash of the manifest
    problems: tuple[str, ...]


def pack(
    record: RunRecord, job: Job, *, installed: Mapping[str, Any] | None, labels: Mapping[str, Any]
) -> bytes:
    """Return the evidence of a run that has ended; ``installed`` is None where nobody wrote it down."""
    if not record.ended:
        raise Invalid(f"run {record.run}", given=record.status, expected="a run that has ended")
    files = dict(_results(record))
    noted = "when the run was accepted" if installed is not None else "when this file was made"
    found = dict(installed) if installed is not None else json.loads(environment())
    relative = record.model_copy(
        update={
            "tables": {name: _inside("tables", path) for name, path in record.tables.items()},
            "figures": {name: _inside("figures", path) for name, path in record.figures.items()},
            "notebook": "notebook.ipynb" if "notebook.ipynb" in files else None,
            "template": record.template.model_copy(update={"path": None}),
            "inputs": {role: used.model_copy(update={"table": name_of(used.table)})
                       for role, used in record.inputs.items()},
        }
    )  # fmt: skip
    document = relative.model_dump(mode="json")
    files |= {
        "run.json": _json(document),
        "inputs.json": _json(document["inputs"]),
        "template.ipynb": _json(job.notebook),
        "environment.json": _json({"noted": noted, "executor": record.executor, **found}),
        "rerun.txt": f"{command(record)}\n".encode(),
        "README.md": _readme(record).encode(),
    }
    for language in LANGUAGES:
        files[f"report.{language}.html"] = report.html(record, language, labels=labels).encode()
    return _zipped(files)


def command(record: RunRecord) -> str:
    """Return the line that runs the same again: same template, table versions, mapping and parameters."""
    words = ["workbench", "run", record.template.path or record.template.id]
    for role, used in record.inputs.items():
        version = f"@{used.version}" if used.version is not None else ""
        words += ["--input", f"{role}={used.table}{version}"]
        for column, source in used.mapping.items():
            words += ["--map", f"{role}.{column}={source}"]
    for name, value in record.parameters.items():
        words += ["--set", f"{name}={spelt(value)}"]
    return shlex.join(words)


def spelt(value: Any) -> str:
    """Write a parameter's value as ``--set`` reads it back."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def name_of(table: str) -> str:
    """Return the name of an input's table, or of its file without the folder."""
    return table.replace("\\", "/").rsplit("/", 1)[-1]


def verify(path: Path) -> Verified:
    """Hash every file of an evidence file again and compare with its manifest."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if MANIFEST not in names:
                raise Invalid(f"file {path.name}", given=f"no {MANIFEST}", expected="the evidence of a run")
            if archive.getinfo(MANIFEST).file_size > MOST_MANIFEST:
                raise Invalid(
                    f"file {path.name}", given=f"a huge {MANIFEST}", expected="the evidence of a run"
                )
            manifest = archive.read(MANIFEST)
            expected = _expected(manifest, path)
            problems = [f"{name}: listed, not there" for name in expected if name not in names]
            problems += [f"{name}: there, not listed" for name in names if name not in {*expected, MANIFEST}]
            problems += [f"{name}: there twice" for name in {n for n in names if names.count(n) > 1}]
            for name in sorted(expected.keys() & set(names)):
                if _hash_of(archive, name) != expected[name]:
                    problems.append(f"{name}: changed")
    except DAMAGED as error:
        raise Invalid(f"file {path.name}", given=str(error), expected="the evidence of a run") from error
    return Verified(len(expected), hashlib.sha256(manifest).hexdigest(), tuple(sorted(problems)))


def _results(record: RunRecord) -> Iterable[tuple[str, bytes]]:
    if record.notebook and Path(record.notebook).is_file():
        yield "notebook.ipynb", Path(record.notebook).read_bytes()
    for kind, paths in (("tables", record.tables), ("figures", record.figures)):
        for path in map(Path, paths.values()):
            yield _inside(kind, str(path)), path.read_bytes()
            if kind == "tables":
                yield f"tables/{path.stem}.csv", export.csv(export.read(path))


def _inside(kind: str, path: str) -> str:
    return f"{kind}/{Path(path).name}"


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=False) + "\n").encode()


def _readme(record: RunRecord) -> str:
    return README.format(
        run=record.run,
        template=record.template.id,
        version=record.template.version or "",
        status=record.status,
        created=record.created,
    )


def _zipped(files: Mapping[str, bytes]) -> bytes:
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in sorted(files.items())]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted({**files, MANIFEST: ("\n".join(lines) + "\n").encode()}.items()):
            entry = zipfile.ZipInfo(name, date_time=STILL)
            entry.compress_type, entry.external_attr, entry.create_system = (
                zipfile.ZIP_DEFLATED,
                0o644 << 16,
                3,
            )
            archive.writestr(entry, content, compresslevel=6)
    return buffer.getvalue()


def _expected(manifest: bytes, path: Path) -> dict[str, str]:
    try:
        pairs = [line.split("  ", 1) for line in manifest.decode().splitlines()]
        return {name: digest for digest, name in pairs}
    except ValueError as error:
        raise Invalid(f"{MANIFEST} of {path.name}", given="something else", expected="hash, name") from error


def _hash_of(archive: zipfile.ZipFile, name: str) -> str:
    """Hash one file; one whose own checksum is wrong is a changed one."""
    digest = hashlib.sha256()
    try:
        with archive.open(name) as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except DAMAGED:
        return ""
    return digest.hexdigest()
