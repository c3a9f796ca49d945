"""Check a request against its template and pin everything a run needs, before any kernel is touched."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from workbench import __version__
from workbench.config import Settings, Workspace
from workbench.errors import Invalid, WorkbenchError, did_you_mean
from workbench.governance.in_force import LimitSet
from workbench.runs.asset_book import AssetBook
from workbench.runs.asset_swap import for_asset
from workbench.runs.cause_book import CauseBook
from workbench.runs.history import History
from workbench.runs.job import Declared, Job, Limits
from workbench.runs.limit_book import NOTHING, RECOMPUTE, USE, LimitBook, injected, used_of
from workbench.runs.mappings import Mappings, pinned, refuse_changed, role_need
from workbench.runs.memory import Memory
from workbench.runs.record import InputUsed, RunRecord, Step, TemplateUsed
from workbench.runs.request import RunRequest
from workbench.runs.shelf import Shelf
from workbench.templates.library import Library
from workbench.templates.template import Template

# Who names columns for good: what a proof, a sweep or a schedule names is for that run alone.
OF_THEIR_DAY = frozenset({"schedule", "sweep"})
CONFIRMING = frozenset({"form", "api", "cli"})


class Prepared(BaseModel):
    """A request that will run: typed values, and the exact rows behind each input."""

    values: dict[str, Any]
    sources: dict[str, dict[str, Any]]
    in_force: LimitSet | None = None  # what the data are judged by, where that is not for the run to find

    @property
    def mapping(self) -> dict[str, dict[str, str]]:
        """How each input's columns are filled."""
        return {role: chosen(source) for role, source in self.sources.items()}


def chosen(source: Mapping[str, Any]) -> dict[str, str]:
    """Return the mapping of one source: role column → the table's own column."""
    return {name: column["source"] for name, column in source["columns"].items()}


