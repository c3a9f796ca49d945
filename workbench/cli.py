"""The command line: names, options and exit status of every command; what they do lies in ``commands``.

Exit status: 0 succeeded, 1 failed, 2 invalid request, 3 refused by the app.
"""

import sys
import time
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from workbench import (
    __version__,
    cli_assets,
    cli_competitions,
    cli_connectors,
    cli_coverage,
    cli_import,
    cli_limits,
    cli_mapping,
    cli_runs,
    cli_schedules,
    cli_sweeps,
    cli_tables,
)
from workbench.cli_options import Filters, Home, Inputs, Json, Maps, Values, command, group, settings_of
from workbench.commands import output
from workbench.errors import Invalid, WorkbenchError

# jsonschema, which comes with nbformat, would compile a grammar of addresses that nobody here asks for: 1 s.
sys.modules.setdefault("rfc3987_syntax", cast(Any, None))
EXIT_STATUS = {"invalid": 2, "not_found": 2, "refused": 3}

Table = Annotated[str, typer.Argument(metavar="TABLE", help="Name of a table, or NAME@VERSION.")]

app = group("Parameterized notebooks as apps over DuckDB: for a browser, a schedule or this command line.")
templates_app = group("Templates: what can be run.")
data_app = group("Tables of the workspace.")
app.add_typer(templates_app, name="templates")
app.add_typer(data_app, name="data")
app.add_typer(cli_runs.app, name="runs")
app.command("sweep")(cli_sweeps.sweep)
data_app.command("map")(cli_mapping.data_map)
data_app.command("unit")(cli_mapping.data_unit)
data_app.command("apps")(cli_mapping.data_apps)
app.add_typer(cli_sweeps.sweeps_app, name="sweeps")
app.add_typer(cli_schedules.app, name="schedules")
app.add_typer(cli_assets.app, name="assets")
app.add_typer(cli_connectors.app, name="connectors")
app.add_typer(cli_coverage.app, name="coverage")
app.add_typer(cli_limits.app, name="limits")
app.add_typer(cli_limits.signals_app, name="signals")
app.command("submit")(cli_competitions.submit)
app.add_typer(cli_competitions.app, name="compete")


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Parameterized notebooks as apps over DuckDB: for a browser, a schedule or this command line."""
    if version:
        output.say(__version__)
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help="Address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", help="Port to listen on; 0 takes a free one.", show_default="5006"),
    ] = None,
    workspace: Home = None,
    demo: Annotated[
        bool, typer.Option("--demo/--no-demo", help="Create the demo factory on first start.")
    ] = True,
) -> None:
    """Serve the pages and the API of a workspace."""
    settings = settings_of(workspace, host=host, port=port, demo=None if demo else False)
    command("serve").serve(settings)


@app.command()
def run(
    template: Annotated[
        str, typer.Argument(metavar="TEMPLATE", help="Id of a template, or path to an .ipynb.")
    ],
    inputs: Inputs = None,
    maps: Maps = None,
    filters: Filters = None,
    values: Values = None,
    asset: Annotated[
        str, typer.Option(metavar="ASSET", help="Fills what is left open: tables, rows, parameters.")
    ] = "",
    reuse: Annotated[
        bool, typer.Option("--reuse", help="An earlier run of exactly this will do, where there is one.")
    ] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as one page.")] = None,
    xlsx: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the results to Excel.")] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as PDF.")] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Run a template: on the workspace's running server when there is one, else right here."""
    settings, running, began = settings_of(workspace), command("run"), time.time()
    asked = {"inputs": inputs or (), "maps": maps or (), "filters": filters or (), "values": values or ()}
    body = running.request(template, **asked)
    body |= {"reuse": reuse, "asset": asset}
    server = command("handover").find(settings.workspace.root)
    quiet = running.quiet(as_json)
    if server is not None:
        record = running.on_server(server, body, settings=settings, quiet=quiet)
    else:
        record = command("local").run(body, settings=settings, quiet=quiet)
    if reuse:
        running.tell_earlier(record, since=began)
    command("reports").write(record, settings=settings, files={"html": html, "xlsx": xlsx, "pdf": pdf})
    if as_json:
        output.emit(record)
    else:
        running.show(record, language=settings.language)
    raise typer.Exit(output.exit_status(record))


@app.command()
def lab(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Folder to open; default: templates.")
    ] = None,
    port: Annotated[int, typer.Option(metavar="PORT", help="Port of JupyterLab.")] = 8888,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
    workspace: Home = None,
) -> None:
    """Open JupyterLab on the templates, with the preview of the finished app ready."""
    status = command("lab").lab(settings_of(workspace), folder=folder, port=port, browser=browser)
    raise typer.Exit(status)


@app.command()
def doctor(as_json: Json = False, workspace: Home = None) -> None:
    """Say what is missing on this machine, and the command that fixes it."""
    raise typer.Exit(command("doctor").doctor(settings_of(workspace), as_json=as_json))


# --- templates ------------------------------------------------------------------------------------------


@templates_app.command("list")
def templates_list(as_json: Json = False, workspace: Home = None) -> None:
    """List the templates of the house and of the workspace."""
    command("templates").list_all(settings_of(workspace), as_json=as_json)


