"""Pages over a real workspace, without a browser: forms, cards, preferences, and what a page must not do."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from workbench.app import Workbench
from workbench.templates.form import Field
from workbench.templates.scenarios import scenarios
from workbench.ui import fits
from workbench.ui.fields import ParameterField, expectation
from workbench.ui.form import Form
from workbench.ui.mount import mount
from workbench.ui.shell import page
from workbench.ui.view import View

LABEL = {"en": "Width", "zh": "宽度"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A workspace with two tables; its engine is not started, since nothing is run."""
    bench = Workbench(tmp_path_factory.mktemp("workspace"))
    random = np.random.default_rng(1)
    times = pd.date_range("2026-01-01", periods=60, freq="h")
    bench.tables.add("rings", pd.DataFrame({"ts": times, "diameter": random.normal(74, 0.01, 60)}))
    bench.tables.add("names", pd.DataFrame({"who": ["a", "b"]}))
    yield bench
    bench.stop()


@pytest.fixture
def view(bench):
    return View(bench, "en")


@pytest.fixture
def form(view, bench):
    return Form(view, bench.library.get("control-chart"), run=lambda: None, cancel=lambda: None)


@pytest.fixture(scope="module")
def app(bench):
    app = FastAPI()
    mount(app, bench)
    return app


@pytest.fixture
def client(app):
    return TestClient(app, follow_redirects=False)


def test_a_form_asks_for_a_table_that_is_not_there(form):
    assert form.run_button.disabled
    assert "demo.bore_diameter" in form.pickers["measurements"].summary.object


def test_a_chosen_table_is_mapped_with_ticks(form):
    form.pickers["measurements"].set("rings")

    assert form.pickers["measurements"].mapping["value"] == "diameter"
    assert form.request().inputs == {"measurements": "rings"}
    assert form.pickers["measurements"].is_ready


def test_a_column_nobody_can_guess_is_asked_for(form):
    picker = form.pickers["measurements"]
    picker.set("names")

    assert picker.lacking
    assert picker.columns.visible
    assert "choose a column" in picker.summary.object


def test_only_what_was_changed_is_sent(form):
    form.fields["limit_sigmas"].widget.value = "2.5"

    assert list(form.request().parameters) == ["limit_sigmas"]


def test_a_form_comes_back_from_its_address(form, view, bench):
    form.pickers["measurements"].set("rings")
    form.fields["limit_sigmas"].widget.value = "2.5"

    again = Form(view, bench.library.get("control-chart"), run=lambda: None, cancel=lambda: None)
    again.restore(form.state())

    assert again.request() == form.request()


def test_a_value_out_of_range_is_told_and_not_run(form):
    form.pickers["measurements"].set("rings")
    form.fields["limit_sigmas"].widget.value = "-1"

    assert not form.check()
    assert "Expected a number" in form.fields["limit_sigmas"].note.object


def test_an_address_someone_edited_keeps_the_defaults(form):
    form.restore({"set.limit_sigmas": "wide", "set.nothing": "1", "input.measurements": "rings"})

    assert form.request().parameters == {}


@pytest.mark.parametrize(
    ("field", "value", "given"),
    [
        (Field(name="x", type="number", default=3.0, label=LABEL), "3.0", "3"),
        (Field(name="x", type="number", default=None, nullable=True, label=LABEL), "", None),
        (Field(name="x", type="boolean", default=True, label=LABEL), True, True),
        (Field(name="x", type="date", default="2026-05-01", label=LABEL), None, "2026-05-01"),
        (Field(name="x", type="list", default=["a", "b"], label=LABEL), None, "a, b"),
        (Field(name="x", type="list", default=[], label=LABEL), None, ""),
        (Field(name="x", type="list", default=[["a"], "b,c"], label=LABEL), None, "[['a'], 'b,c']"),
        (Field(name="x", type="json", default={"a": 1}, label=LABEL), None, "{'a': 1}"),
    ],
)
def test_each_type_of_parameter_keeps_its_default(view, field, value, given):
    parameter = ParameterField(view, field, symbol=None, changed=lambda: None)

    assert parameter.given == given
    assert parameter.check()
    assert parameter.is_default