class Preparer:
    """Validates requests against the library and the workspace's tables."""

    def __init__(self, settings: Settings, library: Library, history: History) -> None:
        self.settings, self.library, self.history = settings, library, history
        self.assets = AssetBook(history.state)
        self.limits, self.causes = LimitBook(history.state), CauseBook(history.state)
        self.mappings = Mappings(settings.workspace, Memory(history.state))

    @property
    def workspace(self) -> Workspace:
        """The workspace requests refer to."""
        return self.settings.workspace

    def prepare(self, request: RunRequest) -> tuple[Template, Prepared]:
        """Return the template and the checked request; raise one sentence when something is off."""
        with Shelf(self.workspace) as shelf:
            return self._prepare(request, shelf)

    def _prepare(self, request: RunRequest, shelf: Shelf) -> tuple[Template, Prepared]:
        template = shelf.template(self.library, request.template)
        template.check_language()
        request = for_asset(request, template, self.assets, self.workspace)
        known_roles(request, template.id, list(template.inputs))
        asked, parameters = asked_limits(template, request)
        values = template.values(parameters)
        sources = {}
        for role in template.inputs:
            source = self._source(template, role, request, shelf)
            if source is not None:
                sources[role] = source
        inputs = {role: _used(source) for role, source in sources.items()}
        found = self.limits.applied(template, inputs, values, asked=asked)
        if template.contract and template.contract.in_force:
            nothing = RECOMPUTE if asked == RECOMPUTE else NOTHING
            values[template.contract.in_force.parameter] = found.id if found else nothing
        _distinct(sources)
        return template, Prepared(values=values, sources=sources, in_force=found)

    def _source(
        self, template: Template, role: str, request: RunRequest, shelf: Shelf
    ) -> dict[str, Any] | None:
        """Resolve what fills one input; None for an optional one that nothing fills."""
        need = template.inputs[role]
        reference = request.inputs.get(role, template.default_inputs()[role])
        if not reference:
            if need.optional and not request.filters.get(role):
                return None
            raise Invalid(
                f"input {role} of {template.id}",
                given="nothing",
                expected="a table or a file",
                hint=f"choose a table, or pass --input {role}=FILE",
            )
        table = shelf.table(reference)
        given = self.mappings.follow(table, role, request.mapping.get(role, {}))
        key = ("recalled", role, reference, tuple(given.items()), id(need))
        recalled = shelf.kept(key, lambda: self.mappings.recall(table, role, need, given))
        refuse_changed(recalled, table, role)
        mapping = {**recalled.mapping, **given}
        wanted = request.filters.get(role, {})
        source = shelf.source(reference, need, mapping, given=mapping, said=recalled.units, wanted=wanted)
        if request.contents.get(role, source["sha256"]) != source["sha256"]:
            hint = "the name stands for something new: run the template on it anew"
            expected = "the rows that the run had"
            raise Invalid(f"{reference} as {role}", given="other rows or units", expected=expected, hint=hint)
        if need.min_rows and source["rows"] < need.min_rows:
            rows = f"{source['rows']} rows"
            raise Invalid(f"{reference} as {role}", given=rows, expected=f"at least {need.min_rows}")
        return source

    def propose(self, template: Template, role: str, reference: str) -> dict[str, dict[str, Any]]:
        """Say how a table's columns fill an input: confirmed, proposed with the reason, or to be asked."""
        source = pinned(reference, self.workspace)
        return self.mappings.propose(source, role, template.inputs[role])

    def confirm(
        self, template: str, role: str, reference: str, mapping: Mapping[str, str], *, user: str = ""
    ) -> None:
        """Keep how a table fills an input, for every template, schedule, sweep and command from now on."""
        need = role_need(self.library, role, mapping, template)
        self.mappings.confirm(pinned(reference, self.workspace), role, need, mapping, user=user)

    def recalled(self, template: Template, role: str, reference: str) -> dict[str, str]:
        """Return the mapping that was confirmed, as far as it still holds."""
        source = pinned(reference, self.workspace)
        return self.mappings.recall(source, role, template.inputs[role], {}).mapping

    def job(self, request: RunRequest) -> Job:
        """Pin a request as a job with an identity of its own."""
        with Shelf(self.workspace) as shelf:
            job = self._job(request, new_run(), shelf)
            for role, mapping in request.mapping.items():
                if role in job.sources and mapping and request.origin in CONFIRMING and not request.asset:
                    need = shelf.template(self.library, request.template).inputs[role]
                    table = shelf.table(request.inputs.get(role) or job.sources[role]["reference"])
                    self.mappings.confirm(table, role, need, mapping, user=request.user)
        return job

    def jobs(self, requests: Mapping[str, RunRequest]) -> dict[str, Job | WorkbenchError]:
        """Pin many requests by the names of their runs, each table read once.

        An error stands in the place of a request that cannot run. What they map is not remembered: the next
        form must not open on the last characteristic of a sweep.
        """
        found: dict[str, Job | WorkbenchError] = {}
        with Shelf(self.workspace) as shelf:
            for run, request in requests.items():
                try:
                    found[run] = self._job(request, run, shelf)
                except WorkbenchError as error:
                    found[run] = error
        return found

    def _job(self, request: RunRequest, run: str, shelf: Shelf) -> Job:
        template, prepared = self._prepare(request, shelf)
        now = datetime.now(UTC)
        notebook = shelf.kept(("notebook", template.digest), template.notebook)
        references = {role: prepared.sources.get(role, {}).get("reference", "") for role in template.inputs}
        # A notebook without a contract keeps the defaults of its own cell, as with papermill -p.
        wanted = prepared.values if template.contract else {n: prepared.values[n] for n in request.parameters}
        given = template.injected(wanted)
        if prepared.in_force and template.contract and template.contract.in_force:
            name = template.contract.in_force.parameter
            given[name] = injected(prepared.in_force, given[name])
        return Job(
            run=run,
            template=TemplateUsed(
                id=template.id,
                version=template.version,
                title=template.title,
                digest=template.digest,
                path=str(template.path.resolve()) if request.template.endswith(".ipynb") else None,
            ),
            notebook=notebook,
            parameters=references | given,
            values=prepared.values,
            inputs={role: _used(source) for role, source in prepared.sources.items()},
            sources=prepared.sources,
            declared=declared(template),
            in_force=used_of(prepared.in_force) if prepared.in_force else None,
            limits=limits(self.settings),
            staging=str(self.workspace.staging / run),
            published=str(self.workspace.runs / run),
            folder=_folder(template, request),
            steps=[Step(title=step.title) for step in template.steps()],
            created=now.isoformat(timespec="milliseconds"),
            origin=request.origin,
            user=request.user,
            priority=request.priority,
            sweep=request.sweep,
            schedule=request.schedule,
            asset=request.asset,
            retry_of=request.retry_of,
            fingerprint=fingerprint(template, prepared),
            classification=template.classification,
        )


