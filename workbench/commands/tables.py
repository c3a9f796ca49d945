"""``workbench data versions | restore | describe | lineage | prune``: looking after a table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from workbench.app import Workbench
from workbench.commands.output import emit, say, show_table
from workbench.config import Settings, pick
from workbench.errors import Invalid
from workbench.schedules.lineage import held_versions, lineage
from workbench.tables import card, retention
from workbench.tables.changes import Changes
from workbench.tables.differences import told
from workbench.tables.restore import restore as brought_back


def versions(settings: Settings, name: str, *, last: int, as_json: bool) -> None:
    """List the versions of a table with what each changed."""
    with opened(settings) as bench:
        pinned, _ = bench.tables.pin(name)
        found = told(bench.tables, pinned, last=last)
    rows = [
        asdict(version)
        | {
            "created": version.created.isoformat(),
            "changes": changed.model_dump(mode="json") if changed else None,
        }
        for version, changed in found
    ]
    if as_json:
        emit({"table": pinned, "versions": rows})
        return
    lines = [{**row, "changes": _in_words(changed)} for row, (_, changed) in zip(rows, found, strict=True)]
    show_table(lines, ["version", "created", "how", "by", "source", "rows", "changes"])


def _in_words(changed: Changes | None) -> str:
    if changed is None:
        return "the first"
    parts = [f"+{name}" for name in changed.added_columns] + [f"-{name}" for name in changed.removed_columns]
    parts += [f"{name}: {old} → {new}" for name, (old, new) in changed.retyped_columns.items()]
    if changed.too_large:
        parts.append("too large to compare row by row")
    counts = {"added": changed.added, "removed": changed.removed, "changed": changed.changed}
    parts += [f"{count} rows {word}" for word, count in counts.items() if count]
    return "; ".join(parts) or "nothing"


def restore(settings: Settings, reference: str, *, version: int | None, as_json: bool) -> None:
    """Bring an earlier version back as the newest."""
    if version is not None and "@" in reference:
        raise Invalid("restore", given=f"{reference} and --version", expected="one version")
    wanted = reference if version is None else f"{reference}@{version}"
    with opened(settings) as bench:
        info = brought_back(bench.tables, wanted)
    if as_json:
        emit({"table": info.name, "version": info.version, "rows": info.rows, "restored": wanted})
    else:
        say(f"{info.name}@{info.version}: the rows of {wanted}, {info.rows} in all")


def describe(settings: Settings, name: str, changed: dict[str, Any], *, as_json: bool) -> None:
    """Show or change what is said of a table."""
    with opened(settings) as bench:
        if "columns" in changed:
            changed["columns"] = card.read(bench.tables, name).columns | changed["columns"]
        said = card.change(bench.tables, name, changed) if changed else card.read(bench.tables, name)
        info = bench.tables.get(name)
    document = said.model_dump(mode="json") | {"description": info.description}
    if as_json:
        emit({"table": info.name} | document)
        return
    say(f"{info.name}  {pick(info.description, settings.language)}")
    for key in ("owner", "grade", "retention_days"):
        say(f"{key}: {document[key] if document[key] not in (None, '') else '–'}")
    say(f"tags: {', '.join(said.tags) or '–'}")
    for column, meaning in said.columns.items():
        say(f"{column}: {meaning}")


def show_lineage(settings: Settings, name: str, *, as_json: bool) -> None:
    """Show where a table comes from and what uses it."""
    with opened(settings) as bench:
        found = lineage(bench.engine, bench.tables, name)
    if as_json:
        emit(found.model_dump(mode="json"))
        return
    for origin in found.sources:
        say(f"{origin.how} {origin.source} → {found.table}@{', @'.join(map(str, origin.versions))}")
    show_table([use.model_dump() for use in found.runs], ["run", "template", "version", "status", "created"])
    for schedule in found.schedules:
        say(f"schedule {schedule['name']}")
    for mapped in found.mappings:
        say(f"mapped to {mapped['role']} of {mapped['template']}")


def prune(
    settings: Settings, name: str, *, days: int | None, time_column: str | None, apply: bool, as_json: bool
) -> None:
    """Say what is older than the days to keep; take it away when told to."""
    with opened(settings) as bench:
        kept = days or card.read(bench.tables, name).retention_days
        if kept is None:
            hint = "give --days, or set them: workbench data describe TABLE --retention DAYS"
            raise Invalid(f"days to keep of {name}", given="none", hint=hint)
        held = held_versions(bench.engine, bench.tables.pin(name)[0])
        found = retention.plan(bench.tables, name, days=kept, time_column=time_column, held=held)
        if apply:
            retention.prune(bench.tables, found)
    document = asdict(found) | {"before": found.before.isoformat(), "done": apply}
    del document["files"], document["newest_rows"]
    if as_json:
        emit(document)
        return
    verb = "removed" if apply else "would remove"
    say(f"{verb} {len(found.versions)} versions ({found.bytes} bytes) and {found.rows} rows of {found.table}")
    if not apply and not found.nothing:
        say("nothing was touched: add --apply to do it")


@contextmanager
def opened(settings: Settings) -> Iterator[Workbench]:
    """Open the workspace to look at it: nothing is started."""
    bench = Workbench(settings, full=False)
    try:
        if settings.demo and not bench.tables.names():
            bench.load_demo()
        yield bench
    finally:
        bench.stop()