@templates_app.command("show")
def templates_show(
    template: Annotated[str, typer.Argument(metavar="ID", help="Id of a template, or path to an .ipynb.")],
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Show a template's inputs, parameters and results."""
    command("templates").show(settings_of(workspace), template, as_json=as_json)


@templates_app.command("check")
def templates_check(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Notebooks, or folders of them.")],
    fix: Annotated[bool, typer.Option("--fix", help="Rewrite files into their canonical form.")] = False,
    as_json: Json = False,
) -> None:
    """Check templates against the contract and the canonical form."""
    raise typer.Exit(command("templates").check(paths, fix=fix, as_json=as_json))


@templates_app.command("new")
def templates_new(
    template: Annotated[str, typer.Argument(metavar="ID", help="Id of the new template: words joined by -.")],
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Write a new template that runs, into the workspace's templates folder."""
    command("templates").new(settings_of(workspace), template, as_json=as_json)


@templates_app.command("prove")
def templates_prove(
    templates: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Templates; default: all that have proofs.")
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Run nothing: count the published numbers the sheets meet.")
    ] = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Run the published cases of templates and write their sheets: expected, obtained, digits."""
    if coverage:
        command("prove").count(settings_of(workspace), templates or [], as_json=as_json)
        return
    status = command("prove").prove(settings_of(workspace), templates or [], as_json=as_json)
    raise typer.Exit(status)


@templates_app.command("package")
def templates_package(
    template: Annotated[str, typer.Argument(metavar="ID", help="Id of a template.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Where to write the package.")] = Path(),
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Pack a template with its proof into one file to hand on."""
    command("templates").package(settings_of(workspace), template, to=to, as_json=as_json)


@templates_app.command("install")
def templates_install(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A package, or an .ipynb.")],
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Check a package or notebook and add it to the workspace's templates."""
    command("templates").install(settings_of(workspace), file, as_json=as_json)


# --- data -----------------------------------------------------------------------------------------------


data_app.command("add")(cli_import.data_add)


@data_app.command("list")
def data_list(as_json: Json = False, workspace: Home = None) -> None:
    """List the tables."""
    command("data").list_all(settings_of(workspace), as_json=as_json)


@data_app.command("show")
def data_show(
    table: Table,
    rows: Annotated[int, typer.Option(min=0, max=1000, metavar="N", help="So many first rows.")] = 10,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Show a table's columns, versions and first rows."""
    command("data").show(settings_of(workspace), table, rows=rows, as_json=as_json)


@data_app.command("profile")
def data_profile(table: Table, as_json: Json = False, workspace: Home = None) -> None:
    """Show type, missing values, range, quantiles, frequent values and gaps in time of each column."""
    command("data").show_profile(settings_of(workspace), table, as_json=as_json)


@data_app.command("sql")
def data_sql(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="One SELECT over the tables.")],
    limit: Annotated[
        int, typer.Option(min=1, max=1_000_000, metavar="N", help="At most so many rows.")
    ] = 1000,
    save: Annotated[str | None, typer.Option(metavar="TABLE", help="Keep all rows as a table.")] = None,
    view: Annotated[
        str | None,
        typer.Option(metavar="VIEW", help="Keep it as a view: read like a table, always up to date."),
    ] = None,
    template: Annotated[str | None, typer.Option(metavar="ID", help="Make a template of it.")] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Run a query in a process of its own that can read the tables and nothing else."""
    shown = {"limit": limit, "save": save, "view": view, "template": template, "as_json": as_json}
    command("data").sql(settings_of(workspace), query, **shown)


@data_app.command("refresh")
def data_refresh(
    view: Annotated[str, typer.Argument(metavar="VIEW", help="Name of a view.")],
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Bring a view up to date; runs and queries that read it do so by themselves."""
    command("data").refresh(settings_of(workspace), view, as_json=as_json)


@data_app.command("tidy")
def data_tidy(
    table: Annotated[str | None, typer.Argument(metavar="TABLE", help="One table; default: all.")] = None,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Put files that appends left together, and long series into chunks of time; the rows stay the same."""
    command("data").tidy(settings_of(workspace), table, as_json=as_json)


@data_app.command("remove")
def data_remove(
    table: Table,
    force: Annotated[bool, typer.Option("--force", help="Remove it although schedules read it.")] = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Remove a table and its history; refused while schedules read it."""
    command("data").remove(settings_of(workspace), table, force=force, as_json=as_json)


cli_tables.add_to(data_app)


# --- how it ends ----------------------------------------------------------------------------------------


def main() -> None:
    """Run the command line and leave with the documented exit status."""
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: list[str]) -> int:
    """Run one command and return its exit status; every failure is one sentence on stderr."""
    as_json = "--json" in arguments
    try:
        return int(app(arguments, standalone_mode=False) or 0)
    except WorkbenchError as error:
        return _fail(error.record(), EXIT_STATUS.get(error.code, 1), as_json=as_json)
    except UnicodeEncodeError:  # bytes of the command line that are no text
        wrong = Invalid("command line", given="bytes that are not UTF-8", expected="text in UTF-8")
        return _fail(wrong.record(), 2, as_json=as_json)
    except typer.TyperException as error:  # the arguments themselves are wrong
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        record = {"code": "invalid", "subject": "command line", "given": None, "expected": None, "hint": None}
        return _fail(record | {"message": message}, 2, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        output.note("stopped")
        return 1
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 0


def _fail(record: dict[str, Any], status: int, *, as_json: bool) -> int:
    output.note(record["message"])
    if as_json:
        output.emit({"error": record})
    return status
