"""Texts about mappings, what a table can run, and assets, in English and Chinese."""

MAPPING_TEXTS: dict[str, tuple[str, str]] = {
    "confirm_columns": ("Confirm these columns", "确认这些列"),
    "columns_confirmed": (
        "Confirmed: used by every app, schedule and sweep",
        "已确认：所有应用、定时计划和批量运行都会使用",
    ),
    "runs_now": ("Apps that run now ({count})", "现在就能运行的应用（{count}）"),
    "misses_one_column": ("Apps that lack one column ({count})", "只缺一列的应用（{count}）"),
    "misses_more": ("Apps that lack more ({count})", "还缺更多的应用（{count}）"),
    "also_reads": ("also reads: {inputs}", "还需要：{inputs}"),
    "as_chosen": ("your choice", "由你选择"),
}
