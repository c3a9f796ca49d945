"""Every template of the house, run headless on the demo factory, finds what was planted there."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.demo import factory
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest
from workbench.templates.check import check
from workbench.templates.library import house_templates

TEMPLATES = sorted(house_templates().rglob("*.ipynb"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A workbench with the demo factory."""
    settings = load_settings(home=str(tmp_path_factory.mktemp("demo")), ready_kernels=1)
    bench = Workbench(settings, full=False)
    bench.load_demo()
    with bench:
        yield bench


def run(demo: Workbench, template: str, **request: object) -> RunRecord:
    submitted = demo.engine.submit(RunRequest(template=template, origin="test", **request))
    return demo.engine.wait(submitted, timeout=240)


def truth(table: str) -> dict:
    return dict(factory.table(table).truth)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_it_keeps_the_contract(path):
    assert [str(problem) for problem in check(path)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_it_has_a_proof_sheet_that_is_of_this_version(demo, path):
    template = demo.library.get(path.stem)
    sheet = path.with_suffix(".proof.json").read_text(encoding="utf-8")

    assert template.digest in sheet


def test_control_chart_finds_the_planted_shift(demo):
    record = run(demo, "control-chart")
    planted = truth("demo.bore_diameter")

    assert (record.status, record.verdict.code) == ("succeeded", "unstable")
    assert record.kpis["shift_from"].value == str(planted["shift_from_subgroup"])
    assert record.kpis["shift"].value == pytest.approx(planted["shift"], rel=0.25)


def test_control_chart_finds_nothing_in_the_stable_process(demo):
    record = run(demo, "control-chart", inputs={"measurements": "demo.shaft_diameter"})

    assert record.verdict.code == "stable"


def test_capability_recovers_the_planted_indices(demo):
    planted = truth("demo.shaft_diameter")
    limits = {name: planted[name] for name in ("lsl", "usl", "target")}

    record = run(demo, "process-capability", parameters=limits)

    assert record.status == "succeeded"
    assert record.kpis["ppk"].low <= planted["ppk"] <= record.kpis["ppk"].high


def test_capability_of_a_skewed_process_says_which_distribution_it_took(demo, tmp_path):
    values = np.random.default_rng(20).weibull(2.2, 120).round(4)
    path = tmp_path / "skewed.csv"
    pd.DataFrame({"value": values}).to_csv(path, index=False)
    asked = {"usl": 6.0, "distribution": "auto"}

    record = run(demo, "process-capability", inputs={"measurements": str(path)}, parameters=asked)

    assert record.status == "succeeded"
    assert record.kpis["distribution"].value != "normal"
    assert record.kpis["distribution_p"].value >= 0.05
    assert record.kpis["cpk"].value is None
    assert record.kpis["ppk"].value > 1


def test_quality_drivers_finds_what_moves_the_gloss(demo):
    record = run(demo, "quality-drivers")

    assert (record.status, record.verdict.code) == ("succeeded", "drivers_found")
    found = pd.read_parquet(record.tables["drivers"])
    assert found.loc[found["found"], "factor"].tolist() == truth("demo.paint_gloss")["drivers"]


def test_capability_without_limits_is_refused_with_a_remedy(demo):
    record = run(demo, "process-capability")

    assert record.status == "refused"
    assert record.refusal.remedy["en"]
    assert record.refusal.remedy["zh"]


def test_capability_of_an_unstable_process_leads_with_the_instability(demo):
    planted = truth("demo.bore_diameter")
    limits = {"lsl": planted["lsl"], "usl": planted["usl"]}

    record = run(demo, "process-capability", inputs={"measurements": "demo.bore_diameter"}, parameters=limits)

    assert record.verdict.code == "unstable"
    assert "Cpk" not in record.verdict.text["en"].partition(".")[0]


def test_attribute_chart_finds_when_the_share_of_defectives_rose(demo):
    record = run(demo, "attribute-chart")
    planted = truth("demo.inspections")

    assert (record.status, record.verdict.code) == ("succeeded", "unstable")
    assert record.kpis["shift_from"].value == str(planted["worse_from_point"])
    assert record.kpis["level_after"].value == pytest.approx(planted["share_after"], rel=0.1)


def test_attribute_chart_tells_scatter_between_lots_from_a_change(demo):
    given = {"inspections": "demo.lot_inspections"}

    assert run(demo, "attribute-chart", inputs=given).verdict.code == "overdispersed"
    laney = run(demo, "attribute-chart", inputs=given, parameters={"chart": "laney-p"})
    assert laney.verdict.code == "stable"


def test_multivariate_chart_names_the_two_dimensions_that_fell_apart(demo):
    record = run(demo, "multivariate-chart")
    planted = truth("demo.housings")
    signals = pd.read_parquet(record.tables["signals"])

    assert record.verdict.code == "unstable"
    assert signals["subgroup"].iloc[0] == str(planted["broken_from_part"])
    assert all(name in record.verdict.text["en"] for name in planted["variables"])


def test_compare_groups_names_the_heavier_cavity(demo):
    record = run(demo, "compare-groups")
    planted = truth("demo.cavity_weight")
    pairs = pd.read_parquet(record.tables["pairs"])

    assert record.verdict.code == "different"
    assert f"{planted['different_cavity']} stands out" in record.verdict.text["en"]
    assert pairs["difference"].min() == pytest.approx(-planted["heavier_by"], abs=1e-3)
    assert record.kpis["sd"].value == pytest.approx(planted["sigma"], rel=0.01)


def test_compare_groups_without_groups_is_refused_with_a_remedy(demo):
    record = run(demo, "compare-groups", inputs={"measurements": "demo.shaft_diameter"})

    assert (record.status, record.refusal.code) == ("refused", "one_group")


def test_pareto_finds_the_leak_that_rises_on_one_machine(demo):
    record = run(demo, "pareto")
    planted = truth("demo.downtime_events")

    assert record.verdict.code == "rising"
    assert record.kpis["rising_cause"].value == f"{planted['rising_reason']} · {planted['rising_machine']}"
    assert record.kpis["rate_ratio"].low <= planted["rate_ratio"] <= record.kpis["rate_ratio"].high
    assert record.kpis["top_reason"].value == planted["top_reason_by_minutes"]


def test_data_health_counts_every_planted_defect(demo):
    planted = truth("demo.sensor_log")

    kpis = run(demo, "data-health").kpis

    found = {
        "rows": kpis["rows"].value,
        "gaps": kpis["gap_count"].value,
        "flatlines": kpis["flatline_count"].value,
        "spikes": kpis["spike_count"].value,
        "fill_values": kpis["out_of_range_count"].value,
        "unit_mixes": kpis["unit_suspect_count"].value,
    }
    assert found == {name: planted[name] for name in found}
    assert kpis["completeness"].value == pytest.approx(planted["completeness_percent"], abs=1e-3)


def test_remaining_life_is_near_the_truth_of_the_demo_fleet(demo):
    record = run(demo, "remaining-useful-life", inputs={"truth": "demo.fleet_truth"})

    assert record.status == "succeeded"
    assert record.kpis["rmse"].value < 0.5 * record.kpis["constant_rmse"].value
    assert record.kpis["coverage"].value >= 0.75


def test_demand_forecast_beats_last_season_and_knows_it(demo):
    record = run(demo, "demand-forecast", parameters={"horizon": 12})
    forecast = pd.read_parquet(record.tables["forecast"])

    assert record.verdict.code == "better"
    assert record.kpis["mase"].value < 0.7
    assert len(forecast) == 12 * record.kpis["series"].value
    assert (forecast["low95"] <= forecast["value"]).all()


def test_gauge_study_finds_the_planted_components(demo):
    planted = truth("demo.gauge_study")

    kpis = run(demo, "gauge-rr").kpis

    assert kpis["pv"].value == pytest.approx(planted["part_sigma"], rel=0.05)
    assert kpis["av"].low <= planted["operator_sigma"] <= kpis["av"].high
    assert kpis["ev"].low <= planted["repeatability_sigma"] <= kpis["ev"].high
    assert kpis["percent_grr"].value == pytest.approx(planted["grr_percent"], abs=1.0)
    assert kpis["interaction"].value == 0


def test_gauge_study_reads_a_column_per_trial(demo, tmp_path):
    long = factory.table("demo.gauge_study").frame
    wide = long.pivot(index=["part", "operator"], columns="trial", values="value").add_prefix("Result")
    wide.reset_index().to_csv(tmp_path / "wide.csv", index=False)

    record = run(demo, "gauge-rr", inputs={"gauge": str(tmp_path / "wide.csv")})

    assert record.kpis["grr"].value == pytest.approx(run(demo, "gauge-rr").kpis["grr"].value)


def test_gauge_study_sends_a_nested_table_to_the_nested_study(demo):
    record = run(demo, "gauge-rr", inputs={"gauge": "demo.gauge_nested"})

    assert (record.status, record.refusal.code) == ("refused", "nested_design")


def test_nested_gauge_study_finds_the_planted_components(demo):
    planted = truth("demo.gauge_nested")

    kpis = run(demo, "gauge-nested").kpis

    for name, sigma in (("ev", "repeatability_sigma"), ("av", "operator_sigma"), ("pv", "part_sigma")):
        assert kpis[name].value == pytest.approx(planted[sigma], rel=0.06)


def test_go_or_no_go_study_finds_the_lenient_inspector(demo):
    planted = truth("demo.gauge_attribute")

    record = run(demo, "gauge-attribute")
    table = pd.read_parquet(record.tables["appraisers"]).set_index("operator")

    assert record.verdict.code == "unacceptable"
    assert planted["lenient_operator"] in record.verdict.text["en"]
    assert table["effectiveness"].round(2).to_dict() == planted["effectiveness_percent"]
    assert table["miss"].round(2).to_dict() == planted["miss_rate_percent"]


def test_type_1_study_finds_the_planted_indices(demo):
    planted = truth("demo.gauge_type1")

    record = run(demo, "gauge-type1")

    assert record.verdict.code == "capable"
    assert record.kpis["cg"].value == pytest.approx(planted["cg"], rel=3e-3)
    assert record.kpis["cgk"].value == pytest.approx(planted["cgk"], rel=3e-3)
    assert record.kpis["bias"].low <= planted["bias"] <= record.kpis["bias"].high


def test_type_1_study_without_a_reference_is_refused_with_a_remedy(demo):
    table = factory.table("demo.gauge_type1")
    demo.tables.add("pin_alone", table.frame[["value"]], units=table.units)

    record = run(demo, "gauge-type1", inputs={"gauge": "pin_alone"})

    assert (record.status, record.refusal.code) == ("refused", "no_reference")
    assert record.refusal.remedy["zh"]


def test_linearity_study_finds_the_planted_slope(demo):
    planted = truth("demo.gauge_linearity")

    record = run(demo, "gauge-linearity-bias")

    assert record.verdict.code == "not_linear"
    assert record.kpis["slope"].value == pytest.approx(planted["slope"], rel=0.02)
    assert record.kpis["intercept"].value == pytest.approx(planted["intercept"], rel=0.02)
    assert record.kpis["repeatability_within"].value == pytest.approx(
        planted["repeatability_sigma"], rel=0.02
    )


def test_sampling_finds_where_the_planted_lots_switch(demo):
    planted = truth("demo.incoming_lots")

    record = run(demo, "acceptance-sampling", inputs={"lots": "demo.incoming_lots"})
    lots = pd.read_parquet(record.tables["history"]).set_index("lot")["severity"]

    assert (record.status, record.verdict.code) == ("succeeded", "reduced")
    assert lots[lots == "tightened"].index[0] == planted["tightened_from_lot"]
    assert lots[lots == "tightened"].index[-1] < planted["normal_from_lot"]
    assert lots[lots == "reduced"].index[0] == planted["reduced_from_lot"]


def test_sampling_by_measurement_without_a_limit_is_refused_with_a_remedy(demo):
    record = run(demo, "acceptance-sampling", parameters={"method": "s"})

    assert (record.status, record.refusal.code) == ("refused", "no_limits")
    assert record.refusal.remedy["zh"]


def test_an_experiment_of_the_planted_factors_is_a_sheet_to_fill_in(demo):
    record = run(demo, "doe-design", parameters={"centre": 3})
    sheet = pd.read_parquet(record.tables["sheet"])

    assert (record.status, record.verdict.code) == ("succeeded", "ready")
    assert len(sheet) == 2 ** truth("demo.moulding_factors")["factors"] + 3
    assert sheet["result"].isna().all()


def test_an_experiment_that_does_not_exist_is_refused_with_a_remedy(demo):
    record = run(demo, "doe-design", parameters={"design": "fractional", "runs": 6})

    assert (record.status, record.refusal.code) == ("refused", "no_such_design")
    assert record.refusal.remedy["zh"]


def test_the_analysis_finds_the_planted_best_setting(demo):
    planted = truth("demo.moulding_results")

    record = run(demo, "doe-analysis", mapping={"results": {"result": "strength"}})
    plan = pd.read_parquet(record.tables["confirmation"]).iloc[0]
    effects = pd.read_parquet(record.tables["effects"])

    assert (record.status, record.verdict.code) == ("succeeded", "found")
    assert plan["temperature"] == pytest.approx(planted["best_temperature"], abs=1.5)
    assert plan["pressure"] == pytest.approx(planted["best_pressure"], abs=1.5)
    assert record.kpis["predicted"].low <= planted["best_strength"] <= record.kpis["predicted"].high
    assert planted["inert"] not in set(effects.loc[effects["active"] == "yes", "term"])


def test_a_sheet_that_was_designed_and_filled_in_comes_back(demo):
    designed = run(demo, "doe-design", parameters={"centre": 3})
    sheet = pd.read_parquet(designed.tables["sheet"])
    sheet["result"] = 40 + 0.2 * sheet["temperature"] + 0.01 * sheet["std_order"]
    demo.tables.add("filled_sheet", sheet)

    record = run(demo, "doe-analysis", inputs={"results": "filled_sheet"})

    assert record.status == "succeeded"
    assert pd.read_parquet(record.tables["effects"])["term"].tolist()[:3] == [
        "temperature",
        "pressure",
        "time",
    ]