def test_an_expectation_speaks_the_visitors_language(bench):
    field = Field(
        name="x", type="number", default=1.0, label=LABEL, minimum=0, maximum=6, exclusive_minimum=True
    )

    assert expectation(View(bench, "en"), field) == "a number above 0, at most 6"
    assert expectation(View(bench, "zh"), field) == "大于 0 且不大于 6 的数字"


def test_a_card_says_whether_your_data_can_run_it(bench):
    template = bench.library.get("control-chart")

    good = fits.fit(bench, template, bench.tables.get("rings"))
    bad = fits.fit(bench, template, bench.tables.get("names"))

    assert good.state == "runs"
    assert bad.state != "runs"
    assert bad.missing


def test_the_page_stands_before_any_script_runs(client):
    page = client.get("/").text

    assert "Control chart" in page
    assert page.index("Control chart") < page.index("text/javascript")


def test_a_page_loads_nothing_from_elsewhere(client):
    for address in ("/", "/app?template=control-chart", "/data", "/runs"):
        text = client.get(address).text
        assert "https://cdn" not in text
        assert 'src="http' not in text
        assert "fonts.googleapis" not in text


@pytest.mark.parametrize(
    ("cookie", "word"), [("zh", "控制图"), ("en", "Control chart"), ("xx", "Control chart")]
)
def test_the_language_is_remembered(client, cookie, word):
    page = client.get("/", headers={"cookie": f"workbench_language={cookie}"}).text

    assert word in page


def test_the_address_wins_over_the_cookie(client):
    page = client.get("/?lang=zh", headers={"cookie": "workbench_language=en"}).text

    assert 'lang="zh-CN"' in page


def test_choosing_a_language_comes_back_to_the_same_page(client):
    answer = client.get("/prefer/zh", headers={"referer": "http://testserver/app?template=a&run=b&lang=en"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/app?template=a&run=b"
    assert "workbench_language=zh" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "referer",
    ["https://far.example//evil.example/x", "//evil.example", "http://testserver/\\\\evil.example", ""],
)
def test_choosing_a_language_never_leads_elsewhere(client, referer):
    location = client.get("/prefer/zh", headers={"referer": referer}).headers["location"]

    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_an_unknown_preference_sets_nothing(client):
    assert "set-cookie" not in client.get("/prefer/klingon").headers


def test_an_unknown_app_is_told_in_words(client):
    page = client.get("/app?template=controlchart&lang=zh").text

    assert "没有名为 controlchart 的应用" in page


def test_an_unknown_run_is_told_in_words(client):
    assert "is not in this workspace" in client.get("/app?run=nope").text


def test_what_an_address_holds_is_escaped(client):
    page = client.get("/app?template=%3Cscript%3Ealert(1)%3C/script%3E").text

    assert "<script>alert(1)" not in page


def test_a_page_that_breaks_says_so(client, bench, monkeypatch):
    def broken():
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(bench.tables.__class__, "list", lambda self: broken())
    answer = client.get("/data")

    assert "This page could not be shown" in answer.text
    assert "disk on fire" in answer.text


def test_scripts_and_fonts_are_kept_by_the_browser(client):
    font = client.get("/assets/fonts/noto-sans-sc-regular.woff2")

    assert "max-age" in font.headers["cache-control"]
    assert len(font.content) < 1_000_000


def test_texts_of_a_frame_are_escaped():
    view = View(SimpleNamespace(), "en")

    frame = page(view, "<script>1</script>")

    assert frame._render_variables["heading"] == "<script>1</script>"
    assert frame.template.environment.autoescape


def test_every_scenario_is_described_at_its_top():
    assert [scenario.name for scenario in scenarios()] == ["line_quality"]
    assert all(scenario.title["zh"] and scenario.question["zh"] for scenario in scenarios())
