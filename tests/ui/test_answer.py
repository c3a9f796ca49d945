"""The answer of a run: the verdict first, or in plain words why there is none."""

from types import SimpleNamespace

import pytest

from workbench.config import load_settings
from workbench.runs.record import Alarm, Kpi, Refusal, RunError, RunRecord, Step, TemplateUsed, Verdict
from workbench.runs.remaining import Usual
from workbench.templates.front_matter import KpiSpec, ResultColumn, TableSpec
from workbench.ui.answer import answer, progress, tiles
from workbench.ui.view import View


@pytest.fixture
def view():
    return View(bench=SimpleNamespace(settings=load_settings()), language="en")


def record(**fields) -> RunRecord:
    return RunRecord(**{"run": "r1", "status": "succeeded", "template": TemplateUsed(id="t"), **fields})


def both(text: str) -> dict[str, str]:
    return {"en": text, "zh": f"中{text}"}


def template(tables=None, **kpis: KpiSpec):
    return SimpleNamespace(results=SimpleNamespace(kpis=kpis, alarms={}, tables=tables or {}))


def test_the_verdict_stands_before_the_numbers(view):
    verdict = Verdict(code="stable", level="good", text=both("Stable"), next_step=both("Go on"))

    page = str(answer(view, None, record(verdict=verdict, kpis={"mean": Kpi(value=1.5, unit="mm")})))

    assert page.index("Stable") < page.index("Go on") < page.index("1.5")


def test_texts_of_a_notebook_are_escaped(view):
    verdict = Verdict(code="x", level="bad", text=both("<script>1</script>"))

    assert "&lt;script&gt;" in str(answer(view, None, record(verdict=verdict)))


def test_one_language_at_a_time():
    chinese = View(bench=SimpleNamespace(settings=load_settings()), language="zh")
    verdict = Verdict(code="x", level="bad", text=both("Unstable"), next_step=both("Check"))

    page = str(answer(chinese, None, record(verdict=verdict)))

    assert "中Unstable" in page
    assert "Next step" not in page


def test_a_refusal_says_need_have_and_remedy(view):
    refusal = Refusal(code="few", need=25, have=18, text=both("Too few"), remedy=both("Measure more"))

    page = str(answer(view, None, record(status="refused", refusal=refusal)))

    assert all(word in page for word in ("Too few", "25", "18", "Measure more"))


def test_a_failure_names_the_step_and_the_notebooks_own_error(view):
    error = RunError(
        code="failed", message="KeyError: 'x'", name="KeyError", heading="Fit · 拟合", source="y = d['x']"
    )

    page = str(answer(view, None, record(status="failed", error=error)))

    assert "in the step “Fit”" in page
    assert "looked for “x”" in page
    assert "KeyError: &#39;x&#39;" in page
    assert "y = d[&#39;x&#39;]" in page


@pytest.mark.parametrize("status", ["timed_out", "over_limit", "cancelled", "lost"])
def test_every_other_end_says_what_to_do(view, status):
    page = str(answer(view, None, record(status=status)))

    assert f'data-status="{status}"' in page


def test_a_number_off_its_target_is_marked(view):
    spec = KpiSpec(label=both("Signals"), better="lower", target=0)

    found = tiles(view, template(signals=spec), record(kpis={"signals": Kpi(value=7)}))

    assert found[0].off
    assert found[0].under == "target 0"


def test_a_code_is_said_in_the_words_of_the_tables(view):
    models = ResultColumn(label="Model", values={"theta": {"en": "Theta method", "zh": "Theta 方法"}})
    tables = {"backtest": TableSpec(label="Backtest", columns={"model": models})}
    known = template(tables, model=KpiSpec(label=both("Model")))

    assert tiles(view, known, record(kpis={"model": Kpi(value="theta")}))[0].number == "Theta method"


def test_a_unit_that_is_a_word_is_translated():
    chinese = View(bench=SimpleNamespace(), language="zh")

    assert tiles(chinese, None, record(kpis={"rul": Kpi(value=10, unit="cycles")}))[0].unit == "循环"


def test_an_interval_stands_under_its_number(view):
    found = tiles(view, None, record(kpis={"cpk": Kpi(value=1.3333, low=1.1, high=1.5)}))

    assert (found[0].number, found[0].under) == ("1.3333", "1.1 to 1.5")


def test_what_changed_since_the_run_before_is_shown(view):
    before = record(kpis={"mean": Kpi(value=2)})

    found = tiles(view, None, record(kpis={"mean": Kpi(value=3)}), before=before)

    assert found[0].under == "before: 2"


def test_numbers_to_come_have_a_place(view):
    found = tiles(view, template(mean=KpiSpec(label=both("Mean"))), record(status="running"), expected=True)

    assert found[0].waiting


def test_an_alarm_does_not_repeat_the_verdict(view):
    verdict = Verdict(code="x", level="bad", text=both("Unstable since May"))
    alarm = Alarm(name="out_of_control", active=True, text=both("Unstable since May"))

    page = str(answer(view, None, record(verdict=verdict, alarms=[alarm])))

    assert page.count("Unstable since May") == 1


def test_progress_invents_no_time_without_history(view):
    going = record(status="running", steps=[Step(title="Read · 读取", state="running"), Step(title="Fit")])

    page = str(progress(view, going, elapsed_s=1.2, usual=None))

    assert "1.2 s so far" in page
    assert "usually" not in page


def test_progress_tells_the_usual_time_from_history(view):
    going = record(status="running", steps=[Step(title="Read", state="running")])

    def told(elapsed_s):
        return str(progress(view, going, elapsed_s=elapsed_s, usual=Usual(2.0, 4.0, 9.0)))

    assert "about 1 s to 3 s left" in told(1.0)
    assert "usually less than 1 s left" in told(3.0)
    assert "longer than usual" in told(9.5)


def test_a_waiting_run_says_nothing_of_its_end(view):
    page = str(progress(view, record(status="queued"), elapsed_s=1.0, usual=Usual(2.0, 4.0, 9.0), ahead=3))

    assert "left" not in page
    assert "runs before this one: 3" in page


def test_a_run_that_cannot_begin_for_now_says_so(view):
    page = str(progress(view, record(status="queued"), elapsed_s=1.0, usual=None, stuck=True))

    assert "takes no runs for now" in page


def test_what_a_failed_run_found_is_marked_as_partial(view):
    error = RunError(code="failed", message="KeyError: 'width'", name="KeyError")

    page = str(answer(view, None, record(status="failed", error=error, kpis={"mean": Kpi(value=2)})))

    assert "Partial:" in page
    assert "looked for “width”" in page
    assert 'data-kpi="mean"' in page
    assert "Partial:" not in str(answer(view, None, record(status="failed", error=error)))
