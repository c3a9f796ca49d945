"""Why a run has no answer, in words for the person who pressed Run: one sentence, and what to do next.

The notebook's own error stands beneath, for its author; nothing here says more than the kind of error does.
"""

import re
from dataclasses import dataclass

from workbench.config import Text
from workbench.runs.record import RunError, RunRecord

QUOTED = re.compile(r"""['"“]([^'"”]{1,80})['"”]""")
LIMIT = re.compile(r"\d[\d.,]*(?:\s?(?:s|MB|GB)\b)?")
Words = tuple[str, str, str, str]  # sentence in English and Chinese, next step in English and Chinese


@dataclass(frozen=True)
class Plain:
    """A failure as people read it."""

    text: Text
    next_step: Text
    told_by_notebook: bool = False  # whether the notebook's own message adds something


ASK_AUTHOR = (
    "Check the input and the parameters. If they are right, show the author of the app the lines below.",
    "请检查输入和参数。如果无误，请把下面的内容告诉应用的作者。",
)
AUTHOR_ONLY = (
    "This is for the author of the app to mend: show them the lines below.",
    "这需要应用的作者修改：请把下面的内容告诉作者。",
)
# How the engine says a run ended. ``{limit}`` is what the message names: 600 s, 64 MB.
ENDINGS: dict[str, Words] = {
    "timed_out": (
        "Stopped: the run took longer than is allowed{limit}",
        "已停止：运行时间超过上限{limit}",
        "Use fewer rows, or raise WORKBENCH_RUN_SECONDS.",
        "请减少数据行数，或调大 WORKBENCH_RUN_SECONDS。",
    ),
    "memory": (
        "Stopped: the run needed more memory than is allowed{limit}",
        "已停止：运行占用的内存超过上限{limit}",
        "Use fewer rows or columns, or raise WORKBENCH_MEMORY_MEGABYTES if the machine has more.",
        "请减少数据的行或列；如果机器内存充足，可调大 WORKBENCH_MEMORY_MEGABYTES。",
    ),
    "outputs": (
        "Stopped: the notebook put out more results than is allowed{limit}",
        "已停止：笔记本输出的结果数量超过上限{limit}",
        "Print less in loops, or raise WORKBENCH_OUTPUTS.",
        "请减少循环中的输出，或调大 WORKBENCH_OUTPUTS。",
    ),
    "output_bytes": (
        "Stopped: the results are larger than is allowed{limit}",
        "已停止：结果的大小超过上限{limit}",
        "Record smaller tables and charts, or raise WORKBENCH_OUTPUT_MEGABYTES.",
        "请减小记录的表格和图表，或调大 WORKBENCH_OUTPUT_MEGABYTES。",
    ),
    "silent": (
        "Stopped: the run neither computed nor reported anything for too long{limit}",
        "已停止：运行长时间既没有计算也没有输出{limit}",
        "It may wait for something that does not come. Run it again; if it is meant to wait, raise "
        "WORKBENCH_SILENT_SECONDS.",
        "可能在等待不会到来的东西。请重新运行；如果确需等待，可调大 WORKBENCH_SILENT_SECONDS。",
    ),
    "incomplete": (
        "The notebook ended without all the results it promises",
        "笔记本结束时缺少应有的结果",
        *AUTHOR_ONLY,
    ),
    "kernel_died": (
        "The notebook's process ended by itself",
        "笔记本的进程自行结束",
        "Run it again. If it happens twice, use fewer rows: a library may have crashed or run out of memory.",
        "请重新运行。如再次发生，请减少数据行数：可能是某个库崩溃或内存不足。",
    ),
    "system_memory": (
        "Stopped: the machine ran out of memory",
        "已停止：机器内存不足",
        "Use fewer rows or columns, let fewer runs go at the same time, or use a larger machine.",
        "请减少数据的行或列，减少同时进行的运行，或换用内存更大的机器。",
    ),
    "cancelled": (
        "This run was cancelled",
        "本次运行已取消",
        "Nothing was changed. Press Run to start again.",
        "没有任何改动。点击“运行”可重新开始。",
    ),
    "lost": (
        "This run was interrupted: its process is gone",
        "运行中断：进程已不在",
        "Press Run to start it again. If it happens twice, the data may be too large for the memory.",
        "点击“运行”重新开始。如再次发生，可能是数据过大、内存不足。",
    ),
    "disk_full": (
        "Stopped: the disk of the server is full",
        "服务器磁盘已满，已停止",
        "Free some space, then run it again.",
        "请腾出磁盘空间后重新运行。",
    ),
    "unavailable": (
        "Stopped: the workspace could not be written",
        "已停止：无法写入工作区",
        "Check the disk and the rights of the workspace folder, then run it again.",
        "请检查磁盘和工作区文件夹的权限，然后重新运行。",
    ),
}
ENDINGS["over_limit"] = ENDINGS["output_bytes"]
# What a notebook's own error means. ``{what}`` is the first name or value that the message quotes.
ERRORS: dict[str, Words] = {
    "KeyError": (
        "The notebook looked for {what} and did not find it in the data",
        "笔记本在数据中找不到 {what}",
        "Check that the table has this column or value, spelt the same, and that the right column is chosen.",
        "请检查数据表中是否有这一列或这个值、写法是否一致，以及所选的列是否正确。",
    ),
    "not_a_number": (
        "There is a text where a number is needed: {what}",
        "应为数字的地方出现了文字：{what}",
        "Correct this value in the table, or choose another column.",
        "请在数据表中改正这个值，或选择其他列。",
    ),
    "ValueError": (
        "A value does not fit what the calculation needs",
        "有数值不符合计算的要求",
        *ASK_AUTHOR,
    ),
    "ZeroDivisionError": (
        "Something was divided by zero",
        "计算中出现了除以零",
        "Look for a total, an interval or a count that is zero in the table or the parameters.",
        "请检查数据表或参数中是否有为零的合计、间隔或数量。",
    ),
    "MemoryError": (
        "The memory was not enough for this much data",
        "数据过大，内存不足",
        "Use fewer rows or columns, or raise WORKBENCH_MEMORY_MEGABYTES if the machine has more.",
        "请减少数据的行或列；如果机器内存充足，可调大 WORKBENCH_MEMORY_MEGABYTES。",
    ),
    "FileNotFoundError": (
        "The notebook wanted to open a file that is not there: {what}",
        "笔记本要打开的文件不存在：{what}",
        "A run sees only its own inputs: upload the file as a table and choose it as an input.",
        "运行只能看到自己的输入：请把该文件上传为数据表，并选作输入。",
    ),
    "PermissionError": (
        "The notebook wanted to open a file that it may not read or write: {what}",
        "笔记本没有权限读写文件：{what}",
        "A run reads its inputs and writes into its own folder only.",
        "运行只能读取自己的输入，并只能写入自己的文件夹。",
    ),
    "ModuleNotFoundError": (
        "The notebook needs the package {what}, which is not installed here",
        "笔记本需要的软件包 {what} 未安装",
        "Ask whoever looks after this server to install it, then run again.",
        "请联系服务器的维护人员安装后重新运行。",
    ),
    "ImportError": (
        "The notebook needs something from a package that is not there: {what}",
        "笔记本需要的内容在软件包中不存在：{what}",
        "The installed version may be too old or too new: show the author of the app the lines below.",
        "可能是安装的版本过旧或过新：请把下面的内容告诉应用的作者。",
    ),
    "TypeError": (
        "Values of different kinds were mixed, for instance text and numbers",
        "不同类型的值混在一起，例如文字和数字",
        "Check that each chosen column holds what its name says; if so, show the author the lines below.",
        "请检查每个所选列的内容与名称相符；如果无误，请把下面的内容告诉作者。",
    ),
    "IndexError": (
        "There were fewer values than the notebook counts on",
        "数据的个数少于笔记本的预期",
        "Give it more rows, or a longer period. If there are enough, show the author the lines below.",
        "请提供更多的行或更长的时段。如果数据足够，请把下面的内容告诉作者。",
    ),
    "UnicodeDecodeError": (
        "A file is written in characters the notebook cannot read",
        "文件的编码无法读取",
        "Upload the file as a table: the import recognises its encoding.",
        "请把文件上传为数据表，导入时会自动识别编码。",
    ),
    "OverflowError": (
        "A number became too large to compute with",
        "数值过大，无法计算",
        "Look for wrong units or mistyped values in the table and the parameters.",
        "请检查数据表和参数中是否有单位错误或输入错误。",
    ),
    "LinAlgError": (
        "The calculation has no unique solution for this data",
        "对这些数据，计算没有唯一解",
        "Look for columns that repeat each other or never change, and leave them out.",
        "请检查是否有重复的列或从不变化的列，并将其去掉。",
    ),
    "time": (
        "A date or time could not be read: {what}",
        "无法识别日期或时间：{what}",
        "Correct it in the table, or choose another time column.",
        "请在数据表中改正，或选择其他时间列。",
    ),
    "ConversionException": (
        "A value could not be read as the kind of its column: {what}",
        "有值无法按其列的类型读取：{what}",
        "Correct this value in the table, or choose another column.",
        "请在数据表中改正这个值，或选择其他列。",
    ),
    "BinderException": (
        "A query asks for a column or name that the data does not have: {what}",
        "查询所用的列或名称在数据中不存在：{what}",
        *ASK_AUTHOR,
    ),
    "AssertionError": (
        "A check inside the notebook did not hold",
        "笔记本内部的检查未通过",
        *ASK_AUTHOR,
    ),
    "NameError": ("The notebook has a mistake: it uses a name it never set: {what}",
                  "笔记本有误：使用了未定义的名称 {what}", *AUTHOR_ONLY),
    "AttributeError": ("The notebook has a mistake: it asks a value for something it does not have: {what}",
                       "笔记本有误：使用了不存在的属性 {what}", *AUTHOR_ONLY),
    "SyntaxError": ("The notebook has a mistake: a cell is not valid Python",
                    "笔记本有误：有单元不是有效的 Python", *AUTHOR_ONLY),
    "failed": ("The notebook stopped with an error", "笔记本运行出错", *ASK_AUTHOR),
}  # fmt: skip
KINDS = {
    "IndentationError": "SyntaxError", "UnboundLocalError": "NameError",
    "CatalogException": "BinderException", "InvalidInputException": "ConversionException",
    "OutOfBoundsDatetime": "time", "DateParseError": "time", "ParserError": "time",
    "OutOfMemoryException": "MemoryError", "_ArrayMemoryError": "MemoryError",
    "ArrowMemoryError": "MemoryError", "FloatingPointError": "OverflowError",
}  # fmt: skip


