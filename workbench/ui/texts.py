"""Every text of the interface, in English and Chinese; the words follow the glossary of the project."""

from typing import Any

from workbench.errors import unknown
from workbench.ui.texts_assets import ASSET_TEXTS
from workbench.ui.texts_competitions import COMPETITION_TEXTS
from workbench.ui.texts_connectors import CONNECTOR_TEXTS
from workbench.ui.texts_coverage import COVERAGE_TEXTS
from workbench.ui.texts_health import HEALTH_TEXTS
from workbench.ui.texts_import import IMPORT_TEXTS
from workbench.ui.texts_limits import LIMIT_TEXTS
from workbench.ui.texts_mapping import MAPPING_TEXTS
from workbench.ui.texts_proofs import PROOF_TEXTS
from workbench.ui.texts_query import QUERY_TEXTS
from workbench.ui.texts_runs import RUN_TEXTS
from workbench.ui.texts_scenarios import SCENARIO_TEXTS
from workbench.ui.texts_schedules import SCHEDULE_TEXTS
from workbench.ui.texts_sweeps import SWEEP_TEXTS
from workbench.ui.texts_tables import TABLE_TEXTS
from workbench.ui.texts_trend import TREND_TEXTS

TEXTS: dict[str, tuple[str, str]] = RUN_TEXTS | {
    **MAPPING_TEXTS,
    **LIMIT_TEXTS,
    **ASSET_TEXTS,
    **IMPORT_TEXTS,
    **SWEEP_TEXTS,
    **SCENARIO_TEXTS,
    **SCHEDULE_TEXTS,
    **CONNECTOR_TEXTS,
    **QUERY_TEXTS,
    **TABLE_TEXTS,
    **HEALTH_TEXTS,
    **COVERAGE_TEXTS,
    **TREND_TEXTS,
    **PROOF_TEXTS,
    **COMPETITION_TEXTS,
    # frame
    "product": ("Industrial Workbench", "工业工作台"),
    "apps": ("Apps", "应用"),
    "data": ("Data", "数据"),
    "runs": ("Runs", "运行"),
    "dark_theme": ("Dark colours", "深色"),
    "light_theme": ("Light colours", "浅色"),
    "page_broken": ("This page could not be shown", "页面无法显示"),
    "page_broken_next": (
        "Nothing is lost: your tables and runs are safe. Go back to the apps, or try again.",
        "数据表和运行都完好无损。请返回应用页，或再试一次。",
    ),
    "technical": ("Technical details", "技术细节"),
    "loading": ("Loading …", "正在载入……"),
    # gallery
    "find": (
        "Find an app: say your question, e.g. is my process stable",
        "找应用：说出你的问题，例如 过程稳定吗",
    ),
    "domain": ("Domain", "领域"),
    "all": ("All", "全部"),
    "domain_quality": ("Quality", "质量"),
    "domain_maintenance": ("Maintenance", "维护"),
    "domain_production": ("Production", "生产"),
    "domain_energy": ("Energy", "能源"),
    "domain_planning": ("Planning", "计划"),
    "domain_data": ("Data", "数据"),
    "domain_notebook": ("Notebook", "笔记本"),
    "domain_scenario": ("Scenario", "场景"),
    "nothing_found": (
        "No app matches. Try fewer words, or choose All.",
        "没有匹配的应用。请减少关键词，或选择“全部”。",
    ),
    "can_run": ("✓ your data can run it", "✓ 你的数据可用"),
    "can_run_on": ("✓ runs on {table}", "✓ 可用于 {table}"),
    "try_demo": ("Try it with demo data", "可先用示范数据"),
    "needs": ("Needs {what}", "还缺：{what}"),
    "proof_count": ("Proof {passed}/{total}", "验证 {passed}/{total}"),
    "not_apps": ("These notebooks could not be read", "无法读取的笔记本"),
    "notebook_question": ("A notebook without a contract", "没有契约的笔记本"),
    # upload
    "drop_here": ("Drop an Excel or CSV file here", "把 Excel 或 CSV 拖到这里"),
    "drop_hint": (
        "or click to choose one · encoding, header and units are recognised · you see which apps can use it",
        "或点击选择文件 · 自动识别编码、表头和单位 · 马上告诉你哪些应用能用",
    ),
    "upload_here": ("or upload a file", "或上传文件"),
    "reading": ("Reading {{name}} …", "正在读取 {{name}}……"),
    "imported": (
        "{name} is now table {table}: {rows:,} rows, {columns} columns.",
        "{name} 已导入为数据表 {table}：{rows:,} 行，{columns} 列。",
    ),
    "rejected_cells": (
        "{count:,} cells could not be read and are kept in a side table.",
        "有 {count:,} 个单元格无法识别，已保存在附表中。",
    ),
    "upload_empty": (
        "{name} is empty (0 bytes). Save it again in the program it comes from, then drop it here.",
        "{name} 是空文件（0 字节）。请在原程序中重新保存后再拖入。",
    ),
    "upload_too_large": (
        "{name} is larger than {limit} MB. Split it, or raise WORKBENCH_UPLOAD_MEGABYTES.",
        "{name} 超过 {limit} MB。请拆分文件，或调大 WORKBENCH_UPLOAD_MEGABYTES。",
    ),
    "disk_full": (
        "{name} was not kept: the disk of the server is full. Free some space, then try again.",
        "{name} 未保存：服务器磁盘已满。请腾出空间后重试。",
    ),
    "upload_failed": (
        "{name} did not arrive. Check the connection, then try again.",
        "{name} 未送达。请检查连接后重试。",
    ),
    "unreadable": ("{name} could not be read. {reason}", "无法读取 {name}。{reason}"),
    "arrived": ("{table} is ready: {count} apps can use it.", "{table} 已就绪：有 {count} 个应用可用。"),
    "arrived_one": ("{table} is ready: 1 app can use it.", "{table} 已就绪：有 1 个应用可用。"),
    "arrived_none": (
        "{table} is ready, but no app finds all the columns it needs. Each card says what is missing.",
        "{table} 已就绪，但没有应用能找到所需的全部列。卡片上写明了缺少什么。",
    ),
    "look_at_table": ("Look at the table", "查看数据表"),
    "start_with_health": ("Start with its data health", "先做数据体检"),
    # form
    "table": ("Table", "数据表"),
    "table_option": ("{name} · v{version} · {rows:,} rows", "{name} · v{version} · {rows:,} 行"),
    "no_table": ("(none)", "（无）"),
    "choose_table": ("Choose a table", "选择数据表"),
    "optional": ("optional", "可选"),
    "change_mapping": ("Change columns", "更改列"),
    "hide_mapping": ("Done", "完成"),
    "column_missing": ("{label}: choose a column", "{label}：请选择列"),
    "column_none": ("(not used)", "（不用）"),
    "no_such_table": (
        "Table {table} is not here. Choose another one, or upload a file.",
        "数据表 {table} 不存在。请另选，或上传文件。",
    ),
    "no_tables": (
        "There is no table yet. Upload an Excel or CSV file to begin.",
        "还没有数据表。请先上传 Excel 或 CSV 文件。",
    ),
    "too_few_rows": ("Needs at least {need} rows, has {have}", "至少需要 {need} 行，只有 {have} 行"),
    "more_parameters": ("More parameters ({count})", "更多参数（{count}）"),
    "fewer_parameters": ("Fewer parameters", "收起参数"),
    "run": ("Run", "运行"),
    "cancel": ("Cancel", "取消"),
    "cancelling": ("Cancelling …", "正在取消……"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "no_form": ("This notebook has no parameters. Press Run.", "这个笔记本没有参数，直接运行即可。"),
    "fix_form": ("Correct the fields marked in red, then press Run.", "请先改正红色标出的内容，再运行。"),
    "not_started": ("The run did not start: {reason}", "未能开始运行：{reason}"),
    # what a parameter expects
    "expect_number": ("a number", "数字"),
    "expect_integer": ("a whole number", "整数"),
    "expect_text": ("a text", "文本"),
    "expect_boolean": ("yes or no", "是或否"),
    "expect_list": ("a list, e.g. 1, 2, 3", "列表，例如 1, 2, 3"),
    "expect_json": ('an object, e.g. {{"a": 1}}', '对象，例如 {{"a": 1}}'),
    "expect_date": ("a day, e.g. 2026-01-31", "日期，例如 2026-01-31"),
    "expect_choice": ("one of the choices", "选项之一"),
    "expect_choices": ("any of the choices", "任选若干项"),
    "expect_between": ("{kind} from {low} to {high}", "{low} 到 {high} 之间的{kind}"),
    "expect_above": ("{kind} above {low}", "大于 {low} 的{kind}"),
    "expect_within": ("{kind} above {low}, at most {high}", "大于 {low} 且不大于 {high} 的{kind}"),
    "expect_least": ("{kind} of at least {low}", "不小于 {low} 的{kind}"),
    "expect_most": ("{kind} of at most {high}", "不大于 {high} 的{kind}"),
    "expected": ("Expected {what}", "应为{what}"),
    # result
    "tab_result": ("Result", "结果"),
    "tab_history": ("History", "历史"),
    "tab_about": ("About", "说明"),
    "tab_proof": ("Proof", "验证"),
    "tab_notebook": ("Notebook", "笔记本"),
    "preview_runs_cells": (
        "In the notebook, run the cells: this preview shows what they record.",
        "在笔记本中运行单元格，预览显示其记录的结果。",
    ),
    "no_result": ("No result yet", "还没有结果"),
    "no_result_next": (
        "Check the table on the left and press Run. The answer appears here.",
        "检查左侧的数据表，然后点击“运行”。答案会显示在这里。",
    ),
    "run_meta": ("Run {run} · {when} · {seconds}", "运行 {run} · {when} · {seconds}"),
    "rows_of": ("{rows:,} rows of {table}", "{table}，{rows:,} 行"),
    "next_step": ("Next step:", "下一步："),
    "excel": ("Excel", "Excel"),
    "report": ("Report", "报告"),
    "csv": ("CSV", "CSV"),
    "executed_notebook": ("Notebook (.ipynb)", "笔记本（.ipynb）"),
    "not_active": ("not active", "未触发"),
    "target": ("target {value}", "目标 {value}"),
    "interval": ("{low} to {high}", "{low} 至 {high}"),
    "before": ("before: {value}", "上次：{value}"),
    "empty_table": ("No rows", "没有数据"),
    "more_numbers": ("All {count} figures", "全部 {count} 个指标"),
    "rows_shown": ("{rows:,} rows", "{rows:,} 行"),
    "figure_broken": ("This chart could not be drawn: {reason}", "无法绘制图表：{reason}"),
    "no_outputs": ("The notebook ran to its end and printed nothing.", "笔记本已运行完毕，没有任何输出。"),
    "outputs_title": ("What the notebook put out", "笔记本的输出"),
    "script_output": (
        "An interactive output is not shown here, for safety. It is in the downloaded notebook.",
        "出于安全考虑，此处不显示交互式输出；可下载笔记本查看。",
    ),
    # while running
    "queued": ("Waiting for a free place", "正在排队"),
    "stuck": (
        "Waiting: the cluster takes no runs for now. It goes on by itself; workbench doctor says why",
        "等待中：集群暂时无法执行，恢复后会自动继续；原因可用 workbench doctor 查看",
    ),
    "running": ("Running", "正在运行"),
    # outcomes
    "need": ("Needed", "需要"),
    "have": ("Found", "实际"),
    "remedy": ("What to do:", "怎么办："),
    "status_queued": ("waiting", "排队中"),
    "status_running": ("running", "运行中"),
    "status_succeeded": ("done", "完成"),
    "status_refused": ("refused", "无法回答"),
    "status_failed": ("failed", "出错"),
    "status_timed_out": ("too slow", "超时"),
    "status_over_limit": ("too large", "超限"),
    "status_cancelled": ("cancelled", "已取消"),
    "status_lost": ("interrupted", "中断"),
    "error_says": ("The notebook says", "笔记本的报错"),
    "cell_source": ("The cell that stopped", "出错的单元"),
    "traceback": ("Full traceback", "完整回溯"),
    "unknown_run": (
        "Run {run} is not in this workspace. It may have been made on another one.",
        "本工作区没有运行 {run}，可能属于其他工作区。",
    ),
    "unknown_app": ("There is no app called {app}", "没有名为 {app} 的应用"),
    "back_to_apps": ("Back to all apps", "返回全部应用"),
    "broken_app": ("The app {app} cannot be read: {reason}", "无法读取应用 {app}：{reason}"),
    # history
    "when": ("When", "时间"),
    "status": ("Status", "状态"),
    "answer": ("Answer", "结论"),
    "duration": ("Duration", "用时"),
    "input": ("Input", "输入"),
    # about
    "decision": ("The question", "要回答的问题"),
    "about_inputs": ("What it needs", "需要的数据"),
    "about_parameters": ("Parameters", "参数"),
    "about_results": ("What it gives", "给出的结果"),
    "about_names": (
        "The names in grey are those of commands and programs: workbench run, REST, notebooks.",
        "灰色名称用于命令和程序：workbench run、REST 接口、笔记本。",
    ),
    "result_kpi": ("Number", "指标"),
    "result_table": ("Table", "表格"),
    "result_figure": ("Chart", "图"),
    "result_alarm": ("Alarm", "报警"),
    "result_verdict": ("Verdict", "结论"),
    "about_refusals": ("When it gives no answer", "什么情况下不作回答"),
    "about_steps": ("Steps", "步骤"),
    "standards": ("Standards", "依据的标准"),
    "authors": ("Authors", "作者"),
    "licence": ("Licence", "许可"),
    "version": ("Version", "版本"),
    "column": ("Column", "列"),
    "type": ("Type", "类型"),
    "unit": ("Unit", "单位"),
    "meaning": ("Meaning", "含义"),
    "default": ("Default", "默认值"),
    "name": ("Name", "名称"),
    "type_number": ("number", "数字"),
    "type_integer": ("whole number", "整数"),
    "type_text": ("text", "文本"),
    "type_timestamp": ("time", "时间"),
    "type_boolean": ("yes / no", "是 / 否"),
    "type_any": ("any", "任意"),
    "min_rows": ("at least {rows} rows", "至少 {rows} 行"),
    "other_columns": ("every further column of type {type}", "其余所有{type}列"),
    "wild_about": (
        "This notebook has no contract: its form is its parameters cell, its result is what its cells print.",
        "这个笔记本没有契约：表单来自参数单元，结果即各单元的输出。",
    ),
    # proof
    "proof_intro": (
        "Published data and published numbers, and what this app gets for them.",
        "公开数据与公开数值，以及本应用得到的结果。",
    ),
    "proof_agree": ("{passed} of {total} published numbers agree", "{total} 个公开数值中 {passed} 个一致"),
    "lower_bound": ("lower bound", "下限"),
    "upper_bound": ("upper bound", "上限"),
    "proof_none": ("This app has no proof yet", "这个应用还没有验证"),
    "proof_none_next": (
        "A proof compares the app with published numbers. Its author adds one beside the notebook.",
        "验证把应用与公开数值对照，由作者附在笔记本旁。",
    ),
    "proof_not_run": ("The proof has not been run on this machine", "本机尚未运行验证"),
    "proof_not_run_next": (
        "Run it with: workbench templates prove {app}",
        "运行命令：workbench templates prove {app}",
    ),
    "proof_stale": (
        "This sheet was made with an earlier version of the app. Renew it: workbench templates prove {app}",
        "此验证表由旧版本生成。更新命令：workbench templates prove {app}",
    ),
    "quantity": ("Quantity", "指标"),
    "published": ("Published", "公开值"),
    "obtained": ("Obtained", "所得"),
    "digits": ("Digits that agree", "一致位数"),
    "source": ("Source", "来源"),
    "agrees": ("agrees", "一致"),
    "differs": ("differs", "不一致"),
    # notebook tab
    "notebook_none": ("There is no executed notebook yet", "还没有已执行的笔记本"),
    "notebook_none_next": (
        "Press Run; the notebook of the run is shown here.",
        "点击“运行”后，这里显示该次运行的笔记本。",
    ),
    "notebook_intro": (
        "The executed notebook of run {run}: the complete record.",
        "运行 {run} 的已执行笔记本：完整记录。",
    ),
    # data page
    "rows": ("Rows", "行数"),
    "created": ("Created", "创建时间"),
    "tab_rows": ("Rows", "数据"),
    "tab_profile": ("Profile", "概况"),
    "tab_versions": ("Versions", "版本"),
    "first_rows": ("the first {shown:,} of {rows:,} rows", "共 {rows:,} 行，显示前 {shown:,} 行"),
    "delete": ("Delete", "删除"),
    "delete_sure": (
        "Delete {table} and all its versions? This cannot be undone.",
        "删除 {table} 及其全部版本？此操作无法撤销。",
    ),
    "delete_yes": ("Yes, delete it", "确认删除"),
    "keep": ("Keep it", "保留"),
    "deleted": ("{table} was deleted.", "已删除 {table}。"),
    "profiling": ("Reading the columns …", "正在统计各列……"),
    "profile_failed": ("The profile could not be made: {reason}", "无法统计：{reason}"),
    "demo_tables": ("Demo factory", "示范工厂"),
    "missing": ("Missing", "缺失"),
    "distinct": ("Distinct", "不同值"),
    "minimum": ("Minimum", "最小"),
    "maximum": ("Maximum", "最大"),
    "mean": ("Mean", "平均"),
    "median": ("Median", "中位数"),
    "count": ("Values", "数量"),
    "std": ("Standard deviation", "标准差"),
    # runs page
    "app": ("App", "应用"),
    "open": ("Open the app", "打开应用"),
}


def say(key: str, language: str, **values: Any) -> str:
    """Return one text with its values filled in."""
    try:
        text = TEXTS[key][language == "zh"]
    except KeyError:
        raise unknown("text of the interface", key, TEXTS) from None
    return text.format(**values) if values else text.replace("{{", "{").replace("}}", "}")
