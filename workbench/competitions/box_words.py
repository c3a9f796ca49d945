"""How a run in the box ended, in one sentence, in both languages: limits and cells, never values."""

from collections.abc import Mapping
from typing import Any

WORDS: dict[str, dict[str, str]] = {
    "done": {
        "en": "the notebook ran to its end and left its predictions",
        "zh": "笔记本已运行完毕并给出了预测结果",
    },
    "notebook_unreadable": {
        "en": "the file is not a notebook that can be read; save it again in JupyterLab",
        "zh": "该文件不是可读取的笔记本；请在 JupyterLab 中重新保存",
    },
    "notebook_too_large": {
        "en": "the notebook has {size_mb} MB, at most {limit_mb} MB are run; remove its outputs and data",
        "zh": "笔记本大小为 {size_mb} MB，最多只运行 {limit_mb} MB；请清除输出和内嵌数据",
    },
    "cell_failed": {
        "en": "cell {cell} ({heading}) ended with {error}",
        "zh": "第 {cell} 个单元格（{heading}）因 {error} 出错而中止",
    },
    "process_ended": {
        "en": "the notebook's process ended by itself in cell {cell} ({heading}): {how}",
        "zh": "笔记本进程在第 {cell} 个单元格（{heading}）处自行结束：{how}",
    },
    "predictions_missing": {
        "en": "the notebook ran to its end but wrote no {name}; write it to the path in the parameter",
        "zh": "笔记本已运行完毕，但没有写出 {name}；请按参数给出的路径写入",
    },
    "predictions_odd": {
        "en": "{name} is not one plain file ({what}); write the predictions into a file of their own",
        "zh": "{name} 不是普通文件（{what}）；请把预测结果写入独立的文件",
    },
    "predictions_large": {
        "en": "{name} is larger than {limit_mb} MB",
        "zh": "{name} 超过 {limit_mb} MB",
    },
    "wall_limit": {
        "en": "stopped after {limit} s: the time limit of a run",
        "zh": "运行满 {limit} 秒后被停止：已达到运行时间上限",
    },
    "cpu_limit": {
        "en": "stopped after {limit} s of processor time: the limit of a run",
        "zh": "占用处理器满 {limit} 秒后被停止：已达到处理器时间上限",
    },
    "memory_limit": {
        "en": "needed more than {limit} MB of memory, the limit of a run",
        "zh": "所需内存超过 {limit} MB，即运行的内存上限",
    },
    "disk_limit": {
        "en": "wrote more than {limit} MB or too many files, the limit of a run",
        "zh": "写入超过 {limit} MB 或文件过多，即运行的磁盘上限",
    },
    "output_limit": {
        "en": "printed or displayed more than a run may: {limit} MB or {outputs} outputs",
        "zh": "输出内容超过运行上限：{limit} MB 或 {outputs} 个输出",
    },
    "processes_limit": {
        "en": "started more than {limit} processes and threads, the limit of a run",
        "zh": "启动的进程和线程超过 {limit} 个，即运行的上限",
    },
    "cancelled": {"en": "cancelled", "zh": "已取消"},
    "no_box": {
        "en": "notebooks of strangers are not run here: {why}; `workbench doctor` says how to fix it",
        "zh": "本机不运行外来笔记本：{why}；执行 `workbench doctor` 查看解决办法",
    },
    "broken": {
        "en": "the box ended without a report; as far as is known not by the notebook's fault: run it again",
        "zh": "隔离环境在未给出报告的情况下结束；目前看并非笔记本的问题，请重新运行",
    },
}


def sentence(code: str, facts: Mapping[str, Any], language: str = "en") -> str:
    """Return what a code means with its facts, in a language."""
    return WORDS[code][language].format(**facts)
