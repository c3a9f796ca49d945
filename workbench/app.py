"""The composition root: builds the parts from the settings and holds them. No logic lives here."""

from pathlib import Path
from typing import Any

from workbench.collecting.centre import Centre
from workbench.collecting.edge import Edge
from workbench.collecting.service import Collecting
from workbench.competitions import ready
from workbench.competitions.service import Competitions
from workbench.config import Settings, Workspace, load_settings
from workbench.demo import assets, factory
from workbench.errors import unknown
from workbench.runs.dask import DaskExecutor
from workbench.runs.engine import Engine
from workbench.runs.executor import Executor
from workbench.runs.lease import Lease
from workbench.runs.local import LocalExecutor
from workbench.runs.nurseries import imports_of
from workbench.runs.sweeps import Sweeps
from workbench.schedules.service import Schedules
from workbench.tables.catalog import Tables
from workbench.tables.checkups import Checkups
from workbench.tables.tidying import Tidier
from workbench.templates.library import library


class Workbench:
    """All parts of one workspace."""

    def __init__(self, settings: Settings | Path | str | None = None, *, full: bool = True) -> None:
        if not isinstance(settings, Settings):
            settings = load_settings(home=str(settings) if settings is not None else None)
        self.settings = settings
        self.workspace: Workspace = settings.workspace.create()
        self.library = library(self.workspace)
        self.tables = Tables(self.workspace)
        self.engine = Engine(settings, self.library, self._executor(full=full))
        self.sweeps = Sweeps(self.engine)
        self.schedules = Schedules(self.engine)
        self._tidier = Tidier(self.tables)
        self.checkups = Checkups(self.tables)
        self.collecting = Collecting(
            self.workspace.root, self.engine.state, self.tables, key=settings.secret_key
        )
        self.competitions = Competitions(self.workspace, self.engine.state, judges=settings.judges)
        self.centre = Centre(self.workspace, self.engine.state, self.tables)
        self.edge = Edge(settings, self.engine.state, self.collecting)
        self._serving = Lease(self.workspace.root / "server.json")

    def _executor(self, *, full: bool) -> Executor:
        """Return the place where runs execute, as the settings say."""
        given: dict[str, Any] = {
            "ready": self.settings.ready_kernels,
            "full": full,
            "preload": lambda: imports_of(self.library),
        }
        if self.settings.executor == "dask":
            return DaskExecutor(self.workspace.root, address=self.settings.dask_address, **given)
        if self.settings.executor != "local":
            raise unknown("executor", self.settings.executor, ("local", "dask"))
        return LocalExecutor(self.workspace.root, concurrency=self.settings.concurrency, **given)

    def serve_at(self, url: str) -> None:
        """Become the one server of this workspace; refuse when another process is."""
        self._serving.take(url=url)
        self.schedules.outbox.address = url.rstrip("/")

    def load_demo(self) -> None:
        """Create what is missing of the demo factory: its tables, assets, and the ready competitions."""
        factory.load(self.tables)
        book = self.engine.preparer.assets
        if not book.tree().assets:
            book.save(assets.assets())
        ready.load(self.competitions)

    def start(self, *, adopt: bool = True) -> "Workbench":
        """Start the engine; ``adopt`` takes up what an earlier server left, and keeps
        schedules and connectors going.
        """
        self.engine.start(adopt=adopt)
        self.sweeps.start(adopt=adopt)
        if adopt:
            self.schedules.start()
            self.competitions.judge.start()
            self.collecting.start()
            self.edge.start()
            self._tidier.start()
        return self

    def stop(self, *, drain_s: float = 0.0) -> None:
        """Stop everything, giving runs ``drain_s`` to end; give the workspace free."""
        self.edge.stop()
        self.collecting.stop()
        self.checkups.stop()
        self._tidier.stop()
        self.competitions.judge.stop()
        self.schedules.stop()
        self.sweeps.stop()
        self.engine.stop(drain_s=drain_s)
        self._serving.drop()

    def __enter__(self) -> "Workbench":
        return self.start(adopt=False)

    def __exit__(self, *_: object) -> None:
        self.stop()
