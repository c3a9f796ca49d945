"""What the answers of a scenario say together: one sentence, a card for each question, one report.

Decides nothing about the answers; ``joint`` says which of them speaks for all.
"""

import io
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import panel as pn

from workbench.runs import joint
from workbench.runs.record import RunRecord
from workbench.templates.scenarios import Scenario
from workbench.templates.template import Template
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View

KINDS = {"html": "report", "pdf": "PDF", "xlsx": "excel"}


class Summary:
    """The top of a scenario's page."""

    def __init__(self, view: View, scenario: Scenario, templates: Mapping[str, Template]) -> None:
        self.view, self.scenario, self.templates = view, scenario, templates
        self.records: list[RunRecord] = []
        self.words = html()
        self.files = pn.Row(*self._downloads(), visible=False, margin=(4, 0))
        self.panel = pn.Column(self.words, self.files, margin=0, sizing_mode="stretch_width")

    def show(
        self,
        records: Mapping[str, RunRecord],
        running: Mapping[str, str],
        problems: Mapping[str, str],
        *,
        asked: set[str],
    ) -> None:
        """Say how far the questions are answered, and once they are, what the answers mean."""
        self.records = [records[name] for name in self.templates if name in records]
        whole = joint.conclusion(self.records) if self.records and not (running or problems) else None
        begun = bool(running or records or problems)
        going = self.view.say("scenario_going", done=len(records), count=len(asked))
        self.words.object = fragment(
            "conclusion",
            view=self.view,
            whole=whole,
            headline=going if begun else self.view.say("scenario_start"),
            hint="" if begun else self.view.say("scenario_start_next"),
            stages=[
                self._card(name, records.get(name), problems.get(name, ""), self._state(name, running, begun))
                for name in self.templates
            ],
            links=self._links() if whole else [],
        )
        self.files.visible = whole is not None and not self.view.served

    def _state(self, name: str, running: Mapping[str, str], begun: bool) -> str:
        if name in running:
            return "stage_going"
        return "stage_left_out" if begun else "stage_open"

    def _card(self, name: str, record: RunRecord | None, problem: str, state: str) -> dict[str, str]:
        view, template = self.view, self.templates[name]
        card = {"name": name, "title": view.pick(template.title), "level": ""}
        if record is not None:
            one = joint.answer_of(record)
            word = joint.part_of(record, view.bench.library).state(view.language)
            return card | {"level": one.level, "state": word, "said": view.pick(one.text)}
        if problem:
            return card | {"level": "no_answer", "state": view.say("stage_no_answer"), "said": problem}
        return card | {"state": view.say(state), "said": view.pick(template.decision)}

    # --- one report ---------------------------------------------------------------------------------------

    def _links(self) -> list[tuple[str, str]]:
        if not self.view.served:
            return []
        runs = [("run", record.run) for record in self.records]
        how = [("language", self.view.language), ("scenario", self.scenario.name)]
        address = "/api/v1/runs/report?"
        return [(self._called(kind), address + urlencode([*runs, ("format", kind), *how])) for kind in KINDS]

    def _called(self, kind: str) -> str:
        label = KINDS[kind]
        return label if label.isupper() else self.view.say(label)

    def _downloads(self) -> list[Any]:
        """Return the report's files where no server of ours could send them."""
        if self.view.served:
            return []
        return [
            pn.widgets.FileDownload(
                callback=self._writer(kind),
                filename=f"{self.scenario.name}.{kind}",
                label=self._called(kind),
            )
            for kind in KINDS
        ]

    def _writer(self, kind: str) -> Callable[[], io.BytesIO]:
        def write() -> io.BytesIO:
            language, library = self.view.language, self.view.bench.library
            title = self.scenario.title
            return io.BytesIO(
                joint.write(self.records, kind, language=language, library=library, title=title)
            )

        return write
