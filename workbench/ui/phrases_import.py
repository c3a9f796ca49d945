"""What the import of files says when it refuses, in Chinese."""

import re

IMPORT_PHRASES = {
    "a damaged or unknown zip": "损坏或未知的 zip 压缩包",
    "pack it without a password": "请取消密码后重新打包",
    "pack it again, or import the files in it": "请重新打包，或直接导入其中的文件",
    "CSV, Excel, Parquet or JSON files": "CSV、Excel、Parquet 或 JSON 文件",
    "archives inside the archive": "压缩包中还有压缩包",
    "unpack it first": "请先解压",
    "no table": "没有表格",
    "no file": "没有文件",
    "files of a usual size": "正常大小的文件",
    "import them unpacked": "请解压后导入",
    "a cell of many million characters": "单个单元格有数百万字符",
    "columns of one type": "类型一致的列",
    "an encoding such as utf-8, gb18030 or utf-16": "编码，例如 utf-8、gb18030 或 utf-16",
    "CSV, TSV or other text, an Excel workbook (xlsx, xls, ods), Parquet or JSON lines": (
        "CSV、TSV 等文本，Excel 工作簿（xlsx、xls、ods），Parquet 或 JSON 行"
    ),
    "a table: CSV, Excel, Parquet, JSON lines, or a zip of these": (
        "表格：CSV、Excel、Parquet、JSON 行，或它们的 zip"
    ),
    "a SQLite database": "SQLite 数据库",
    "a program": "程序文件",
    "an XML document": "XML 文档",
    "a zip of files": "多个文件的 zip",
    "one table": "一张表",
    "import it as tables first: workbench data add": "请先导入为数据表：workbench data add",
    "make room on its disk": "请在其磁盘上腾出空间",
    "make room on the disk": "请在磁盘上腾出空间",
    "replace, append or merge": "replace（替换）、append（追加）或 merge（合并）",
    "of another type in each file": "各文件中类型不同",
    "files that are alike": "结构相同的文件",
    "files with the same columns": "列相同的文件",
    "import them one by one": "请逐个导入",
    "no key": "没有键",
    "the columns that tell rows apart": "能区分各行的列",
    "a key that tells rows apart": "能区分各行的键",
    "name more columns, or append": "请增加键列，或改为追加",
    "correct its type, or import the file as a new table": "请更正其类型，或导入为新表",
    "columns of the table": "表中已有的列",
    "others keep writing it: try again later": "其他人正在写入：请稍后再试",
    "values of the table's types": "与表中类型一致的值",
    "no JSON object": "没有 JSON 对象",
    "one object per line, or a list of objects": "每行一个对象，或对象列表",
    "objects with the same fields": "字段相同的对象",
    "damaged JSON": "损坏的 JSON",
    "what the import guide lists": "导入说明中列出的内容",
    "keep one of them, or leave it out": "保留其中一列，或略去它",
    "every column kept": "保留了所有列",
    "columns that become rows": "要转为行的列",
    "at most 4 GB, packed as Excel does": "最多 4 GB、按 Excel 方式压缩",
    "0 bytes unpacked": "解压后 0 字节",
    "a web page without a table": "没有表格的网页",
}
IMPORT_PATTERNS = (
    (re.compile(r"a file that unpacks to ([\d.]+) GB"), "解压后达 {} GB 的文件"),
    (re.compile(r"([\d.]+ GB packed into [\d.]+ MB)"), "压缩比异常：{}"),
    (re.compile(r"(\d+) keys that stand on several rows of the table"), "{} 个键在表中对应多行"),
    (re.compile(r"one that converts to (.+)"), "可换算为 {} 的单位"),
    (re.compile(r"(\w+), as the table has it"), "{}，与表中一致"),
    (re.compile(r"columns (.+)"), "列 {}"),
    (re.compile(r"known: (.+)"), "已有：{}"),
    (
        re.compile(r"it has (.+); import the file as a new table, or rename its columns"),
        "表中有：{}；请导入为新表，或改列名",
    ),
    (
        re.compile(r"table .+ has it in (.+): correct the unit, or rename the column"),
        "表中单位为 {}：请更正单位，或改列名",
    ),
)
