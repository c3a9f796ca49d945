"""Texts of the proof page."""

PROOF_TEXTS: dict[str, tuple[str, str]] = {
    "proofs": ("Proof", "验证"),
    "proofs_lead": (
        "Numbers that others have published, and what each app gets for the same data and question.",
        "他人公开发表的数值，以及每个应用对同样的数据、同样的问题得出的结果。",
    ),
    "proofs_gallery": (
        "Proof: {passed} of {total} published numbers agree",
        "验证：{total} 个公开数值中 {passed} 个一致",
    ),
    "proofs_total": (
        "{passed} of {total} published numbers agree, in {apps} apps",
        "{apps} 个应用，{total} 个公开数值中 {passed} 个一致",
    ),
    "proofs_differ": ("Not met, and why", "不一致的数值及原因"),
    "proofs_none_differ": ("Every number is met.", "全部数值一致。"),
    "proofs_by_app": ("By app", "按应用"),
    "proofs_sources": ("Sources", "来源"),
    "proofs_fewest": ("Fewest digits", "最少一致位数"),
    "proofs_middle": ("Digits, median", "一致位数中位数"),
    "proofs_cases": ("Cases", "案例"),
    "proofs_agree": ("Agree", "一致"),
    "proofs_open": ("Every number", "查看每个数值"),
    "proofs_stale": ("Out of date", "已过期"),
    "proofs_unproved": ("No published numbers yet", "尚无公开数值"),
    "proofs_again": (
        "To run it again on this machine: workbench templates prove",
        "要在本机重新验证，请运行：workbench templates prove",
    ),
}
