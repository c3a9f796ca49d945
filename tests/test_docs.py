"""What is public is documented: the reference is what the code says, and what the guides name exists."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import typer

from workbench.cli import app
from workbench.config import SETTINGS
from workbench.templates.library import Library, house_templates

ROOT = Path(__file__).resolve().parents[1]
GUIDES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
COMMAND = re.compile(r"^(?:\.venv/bin/)?workbench ((?:[\w-]+ ?)+)(.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
IDS = {"ids": lambda path: str(path.relative_to(ROOT))}


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """The reference as the code writes it now."""
    return load_script("reference").pages()


def load_script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands() -> dict[str, set[str]]:
    """Every command of the command line with its options."""
    found: dict[str, set[str]] = {}

    def walk(command: object, name: str) -> None:
        for part, child in getattr(command, "commands", {}).items():
            walk(child, f"{name} {part}".strip())
        if not hasattr(command, "commands"):
            found[name] = {
                opt for parameter in command.params for opt in parameter.opts + parameter.secondary_opts
            }

    walk(typer.main.get_command(app), "")
    return found


@pytest.mark.parametrize("name", ["settings", "cli", "api", "templates", "../proof"])
def test_the_reference_is_what_the_code_says(written: dict[str, str], name: str):
    kept = (ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8")
    page = "proof.md" if name == "../proof" else f"reference/{name}.md"

    assert kept == written[page], "run: .venv/bin/python scripts/reference.py"


def test_every_setting_is_in_the_reference(written: dict[str, str]):
    assert [row.name for row in SETTINGS if f"`{row.variable}`" not in written["reference/settings.md"]] == []


def test_every_command_and_option_is_in_the_reference(written: dict[str, str]):
    sections = {
        part.partition("\n")[0].removeprefix("workbench "): part
        for part in written["reference/cli.md"].split("\n## ")[1:]
    }
    missing = [
        f"{name} {option}"
        for name, options in commands().items()
        for option in options
        if option.startswith("--") and option != "--help" and option not in sections.get(name, "")
    ]

    assert set(commands()) == set(sections)
    assert missing == []


def test_every_parameter_of_every_template_is_in_the_reference(written: dict[str, str]):
    sections = {
        part.partition("\n")[0]: part for part in written["reference/templates.md"].split("\n## ")[1:]
    }
    templates = Library([house_templates()], packages=False).list()

    assert {template.id for template in templates} == set(sections)
    for template in templates:
        names = [*template.inputs, *(field.name for field in template.fields()), *template.results.kpis]
        assert [name for name in names if f"`{name}`" not in sections[template.id]] == []


@pytest.mark.parametrize("path", GUIDES, **IDS)
def test_commands_in_the_guides_exist(path: Path):
    known = commands()
    for words, rest in COMMAND.findall(path.read_text(encoding="utf-8")):
        name = next(
            (name for name in sorted(known, key=len, reverse=True) if f"{words} ".startswith(f"{name} ")),
            None,
        )
        assert name, f"{path.name}: workbench {words}"
        options = set(re.findall(r"(?<!\S)--[\w-]+", rest.split("#")[0]))
        assert options <= known[name], f"{path.name}: workbench {words}{rest}"


@pytest.mark.parametrize("path", GUIDES, **IDS)
def test_links_in_the_guides_lead_somewhere(path: Path):
    links = [link for link in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in link]

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", GUIDES, **IDS)
def test_settings_in_the_guides_exist(path: Path):
    named = set(re.findall(r"\bWORKBENCH_[A-Z_]+\b", path.read_text(encoding="utf-8")))

    assert named <= {row.variable for row in SETTINGS}


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readme_is_short_and_has_the_two_commands(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")

    assert len(text.splitlines()) <= 150
    assert "\nmake run " in text
    assert "\nmake test " in text
    assert "```mermaid" in text


def test_the_two_readmes_say_the_same():
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))

    for part in (r"^#{1,3} ", r"^workbench .*$", r"^\| \[.*?\]"):
        assert len(re.findall(part, english, re.MULTILINE)) == len(re.findall(part, chinese, re.MULTILINE))
    assert re.findall(r"^workbench .*$", english, re.MULTILINE) == re.findall(
        r"^workbench .*$", chinese, re.MULTILINE
    )


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/decisions/0*.md")), **IDS)
def test_a_decision_is_short_and_says_what_was_refused(path: Path):
    text = path.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= 45
    for heading in ("## Context", "## Decision", "## Refused", "## What would change our mind"):
        assert heading in text
    assert path.name in (path.parent / "README.md").read_text(encoding="utf-8")
