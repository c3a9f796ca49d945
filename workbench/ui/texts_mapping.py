"""Texts about mappings, what a table can run, and assets, in English and Chinese."""

MAPPING_TEXTS: dict[str, tuple[str, str]] = {
    "confirm_columns": ("Confirm these columns", "确认这些列"),
    "columns_confirmed": (
        "Confirmed: used by every app, schedule and sweep",
        "已确认：所有应用、定时计划和批量运行都会使用",
    ),
    "as_chosen": ("your choice", "由你选择"),
}
