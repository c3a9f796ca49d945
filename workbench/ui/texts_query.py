"""Texts of the query page."""

QUERY_TEXTS: dict[str, tuple[str, str]] = {
    "query": ("Query", "查询"),
    "query_lead": (
        "One SELECT over the tables. It can read the tables and nothing else; {seconds} s and 1 GB at most.",
        "对数据表执行一个 SELECT。只能读取数据表；最多 {seconds} 秒、1 GB 内存。",
    ),
    "query_run": ("Run (Ctrl+Enter)", "运行（Ctrl+Enter）"),
    "query_cancel": ("Cancel", "取消"),
    "query_running": ("Running … {{seconds}} s", "运行中…… {{seconds}} 秒"),
    "query_history": ("My last queries", "我的查询记录"),
    "query_tables": ("Tables and columns: click to insert", "数据表与列：点击插入"),
    "query_hint": ("Tab takes the first proposal", "按 Tab 采用第一个建议"),
    "query_found": ("{rows} rows in {seconds} s", "{rows} 行，用时 {seconds} 秒"),
    "query_more": (
        "The first {rows} rows, in {seconds} s. There are more: save them as a table, or sum up.",
        "前 {rows} 行，用时 {seconds} 秒。还有更多：请另存为数据表，或先汇总。",
    ),
    "query_save": ("Save as table", "另存为数据表"),
    "query_name": ("Name of the table", "数据表名称"),
    "query_saved": ("{rows} rows saved as {table}", "已将 {rows} 行另存为 {table}"),
    "query_view": ("Save as view", "另存为视图"),
    "query_viewed": (
        "View {table} saved, {rows} rows; apps read it like a table, always up to date",
        "已保存视图 {table}，{rows} 行；应用可像数据表一样读取，始终保持最新",
    ),
    "view_of": ("A view over {tables}, up to date.", "视图，来自 {tables}，已是最新。"),
    "view_behind": (
        "A view over {tables}. {newer} changed since: the next run or query works it out again.",
        "视图，来自 {tables}。{newer} 此后已更新：下次运行或查询时自动重算。",
    ),
    "view_gone": (
        "A view over {tables}. {gone} is gone: bring it back, or save the view with another query.",
        "视图，来自 {tables}。{gone} 已不存在：请恢复该表，或用其他查询重新保存此视图。",
    ),
    "how_view": ("view", "视图"),
    "query_template": ("Open as template", "作为模板打开"),
    "query_made": ("Template {id} made:", "已生成模板 {id}："),
    "query_open_app": ("open the app", "打开应用"),
    "query_empty": ("Ask the tables", "向数据表提问"),
    "query_empty_next": (
        "Write a SELECT, or click a table. The answer appears here: as a table, as a chart, to save.",
        "写一个 SELECT，或点击一个数据表。结果显示在这里：表格、图表，并可另存。",
    ),
}
