"""Texts of the coverage map."""

COVERAGE_TEXTS: dict[str, tuple[str, str]] = {
    "coverage_map": ("Coverage map", "采集覆盖图"),
    "coverage_question": (
        "Which points of which equipment are collected, stage by stage?",
        "各业务环节、各设备的测点采集了多少？",
    ),
    "coverage_told": (
        "{collected:,} of {expected:,} expected points are collected: {share}",
        "应采 {expected:,} 个测点，已采 {collected:,} 个：{share}",
    ),
    "coverage_clause": (
        "Clause 1 of the 2020 guideline on industrial big data: collection along all business stages.",
        "依据工信部信发〔2020〕67号第一条：推动工业数据全面采集。",
    ),
    "equipment": ("Equipment", "设备"),
    "nothing_expected": ("No points are expected yet", "尚未声明应采集的测点"),
    "nothing_expected_next": (
        "Upload a list below, or expect what a table holds today. Then the map shows what is missing.",
        "请在下方上传清单，或以某张数据表现有测点为准。之后覆盖图会显示缺什么。",
    ),
    "state_collected": ("collected", "已采集"),
    "state_stale": ("no new rows", "停止更新"),
    "state_missing": ("missing", "缺失"),
    "points_of": ("{asset} · {stage}", "{asset} · {stage}"),
    "point": ("Point", "测点"),
    "found_in": ("Found in", "所在数据表"),
    "newest_row": ("Newest row", "最新数据"),
    "missing_next": (
        "No table holds it: connect the source, or correct its name. Tables name equipment in a column.",
        "没有数据表包含该测点：请接入数据源或更正名称。数据表须有一列标明设备。",
    ),
    "stale_next": (
        "Its newest row is older than the table allows: look at the source.",
        "最新数据超过该表允许的时差：请检查数据源。",
    ),
    "perhaps": ("perhaps {name}?", "是否为 {name}？"),
    "unexpected": (
        "Nothing is expected yet of this equipment, known from tables or assets: {names}",
        "以下设备（来自数据表或设备台账）尚未声明应采测点：{names}",
    ),
    "declare_points": ("What should be collected", "应采集的测点"),
    "points_file": (
        "A CSV or Excel file with the columns stage, equipment, point (table, column). It replaces the list.",
        "CSV 或 Excel 文件，列为 阶段、设备、测点（可加 数据表、列）。将替换现有清单。",
    ),
    "points_choose": ("Choose a file", "选择文件"),
    "points_take_file": ("Use this list", "使用此清单"),
    "points_download": ("Download the list", "下载清单"),
    "points_from_table": ("or expect every point a table holds today", "或以数据表现有测点为准"),
    "stage": ("Business stage", "业务环节"),
    "points_add": ("Expect these points", "加入清单"),
    "points_forget": ("Forget the list", "清空清单"),
    "points_forget_sure": (
        "Forget all {count:,} expected points? Tables are not touched.",
        "清空全部 {count:,} 个应采测点？数据表不受影响。",
    ),
    "all_stages": ("All", "合计"),
}