def new_run() -> str:
    """Return a name for a run: when, and something that nobody else has."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def limits(settings: Settings) -> Limits:
    """Return what a run may take by the settings."""
    return Limits(
        seconds=settings.run_seconds,
        silent_seconds=settings.silent_seconds,
        memory_bytes=int(settings.memory_megabytes * 1e6),
        output_bytes=int(settings.output_megabytes * 1e6),
        outputs=settings.outputs,
    )


def fingerprint(template: Template, prepared: Prepared) -> str:
    """Return a digest that is equal for requests that must give the same results."""
    rows = {
        role: {
            "mapping": _filled(source),
            **{key: source.get(key) for key in ("sha256", "version", "filter")},
        }
        for role, source in prepared.sources.items()
    }
    told = [__version__, template.id, template.digest, prepared.values, rows]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _filled(source: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what fills each column, with the conversion: a unit may have been confirmed, not stored."""
    parts = ("source", "unit", "scale", "shift")
    return {name: [column[part] for part in parts] for name, column in source["columns"].items()}


def declared(template: Template) -> Declared:
    """Return the results without which a run of this template has not succeeded."""
    results = template.results
    needed = {
        kind: [name for name, result in getattr(results, kind).items() if not result.optional]
        for kind in ("kpis", "tables", "figures", "alarms")
    }
    return Declared(**needed, verdict=bool(results.verdicts))


def queued_record(job: Job) -> RunRecord:
    """Return what is known of a run before it starts."""
    return RunRecord(
        run=job.run,
        status="queued",
        template=job.template,
        inputs=job.inputs,
        limits=job.in_force,
        parameters=job.values,
        steps=job.steps,
        created=job.created,
        origin=job.origin,
        user=job.user,
        sweep=job.sweep,
        schedule=job.schedule,
        asset=job.asset,
        retry_of=job.retry_of,
        classification=job.classification,
    )


def _used(source: Mapping[str, Any]) -> InputUsed:
    return InputUsed(
        table=source["table"],
        version=source["version"],
        rows=source["rows"],
        sha256=source["sha256"],
        mapping=chosen(source),
        filter=source.get("filter") or {},
    )


def asked_limits(template: Template, request: RunRequest) -> tuple[str, dict[str, Any]]:
    """Return what a request says of limits in force, and its other parameters.

    A proof computes its own. A schedule or sweep takes those of its day, whatever the run it repeats had.
    """
    spec = template.contract.in_force if template.contract else None
    if spec is None:
        return NOTHING, request.parameters
    asked = str(request.parameters.get(spec.parameter) or USE)
    rest = {name: value for name, value in request.parameters.items() if name != spec.parameter}
    if request.origin in OF_THEIR_DAY and asked != RECOMPUTE:
        asked = USE
    return NOTHING if request.origin == "proof" and asked == USE else asked, rest


def known_roles(request: RunRequest, template: str, roles: list[str]) -> None:
    """Refuse a request that names an input the template does not have."""
    for role in [*request.inputs, *request.mapping, *request.filters]:
        if role not in roles:
            near = did_you_mean(role, roles)
            hint = f"did you mean {near!r}?" if near else f"{template} has {', '.join(roles) or 'no inputs'}"
            raise Invalid(f"unknown input of {template}", given=repr(role), hint=hint)


def _distinct(sources: dict[str, dict[str, Any]]) -> None:
    """Tell apart two inputs that read the same table: the kernel finds a role by its reference."""
    seen: set[str] = set()
    for role, source in sources.items():
        if source["reference"] in seen:
            source["reference"] += f"#{role}"
        seen.add(source["reference"])


def _folder(template: Template, request: RunRequest) -> str | None:
    """A notebook that was given by its path works where it lies, as in Jupyter."""
    is_file = request.template.endswith(".ipynb")
    return str(Path(template.path).resolve().parent) if is_file and not template.contract else None
