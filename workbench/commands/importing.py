"""``workbench data add``: files become tables; options become a recipe."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from workbench.commands.output import emit, note, say, show_table
from workbench.config import Settings, pick
from workbench.errors import Invalid, WorkbenchError
from workbench.tables import files, ingest, remember
from workbench.tables import recipe as recipes
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.ingest import Added, Wish
from workbench.tables.landing import Mode
from workbench.tables.recipe import FREE, Recipe

SAMPLE_ROWS = 10
Way = tuple[Mode, tuple[str, ...]]


@dataclass
class Said:
    """What the options say of how files are read."""

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header_row: int | None = None
    keep_totals: bool = False
    types: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    unpivot: str | None = None
    pivot: str | None = None
    recipe: str | None = None


def way(*, append: bool, replace: bool, merge: str | None) -> Way:
    """Return how rows go into a table; only one way can be meant."""
    if append + replace + (merge is not None) > 1:
        raise Invalid("options", given="several of --append, --replace, --merge", expected="one of them")
    if merge is not None:
        return "merge", tuple(part.strip() for part in merge.split(",") if part.strip())
    return ("append" if append else "replace"), ()


def recipe_of(tables: Tables, said: Said) -> Recipe | None:
    """Return the recipe that the options make; None where they say nothing."""
    given: dict[str, Any] = {
        key: value
        for key in ("sheet", "encoding", "decimal", "header_row")
        if (value := getattr(said, key)) is not None
    }
    if said.delimiter is not None:
        given["delimiter"] = said.delimiter.replace("\\t", "\t")
    if said.keep_totals:
        given["totals"] = "keep"
    if said.unpivot is not None:
        given["unpivot"] = {"keep": _words(said.unpivot)}
    if said.pivot is not None:
        parts = said.pivot.split(":")
        if len(parts) != 3:
            raise Invalid("--pivot", given=said.pivot, expected="KEYS:NAMES:VALUES, as in time:sensor:value")
        given["pivot"] = {"keys": _words(parts[0]), "names": parts[1], "values": parts[2]}
    base = _base(tables, said.recipe)
    columns = {
        header: each.model_dump(exclude_defaults=True) for header, each in (base or FREE).columns.items()
    }
    for key, pairs in (
        ("type", said.types), ("unit", said.units), ("name", said.names), ("dates", said.dates),
        ("zone", said.zones),
    ):  # fmt: skip
        for pair in pairs:
            column, mark, value = pair.rpartition("=")
            if not mark:
                raise Invalid(f"--{key}", given=pair, expected="COLUMN=VALUE")
            one: dict[str, Any] = {"skip": True} if (key, value) == ("type", "skip") else {key: value}
            columns.setdefault(column, {}).update(one)
    if not given and not columns:
        return base
    return recipes.parse((base or FREE).dump() | given | {"columns": columns})


def _base(tables: Tables, named: str | None) -> Recipe | None:
    if named is None:
        return None
    if named == "none":
        return FREE
    path = Path(named).expanduser()
    if path.suffix == ".json" and path.is_file():
        return recipes.parse(path.read_text(encoding="utf-8"))
    return remember.named(tables.workspace, named).recipe


def _words(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def add(
    settings: Settings,
    paths: list[Path],
    said: Said,
    *,
    name: str | None,
    way: Way,
    preview: bool,
    as_json: bool,
) -> int:
    """Import files, or show how they would be read; return the exit status."""
    tables = Tables(settings.workspace.create())
    recipe = recipe_of(tables, said)
    wish = Wish(name, way[0], way[1], recipe)
    paths = [path.expanduser() for path in paths]
    if preview:
        _preview(tables, paths, wish, settings.language, as_json=as_json)
        return 0
    if len(paths) == 1 or (name is not None and all(files.kind_of(path) != "archive" for path in paths)):
        _show(_import(tables, paths, wish), settings.language, as_json=as_json)
        return 0
    return _each(tables, paths, wish, settings.language, as_json=as_json)


def _import(tables: Tables, paths: list[Path], wish: Wish) -> list[Added]:
    if len(paths) == 1:
        return ingest.add(tables, paths[0], wish, watch=_progress(paths[0]))
    return [ingest.add_together(tables, paths, wish)]


def _each(tables: Tables, paths: list[Path], wish: Wish, language: str, *, as_json: bool) -> int:
    """Import files one by one; one that is refused does not keep the others out."""
    done: list[Added] = []
    refused = []
    for path in paths:
        try:
            done += ingest.add(tables, path, wish)
        except WorkbenchError as error:
            refused.append({"file": path.name, "error": error.record()})
            note(str(error))
    if as_json:
        emit({"tables": [described(each) for each in done], "refused": refused})
    else:
        _show(done, language, as_json=False)
    return 2 if refused else 0


def _progress(path: Path) -> Callable[[float], None] | None:
    """Show how far a large file is, where somebody looks."""
    if not sys.stderr.isatty() or not path.is_file() or path.stat().st_size < 2**25:
        return None

    def tell(share: float) -> None:
        sys.stderr.write(f"\r{path.name}: {share:4.0%} " + ("\n" if share >= 1 else ""))
        sys.stderr.flush()

    return tell


def described(added: Added) -> dict[str, Any]:
    """Return a table and what was understood of its file, as JSON can hold it."""
    table = asdict(added.table) | {"created": added.table.created.isoformat()}
    return table | {"report": added.report.record()}


def _show(added: Iterable[Added], language: str, *, as_json: bool) -> None:
    added = list(added)
    if as_json:
        emit(
            described(added[0])
            if len(added) == 1
            else {"tables": [described(each) for each in added], "refused": []}
        )
        return
    for each in added:
        _say(each.table, each, language)


def _say(table: TableInfo, added: Added, language: str) -> None:
    say(f"{table.name}@{table.version}: {table.rows} rows, {len(table.columns)} columns")
    show_table([asdict(column) for column in table.columns[:100]], ["name", "type", "unit", "label"])
    for text in added.report.notes:
        say(f"- {pick(text, language)}")
    if table.rejected:
        say(f"{table.rejected} cells could not be read; they are kept in {table.name}__rejected")


def _preview(tables: Tables, paths: list[Path], wish: Wish, language: str, *, as_json: bool) -> None:
    shown = []
    for path in paths:
        looked = ingest.look(tables, path, wish.recipe, name=wish.name, mode=wish.mode)
        sample = looked.found.table.slice(0, SAMPLE_ROWS).to_pylist()
        shown.append(looked.found.report.record() | {"recipe": looked.recipe.dump(), "sample": sample})
        if not as_json:
            report = looked.found.report
            say(f"{report.file}: {report.encoding or report.kind}, header in row {report.header_row}")
            rows = [
                {"column": c.name, "type": c.type, "unit": c.unit or "", "samples": " | ".join(c.samples)}
                for c in report.columns
            ]
            show_table(rows[:100])
            for text in [*report.notes, *looked.differences]:
                say(f"- {pick(text, language)}")
    if as_json:
        emit(shown[0] if len(shown) == 1 else {"files": shown})
