"""Choosing an asset fills the form; its page shows what it inherits, in both languages."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from workbench.app import Workbench
from workbench.assets.model import Asset
from workbench.config import load_settings
from workbench.ui import assets_page
from workbench.ui.asset_form import AssetForm
from workbench.ui.form import Form
from workbench.ui.mount import mount
from workbench.ui.sweep_new import StartForm
from workbench.ui.view import View


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = Workbench(load_settings(home=str(tmp_path_factory.mktemp("plant"))), full=False)
    bench.load_demo()
    yield bench
    bench.stop()


@pytest.fixture(scope="module")
def client(bench):
    app = FastAPI()
    mount(app, bench)
    return TestClient(app)


def form_of(bench, template="control-chart"):
    return Form(View(bench), bench.library.get(template), run=lambda: None, cancel=lambda: None)


def test_choosing_an_asset_fills_table_rows_and_parameters(bench):
    form = form_of(bench)
    form.assets.select.value = "M07"

    request = form.request()
    assert (request.asset, request.inputs["measurements"]) == ("M07", "demo.bore_diameter_all")
    assert request.filters == {"measurements": {"machine": "M07"}}
    assert str(request.parameters["limit_sigmas"]) == "2.5"

    form.assets.select.value = "M01"
    assert form.request().filters == {"measurements": {"machine": "M01"}}
    assert "limit_sigmas" not in form.request().parameters


def test_a_form_that_was_changed_no_longer_speaks_for_the_asset(bench):
    form = form_of(bench)
    form.assets.select.value = "M07"
    form.pickers["measurements"].held = {}

    assert form.request().asset == ""


def test_an_address_with_an_asset_comes_back(bench):
    form = form_of(bench)
    form.restore({"asset": "M05"})
    again = form_of(bench)
    again.restore(form.state())

    assert again.request() == form.request()
    assert again.request().asset == "M05"
    assert str(again.request().parameters["limit_sigmas"]) == "2.8"


def test_a_sweep_over_the_tree_lets_each_asset_bring_its_own(bench, apart):
    form = form_of(bench)
    form.assets.select.value = "M07"
    start = StartForm(View(bench), bench.library.get("control-chart"), form)
    first = start.axes[0]
    apart(lambda: first.kind.param.update(value="subtree"))
    tops = list(first.column.options.values())
    found = {}
    for top in tops:
        apart(lambda top=top: first.column.param.update(value=top))
        shared = start._request.run
        assert (shared.asset, shared.inputs, shared.filters, shared.parameters) == ("", {}, {}, {})
        found[top] = {point.at["asset"] for point in bench.sweeps.plan(start._request).points}

    known = bench.engine.preparer.assets.tree()
    assert tops
    assert found == {top: {one.id for one in known.subtree(top)} for top in tops}
    assert {"M01", "M07"} <= set.union(*found.values())


def test_an_asset_that_is_gone_leaves_the_form_as_it_is(bench):
    form = form_of(bench)
    form.restore({"asset": "M99"})

    assert form.request().asset == ""


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("inherited", "its own")), ("zh", ("继承", "自身设置"))]
)
def test_the_page_shows_the_tree_and_what_differs(client, bench, language, words):
    shown = client.get(f"/assets?asset=M07&lang={language}").text
    detail = assets_page.detail(View(bench, language), bench.engine.preparer.assets.tree(), "M07")

    assert "Machine M07" in shown
    assert "demo.bore_diameter_all" in detail
    assert all(word in detail for word in words)
    assert client.get("/assets?asset=nothing").status_code == 200


def test_the_form_of_the_page_changes_one_asset_and_refuses_what_cannot_be(bench):
    known = bench.engine.preparer.assets.tree()
    form = AssetForm(View(bench), known, "M12")
    form.identifier.value = "99/x"
    form._save()
    assert "88." in form.note.object

    form.identifier.value = "88.1.2/M12"
    form.app.value = "control-chart"
    form.parameter.value = "limit_sigmas"
    form.setting.value = "2"
    bench.engine.preparer.assets.save([form.asset()])

    saved = bench.engine.preparer.assets.tree().get("M12")
    assert isinstance(saved, Asset)
    assert (saved.identifier, saved.parameters) == ("88.1.2/M12", {"control-chart": {"limit_sigmas": "2"}})
