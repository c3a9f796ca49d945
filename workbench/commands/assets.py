"""``workbench assets``: the tree of assets from the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.app import Workbench
from workbench.assets import sheet
from workbench.assets.model import Asset, Binding, Tree, level_of
from workbench.commands.output import emit, say, show_table
from workbench.commands.sweep import looking
from workbench.config import Settings
from workbench.errors import Invalid
from workbench.runs.asset_swap import check, fits_asset


def list_all(settings: Settings, below: str | None, *, as_json: bool) -> None:
    """List the assets as a tree."""
    with looking(settings) as bench:
        known = _tree(bench, settings)
    top = [known.get(below).id] if below else list(known.below.get(None, []))
    lines: list[tuple[int, Asset]] = []
    waiting = [(0, name) for name in reversed(top)]
    while waiting:
        depth, name = waiting.pop()
        lines.append((depth, known.assets[name]))
        waiting += [(depth + 1, child) for child in reversed(known.below.get(name, []))]
    if as_json:
        emit([asset.model_dump() for _, asset in lines])
    elif not lines:
        say("no assets yet: import them with `workbench assets import FILE`")
    else:
        shown = [
            {
                "asset": "  " * depth + one.id,
                "name": one.name,
                "level": one.level,
                "roles": ", ".join(one.roles),
            }
            for depth, one in lines
        ]
        show_table(shown, ["asset", "name", "level", "roles"])


def show(settings: Settings, asset: str, *, as_json: bool) -> None:
    """Show what an asset is, what it inherits, and what runs for it."""
    with looking(settings) as bench:
        known = _tree(bench, settings)
        settled, one = known.settled(asset), known.get(asset)
        apps = [template.id for template in bench.library.list() if fits_asset(template, settled)]
    parameters = {
        template: {name: {"value": given.value, "by": given.by} for name, given in values.items()}
        for template, values in settled.parameters.items()
    }
    roles = {role: binding.model_dump() for role, binding in settled.roles.items()}
    path = [each.id for each in known.path(asset)]
    if as_json:
        below = known.below.get(asset, [])
        emit({"asset": one.model_dump(), "path": path, "below": below, "roles": roles}
             | {"parameters": parameters, "apps": apps})  # fmt: skip
        return
    say(f"{' / '.join(path)}  {one.name}  {one.level}  {one.identifier}".rstrip())
    if roles:
        show_table(
            [{"role": role, **binding} for role, binding in roles.items()],
            ["role", "table", "column", "value"],
        )
    for template, values in parameters.items():
        for name, given in values.items():
            by = "its own" if given["by"] == asset else f"from {given['by']}"
            say(f"{template}.{name} = {given['value']}  ({by})")
    say(f"apps: {', '.join(apps) or 'none yet'}")


def import_file(settings: Settings, file: Path, *, replace: bool, as_json: bool) -> None:
    """Import assets from a CSV file."""
    try:
        content = file.expanduser().read_bytes()
    except OSError as error:
        raise Invalid(
            f"file {file.name}", given=error.strerror, expected="a CSV file that can be read"
        ) from error
    with looking(settings) as bench:
        book = bench.engine.preparer.assets
        found = sheet.over(sheet.read(content), {} if replace else book.tree().assets)
        saved = book.save([check(asset, bench.library, bench.tables) for asset in found], replace=replace)
    if as_json:
        emit(saved.__dict__)
    else:
        say(f"{saved.added} added, {saved.changed} changed, {saved.removed} removed; {saved.assets} assets")


def change(settings: Settings, asset: str, given: dict[str, Any], *, as_json: bool) -> None:
    """Add an asset, or change what is given of it."""
    with looking(settings) as bench:
        book = bench.engine.preparer.assets
        before = book.tree().assets.get(asset) or Asset(id=asset)
        told = {part: given[part] for part in ("name", "identifier") if given[part] is not None}
        if given["level"] is not None:
            told["level"] = level_of(given["level"])
        if given["parent"] is not None:
            told["parent"] = given["parent"] or None
        told["roles"] = _roles(before, given)
        told["parameters"] = _parameters(before, given["parameters"])
        after = check(before.model_copy(update=told), bench.library, bench.tables)
        book.save([after])
    emit(after.model_dump()) if as_json else say(f"saved {asset}")


def remove(settings: Settings, asset: str, *, below: bool, as_json: bool) -> None:
    """Remove an asset."""
    with looking(settings) as bench:
        count = bench.engine.preparer.assets.remove(asset, below=below)
    emit({"removed": count}) if as_json else say(f"removed {count} assets")


def _roles(before: Asset, given: dict[str, Any]) -> dict[str, Binding]:
    parts = {part: given[part] for part in ("table", "column", "value") if given[part] is not None}
    maps = dict(_pair(each, "--map", "COLUMN=SOURCE") for each in given["maps"])
    if not given["role"]:
        if parts or maps:
            raise Invalid(
                "--role", given="nothing", expected="the role that the table plays, e.g. measurements"
            )
        return before.roles
    old = before.roles.get(given["role"], Binding())
    new = old.model_copy(update={**parts, "mapping": old.mapping | maps})
    return before.roles | {given["role"]: new}


def _parameters(before: Asset, given: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = {template: dict(values) for template, values in before.parameters.items()}
    for each in given:
        place, value = _pair(each, "--parameter", "TEMPLATE.name=VALUE")
        template, dot, name = place.partition(".")
        if not dot:
            raise Invalid("--parameter", given=repr(each), expected="TEMPLATE.name=VALUE")
        if value == "":
            found.get(template, {}).pop(name, None)
        else:
            found.setdefault(template, {})[name] = value
    return {template: values for template, values in found.items() if values}


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise Invalid(option, given=repr(text), expected=form)
    return name, value


def _tree(bench: Workbench, settings: Settings) -> Tree:
    known = bench.engine.preparer.assets.tree()
    mine = [name for name in bench.tables.names() if not name.startswith("demo.")]
    if settings.demo and not known.assets and not mine:  # a new workspace starts with the demo factory
        bench.load_demo()
        known = bench.engine.preparer.assets.tree()
    return known
