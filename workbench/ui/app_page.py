"""The page of an app: the form on the left, the answer on the right, its history and proof a tab away."""

import asyncio
import contextlib
from typing import Any
from urllib.parse import urlencode

import panel as pn

from workbench.app import Workbench
from workbench.errors import NotFound, WorkbenchError
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest
from workbench.templates.template import Template
from workbench.ui.about import about
from workbench.ui.broken import broken_page
from workbench.ui.compare_page import compare_tab
from workbench.ui.form import Form
from workbench.ui.history import history
from workbench.ui.notebook import notebook
from workbench.ui.proofs import proof
from workbench.ui.render import fragment
from workbench.ui.result import ResultView
from workbench.ui.shell import Frame, html, page, tabs, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

TABS = ("tab_result", "tab_history", "tab_compare", "tab_about", "tab_proof", "tab_notebook")
POLL_MS = 120
QUICK_S = 2.0  # a run that answers within this is shown at once, a longer one with the next poll
STATE = ("input.", "map.", "filter.", "set.", "asset")
RESULT, HISTORY, COMPARE, ABOUT, PROOF, NOTEBOOK = range(6)


def app_page(bench: Workbench) -> Frame:
    """Build the page of the app, or of the run, that the address names."""
    view = visit(bench)
    run, wanted = view.arguments.get("run"), view.arguments.get("template", "")
    try:
        record = bench.engine.get(run) if run else None
    except NotFound as error:
        return broken_page(bench, error, answer=view.say("unknown_run", run=run))
    try:
        template = bench.library.get(record.template.id if record else wanted)
    except WorkbenchError as error:
        if record is None:
            key = "unknown_app" if isinstance(error, NotFound) else "broken_app"
            return broken_page(bench, error, answer=view.say(key, app=wanted, reason=str(error)))
        template = None  # the run of a notebook that is not, or no longer, in the library
    built = AppPage(view, template, record)
    title = view.pick(template.title if template else record.template.title if record else "")
    question = view.pick((template.decision or template.summary) if template else "")
    return page(
        view,
        title,
        wide=True,
        aside=fragment("aside", title=title, question=question),
        body=built.first,
        roots=built.roots,
    )


