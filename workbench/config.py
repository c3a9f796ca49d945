"""Settings in one table, the workspace's paths, and bilingual texts.

Precedence: argument, environment, default. A setting that is not in ``SETTINGS`` does not exist.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import platformdirs
from typing_extensions import TypedDict  # pydantic refuses typing.TypedDict below Python 3.12

from workbench.errors import Invalid, unknown

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, Language] = ("en", "zh")


class Text(TypedDict):
    """One text for people, in both languages."""

    en: str
    zh: str


AnyText = Text | Mapping[str, str] | str | None


def pick(text: AnyText, language: str) -> str:
    """Return a text in the wanted language; a plain string is its own translation."""
    if text is None or isinstance(text, str):
        return text or ""
    return str(text.get(language) or text.get("en") or next(iter(text.values()), ""))


class Setting(NamedTuple):
    """One row: what can be set, its type, its default and what it does."""

    name: str
    type: type
    default: Any
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"WORKBENCH_{self.name.upper()}"


SETTINGS: tuple[Setting, ...] = (
    Setting("home", str, "", "Workspace folder; empty: the platform's user data folder"),
    Setting("host", str, "127.0.0.1", "Address the server listens on; loopback only while there is no login"),
    Setting("port", int, 5006, "Port the server listens on"),
    Setting("demo", bool, True, "Create the demo factory on first start"),
    Setting("language", str, "en", "Language of pages until the user chooses: en or zh"),
    Setting("reference_data", str, "", "Folder with published data sets; empty: ../shared/data"),
    Setting("ready_kernels", int, 2, "Kernels kept waiting so that a run starts at once"),
    Setting(
        "concurrency",
        int,
        0,
        "Runs executed at the same time, one more when a person waits for a batch; "
        "0: two on this machine, on a cluster as many as its workers have threads",
    ),
    Setting("executor", str, "local", "Where runs execute: local, or dask for the workers of a cluster"),
    Setting("dask_address", str, "", "Address of the cluster's scheduler, such as tcp://10.0.0.5:8786"),
    Setting("concurrency_per_user", int, 0, "Runs of one user at the same time; 0: no limit of their own"),
    Setting("sweep_runs", int, 2000, "Most runs of one sweep"),
    Setting("judges", int, 1, "Entries of competitions judged at the same time; the apps come first"),
    Setting("run_seconds", float, 600.0, "Wall time after which a run is stopped as timed_out"),
    Setting("silent_seconds", float, 300.0, "Time without output or work after which a run is timed_out"),
    Setting("memory_megabytes", float, 4000.0, "Memory of a run's processes after which it is over_limit"),
    Setting("output_megabytes", float, 64.0, "Size of a run's results after which it is over_limit"),
    Setting("outputs", int, 5000, "Number of a run's outputs after which it is over_limit"),
    Setting("drain_seconds", float, 10.0, "Time that runs get to end when the server is told to stop"),
    Setting("sql_seconds", float, 30.0, "Wall time of a user's SQL query"),
    Setting("upload_megabytes", float, 2048.0, "Largest file the upload accepts"),
    Setting(
        "secret_key",
        str,
        "",
        "Key that encrypts the credentials of connectors; empty: the file secret.key in the workspace",
    ),
    Setting("edge_to", str, "", "Address of the centre that this edge box sends its rows and runs to"),
    Setting("edge_name", str, "box1", "Name of this edge box at the centre: letters, digits and _"),
    Setting("edge_token", str, "", "Token that an edge box shows and its centre asks for"),
)


@dataclass(frozen=True)
class Settings:
    """The values of all settings; see ``SETTINGS`` for what each does."""

    home: str
    host: str
    port: int
    demo: bool
    language: str
    reference_data: str
    ready_kernels: int
    concurrency: int
    executor: str
    dask_address: str
    concurrency_per_user: int
    sweep_runs: int
    judges: int
    run_seconds: float
    silent_seconds: float
    memory_megabytes: float
    output_megabytes: float
    outputs: int
    drain_seconds: float
    sql_seconds: float
    upload_megabytes: float
    secret_key: str = field(repr=False)
    edge_to: str
    edge_name: str
    edge_token: str = field(repr=False)

    @property
    def workspace(self) -> "Workspace":
        """The workspace these settings point to."""
        return Workspace(
            Path(self.home or platformdirs.user_data_dir("workbench", False)).expanduser().resolve()
        )


def _cast(setting: Setting, value: Any) -> Any:
    if setting.type is bool and isinstance(value, str):
        if value.lower() in {"1", "true", "yes", "on"}:
            return True
        if value.lower() in {"0", "false", "no", "off"}:
            return False
        raise Invalid(f"setting {setting.name}", given=repr(value), expected="true or false")
    try:
        return setting.type(value)
    except (TypeError, ValueError) as error:
        expected = f"a value of type {setting.type.__name__}"
        raise Invalid(f"setting {setting.name}", given=repr(value), expected=expected) from error


def load_settings(**overrides: Any) -> Settings:
    """Read the settings: an override (not None) wins over the environment, which wins over the default."""
    names = [setting.name for setting in SETTINGS]
    for name in overrides:
        if name not in names:
            raise unknown("setting", name, names)
    values = {}
    for setting in SETTINGS:
        value = overrides.get(setting.name)
        if value is None:
            value = os.environ.get(setting.variable, setting.default)
        values[setting.name] = _cast(setting, value)
    return Settings(**values)


@dataclass(frozen=True)
class Workspace:
    """The one folder that holds a plant's tables, runs and state."""

    root: Path

    @property
    def tables(self) -> Path:
        """Delta tables, one folder each."""
        return self.root / "tables"

    @property
    def runs(self) -> Path:
        """Published runs, one folder each; a folder here is whole."""
        return self.root / "runs"

    @property
    def staging(self) -> Path:
        """Runs being written; whatever lies here at start-up was never published."""
        return self.root / "staging"

    @property
    def uploads(self) -> Path:
        """Files as they were received."""
        return self.root / "uploads"

    @property
    def recipes(self) -> Path:
        """How the files of each source are read."""
        return self.root / "recipes"

    @property
    def templates(self) -> Path:
        """The plant's own templates."""
        return self.root / "templates"

    @property
    def state(self) -> Path:
        """The SQLite file with runs and mappings."""
        return self.root / "state.sqlite"

    def create(self) -> "Workspace":
        """Make the folders that are missing; refuse a place that cannot be written."""
        try:
            for folder in (self.tables, self.runs, self.staging, self.uploads, self.templates):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Invalid(
                "workspace",
                given=self.root,
                expected="a folder this user may write",
                hint="set WORKBENCH_HOME or --workspace",
            ) from error
        return self


def reference_data() -> Path | None:
    """Return the folder with published data sets, or None where there is none."""
    given = os.environ.get("WORKBENCH_REFERENCE_DATA")
    path = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    return path if (path / "published.json").is_file() else None
