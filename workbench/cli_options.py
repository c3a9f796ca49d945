"""Options that several commands have in common, and how a command finds its module.

Commands are imported when they are called, so that ``--help`` and a run handed to a server start at once.
"""

from importlib import import_module
from typing import Annotated, Any

import typer

from workbench.config import Settings, load_settings

Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document on stdout.")]
Home = Annotated[
    str | None,
    typer.Option("--workspace", metavar="DIR", help="Workspace folder; without it $WORKBENCH_HOME."),
]
Template = Annotated[str, typer.Argument(metavar="TEMPLATE", help="Id of a template, or path to an .ipynb.")]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", metavar="ROLE=TABLE|FILE", help="What fills an input. Repeatable."),
]
Maps = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="ROLE.column=source", help="Which column fills a column. Repeatable."),
]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter", metavar="ROLE.column=value|from..to", help="Only the rows where it holds. Repeatable."
    ),
]
Values = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter. Repeatable.")
]


def group(help_text: str) -> typer.Typer:
    """Return a group of commands with the house's manners."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def command(module: str) -> Any:
    """Import what a command needs when it is called: the one place with late imports of our own modules."""
    return import_module(f"workbench.commands.{module}")


def settings_of(workspace: str | None, **given: Any) -> Settings:
    """Return the settings; a command's own options win."""
    return load_settings(home=workspace, **given)
