"""Where a table comes from and what uses it, on its page."""

from collections import Counter
from typing import Any
from urllib.parse import quote

from workbench.errors import WorkbenchError
from workbench.schedules.lineage import Lineage, lineage
from workbench.tables.catalog import TableInfo
from workbench.ui.numbers import moment
from workbench.ui.render import fragment
from workbench.ui.run_list import TONES
from workbench.ui.shell import html
from workbench.ui.table_versions import HOWS, source
from workbench.ui.view import View

SHOWN_RUNS = 50


def traced(view: View, table: TableInfo) -> list[Any]:
    """Return sources, versions and uses as one picture of three columns, and the runs as a list."""
    found = lineage(view.bench.engine, view.bench.tables, table.name)
    return [
        html(
            fragment(
                "tablelineage",
                view=view,
                table=table,
                sources=[_source(view, each) for each in found.sources],
                uses=_uses(view, found),
                runs=[_run(view, use) for use in found.runs[:SHOWN_RUNS]],
                every=f"/runs?table={quote(table.name)}",
                more=found.more_runs or len(found.runs) > SHOWN_RUNS,
                by_version=sorted(found.runs_by_version.items(), reverse=True),
                tables=[(name, f"/table?name={quote(name)}") for name in found.tables],
            )
        )
    ]


def _source(view: View, origin: Any) -> dict[str, Any]:
    sweep = origin.source.removeprefix("sweep ") if origin.source.startswith("sweep ") else ""
    how = view.say(f"how_{origin.how.replace('-', '_')}") if origin.how in HOWS else origin.how
    shown = origin.versions if len(origin.versions) < 5 else [origin.versions[0], "…", origin.versions[-1]]
    return {
        "how": how,
        "source": source(view, origin) or view.say("source_unknown"),
        "address": f"/sweep?sweep={quote(sweep)}" if sweep else "",
        "versions": ", ".join(f"v{each}" if isinstance(each, int) else each for each in shown),
    }


def _uses(view: View, found: Lineage) -> list[tuple[str, str, str]]:
    """Return what uses the table, each once: kind, name, address."""
    apps = Counter(use.template for use in found.runs)
    uses = [
        (
            view.say("app"),
            f"{title(view, template)} × {count}",
            f"/runs?table={quote(found.table)}&template={quote(template)}",
        )
        for template, count in apps.most_common()
    ]
    uses += [
        (view.say("schedule"), each["name"], f"/schedules?schedule={quote(each['id'])}")
        for each in found.schedules
    ]
    uses += [(view.say("sweep"), each["id"], f"/sweep?sweep={quote(each['id'])}") for each in found.sweeps]
    uses += [
        (view.say("mapping"), title(view, each["template"]), f"/app?template={quote(each['template'])}")
        for each in found.mappings
        if each["template"] not in apps
    ]
    return uses


def title(view: View, template: str) -> str:
    """Return an app's title, or its id when it is gone."""
    try:
        return view.pick(view.bench.library.get(template).title)
    except WorkbenchError:
        return template


def _run(view: View, use: Any) -> dict[str, Any]:
    return {
        "created": moment(use.created),
        "app": title(view, use.template),
        "address": f"/app?template={quote(use.template)}&run={quote(use.run)}",
        "version": f"v{use.version}" if use.version is not None else "",
        "status": view.say(f"status_{use.status}"),
        "tone": TONES.get(use.status, ""),
    }
