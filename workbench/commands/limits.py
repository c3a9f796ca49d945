"""``workbench limits`` and ``workbench signals``: approved limits and confirmed causes by command."""

import getpass
from collections.abc import Mapping
from typing import Any

from workbench.commands.output import emit, say, show_table
from workbench.commands.sweep import looking
from workbench.config import Settings
from workbench.errors import Invalid
from workbench.governance.in_force import What
from workbench.runs.cause_book import template_of
from workbench.runs.limit_book import told

SHOWN = ("stage", "center", "lcl", "ucl", "mean", "sigma")


def list_all(settings: Settings, template: str | None, standing: str | None, *, as_json: bool) -> None:
    """List limits with where they stand."""
    with looking(settings) as bench:
        book = bench.engine.preparer.limits
        found = [book.shown(one) for one in book.list(template=template)]
    found = [one for one in found if standing in (None, one["standing"])]
    if as_json:
        emit(found)
    elif not found:
        say("no limits yet: propose those of a run with `workbench limits propose RUN`")
    else:
        show_table([_line(one) for one in found])


def show(settings: Settings, name: str, *, as_json: bool) -> None:
    """Show one set of limits."""
    with looking(settings) as bench:
        book = bench.engine.preparer.limits
        one = book.shown(book.get(name))
    _tell(one, as_json=as_json)


def propose(settings: Settings, run: str, *, by: str | None, why: str, as_json: bool) -> None:
    """Propose the limits of a run."""
    with looking(settings) as bench:
        record = bench.engine.get(run)
        book = bench.engine.preparer.limits
        kept = book.propose(record, bench.library.get(record.template.id), by=_who(by), why=why)
        one = book.shown(kept)
    _tell(one, as_json=as_json)


def step(settings: Settings, name: str, what: What, said: Mapping[str, Any], *, as_json: bool) -> None:
    """Approve, reject or withdraw limits."""
    with looking(settings) as bench:
        book = bench.engine.preparer.limits
        one = book.shown(book.step(name, what, **{**said, "by": _who(said["by"])}))
    _tell(one, as_json=as_json)


def explain(settings: Settings, run: str, *, as_json: bool) -> None:
    """Say what was confirmed before for each rule that fired in a run."""
    with looking(settings) as bench:
        record = bench.engine.get(run)
        found = bench.engine.preparer.causes.known(record, template_of(bench.library, record))
    if as_json:
        emit([one.model_dump() for one in found])
    elif not found:
        say(f"no rule fired in run {run}")
    else:
        show_table(
            [
                {
                    "rule": one.rule,
                    "signals": one.signals,
                    "confirmed": one.times,
                    "last cause": one.last.cause if one.last else "",
                    "action": one.last.action if one.last else "",
                    "by": one.last.by if one.last else "",
                    "on": one.last.at[:10] if one.last else "",
                }
                for one in found
            ]
        )


def confirm(settings: Settings, run: str, found: dict[str, str], *, by: str | None, as_json: bool) -> None:
    """Keep what was behind a signal."""
    with looking(settings) as bench:
        record = bench.engine.get(run)
        kept = bench.engine.preparer.causes.confirm(
            record, template_of(bench.library, record), found, by=_who(by)
        )
    emit(kept.model_dump()) if as_json else say(f"kept for {kept.rule}: {kept.cause}")


def _who(by: str | None) -> str:
    if by is not None:
        return by
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise Invalid("name", given="nothing", expected="who does this", hint="give --by NAME") from error


def _line(one: Mapping[str, Any]) -> dict[str, Any]:
    approval: dict[str, Any] = next((event for event in one["events"] if event["what"] == "approved"), {})
    return {
        "id": one["id"],
        "standing": one["standing"],
        "template": one["template"],
        "of": told(one["characteristic"]),
        "from": (one["valid_from"] or "")[:16],
        "until": (one["until"] or "")[:16],
        "approved by": approval.get("by", ""),
        "run": one["run"],
    }


def _tell(one: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit(one)
        return
    say(f"{one['id']}  {one['standing']}  {one['template']}  {told(one['characteristic'])}")
    if one["own"]:
        say("proposed and approved by the same person")
    names = [name for name in SHOWN if any(name in row for row in one["rows"])]
    show_table([{name: row.get(name) for name in names} for row in one["rows"]], names)
    for event in one["events"]:
        why = f": {event['why']}" if event["why"] else ""
        say(f"{event['at'][:16]}  {event['what']} by {event['by']}{why}")
