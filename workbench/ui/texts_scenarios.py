"""Texts of scenario apps."""

SCENARIO_TEXTS: dict[str, tuple[str, str]] = {
    "scenario_start": (
        "Choose the table, confirm its columns once, and press Run",
        "选择数据表，确认一次列的用途，然后按“运行”",
    ),
    "scenario_start_next": (
        "The questions below are answered one after the other; one report holds all answers.",
        "下面的问题会依次回答，所有答案汇成一份报告。",
    ),
    "scenario_going": (
        "{done} of {count} questions answered",
        "已回答 {done} / {count} 个问题",
    ),
    "scenario_report": ("One report of all answers", "全部答案的合并报告"),
    "scenario_losses": ("Where are losses recorded?", "损失记录在哪个表？"),
    "scenario_losses_hint": (
        "Optional: a table of defects, scrap or stops, one row each. Without it that question is left out.",
        "可选：缺陷、报废或停机记录表，每行一条。不选则跳过该问题。",
    ),
    "stage_open": ("not asked yet", "尚未提问"),
    "stage_left_out": ("left out: no table chosen", "已跳过：未选择数据表"),
    "stage_going": ("being answered", "正在回答"),
    "stage_no_answer": ("no answer", "没有回答"),
}
