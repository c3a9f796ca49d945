"""``python -m benchmarks runs|tables|trend|box|import``: measure, print a table or one JSON document."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import (
    box,
    change,
    click,
    compete,
    connectors,
    history,
    imports,
    memory,
    peers,
    place,
    served,
    sweep,
    tables,
    trend,
)
from benchmarks.figures import machine
from benchmarks.table import written
from workbench.app import Workbench

HEADLINE = "asset-trend"


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=["runs", "tables", "trend", "box", "compete", "connectors", "import"])
    parser.add_argument("--json", action="store_true", help="print exactly one JSON document")
    parser.add_argument("--quick", action="store_true", help="few rounds, a small sweep, a short history")
    parser.add_argument("--rounds", type=int, help="rounds of click to result (default 9, quick 3)")
    parser.add_argument("--sweep", type=int, help="runs of the sweep (default 200, quick 40)")
    parser.add_argument("--peers", action="store_true", help="install the peers in a temporary folder")
    parser.add_argument("--rows", type=int, default=200_000_000, help="rows of the long table")
    parser.add_argument("--folder", type=Path, help="keep the long table here, to be measured again")
    parser.add_argument(
        "--peers-python", default=sys.executable, help="Python with plotly-resampler and datashader"
    )
    parser.add_argument("--values", type=int, default=100_000, help="values through each connector")
    parser.add_argument("--mb", type=int, default=1000, help="megabytes of the CSV to import")
    chosen = parser.parse_args()
    if chosen.what == "import":
        taken = imports.measure(chosen.mb, chosen.rounds or 3)
        print(json.dumps(taken, indent=2) if chosen.json else imports.written(taken))
        return
    if chosen.what == "tables":
        long = tables.measure(chosen.rows, chosen.folder, rounds=chosen.rounds or 9, note=note)
        print(json.dumps(long, indent=2, ensure_ascii=False) if chosen.json else tables.written(long))
        return
    if chosen.what == "trend":
        drawn = trend.measure(chosen.peers_python, rounds=chosen.rounds or 5, note=note)
        print(json.dumps(drawn, indent=2, ensure_ascii=False) if chosen.json else trend.written(drawn))
        return
    if chosen.what == "compete":
        many, kills = (10, 10) if chosen.quick else (50, 100)
        print(
            json.dumps(
                compete.measure(entries=many, kills=kills) | {"served": served.measure(many)}, indent=2
            )
        )
        return
    if chosen.what == "connectors":
        sent = connectors.measure(chosen.values, note)
        print(json.dumps(sent, indent=2) if chosen.json else connectors.written(sent))
        return
    if chosen.what == "box":
        rounds, entries = (3, 8) if chosen.quick else (9, 50)
        boxed = box.measure(chosen.rounds or rounds, entries, at_once=2)
        print(json.dumps(boxed, indent=2) if chosen.json else box.written(boxed))
        return
    chosen.rounds = chosen.rounds or (3 if chosen.quick else 9)
    chosen.sweep = chosen.sweep or (40 if chosen.quick else 200)
    measured = runs(chosen)
    print(json.dumps(measured, indent=2, ensure_ascii=False) if chosen.json else written(measured))


def runs(chosen: argparse.Namespace) -> dict[str, Any]:
    """Measure everything about runs; the ratios that count come first."""
    assets = max(chosen.sweep, 3 * chosen.rounds + 1)  # no input twice: the warming round has its own
    cases = place.cases(assets)
    before = machine()
    note(f"making {assets} assets of {place.ROWS} rows")
    with place.workspace(assets) as home:
        bench = place.bench_at(home)
        begin = time.perf_counter()
        bench.start(adopt=False)
        try:
            click.until_ready(bench)
            nursery = {"first_ready_s": round(time.perf_counter() - begin, 2)}
            found = {"nursery": nursery, **of_engine(bench, cases, chosen)}
        finally:
            bench.stop()
        note("peers")
        case = cases[HEADLINE]
        found["sweep"] |= peers.measure(bench, case, runs=min(chosen.sweep, 8), install=chosen.peers)
    found["history"] = of_history(chosen)
    headline = found["click"][HEADLINE]
    return {
        "click_to_result_vs_warm": headline["click_to_result_vs_warm"],
        "papermill_vs_click_to_result": headline["papermill_vs_click_to_result"],
        "sweep_share_of_limit": found["sweep"]["sweep_share_of_limit"],
        "sweep_vs_papermill_loop": found["sweep"]["sweep_vs_papermill_loop"],
        "change_vs_full": found["change"][HEADLINE]["late_vs_full"],
        "cost_per_run_growth": found["history"]["cost_per_run_growth"],
        "measured_on": HEADLINE,
        "machine": before,
        **found,
    }


def of_engine(bench: Workbench, cases: dict[str, place.Case], chosen: argparse.Namespace) -> dict[str, Any]:
    """Measure what needs an engine at work."""
    found: dict[str, Any] = {"click": {}, "change": {}}
    for name, case in cases.items():
        note(f"click to result: {name}")
        found["click"][name] = click.measure(bench, case, chosen.rounds)
    for name, case in cases.items():
        note(f"change one thing: {name}")
        rounds = max(1, chosen.rounds // 2)
        found["change"][name] = change.measure(bench, case, rounds, first=chosen.rounds)
    note(f"sweep of {chosen.sweep}")
    found["sweep"] = sweep.measure(
        bench,
        cases[HEADLINE],
        runs=chosen.sweep,
        passes=1 if chosen.quick else 3,
        papermill_s=found["click"][HEADLINE]["papermill_s"]["median"],
    )
    note("memory")
    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as empty:
        found["memory"] = memory.measure(bench, cases[HEADLINE], Path(empty))
    return found


def of_history(chosen: argparse.Namespace) -> dict[str, Any]:
    """Measure the state database of two workspaces whose engines do not run."""
    sizes = history.SIZES[:-1] if chosen.quick else history.SIZES
    note(f"history of {sizes[-1]} runs")
    with place.workspace(1) as one, place.workspace(1) as other:
        small, large = place.bench_at(one), place.bench_at(other)
        try:
            return history.measure(small, large, place.cases(1)[HEADLINE], sizes)
        finally:
            small.stop()
            large.stop()


def note(text: str) -> None:
    """Tell people what is going on."""
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
