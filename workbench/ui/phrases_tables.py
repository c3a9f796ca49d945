"""What refuses when one looks after a table, in Chinese: see ``wording``."""

TABLE_PHRASES = {
    "it is the newest already": "它已是最新版本",
    "a table and a version": "数据表及其版本",
    "restore another version, or the folder from a backup": "请恢复其他版本，或从备份恢复该文件夹",
    "1 or more": "1 或更大",
    "a column of times": "时间列",
    "true or false": "是或否",
    "a number, a comparison such as > 5, or a range such as 3..7": "数字、比较（如 > 5）或范围（如 3..7）",
    "choose fewer columns or rows, or ask for a part of the table": "请减少列或行，或只查询数据表的一部分",
    "a query that needs too much memory": "查询需要的内存过大",
    "another process wrote it at the same moment: try again": "另一进程同时写入：请重试",
    "nothing is lost": "没有数据丢失",
    "restore its folder from a backup": "请从备份恢复其文件夹",
}