def plain(record: RunRecord) -> Plain:
    """Explain a run that ended without an answer."""
    error = record.error or RunError(code=record.status, message="")
    words = ENDINGS.get(error.code)
    if words is not None:
        found = LIMIT.search(error.message) if "{limit}" in words[0] else None
        shown = (f": {found[0]}", f"（{found[0]}）") if found else ("", "")
        return _filled(words, limit=shown, told=error.code in {"incomplete", "kernel_died"})
    words = ERRORS.get(_kind(error), ERRORS["failed"])
    quoted = QUOTED.search(error.message) if "{what}" in words[0] else None
    if "{what}" in words[0] and quoted is None:
        rest = error.message.partition(": ")[2].splitlines()
        return _filled(words, what=((rest[0] if rest else error.message)[:80],) * 2, told=True)
    return _filled(words, what=(f"“{quoted[1]}”",) * 2 if quoted else ("", ""), told=True)


def _kind(error: RunError) -> str:
    name = (error.name or "").rpartition(".")[2]
    if name == "ValueError" and re.search(
        r"could not convert|invalid literal for|unable to parse", error.message, re.I
    ):
        return "not_a_number"
    if name == "ValueError" and re.search(r"time data|day is out of range|isoformat", error.message):
        return "time"
    return KINDS.get(name, name)


def _filled(
    words: Words, *, told: bool, limit: tuple[str, str] = ("", ""), what: tuple[str, str] = ("", "")
) -> Plain:
    sentences = [words[at].format(limit=limit[at], what=what[at]) for at in (0, 1)]
    return Plain(
        {"en": sentences[0], "zh": sentences[1]}, {"en": words[2], "zh": words[3]}, told_by_notebook=told
    )
