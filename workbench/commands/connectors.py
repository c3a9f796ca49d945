"""``workbench connectors``: the book of connectors from the command line.

What is written into the book takes effect in a running server within a second, so nothing is handed over.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.app import Workbench
from workbench.collecting.model import NewConnector, Overview
from workbench.collecting.service import read_new
from workbench.commands.output import emit, note, say, show_table
from workbench.config import Settings, pick
from workbench.connectors import registry
from workbench.errors import Invalid

Asked = tuple[str | None, str | None, Sequence[str], Sequence[str]]


def types(*, as_json: bool) -> None:
    """List the types of connectors."""
    found = {kind: registry.form(kind) for kind in registry.kinds()}
    if as_json:
        emit({"types": [{"type": kind, "settings": fields} for kind, fields in found.items()]})
        return
    for kind, fields in found.items():
        say(f"{kind}  {pick(registry.connector(kind).label, 'en')}")
        for field in fields:
            mark = (
                "required"
                if field["required"]
                else "secret"
                if field["secret"]
                else f"= {field['default']!r}"
            )
            say(f"  {field['name']} ({mark})  {pick(field['help'], 'en') or pick(field['label'], 'en')}")


def list_all(settings: Settings, *, as_json: bool) -> None:
    """List connectors."""
    with _workbench(settings) as bench:
        found = bench.collecting.overviews()
    if as_json:
        emit({"connectors": [each.model_dump(mode="json") for each in found]})
        return
    if not found:
        say("no connectors yet: add one with `workbench connectors add NAME --type TYPE --table TABLE`")
        return
    show_table([_line(each) for each in found])
    _say_alive(found)


def add(
    settings: Settings, new: dict[str, Any], values: Sequence[str], secrets: Sequence[str], *, as_json: bool
) -> None:
    """Add a connector."""
    given = _settings(new["type"], values, secrets)
    with _workbench(settings) as bench:
        kept = bench.collecting.add(read_new({**new, "settings": given}))
        overview = bench.collecting.overview(kept.id)
    emit(overview.model_dump(mode="json")) if as_json else _say(overview)


def test(settings: Settings, asked: Asked, *, as_json: bool) -> None:
    """Reach a source."""
    with _workbench(settings) as bench:
        answer = bench.collecting.test(_source(asked))
    emit({"ok": True, "answer": answer}) if as_json else say(f"it answers: {answer}")


def browse(settings: Settings, asked: Asked, at: str, *, as_json: bool) -> None:
    """List what a source offers."""
    with _workbench(settings) as bench:
        points = bench.collecting.browse(_source(asked), at)
    if as_json:
        emit({"points": [point.model_dump(mode="json") for point in points]})
        return
    if not points:
        say("nothing there")
        return
    columns = ["address", "name", "folder", "type", "unit", "value"]
    rows = [{key: value if value is not None else "" for key, value in point} for point in points]
    show_table(rows, columns)


def show(settings: Settings, name: str, *, as_json: bool) -> None:
    """Show a connector."""
    with _workbench(settings) as bench:
        overview = bench.collecting.overview(name)
    emit(overview.model_dump(mode="json")) if as_json else _say(overview)


def switch(settings: Settings, name: str, *, enabled: bool, as_json: bool) -> None:
    """Start or stop a connector."""
    with _workbench(settings) as bench:
        overview = bench.collecting.overview(bench.collecting.switch(name, enabled=enabled).id)
    emit(overview.model_dump(mode="json")) if as_json else _say(overview)


def remove(settings: Settings, name: str, *, as_json: bool) -> None:
    """Remove a connector."""
    with _workbench(settings) as bench:
        removed = bench.collecting.remove(name)
    emit(removed.model_dump(mode="json")) if as_json else say(f"removed {removed.name}")


@contextmanager
def _workbench(settings: Settings) -> Iterator[Workbench]:
    bench = Workbench(settings, full=False)
    try:
        yield bench
    finally:
        bench.stop()


def _source(asked: Asked) -> NewConnector | str:
    """Return the connector a person named, or the one described by type and settings."""
    name, kind, values, secrets = asked
    if name is not None:
        return name
    if kind is None:
        raise Invalid("connector", given="nothing", expected="a name, or --type with --set")
    return NewConnector(name="x", type=kind, table="x", settings=_settings(kind, values, secrets))


def _settings(kind: str, values: Sequence[str], secrets: Sequence[str]) -> dict[str, Any]:
    plain = {name: _told(value) for name, value in (_pair(each, "--set") for each in values)}
    hidden = {name: _told(value) for name, value in (_pair(each, "--secret") for each in secrets)}
    return registry.from_text(kind, {**plain, **hidden})


def _pair(text: str, option: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise Invalid(option, given=repr(name), expected="NAME=VALUE")
    return name, value


def _told(value: str) -> str:
    """Return a value, or what stands in the file or variable it names."""
    if value.startswith("@"):
        try:
            return Path(value[1:]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Invalid(
                "--secret", given=f"{value}: {error.strerror}", expected="a file to read"
            ) from error
    if value.startswith("env:"):
        found = os.environ.get(value[4:])
        if found is None:
            raise Invalid("value", given=value, expected="a variable that is set")
        return found
    return value


def _line(overview: Overview) -> Mapping[str, Any]:
    status = overview.status
    return {
        "connector": overview.connector.name,
        "type": overview.connector.type,
        "table": overview.connector.table,
        "state": status.state,
        "rows": status.rows,
        "buffered": status.buffered,
        "last": f"{status.last_row:%Y-%m-%d %H:%M:%S %Z}" if status.last_row else "–",
        "reason": status.reason,
    }


def _say(overview: Overview) -> None:
    kept, status = overview.connector, overview.status
    say(f"{kept.name}  {kept.type} → {kept.table}  {kept.id}")
    say(f"  {status.state}{': ' + status.reason if status.reason else ''}")
    say(f"  {status.rows} rows came, {status.written} in the table, {status.buffered} in the buffer")
    if status.repeated:
        say(f"  {status.repeated} rows came again and were left out")
    for value in status.values[:20]:
        shown = "–" if value.value is None else value.value
        say(f"  {value.point} = {shown} {value.unit or ''}".rstrip())
    for gap in overview.gaps:
        say(f"  gap {gap.begin:%Y-%m-%d %H:%M:%S} to {gap.end:%Y-%m-%d %H:%M:%S %Z}: {gap.why}")
    for line in status.notes:
        say(f"  ! {line}")
    _say_alive([overview])


def _say_alive(overviews: Sequence[Overview]) -> None:
    if any(each.connector.enabled and not each.alive for each in overviews):
        note("no server keeps these connectors: start `workbench serve`")
