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
    "a comparison of columns and numbers, such as ok + ng = quantity or start < end": (
        "列与数字的比较，例如 合格 + 不合格 = 总数 或 开始 < 结束"
    ),
    "the low end below the high one": "下限小于上限",
    "a low or a high end": "下限或上限",
    "a table and a column, as in orders:order_no": "数据表与列，例如 orders:order_no",
    "weights from 0 to 100": "0 至 100 的权重",
    "Input should be a valid number, unable to parse string as a number": "数字",
    "Input should be a finite number": "有限的数字",
    "Input should be greater than 0": "大于 0 的数字",
    "Input should be greater than or equal to 1": "1 或更大的数字",
    "Input should be greater than or equal to 0": "0 或更大的数字",
    "Input should be less than or equal to 100": "不大于 100 的数字",
    "Input should be a valid integer, unable to parse string as an integer": "整数",
    "String should have at most 200 characters": "最多 200 个字符",
    "no column that names equipment": "没有标明设备的列",
    "declare which column names the machine on the Health part of its page": (
        "请在该表的“健康度”页声明哪一列是设备"
    ),
    "a text of 1 to 200 characters": "1 至 200 个字符的文本",
    "declare the points again, or restore the file from a backup": "请重新声明测点，或从备份恢复该文件",
    "damaged": "已损坏",
    "damaged or missing files": "文件损坏或缺失",
    "restore an earlier version": "请恢复较早的版本",
    "nothing is lost": "没有数据丢失",
    "restore its folder from a backup": "请从备份恢复其文件夹",
}
