"""The command line of an import: names, options, help."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli_options import Home, Json, command, settings_of

MANY = " Repeatable."
Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="CSV, TSV, Excel, ODS, Parquet, JSON lines, or a zip of these."),
]
Name = Annotated[
    str | None,
    typer.Option(
        metavar="TABLE", help="Name of the table; default: from the file. Takes alike files together."
    ),
]
Append = Annotated[bool, typer.Option("--append", help="Add rows to the table.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace the table's rows (the default).")]
Merge = Annotated[
    str | None, typer.Option(metavar="KEY[,KEY]", help="Update the rows of the same key, add the others.")
]
Sheet = Annotated[str | None, typer.Option(metavar="NAME", help="Sheet of a workbook.")]
Encoding = Annotated[str | None, typer.Option(metavar="NAME", help="Encoding of a text, as in gb18030.")]
Delimiter = Annotated[str | None, typer.Option(metavar="MARK", help="What separates columns; \\t is a tab.")]
Decimal = Annotated[str | None, typer.Option(metavar=",|.", help="Decimal mark.")]
HeaderRow = Annotated[
    int | None, typer.Option(min=0, metavar="N", help="Row of the header, from 1; 0: there is none.")
]
KeepTotals = Annotated[bool, typer.Option("--keep-totals", help="Totals and remarks are data, too.")]
Types = Annotated[
    list[str] | None,
    typer.Option(
        "--type", metavar="COLUMN=TYPE", help="number, integer, text, timestamp, boolean or skip." + MANY
    ),
]
Units = Annotated[
    list[str] | None, typer.Option("--unit", metavar="COLUMN=UNIT", help="Unit of a column." + MANY)
]
Names = Annotated[
    list[str] | None,
    typer.Option("--rename", metavar="COLUMN=NAME", help="Another name for a column." + MANY),
]
Dates = Annotated[
    list[str] | None,
    typer.Option("--dates", metavar="COLUMN=ORDER", help="day_first, month_first or year_first." + MANY),
]
Zones = Annotated[
    list[str] | None,
    typer.Option("--zone", metavar="COLUMN=ZONE", help="Turn times into the clock of UTC or a zone." + MANY),
]
Unpivot = Annotated[
    str | None, typer.Option(metavar="KEEP[,KEEP]", help="Wide to long: all columns but these become rows.")
]
Pivot = Annotated[
    str | None, typer.Option(metavar="KEYS:NAMES:VALUES", help="Long to wide: one column per name.")
]
Recipe = Annotated[
    str | None,
    typer.Option(
        metavar="TABLE|FILE|none",
        help="A remembered recipe, or one in a JSON file; none: read as if for the first time.",
    ),
]
Preview = Annotated[bool, typer.Option("--preview", help="Show what is understood and import nothing.")]


def data_add(
    files: Files,
    name: Name = None,
    append: Append = False,
    replace: Replace = False,
    merge: Merge = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    decimal: Decimal = None,
    header_row: HeaderRow = None,
    keep_totals: KeepTotals = False,
    types: Types = None,
    units: Units = None,
    names: Names = None,
    dates: Dates = None,
    zones: Zones = None,
    unpivot: Unpivot = None,
    pivot: Pivot = None,
    recipe: Recipe = None,
    preview: Preview = False,
    as_json: Json = False,
    workspace: Home = None,
) -> None:
    """Import files as tables, or as their next version; what was understood of a source is remembered."""
    module = command("importing")
    said = module.Said(
        sheet=sheet, encoding=encoding, delimiter=delimiter, decimal=decimal, header_row=header_row,
        keep_totals=keep_totals, types=types or [], units=units or [], names=names or [], dates=dates or [],
        zones=zones or [], unpivot=unpivot, pivot=pivot, recipe=recipe,
    )  # fmt: skip
    ways = module.way(append=append, replace=replace, merge=merge)
    settings = settings_of(workspace)
    status = module.add(settings, files, said, name=name, way=ways, preview=preview, as_json=as_json)
    if status:
        raise typer.Exit(status)
