"""``workbench data health | rules``: how good a table is, and by what that is judged."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.api.table_health import health_document
from workbench.commands.output import emit, note, say, show_table
from workbench.commands.tables import opened
from workbench.config import Settings, pick
from workbench.errors import Invalid
from workbench.governance.proposals import merged
from workbench.tables import health as tables_health
from workbench.tables.suggest import proposals


def health(settings: Settings, name: str, *, rules: Path | None, confirm: bool, as_json: bool) -> None:
    """Show the health of a table, declaring rules first when told to."""
    with opened(settings) as bench:
        own = bench.tables.pin(name)[0]
        if rules is not None:
            tables_health.declare(bench.tables, own, _read(rules))
        if confirm:
            declared = tables_health.rules(bench.tables, own).declared
            tables_health.declare(bench.tables, own, merged(proposals(bench.tables, own), declared))
        told = health_document(bench, name)
    if as_json:
        emit(told)
        return
    language = settings.language
    score = "–" if told["score"] is None else f"{told['score']:g}"
    say(
        f"{told['table']}@{told['version']}: {score} of 100, "
        f"{told['assessed']} of {told['total']} indicators assessed"
    )
    say(
        "  ".join(
            f"{pick(each['name'], language)}: {'on' if each['on'] else 'off'}" for each in told["lights"]
        )
    )
    show_table([_line(each, language) for each in told["indicators"]])
    if told["assessed"] < told["total"] and not told["rules"]:
        note(f"nothing is declared yet: see what could be with `workbench data rules {told['table']}`")


def _line(each: dict[str, Any], language: str) -> dict[str, Any]:
    count = f"{each['met']} of {each['of']}" if each["assessed"] else ""
    why = "" if each["assessed"] else f"not assessed: {pick(each['not_assessed_because'], language)}"
    return {
        "code": each["code"],
        "indicator": pick(each["name"], language),
        "score": each["score"],
        "value": each["value"],
        "counted": count or why,
    }


def rules(settings: Settings, name: str, given: list[str], *, as_json: bool) -> None:
    """Show or change the rules of a table."""
    with opened(settings) as bench:
        own = bench.tables.pin(name)[0]
        if given:
            tables_health.declare(bench.tables, own, dict(_pair(text) for text in given))
        declared = tables_health.rules(bench.tables, own).declared
        suggested = [asdict(each) for each in proposals(bench.tables, own)]
    if as_json:
        emit({"table": own, "rules": declared, "proposals": suggested})
        return
    show_table(
        [{"declared": key, "value": json.dumps(value, ensure_ascii=False)} for key, value in declared.items()]
    )
    lines = [
        {
            "proposed": each["rule"],
            "value": json.dumps(each["value"], ensure_ascii=False),
            "because": pick(each["reason"], settings.language),
        }
        for each in suggested
    ]
    show_table(lines)


def _pair(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign:
        raise Invalid("--set", given=repr(text), expected="RULE=JSON, such as time='\"ts\"'")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value  # a plain word is a text


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.expanduser().read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise Invalid(f"rules {path}", given=str(error), expected="a JSON object of rules") from error
    if not isinstance(found, dict):
        raise Invalid(f"rules {path}", given=type(found).__name__, expected="a JSON object of rules")
    return found