class AppPage:
    """One visitor at one app."""

    def __init__(self, view: View, template: Template | None, record: RunRecord | None) -> None:
        self.view, self.template, self.record = view, template, record
        self.watch: Any = None
        self.first = ""  # what the page shows before any script runs
        self.result = ResultView(view, template, run_again=lambda: self._run(anew=True))
        self.tabs_loaded: dict[int, str | None] = {}
        self.columns = [self.result.panel] + [
            pn.Column(margin=0, sizing_mode="stretch_width") for _ in TABS[1:]
        ]
        self.tabs = tabs(*((view.say(name), column) for name, column in zip(TABS, self.columns, strict=True)))
        self.tabs.param.watch(self._opened, "active")
        self.main = themed(view, self.tabs)
        self.form = Form(view, template, run=self._run, cancel=self._cancel) if template else None
        self.roots: dict[str, Any] = {"main": self.main}
        if self.form:
            self.roots |= {"aside": self.form.panel, "run": self.form.actions}
        self._begin()

    def _begin(self) -> None:
        """Fill the form from the address, and take up the run it names."""
        arguments = self.view.arguments
        if self.form:
            if any(name.startswith(STATE) for name in arguments):
                self.form.restore(arguments)
            elif self.record:
                self.form.follow(self.record)
            elif "like" in arguments:
                self._fill_in(arguments["like"])
            self.form.changed = self._remember
        named = f"tab_{arguments.get('tab')}"
        if named in TABS:
            pn.state.onload(lambda: self.tabs.param.update(active=TABS.index(named)))
        if self.record and self.record.ended:
            record = self.record
            self.first = self.result.answered(record)
            pn.state.onload(lambda: self.result.ended(record))
        elif self.record:
            self._follow()

    def _fill_in(self, run: str) -> None:
        """Take over what another run used, without running it."""
        with contextlib.suppress(NotFound):
            record = self.view.bench.engine.get(run)
            if self.form and self.template and record.template.id == self.template.id:
                self.form.follow(record)

    # --- running ------------------------------------------------------------------------------------------

    def _run(self, *, anew: bool = False) -> None:
        if self.form and self.form.check():
            self.form.busy(True)
            self.form.cancel_button.disabled = True
            asyncio.get_running_loop().create_task(self._submit(anew=anew))

    async def _submit(self, *, anew: bool) -> None:
        form, engine = self.form, self.view.bench.engine
        if form is None:
            return
        try:
            request = form.request()
            earlier = None if anew else await asyncio.to_thread(engine.earlier, request)
            if earlier is not None:
                self._show_earlier(earlier)
                return
            run = await asyncio.to_thread(engine.submit, request)
        except WorkbenchError as error:
            form.busy(False)
            form.say(self.view.say("not_started", reason=reason(self.view, error)))
            return
        self.record = engine.get(run)
        self.tabs.active = RESULT
        self._remember()
        self._follow()
        await asyncio.to_thread(engine.answer, run, QUICK_S)
        self._poll()

    def _show_earlier(self, record: RunRecord) -> None:
        self._stop_watching()
        self.record = record
        self.tabs.active = RESULT
        self._remember()
        self.result.earlier(record)
        if self.form:
            self.form.busy(False)
            self.form.say("")

    def _follow(self) -> None:
        if self.form:
            self.form.busy(True)
        self._stop_watching()
        self.watch = pn.state.add_periodic_callback(self._poll, period=POLL_MS)
        self._poll()

    def _poll(self) -> None:
        if self.record is None or self.watch is None:
            return
        self.record = self.view.bench.engine.get(self.record.run)
        if not self.record.ended:
            if not self.record.answer:
                self.result.going(self.record)
            elif self.result.shown != self.record.run:  # it stands already, and is being kept
                answered = self.record.model_copy(update={"status": self.record.answer})
                self.result.early(answered, before=self._before(answered))
            return
        self._stop_watching()
        self.result.ended(self.record, before=self._before(self.record))
        if self.form:
            self.form.busy(False)
            self.form.say("")

    def _cancel(self) -> None:
        if self.record and not self.record.ended and self.form:
            self.form.cancel_button.param.update(disabled=True, label=self.view.say("cancelling"))
            self.view.bench.engine.cancel(self.record.run)

    def _stop_watching(self) -> None:
        if self.watch is not None:
            self.watch.stop()
            self.watch = None

    def _before(self, record: RunRecord) -> RunRecord | None:
        """Return the run of the same app on the same table before this one."""
        tables = _read(record)
        for other in self.view.bench.engine.list(template=record.template.id, status="succeeded", limit=10):
            if other.created < record.created and _read(other) == tables:
                return other
        return None

    # --- address and tabs ---------------------------------------------------------------------------------

    def _remember(self) -> None:
        """Keep form and run in the address: reloading, going back and sharing lose nothing."""
        if self.template is None or self.form is None or pn.state.location is None:
            return
        query = {"template": self.template.id}
        request = self.form.request()
        if self.record is None or not _same(request, self.record):
            query |= self.form.state()
        if self.record:
            query["run"] = self.record.run
        pn.state.location.search = "?" + urlencode(query)

    def _opened(self, event: Any) -> None:
        """Fill a tab when it is opened for the first time, or after another run."""
        tab, run = int(event.new), self.record.run if self.record else None
        if tab == RESULT or (tab in self.tabs_loaded and self.tabs_loaded[tab] == run):
            return
        self.tabs_loaded[tab] = run
        self.columns[tab].objects = [html(self.view.say("loading"), margin=(12, 0, 0, 0))]
        asyncio.get_running_loop().create_task(self._fill(tab))

    async def _fill(self, tab: int) -> None:
        if tab == NOTEBOOK:
            ended = self.record if self.record and self.record.ended else None
            self.columns[tab].objects = await notebook(self.view, ended)
        elif self.template is None:
            self.columns[tab].objects = []
        elif tab == HISTORY:
            self.columns[tab].objects = history(
                self.view, self.template, self.record.run if self.record else None
            )
        elif tab == COMPARE:
            before = self._before(self.record) if self.record and self.record.ended else None
            pair = [before, self.record] if before and self.record else []
            self.columns[tab].objects = await compare_tab(self.view, pair)
        elif tab == ABOUT:
            self.columns[tab].objects = [html(about(self.view, self.template))]
        elif tab == PROOF:
            self.columns[tab].objects = await asyncio.to_thread(proof, self.view, self.template)


def _read(record: RunRecord) -> dict[str, Any]:
    return {role: (used.table, used.filter) for role, used in record.inputs.items()}


def _same(request: RunRequest, record: RunRecord) -> bool:
    """Whether a run used what the form shows, so that the run alone says it all."""
    used = {role: found.table for role, found in record.inputs.items()}
    wanted = {role: reference.partition("@")[0] for role, reference in request.inputs.items() if reference}
    held = {role: found.filter for role, found in record.inputs.items() if found.filter}
    return (used, held) == (wanted, request.filters) and all(
        str(record.parameters.get(name)) == str(v) for name, v in request.parameters.items()
    )
